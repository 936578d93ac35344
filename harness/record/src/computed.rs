//! On what and how exactly a run computes: both give other last digits, so they are in its key.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a run computes on. Models without a network stay on the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceClass {
    /// The processor.
    Cpu,
    /// A graphics card.
    Cuda,
}

/// How exactly it computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As exactly as single precision.
    #[default]
    Exact,
    /// With products in half precision.
    Fast,
}

impl fmt::Display for DeviceClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Exact => "exact",
            Self::Fast => "fast",
        })
    }
}
