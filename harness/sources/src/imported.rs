//! A cell on its way into the store, with what is to be said of it.

use cells::cell::Cell;
use cells::notes::Notes;

/// A cell as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The cell.
    pub cell: Cell,
    /// What was mended, dropped or is strange, such as `7 of 901 cycles dropped as outliers`.
    pub remarks: Vec<String>,
    /// What stays with the cell; doubts among it that only the files show.
    pub notes: Notes,
}

impl Imported {
    /// A cell with nothing that stays with it but itself.
    pub fn new(cell: Cell, remarks: Vec<String>) -> Self {
        Self { cell, remarks, notes: Notes::default() }
    }

    /// Adds what may be wrong with the cell, as its files show and it does not.
    pub(crate) fn doubt(&mut self, doubts: impl IntoIterator<Item = String>) {
        self.notes.doubts.get_or_insert_default().extend(doubts);
    }
}

impl From<Cell> for Imported {
    fn from(cell: Cell) -> Self {
        Self::new(cell, Vec::new())
    }
}
