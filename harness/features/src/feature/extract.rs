//! What every feature extractor does, and the errors that they share.

use cells::cell::{Cell, Cycle};
use cells::failure::Failure;

/// Builds one feature for one cell after another.
pub trait Extract: Send {
    /// Writes the feature of `cell` to `out`, row-major, all of it.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the cell, and the cycle, channel or statistic that cannot be built.
    ///
    /// # Panics
    /// If `out` is not as long as the feature has numbers.
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Failure>;
}

/// Whether `held` cycles of a cell reach to the position that the feature called `feature` needs.
pub(super) fn check_length(cell: &Cell, held: usize, position: usize, feature: &str) -> Result<(), Failure> {
    if position < held {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "cell {} has {held} cycles, but {feature} needs the one at position {position} (counted from 0); ask for fewer \
         cycles, leave the cell out, or import it from files that hold more of its cycles (`batlinet data list` shows how many \
         there are)",
        cell.id(),
    )))
}

/// Names a cycle by its position and by the source's own number.
pub(super) fn describe(position: usize, cycle: &Cycle) -> String {
    format!("the cycle at position {position} (number {})", cycle.number)
}
