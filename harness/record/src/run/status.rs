//! How a run ended.

use std::fmt;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// With numbers.
    Ok,
    /// The loss or a prediction was not finite.
    Diverged,
    /// Without numbers, for this reason.
    Failed(String),
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => formatter.write_str("ok"),
            Self::Diverged => formatter.write_str("diverged"),
            Self::Failed(reason) => write!(formatter, "failed: {reason}"),
        }
    }
}

impl From<&str> for Status {
    fn from(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "diverged" => Self::Diverged,
            other => Self::Failed(other.strip_prefix("failed: ").unwrap_or(other).to_owned()),
        }
    }
}
