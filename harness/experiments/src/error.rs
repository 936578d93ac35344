//! What keeps experiments from being planned or run.

use std::io;
use std::path::PathBuf;

use cells::whole_file::said;
use thiserror::Error;

/// Why an experiment was not read, planned or run to its end.
///
/// The texts are whole sentences for a person: which file, setting or cell, what is wrong, what to do. A run that fails is no
/// error: its reason is a row of the scores.
#[derive(Debug, Error)]
pub enum Error {
    /// The collection of cells has it, or a split.
    #[error(transparent)]
    Cells(#[from] cells::Error),
    /// Features or samples cannot be built.
    #[error(transparent)]
    Features(#[from] features::Error),
    /// A file of the output folder.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// The system does not let an experiment file be read.
    #[error("{path}: cannot read this experiment file: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let a file be moved or removed.
    #[error("{path}: {}", said(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An experiment, or a setting of one, is declared as it cannot be; with file, line and column.
    #[error("{0}")]
    Declared(String),
    /// A file of pools says what cannot be, or lacks what is wanted of it.
    #[error("pools {file}: {what}")]
    Pools {
        /// The file.
        file: PathBuf,
        /// What is wrong, with its line.
        what: String,
    },
    /// Cells of a split that the source does not have.
    #[error("{place}: experiment {experiment} needs {missing} of its {cells} cells that {lack}")]
    MissingCells {
        /// Where the split is named.
        place: String,
        /// Name of the experiment.
        experiment: String,
        /// How many are missing.
        missing: usize,
        /// How many it has.
        cells: usize,
        /// Who lacks them, which they are and what to do; the rest of the sentence.
        lack: String,
    },
    /// Cells of a split whose tests go on.
    #[error(
        "experiment {experiment}: {cells} is among its {part} cells and lives still, as its cells.yaml says (alive: true), so that it has \
         no life to learn from or to be measured by: take it out of the split; `batlinet predict` says how long it may live"
    )]
    Living {
        /// Name of the experiment.
        experiment: String,
        /// Of the split, as the experiment calls it.
        part: String,
        /// Their ids.
        cells: String,
    },
    /// No record of a test cell shows an end of life.
    #[error("experiment {experiment}, scenario {scenario}: {what}")]
    NothingObserved {
        /// Name of the experiment.
        experiment: String,
        /// Name of its scenario.
        scenario: String,
        /// Which label rule, and what to do.
        what: String,
    },
    /// Output folders that cannot be put together; which, and what to do.
    #[error("{0}")]
    Merge(String),
    /// Nothing is called as what was selected.
    #[error("{0}")]
    Selection(String),
    /// Half precision is asked for where nobody has it.
    #[error(
        "experiment {experiment}: {model} asks for precision: fast, which our kernels on an NVIDIA card have, and it computes on the \
         CPU here; leave precision out, or give --device cuda on a machine with such a card"
    )]
    Precision {
        /// Name of the experiment.
        experiment: String,
        /// The entry that asks for it.
        model: String,
    },
    /// The card stopped working, for this process.
    #[error("{0}; the runs that are done are kept, and the same command goes on from there")]
    CardLost(String),
    /// The system gives no threads where some are needed.
    #[error("{0}")]
    Threads(String),
    /// A run failed, and the others were not to be made then.
    #[error("{run}: {status}; stopped at the first failure")]
    FirstFailure {
        /// Which run.
        run: String,
        /// How it ended.
        status: record::Status,
    },
    /// Stopped by the user, with the work so far kept.
    #[error("stopped: {finished} of {total} runs are finished and kept in {out}; the same command goes on from there")]
    Stopped {
        /// Runs that were made.
        finished: usize,
        /// Runs that were to be made.
        total: usize,
        /// The output folder.
        out: PathBuf,
    },
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<tables::Error> for Error {
    fn from(error: tables::Error) -> Self {
        match error {
            tables::Error::Record(error) => Self::Record(error),
            tables::Error::Internal(what) => Self::Internal(what),
            none @ tables::Error::Threads(_) => Self::Threads(none.to_string()),
            other @ tables::Error::NoArrays { .. } => Self::Selection(other.to_string()),
        }
    }
}
