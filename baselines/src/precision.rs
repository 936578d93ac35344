//! How exactly our kernels on a card multiply.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How exactly our kernels on a card multiply; the CPU knows one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// In the place of a rule by which a setting is left out of records: schemas tell its default all the same.
pub fn never<T>(_: &T) -> bool {
    false
}

impl From<Precision> for cuda::spec::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Exact => Self::Exact,
            Precision::Fast => Self::Fast,
        }
    }
}
