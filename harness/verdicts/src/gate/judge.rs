//! The judgement on each model of an experiment.

use std::collections::BTreeSet;

use statistics::Spread;

use super::{
    Outcome, alike,
    distance::{SAME, distance, is_same},
};
use crate::{Folder, Group, Run, Slot, changes::Changes, noise::Noise};

/// So many times the measured noise is still noise: it was measured on a few engines, and there are others.
const NOISE_FACTOR: f64 = 10.0;
/// What single precision leaves is noise where none was found.
const LEAST_NOISE: f64 = 1e-6;
/// What rounding, amplified by a training that is not long, leaves of a life where nobody has measured.
const UNMEASURED_NOISE: f64 = 1e-3;
/// Means of so few seeds scatter by so many standard errors.
const SEED_FACTOR: f64 = 2.0;

/// What was found of one model.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// The same numbers.
    Same,
    /// Other numbers, as was declared.
    Declared {
        /// The reason.
        reason: String,
    },
    /// Other rounding, no further apart than was measured, or than rounding is where nobody has measured.
    WithinNoise {
        /// How far apart they may be, in words.
        allowed: String,
    },
    /// In the candidate alone.
    New,
    /// In the baseline alone, or some of its seeds are.
    Missing {
        /// The seeds that are not there.
        seeds: Vec<u64>,
    },
    /// Nobody has measured how far its numbers may be apart.
    Unmeasured,
    /// A number that nothing but the program decides is another, and nobody said so.
    Moved,
    /// Worse by more than the noise of its seeds, of what another engine computed.
    Worse,
    /// A run that had numbers has none.
    Fails {
        /// What its status says.
        reason: String,
    },
}

impl Standing {
    /// What follows for the change.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Same | Self::Declared { .. } | Self::WithinNoise { .. } | Self::New => Outcome::Lands,
            Self::Missing { .. } | Self::Unmeasured => Outcome::CannotTell,
            Self::Moved | Self::Worse | Self::Fails { .. } => Outcome::Regressed,
        }
    }

    /// A word for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Declared { .. } => "declared",
            Self::WithinNoise { .. } => "within noise",
            Self::New => "new",
            Self::Missing { .. } => "missing",
            Self::Unmeasured => "cannot tell",
            Self::Moved => "moved",
            Self::Worse => "worse",
            Self::Fails { .. } => "fails",
        }
    }
}

/// One model of an experiment, beside what it was.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Which.
    pub slot: Slot,
    /// The judgement.
    pub standing: Standing,
    /// Mean RMSE of the baseline over the seeds that both have, cycles.
    pub baseline: Option<f64>,
    /// And of the candidate.
    pub candidate: Option<f64>,
    /// The largest relative difference of a predicted life, where both have the same cells.
    pub apart: Option<f64>,
    /// What was put in that led to another number, or where it shows, in a few words; empty where nothing differs.
    pub because: String,
    /// Folders of the runs below `runs/`, of the baseline and of the candidate.
    pub keys: (Vec<String>, Vec<String>),
}

/// Judges every model of either folder, in the order of their names.
pub fn judge(baseline: &Folder, candidate: &Folder, noise: &Noise, changes: &Changes) -> Vec<Judged> {
    let slots: BTreeSet<&Slot> = baseline.groups.keys().chain(candidate.groups.keys()).collect();
    let none = Group::default();
    let judged = |slot: &Slot| {
        let (before, whole) = (baseline.groups.get(slot), candidate.groups.get(slot));
        // means of other seeds say nothing beside one another, and what the candidate has more of decides nothing
        let (was, now) =
            (before.map(|before| before.with_seeds_of(whole)), whole.map(|whole| whole.with_seeds_of(before)));
        let (standing, apart, because) = standing(slot, before, now.as_ref(), noise, changes);
        let (before, whole, now) = (before.unwrap_or(&none), whole.unwrap_or(&none), now.as_ref().unwrap_or(&none));
        let more: Vec<u64> = whole.runs.keys().copied().filter(|seed| !now.runs.contains_key(seed)).collect();
        let keys = |group: &Group| group.runs.values().map(|run| run.score.key.clone()).collect();
        Judged {
            slot: slot.clone(),
            standing,
            baseline: was.and_then(|was| was.mean(|metrics| metrics.rmse)),
            candidate: now.mean(|metrics| metrics.rmse),
            apart,
            because: if more.is_empty() { because } else { with_seeds(&more, because) },
            keys: (keys(before), keys(now)),
        }
    };
    slots.into_iter().map(judged).collect()
}

/// What only the candidate has.
fn with_seeds(more: &[u64], because: String) -> String {
    let seeds = more.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let said = format!("seed {seeds} is in the candidate alone, and not judged");
    if because.is_empty() { said } else { format!("{because}; {said}") }
}

/// With the largest relative difference of a predicted life, and why.
type Found = (Standing, Option<f64>, String);

