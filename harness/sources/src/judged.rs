//! A cell that was read, held against what can be.

use crate::Error;
use cells::notes::Notes;
use cells::physics::{self, Weight};
use cells::store::Kept;

use super::imported::Imported;

/// Doubts of one weight that are said; more are counted.
const MOST: usize = 4;

/// The cell with what stays with it, without a last cycle that was cut before its end; and what is to be said now, its doubts among
/// it.
///
/// # Errors
/// [`Error::Impossible`] with cell, cycle, value and what it probably is, where a number made of the cell would be wrong. A cell that
/// is the published one is let in, whatever it shows.
pub(super) fn judged(imported: Imported) -> Result<(Kept, Vec<String>), Error> {
    let Imported { cell, mut remarks, notes } = imported;
    let is_published = physics::is_published(&cell);
    let (cell, shortened) = if is_published { (cell, None) } else { physics::without_unfinished_end(cell) };
    remarks.extend(shortened);
    let found = physics::doubts(&cell);
    let refused: Vec<String> =
        found.iter().filter(|doubt| doubt.weight == Weight::Refuse && !is_published).map(ToString::to_string).collect();
    if !refused.is_empty() {
        return Err(Error::Impossible { id: cell.id().to_owned(), what: some(&refused) });
    }
    let of_life = notes.alive.then(|| physics::alive_and_dead(&cell)).flatten();
    let doubts: Vec<String> =
        notes.doubts.iter().flatten().cloned().chain(found.iter().map(ToString::to_string)).chain(of_life).collect();
    let how = if is_published { "as published, doubtful" } else { "doubtful" };
    let unsaid: Vec<String> =
        doubts.iter().filter(|doubt| !remarks.contains(doubt)).map(|doubt| format!("{how}: {doubt}")).collect();
    remarks.extend(unsaid);
    remarks.extend(notes.guessed.clone());
    let notes = Notes { is_published, doubts: Some(doubts), ..notes };
    Ok((Kept { cell, notes }, remarks))
}

fn some(texts: &[String]) -> String {
    let said = texts[..texts.len().min(MOST)].join("; ");
    if texts.len() > MOST { format!("{said}; and {} more", texts.len() - MOST) } else { said }
}
