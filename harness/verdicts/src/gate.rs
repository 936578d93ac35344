//! May a change land? Every run of the baseline is looked for in the candidate and laid beside it.
//!
//! What nothing but the program decides must be the same: models without a network within 1e-9, whatever processor computed,
//! networks to the last bit where engine and instructions are the same. Where they are not, rounding differs, and numbers may
//! be as far apart as was measured ([`crate::noise`]). Where nobody has measured, a thousandth of a life is rounding if all that went in
//! is the same; what is further apart is for nobody to tell, unless other seeds are nearer. A number that moved further is a regression,
//! whichever way it moved, unless it was declared with its reason ([`crate::changes`]).

mod accept;
mod alike;
mod beside;
mod distance;
mod elsewhere;
mod furthest;
mod judge;
mod lost;
mod standing;

pub use accept::{Reason, accept, found};
pub(crate) use alike::{are_alike, words};
pub(crate) use beside::TABLES;
pub(crate) use distance::{distance, is_same, is_unchanged, loose_distance, whole_distance};
pub use judge::{Judged, judge};
pub use standing::Standing;

use crate::{Error, Folder};

/// What becomes of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It lands.
    Lands,
    /// Something that was asked for is not here, or nobody can say.
    CannotTell,
    /// A number moved that should not have.
    Regressed,
}

impl Outcome {
    /// A word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lands => "lands",
            Self::CannotTell => "cannot tell",
            Self::Regressed => "regressed",
        }
    }
}

/// The worst of all judgements; what has none lands nowhere.
pub fn outcome(judged: &[Judged]) -> Outcome {
    judged.iter().map(|one| one.standing.outcome()).max().unwrap_or(Outcome::CannotTell)
}

/// Refuses two folders of which nothing can be said: no experiment in common, or other schedules.
///
/// # Errors
/// [`Error::NotComparable`] says what differs.
pub fn must_be_comparable(baseline: &Folder, candidate: &Folder) -> Result<(), Error> {
    let experiments = |folder: &Folder| {
        let mut names: Vec<String> = folder.groups.keys().map(|slot| slot.experiment.clone()).collect();
        names.dedup();
        names
    };
    let (ours, theirs) = (experiments(baseline), experiments(candidate));
    let common: Vec<&String> = ours.iter().filter(|name| theirs.contains(name)).collect();
    if common.is_empty() {
        return Err(Error::NotComparable(format!(
            "{} has {} and {} has {}: no experiment is in both",
            baseline.path.display(),
            ours.join(", "),
            candidate.path.display(),
            theirs.join(", ")
        )));
    }
    for name in common {
        let (before, now) = (baseline.profiles(name), candidate.profiles(name));
        if before != now {
            return Err(Error::NotComparable(format!(
                "experiment {name} was run under profile {} in {} and under {} in {}: other schedules have other errors",
                before.join(" and "),
                baseline.path.display(),
                now.join(" and "),
                candidate.path.display()
            )));
        }
    }
    Ok(())
}
