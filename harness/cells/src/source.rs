//! A collection of cells, wherever they come from.

use crate::Error;
use crate::cell::{Cell, Origin};
use crate::notes::Notes;

/// A collection of cells that can be read one at a time, from several threads.
pub trait CellSource: Sync {
    /// Whether the cells are measured or simulated.
    fn origin(&self) -> Origin;

    /// The ids of all cells, sorted.
    fn ids(&self) -> Vec<String>;

    /// The cell with its first `cycles` cycles in detail (fewer, if it has fewer) and its whole life record.
    ///
    /// # Errors
    /// [`Error::UnknownCell`], and whatever keeps it from being read. One who implements this to the right says it by the kinds
    /// of this crate.
    fn cell(&self, id: &str, cycles: usize) -> Result<Cell, Error>;

    /// The cell with its first cycle, at least, and how many cycles [`CellSource::cell`] gives: what can be known without
    /// reading whole series.
    ///
    /// # Errors
    /// As [`CellSource::cell`].
    fn glance(&self, id: &str) -> Result<(Cell, usize), Error> {
        let cell = self.cell(id, usize::MAX)?;
        let held = cell.cycles().len();
        Ok((cell, held))
    }

    /// What is to be said of a cell whenever it is used; nothing where a collection keeps no such notes.
    ///
    /// # Errors
    /// As [`CellSource::cell`].
    fn notes(&self, _id: &str) -> Result<Notes, Error> {
        Ok(Notes::default())
    }

    /// A hash that changes whenever anything that [`CellSource::cell`] returns for this id may have changed.
    ///
    /// # Errors
    /// As [`CellSource::cell`].
    fn fingerprint(&self, id: &str) -> Result<String, Error>;
}
