//! How exactly our kernels on a card multiply.

use serde::{Deserialize, Serialize};

/// How exactly our kernels on a card multiply; the CPU knows one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As exactly as single precision.
    #[default]
    Exact,
    /// Operands of the convolutions rounded to half precision; sums in single precision.
    Fast,
}

impl Precision {
    /// Whether it is the default, which is left out of what is written: no trained model is stale for a setting that it never
    /// had.
    pub fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

impl From<Precision> for cuda::spec::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Exact => Self::Exact,
            Precision::Fast => Self::Fast,
        }
    }
}
