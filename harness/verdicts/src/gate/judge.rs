//! The judgement on each model of an experiment.

use std::collections::BTreeSet;

use statistics::ROUNDING;

use super::{
    Standing, alike,
    distance::{is_same, is_unchanged, loose_distance, whole_distance},
    elsewhere::{allowed, elsewhere},
    furthest::{Furthest, Pair},
};
use crate::{Folder, Group, Slot, changes::Changes, noise::Noise};

/// One model of an experiment, beside what it was.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Which.
    pub slot: Slot,
    /// The judgement.
    pub standing: Standing,
    /// Mean RMSE of the baseline over the seeds of which both have numbers, cycles.
    pub baseline: Option<f64>,
    /// And of the candidate.
    pub candidate: Option<f64>,
    /// The largest relative difference of a predicted life, or of a number in the tables beside it, where both have the same cells.
    pub apart: Option<f64>,
    /// What was put in that led to another number, or where it shows, in a few words; empty where nothing differs.
    pub because: String,
    /// Seeds that the candidate alone has, which are not judged.
    pub more: Vec<u64>,
    /// Folders of the runs below `runs/`, of the baseline and of the candidate.
    pub keys: (Vec<String>, Vec<String>),
}

/// Judges every model of either folder, in the order of their names.
pub fn judge(baseline: &Folder, candidate: &Folder, noise: &Noise, changes: &Changes) -> Vec<Judged> {
    let slots: BTreeSet<&Slot> = baseline.groups.keys().chain(candidate.groups.keys()).collect();
    let none = Group::default();
    let judged = |slot: &Slot| {
        let (before, whole) = (baseline.groups.get(slot), candidate.groups.get(slot));
        // what the candidate has more of decides nothing
        let now = whole.map(|whole| whole.with_seeds_of(before));
        let (standing, apart, because) = standing(slot, before, now.as_ref(), noise, changes);
        let (of_before, of_whole) = (before, whole);
        let (before, whole, now) = (before.unwrap_or(&none), whole.unwrap_or(&none), now.as_ref().unwrap_or(&none));
        let more: Vec<u64> = whole.runs.keys().copied().filter(|seed| !now.runs.contains_key(seed)).collect();
        let keys = |group: &Group| group.runs.values().map(|run| run.score.key.clone()).collect();
        Judged {
            slot: slot.clone(),
            standing,
            baseline: before.mean_beside(of_whole, |metrics| metrics.rmse),
            candidate: now.mean_beside(of_before, |metrics| metrics.rmse),
            apart,
            because,
            more,
            keys: (keys(before), keys(now)),
        }
    };
    slots.into_iter().map(judged).collect()
}

/// With the largest relative difference, and why.
type Found = (Standing, Option<f64>, String);

fn standing(slot: &Slot, before: Option<&Group>, now: Option<&Group>, noise: &Noise, changes: &Changes) -> Found {
    let Some(before) = before else {
        let new = now.is_some_and(|now| now.with_numbers().next().is_some());
        return (if new { Standing::New } else { Standing::NewFails }, None, "not in the baseline".to_owned());
    };
    let missing: Vec<u64> = match now {
        None => before.runs.keys().copied().collect(),
        Some(now) => before.runs.keys().copied().filter(|seed| !now.runs.contains_key(seed)).collect(),
    };
    let Some(now) = now.filter(|_| missing.is_empty()) else {
        let seeds = missing.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        return (Standing::Missing { seeds: missing }, None, format!("no run of seed {seeds}"));
    };
    let pairs: Vec<Pair<'_>> = before.runs.iter().map(|(seed, run)| (run, &now.runs[seed])).collect();
    // a number that was and is not is lost, whatever other seeds do
    if let Some((_, run)) = pairs.iter().find(|(was, is)| was.metrics().is_some() && is.metrics().is_none()) {
        let reason = run.record.status.to_string();
        let because = format!("seed {}: {reason}", run.score.seed);
        return (Standing::Fails { reason }, None, because);
    }
    // one that was not and is, or another reason why it is not, is as much of a change
    if let Some((was, is)) = pairs.iter().find(|(was, is)| was.record.status != is.record.status) {
        let because = format!("seed {}: it was {}, and is {}", is.score.seed, was.record.status, is.record.status);
        return (declared(slot, &pairs, noise, changes).unwrap_or(Standing::Moved), None, because);
    }
    by_distance(slot, before, now, &pairs, noise, changes)
}

/// Of runs that ended alike on both sides.
fn by_distance(
    slot: &Slot,
    before: &Group,
    now: &Group,
    pairs: &[Pair<'_>],
    noise: &Noise,
    changes: &Changes,
) -> Found {
    let because = differences(pairs);
    // of each pair by itself it is known whether anything but the program can have moved it
    let (decided, open): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
        pairs.iter().copied().partition(|(was, is)| !was.is_of_network() || alike::are_alike(&was.record, &is.record));
    let found =
        Furthest::of(&decided, whole_distance).and_then(|first| Ok((first, Furthest::of(&open, loose_distance)?)));
    let (first, second) = match found {
        Ok(found) => found,
        Err(other) => {
            let because = if because.is_empty() { other } else { format!("{other}; {because}") };
            return (declared(slot, pairs, noise, changes).unwrap_or(Standing::Moved), None, because);
        }
    };
    let apart = Some(first.apart.max(second.apart));
    let is_kept = is_same(first.apart, pairs[0].0.is_of_network());
    let declared_of = |pairs: &[Pair<'_>]| declared(slot, pairs, noise, changes);
    let (of_decided, of_open) = (declared_of(&decided), declared_of(&open));
    let Some((_, is)) = second.pair else {
        return match (is_kept, of_decided) {
            (true, _) => (Standing::Same, apart, because),
            (false, Some(declared)) => (declared, apart, because),
            (false, None) => (Standing::Moved, apart, if because.is_empty() { first.unexplained() } else { because }),
        };
    };
    if !is_kept && of_decided.is_none() {
        return (Standing::Moved, apart, if because.is_empty() { first.unexplained() } else { because });
    }
    if let Some(declared) = of_open {
        return (declared, apart, because);
    }
    let standing = match (elsewhere(noise.of(slot), before, now, &open, second.apart), of_decided) {
        (Standing::WithinNoise { .. }, Some(declared)) => declared,
        (standing, _) => standing,
    };
    let how = format!("computed by {}", alike::words(&is.record));
    (standing, apart, if because.is_empty() { how } else { format!("{because}; {how}") })
}

/// The changes file has the last word on what it names; each run that is another must be named.
fn declared(slot: &Slot, pairs: &[Pair<'_>], noise: &Noise, changes: &Changes) -> Option<Standing> {
    let allowed = noise.of(slot).map_or(ROUNDING, allowed);
    let mut reason = None;
    for (was, is) in pairs.iter().filter(|(was, is)| !is_unchanged(was, is)) {
        reason = Some(changes.reason(slot, was, is, allowed)?);
    }
    reason.map(|reason| Standing::Declared { reason: reason.to_owned() })
}

/// What differs in what the runs were made of; nothing where their keys are the same.
fn differences(pairs: &[Pair<'_>]) -> String {
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
