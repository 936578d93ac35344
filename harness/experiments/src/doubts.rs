//! What of the cells of an experiment may be wrong, told before any number is made of them.

use super::progress::Reporter;
use crate::Error;
use cells::{
    catalogue,
    cell::Origin,
    physics,
    portrait::{self, Portrait},
    source::CellSource,
    split::{Split, one_test},
};
use rayon::prelude::*;
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
        let (mut doubts, is_published) = match notes.doubts {
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
        doubts.extend(notes.guessed);
        if !doubts.is_empty() {
            found.push(Doubtful { cell: id.clone(), doubts, is_published });
        }
    }
    if is_looked_at {
        twins(split, source, &mut found);
    }
    Ok(found)
}

/// Test cells that are training cells under another id. Of two published cells nobody needs to be told that they are two, and what keeps
/// a cell from being read is said when it is to be learned from.
fn twins(split: &Split, source: &dyn CellSource, found: &mut Vec<Doubtful>) {
    let is_own = |id: &String| catalogue::find(id).is_none();
    if !split.train.iter().chain(&split.test).any(is_own) {
        return;
    }
    let portraits = |ids: &[String]| -> Vec<Portrait> {
        let portrait = |id: &String| {
            source.cell(id, portrait::MOST).map_or_else(|_| Portrait::default(), |cell| Portrait::of_first(&cell))
        };
        ids.par_iter().map(portrait).collect()
    };
    let (trained, tested) = (portraits(&split.train), portraits(&split.test));
    for (id, portrait) in split.test.iter().zip(&tested) {
        let pairs = split.train.iter().zip(&trained).filter(|(of, _)| is_own(id) || is_own(of));
        for (of, _) in pairs.filter(|(_, known)| known.is_of_one_test(portrait)) {
            let what = one_test(id, of);
            match found.iter_mut().find(|cell| cell.cell == *id) {
                // what was published is everybody's to know, that it is there twice is not
                Some(cell) => {
                    cell.doubts.insert(0, what);
                    cell.is_published = false;
                }
                None => found.push(Doubtful { cell: id.clone(), doubts: vec![what], is_published: false }),
            }
        }
    }
    found.sort_by(|one, other| one.cell.cmp(&other.cell));
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