fn standing(slot: &Slot, before: Option<&Group>, now: Option<&Group>, noise: &Noise, changes: &Changes) -> Found {
    let Some(before) = before else { return (Standing::New, None, "not in the baseline".to_owned()) };
    let missing: Vec<u64> = match now {
        None => before.runs.keys().copied().collect(),
        Some(now) => before.runs.keys().copied().filter(|seed| !now.runs.contains_key(seed)).collect(),
    };
    let Some(now) = now.filter(|_| missing.is_empty()) else {
        let seeds = missing.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        return (Standing::Missing { seeds: missing }, None, format!("no run of seed {seeds}"));
    };
    let pairs: Vec<(&Run, &Run)> = before.runs.iter().map(|(seed, run)| (run, &now.runs[seed])).collect();
    let failing = pairs.iter().find(|(was, is)| was.metrics().is_some() != is.metrics().is_some()).map(|(_, is)| is);
    if let Some(run) = failing {
        let reason = run.record.status.to_string();
        let because = format!("seed {}: {reason}", run.score.seed);
        // a run that had no numbers and has some is as much of a change
        let standing = if run.metrics().is_some() { Standing::Moved } else { Standing::Fails { reason } };
        return (standing, None, because);
    }
    let because = differences(&pairs);
    let (mut apart, mut furthest) = (0.0, String::new());
    for (was, is) in &pairs {
        match distance(&was.record, &is.record) {
            Ok((found, cell)) if found > apart => (apart, furthest) = (found, unexplained(was, is, cell)),
            Ok(_) => {}
            Err(other) => {
                let because = if because.is_empty() { other } else { format!("{other}; {because}") };
                return (declared(slot, &pairs, noise, changes).unwrap_or(Standing::Moved), None, because);
            }
        }
    }
    if is_same(apart, pairs[0].0.is_of_network()) {
        return (Standing::Same, Some(apart), because);
    }
    if let Some(standing) = declared(slot, &pairs, noise, changes) {
        return (standing, Some(apart), because);
    }
    let is_decided = |(was, is): &(&Run, &Run)| !was.is_of_network() || alike::are_alike(&was.record, &is.record);
    if pairs.iter().all(is_decided) {
        return (Standing::Moved, Some(apart), if because.is_empty() { furthest } else { because });
    }
    let how = format!("computed by {}", alike::words(&pairs[0].1.record));
    let standing = match noise.of(slot) {
        Some(measured) => by_measure(allowed(measured), apart),
        // beside a number of a processor, one of a card always has another key
        None if pairs.iter().any(|(was, is)| was.record.class == is.record.class && was.score.key != is.score.key) => {
            if apart <= LEAST_NOISE {
                within(LEAST_NOISE, "what single precision leaves")
            } else {
                Standing::Moved
            }
        }
        None => by_seeds(before, now, apart),
    };
    (standing, Some(apart), if because.is_empty() { how } else { format!("{because}; {how}") })
}

/// The changes file has the last word on what it names.
fn declared(slot: &Slot, pairs: &[(&Run, &Run)], noise: &Noise, changes: &Changes) -> Option<Standing> {
    let allowed = noise.of(slot).map_or(SAME, allowed);
    let mut reason = None;
    for (was, is) in pairs {
        reason = Some(changes.reason(slot, was, is, allowed)?);
    }
    reason.map(|reason| Standing::Declared { reason: reason.to_owned() })
}

/// How far predictions may be apart where so much was measured.
fn allowed(measured: f64) -> f64 {
    (NOISE_FACTOR * measured).max(LEAST_NOISE)
}

fn within(allowed: f64, why: &str) -> Standing {
    Standing::WithinNoise { allowed: format!("{allowed:.1e} of a life, {why}") }
}

/// Of networks that other engines or instructions computed, where it was measured how far apart these are.
fn by_measure(allowed: f64, apart: f64) -> Standing {
    if apart > allowed {
        return Standing::Moved;
    }
    within(allowed, &format!("{NOISE_FACTOR} times what was measured and {LEAST_NOISE:.0e} at least"))
}

/// The same where nobody has measured. A long training takes rounding as far as another seed takes it, so nothing less than seeds are
/// apart is worse; but whether it was rounding nobody can tell.
fn by_seeds(before: &Group, now: &Group, apart: f64) -> Standing {
    if apart <= UNMEASURED_NOISE {
        return within(UNMEASURED_NOISE, "since nobody has measured");
    }
    let errors = |group: &Group| -> Vec<f64> {
        group.with_numbers().filter_map(Run::metrics).map(|metrics| metrics.rmse).collect()
    };
    let deviation = |errors: &[f64]| Spread::new(errors).and_then(|spread| spread.sample_std);
    let (was, is) = (errors(before), errors(now));
    let (Some(a), Some(b)) = (deviation(&was), deviation(&is)) else { return Standing::Unmeasured };
    let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
    let standard_error = (a * a / was.len() as f64 + b * b / is.len() as f64).sqrt();
    let (allowed, moved) = (SEED_FACTOR * standard_error, mean(&is) - mean(&was));
    if moved > allowed {
        Standing::Worse
    } else if moved < -allowed {
        Standing::Moved
    } else {
        Standing::Unmeasured
    }
}

/// Where a number is another though all that went into it is the same: the program is, or somebody was there.
fn unexplained(was: &Run, is: &Run, cell: Option<String>) -> String {
    let [before, now] = [was, is].map(|run| run.record.provenance.short_commit());
    let program = if before == now {
        format!("the same program, of commit {}, was asked for the same", now.0)
    } else {
        format!("the program of commit {} was asked for the same as that of {}", now.0, before.0)
    };
    let cell = cell.map_or_else(String::new, |cell| format!("; furthest apart: {cell} of seed {}", is.score.seed));
    format!("{program}{cell}")
}

/// What differs in what the runs were made of; nothing where their keys are the same.
fn differences(pairs: &[(&Run, &Run)]) -> String {
    let mut found: Vec<String> = Vec::new();
    for (was, is) in pairs.iter().filter(|(was, is)| was.score.key != is.score.key) {
        let said = is.record.ingredients.difference(&was.record.ingredients);
        if !found.contains(&said) {
            found.push(said);
        }
    }
    found.join("; ")
}

#[cfg(test)]
mod tests;
