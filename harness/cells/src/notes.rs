//! What is to be said of a cell whenever it is used, beside its measurements: no hash of these knows it.

use serde::{Deserialize, Serialize};

/// What is to be said of a cell whenever it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Whether its test goes on, so that it has no life yet.
    #[serde(default, skip_serializing_if = "is_false")]
    pub alive: bool,
    /// Whether its measurements are published ones, whose doubts are known to everybody.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_published: bool,
    /// What of it may be wrong, a fragment each; none where nobody has looked, as in stores of older programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubts: Option<Vec<String>>,
    /// What of its declaration was guessed from its record and confirmed by nobody; a fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guessed: Option<String>,
    /// What was done to its measurements by hand after they were imported, in order; a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Notes {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
