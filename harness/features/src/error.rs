//! What can go wrong between cells and samples.

use cells::cell::Origin;
use thiserror::Error;

/// Why a feature or a set of samples cannot be built.
///
/// The texts are whole sentences for a person: what is wrong, with which cell, what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The collection of cells has it, or the label rule.
    #[error(transparent)]
    Cells(#[from] cells::Error),
    /// A feature was declared with settings that cannot be.
    #[error("{0}")]
    Declared(String),
    /// A cell could not be had when it was looked at; what its source said.
    #[error("{0}")]
    Unseen(String),
    /// Cells that the source does not have.
    #[error(
        "the source of {origin} cells ({known} of them) has no cell {missing}, which the split names; import the cells or \
         correct the split"
    )]
    UnknownCells {
        /// Of the cells of the source.
        origin: Origin,
        /// How many it has.
        known: usize,
        /// Ids of those that it does not have.
        missing: String,
    },
    /// A cell has fewer cycles than a feature needs.
    #[error(
        "cell {cell} has {held} cycles, but {feature} needs the one at position {position} (counted from 0); ask for fewer \
         cycles, leave the cell out, or import it from files that hold more of its cycles (`batlinet data list` shows how many \
         there are)"
    )]
    TooFewCycles {
        /// Its id.
        cell: String,
        /// Cycles that it has.
        held: usize,
        /// The feature, in words.
        feature: &'static str,
        /// The last position that it reads.
        position: usize,
    },
    /// A channel is made of the charge half, which a cell does not have.
    #[error(
        "cell {cell} has no charge half, so channel {channel} cannot be built; channels possible for it: {possible}"
    )]
    NoChargeHalf {
        /// Its id.
        cell: String,
        /// Name of the channel.
        channel: &'static str,
        /// Names of the channels that can be built.
        possible: String,
    },
    /// The series of a cell give no feature.
    #[error("cell {cell}: {what}")]
    Unfit {
        /// Its id.
        cell: String,
        /// Which cycle, channel or statistic, and what to do.
        what: String,
    },
    /// No cell of a part has a life.
    #[error(
        "no {part} cell has a life by the label rule (all {removed} were removed); use another split, end_of_life or minimum"
    )]
    NoLife {
        /// `training` or `test`.
        part: String,
        /// How many cells it has.
        removed: usize,
    },
    /// No record of a test cell shows an end of life.
    #[error("{0}")]
    NothingObserved(String),
    /// A life that is not positive.
    #[error("a life of {0} cycles has no logarithm")]
    NoLogarithm(f64),
    /// Too few cells for a deviation.
    #[error("{0} training cells are too few for a z-score, which needs at least 2; leave out z_score or add cells")]
    TooFewForZScore(usize),
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}
