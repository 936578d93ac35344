//! What can go wrong with the files of an output folder.

use std::io;
use std::path::PathBuf;

use cells::whole_file::said;
use thiserror::Error;

/// Why a file of an output folder was not written or read.
///
/// The texts are whole sentences for a person: which file, where in it, what is wrong, what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The system does not let a file be written; its kind tells a full disk.
    #[error("{path}: cannot write this file: {}; nothing of it was left behind", said(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let a folder be made.
    #[error("{path}: cannot write this folder: {}", said(source))]
    WriteFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let a file be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let a file be taken over or removed.
    #[error("{path}: {}", said(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what this program writes.
    #[error("{path}: {what}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with line and column where there are some.
        what: String,
    },
    /// A file of a run is not what was written.
    #[error("{path}: {what}; get it back from where it is kept, or delete {folder} to have it run again")]
    BrokenRun {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// The folder of the run.
        folder: PathBuf,
    },
    /// Nothing to read.
    #[error("{}: {what}", out.display())]
    NoScores {
        /// The folder that was given.
        out: PathBuf,
        /// What is there, and what to do.
        what: String,
    },
    /// A row of the scores that says something else than the record that it names.
    #[error(
        "{scores}: its row of run {key} says {said}, and the record of that run {made}; `batlinet run` writes the scores anew"
    )]
    StrangeRow {
        /// The scores.
        scores: PathBuf,
        /// Key of the run.
        key: String,
        /// What the row says.
        said: String,
        /// What the record says.
        made: String,
    },
    /// A row of the scores that this program did not write.
    #[error(
        "{scores}: its row of run {key} ({slot}) is not one that was written: a column was edited; `batlinet run` writes the scores anew"
    )]
    EditedRow {
        /// The scores.
        scores: PathBuf,
        /// Key of the run.
        key: String,
        /// What it is a row of.
        slot: String,
    },
    /// Two rows of one run.
    #[error("{scores}: two rows are {slot}; `batlinet run` writes the scores anew")]
    TwoRows {
        /// The scores.
        scores: PathBuf,
        /// What both are rows of.
        slot: String,
    },
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}
