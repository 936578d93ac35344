//! A cell that was read, held against what can be.

use crate::Error;
use cells::physics::{self, Weight};

use super::imported::Imported;

/// Doubts of one weight that are said; more are counted.
const MOST: usize = 4;

/// The cell, without a last cycle that was cut before its end, and with its doubts among the remarks.
///
/// # Errors
/// [`Error::Impossible`] with cell, cycle, value and what it probably is, where a number made of the cell would be wrong. A cell that
/// is the published one to the last bit is let in, whatever it shows.
pub(super) fn judged(imported: Imported) -> Result<Imported, Error> {
    let Imported { cell, mut remarks } = imported;
    let is_published = physics::is_published(&cell);
    let (cell, shortened) = if is_published { (cell, None) } else { physics::without_unfinished_end(cell) };
    remarks.extend(shortened);
    let doubts = physics::doubts(&cell);
    let refused: Vec<String> = doubts
        .iter()
        .filter(|doubt| doubt.weight == Weight::Refuse && !is_published)
        .map(ToString::to_string)
        .collect();
    if !refused.is_empty() {
        return Err(Error::Impossible { id: cell.id().to_owned(), what: some(&refused) });
    }
    let flags = doubts.iter().map(|doubt| format!("doubtful: {doubt}"));
    remarks.extend(flags);
    Ok(Imported { cell, remarks })
}

fn some(texts: &[String]) -> String {
    let said = texts[..texts.len().min(MOST)].join("; ");
    if texts.len() > MOST { format!("{said}; and {} more", texts.len() - MOST) } else { said }
}
