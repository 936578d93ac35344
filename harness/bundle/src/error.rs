//! Why there is no bundle, or none that can be asked.

use std::{io, path::PathBuf};

use experiments::train::TrainError;
use thiserror::Error;

/// What stands between a trained model and its answers, as a sentence with what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The collection of cells has it.
    #[error(transparent)]
    Cells(#[from] cells::Error),
    /// The experiment has it.
    #[error(transparent)]
    Experiments(#[from] experiments::Error),
    /// A file of ours was not written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// The model could not be fitted, restored or asked.
    #[error("{model}: {source}")]
    Model {
        /// Which.
        model: String,
        /// Why.
        source: TrainError,
    },
    /// A model that is kept in no bundle.
    #[error(
        "{model} is a procedure that draws cells of two chemistries anew for every seed, which a bundle does not keep; train a model of an experiment without `transfer:`"
    )]
    Transfer {
        /// Which.
        model: String,
    },
    /// A model that has no training of its own.
    #[error(
        "{model} is made of the records of other runs, among them those of folds, which a bundle does not keep: train its members, such \
         as --model '{}' ({})", members.first().map_or("", String::as_str), members.join(", ")
    )]
    MadeOfOthers {
        /// Which.
        model: String,
        /// Labels of what can be trained.
        members: Vec<String>,
    },
    /// More folds than cells, or fewer than two.
    #[error("{folds} folds of {cells} training cells cannot be: give 2 to {cells}, or --calibration none")]
    Folds {
        /// As asked for.
        folds: usize,
        /// Training cells.
        cells: usize,
    },
    /// The system does not let a bundle be read.
    #[error("{}: cannot read this bundle: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is something else, or is not whole.
    #[error("{}: {what}; `batlinet train` makes bundles", path.display())]
    NotABundle {
        /// The file.
        path: PathBuf,
        /// What it is, or lacks.
        what: String,
    },
    /// A bundle of a later program.
    #[error("{}: this bundle is of format {format}, made by a newer program; this one reads format {known}: use the newer program, or train the model again", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Of the file.
        format: u32,
        /// The latest that is known here.
        known: u32,
    },
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}
