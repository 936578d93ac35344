//! What every feature extractor does, and the errors that they share.

use crate::Error;
use cells::cell::{Cell, Cycle};

/// Builds one feature for one cell after another.
pub trait Extract: Send {
    /// Writes the feature of `cell` to `out`, row-major, all of it.
    ///
    /// # Errors
    /// [`Error::TooFewCycles`], [`Error::NoChargeHalf`] and [`Error::Unfit`] name the cell, and the cycle, channel or statistic
    /// that cannot be built.
    ///
    /// # Panics
    /// If `out` is not as long as the feature has numbers.
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error>;
}

/// Whether `held` cycles of a cell reach to the position that the feature called `feature` needs.
pub(super) fn check_length(cell: &Cell, held: usize, position: usize, feature: &'static str) -> Result<(), Error> {
    if position < held {
        return Ok(());
    }
    Err(Error::TooFewCycles { cell: cell.id().to_owned(), held, feature, position })
}

/// Names a cycle by its position and by the source's own number.
pub(super) fn describe(position: usize, cycle: &Cycle) -> String {
    format!("the cycle at position {position} (number {})", cycle.number)
}
