//! A cell on its way into the store, with what is to be said of it.

use cells::cell::Cell;

/// A cell as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The cell.
    pub cell: Cell,
    /// What was mended, dropped or is strange, such as `7 of 901 cycles dropped as outliers`.
    pub remarks: Vec<String>,
}

impl From<Cell> for Imported {
    fn from(cell: Cell) -> Self {
        Self { cell, remarks: Vec::new() }
    }
}
