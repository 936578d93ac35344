//! What of the cells of an experiment may be wrong, told before any number is made of them.

use super::progress::Reporter;
use crate::Error;
use cells::{cell::Origin, physics, source::CellSource, split::Split};
use record::Doubtful;

/// Cycles that are looked at where a store of an older program kept no doubts.
const LOOKED_AT: usize = 100;
/// Cells that are told of one by one.
const MOST: usize = 20;

/// The cells of a split of which something may be wrong, in order of id. A store keeps what its import found; where it does not,
/// the first cycles are looked at if `is_looked_at` says so.
///
/// # Errors
/// As [`CellSource::notes`].
pub(super) fn of(split: &Split, source: &dyn CellSource, is_looked_at: bool) -> Result<Vec<Doubtful>, Error> {
    let mut ids: Vec<&String> = split.train.iter().chain(&split.test).collect();
    ids.sort();
    ids.dedup();
    let mut found = Vec::new();
    for id in ids {
        let notes = source.notes(id)?;
        let (doubts, is_published) = match notes.doubts {
            Some(doubts) => (doubts, notes.is_published),
            // the lab simulates what can be
            None if source.origin() == Origin::Virtual || !is_looked_at => continue,
            None => {
                let cell = source.cell(id, LOOKED_AT)?;
                let doubts: Vec<String> = physics::doubts(&cell).iter().map(ToString::to_string).collect();
                let is_published = !doubts.is_empty() && physics::is_published(&source.cell(id, usize::MAX)?);
                (doubts, is_published)
            }
        };
        if !doubts.is_empty() {
            found.push(Doubtful { cell: id.clone(), doubts, is_published });
        }
    }
    Ok(found)
}

/// One line for each cell; one for all that were published so.
pub(super) fn tell(experiment: &str, doubtful: &[Doubtful], reporter: &Reporter) {
    let (published, own): (Vec<&Doubtful>, Vec<&Doubtful>) = doubtful.iter().partition(|cell| cell.is_published);
    for cell in own.iter().take(MOST) {
        reporter.say(&format!("{experiment}: {}", cell.short()));
    }
    if own.len() > MOST {
        reporter.say(&format!(
            "{experiment}: and of {} more cells something may be wrong; all are in the records",
            own.len() - MOST
        ));
    }
    if let Some(first) = published.first() {
        reporter.say(&format!(
            "{experiment}: {} cells were published with what cannot be, such as {}",
            published.len(),
            first.short()
        ));
    }
}
