//! Why predictions cannot be judged.

use thiserror::Error;

/// What is wrong with predictions, or with a pair of them.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Error {
    /// Lists that do not belong together.
    #[error("predictions of {seeds} seeds × {cells} cells do not fit {named_seeds} seeds and {named_cells} cells")]
    Shape {
        /// Rows of the predictions.
        seeds: usize,
        /// Columns of the predictions.
        cells: usize,
        /// Seeds by name.
        named_seeds: usize,
        /// Cells by name.
        named_cells: usize,
    },
    /// A spread needs two cells.
    #[error("{cells} test cells: an interval needs at least two")]
    TooFewCells {
        /// How many there are.
        cells: usize,
    },
    /// Nothing was predicted.
    #[error("there is no seed with predictions")]
    NoSeeds,
    /// A cell that is there twice.
    #[error("cell {0} is there twice")]
    TwoCells(String),
    /// A seed that is there twice.
    #[error("seed {0} is there twice")]
    TwoSeeds(u64),
    /// A life that no cell has.
    #[error("cell {cell}: an observed life of {life} cycles is no life")]
    Life {
        /// Of the cell.
        cell: String,
        /// What is said of it.
        life: f64,
    },
    /// A prediction that is no number.
    #[error("cell {cell}, seed {seed}: the predicted life is {life}, no finite number")]
    NotFinite {
        /// Of the cell.
        cell: String,
        /// By the seed.
        seed: u64,
        /// What was predicted.
        life: f64,
    },
    /// Cells that only one of two has, be they seeds of one model or two models.
    #[error(
        "{only_a} cells are in the first alone and {only_b} in the second alone ({example}); errors are compared on the same cells"
    )]
    OtherCells {
        /// Cells of the first that the second lacks.
        only_a: usize,
        /// And the other way round.
        only_b: usize,
        /// One of them.
        example: String,
    },
    /// No cell is in both.
    #[error("no cell is in both")]
    NoCommonCell,
    /// Two observed lives of one cell.
    #[error("cell {cell}: its life is {a} cycles here and {b} there; errors by other lives are not compared")]
    OtherLives {
        /// The cell.
        cell: String,
        /// The first life.
        a: f64,
        /// The second life.
        b: f64,
    },
    /// A share that is none.
    #[error("a level of {0} is none: it lies between 0 and 1")]
    Level(f64),
    /// Too few draws for an interval.
    #[error("{0} draws are too few for an interval: take at least 100")]
    Draws(usize),
    /// A list per cell that is not one per cell.
    #[error("{groups} groups for {cells} cells: one name per cell is needed")]
    Groups {
        /// How many names.
        groups: usize,
        /// How many cells.
        cells: usize,
    },
}
