//! What follows from two sets of numbers: is one better, are they the same, may a change land, and when did a number move?
//!
//! It takes output folders of `batlinet run`, reads every number from its record, and gives judgements as values: a verdict
//! per model, never one over what is missing. It does not know how a model is trained, nor how a judgement is shown.
//!
//! ```text
//! folder      an output folder: runs with their records, in groups of one experiment, model and variant
//! compare     two sides on the same cells: better, worse, equal, cannot tell
//! gate        baseline and candidate: same, declared, within noise, or not
//! noise       how far numbers of one model are apart where only rounding differs, measured
//! changes     what was meant to change, with the reason
//! bench       measured ratios and growth against their bands
//! replay      a record and what came out of making its run again
//! history     numbers across commits, and where they moved
//! ```

pub mod bench;
pub mod changes;
pub mod compare;
mod error;
pub mod folder;
pub mod gate;
pub mod history;
#[cfg(test)]
mod made_up;
pub mod noise;
pub mod replay;

pub use error::Error;
pub use folder::{Folder, Group, Run, Slot};
