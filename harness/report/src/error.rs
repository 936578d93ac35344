//! What keeps results from being reported.

use cells::count::verb;
use std::path::PathBuf;

use cells::cell::Origin;
use thiserror::Error;

/// Why there is no report.
///
/// The texts are whole sentences for a person: which file or run, what is wrong, what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// A file of the output folder could not be read, or one of the report not be written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// Results that do not compare.
    #[error(
        "{out}: the results of experiment {experiment} on {data} cells are of different labels and do not compare: {both}. Run \
         it again on one set of cells, which replaces the older ones, or keep them in two folders"
    )]
    DifferentLabels {
        /// The output folder.
        out: PathBuf,
        /// Name of the experiment.
        experiment: String,
        /// Which cells.
        data: Origin,
        /// Two runs and their labels.
        both: String,
    },
    /// Test lives that are all made up.
    #[error(
        "{out}: {} of {model} in experiment {experiment} {} padded: no record shows an end of life, so the \
         numbers of cycles on record were taken for lives, and an error against them says nothing. Test on cells that reached \
         their end of life (`unreached: drop` leaves the others out), or take the rows of this experiment out of {}",
        if *lives == 1 { "the only test life".to_owned() } else { format!("all {lives} test lives") },
        verb(*lives, ["is", "are"]),
        out.join(record::Score::FILE).display()
    )]
    Padded {
        /// The output folder.
        out: PathBuf,
        /// How many.
        lives: usize,
        /// Name of the model.
        model: String,
        /// Name of the experiment.
        experiment: String,
    },
    /// What the benches left cannot be understood.
    #[error("{path}: {what}; `make bench` writes it")]
    Bench {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A defect of this program: a table or figure that cannot be written.
    #[error("internal error: {0}")]
    Internal(String),
}
