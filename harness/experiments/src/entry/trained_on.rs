//! `trained_on:` of an entry: which cells of a transfer are learned from, and which are asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Entry, ModelSpec};
use crate::misfit::Misfit;

/// Which cells of a transfer a BatLiNet learns from, and which it compares others with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum TrainedOn {
    /// From the few target cells, with the source cells as references.
    #[default]
    Target,
    /// From the source cells, which are each other's references; the target cells are the references of the test cells, each once,
    /// and nothing is learned from them.
    Source,
}

/// Only BatLiNet can use cells that it has not learned from.
///
/// # Errors
/// What else wants them.
pub(crate) fn check(entry: &Entry, is_transfer: bool) -> Result<(), Misfit> {
    if entry.trained_on == TrainedOn::Target {
        return Ok(());
    }
    let refused = |problem: &str| Err(Misfit::of("trained_on", format!("trained_on: source {problem}")));
    match &entry.model {
        _ if !is_transfer => refused("needs the section `transfer:`, which says what source and target are"),
        ModelSpec::BatLiNet(parameters) if parameters.inter_cell => Ok(()),
        ModelSpec::BatLiNet(_) => {
            refused("needs an inter-cell branch, whose references the target cells are; leave it out")
        }
        _ => refused("is for a batlinet, whose references the target cells are; leave it out"),
    }
}
