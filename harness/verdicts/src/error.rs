//! Why there is no verdict.

use std::{io, path::PathBuf};

use thiserror::Error;

/// What stands in the way of a judgement, as a sentence with what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// A file of scores from which the rows are gone, or of a call that made nothing.
    #[error("{}: scores.csv has no row here, so there is nothing to judge; `batlinet run` makes runs, and writes the rows of those that are there", .0.display())]
    NoRows(PathBuf),
    /// Scores without records: numbers that nothing stands behind.
    #[error("{}: run {key} ({slot}) has a row in scores.csv and no record below runs/; verdicts are made from records: `batlinet run` makes it again, or get it back from where it is kept", folder.display())]
    NoRecord {
        /// The output folder.
        folder: PathBuf,
        /// Of the run.
        key: String,
        /// What the row is a row of.
        slot: String,
    },
    /// Sides that cannot be laid beside one another.
    #[error("{0}")]
    NotComparable(String),
    /// A file that is not what it should be.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line where there is one, and what to do.
        what: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// What is wrong with a record or the scores.
    #[error(transparent)]
    Record(#[from] record::Error),
}
