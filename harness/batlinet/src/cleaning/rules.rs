//! Which rules clean the differences of a branch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the differences of one branch are cleaned before outlying cycles are zeroed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "5"))]
pub enum Cleaning {
    /// Edges are smoothed and glitches zeroed (method §5.1, §5.2).
    #[default]
    Standard,
    /// Values far from the running median of their row are replaced by it (method §5.5).
    Hampel,
    /// Not at all.
    None,
}

/// Which cycles are outlying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "5.3 and 5.5"))]
pub enum CycleFilter {
    /// In each channel by itself those whose largest absolute value or mean is unlike the others' (method §5.3).
    #[default]
    PerChannel,
    /// In all channels at once those whose mean absolute value, in the channel where it is largest, is unlike the
    /// others' (method §5.5).
    WholeCycle,
}
