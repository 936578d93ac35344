//! The judgement on each model of an experiment.

use std::collections::BTreeSet;

use statistics::ROUNDING;

use super::{
    Standing, alike,
    distance::{is_unchanged, loose_distance, whole_distance},
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
    // each pair by itself: what is declared of one says nothing of another
    let reasons = Reasons { slot, allowed: noise.of(slot).map_or(ROUNDING, allowed), changes };
    let (alike, otherwise): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
        pairs.iter().copied().partition(|(was, is)| was.record.status == is.record.status);
    // one that was not and is, or another reason why it is not, is as much of a change
    if let Some((was, is)) = otherwise.iter().find(|pair| reasons.of(pair).is_none()) {
        let because = format!("seed {}: it was {}, and is {}", is.score.seed, was.record.status, is.record.status);
        return (Standing::Moved, None, because);
    }
    let reason = otherwise.iter().find_map(|pair| reasons.of(pair));
    let (found, apart, because) = by_distance(before, now, &alike, noise.of(slot), &reasons);
    match (found, reason) {
        (Standing::Same | Standing::WithinNoise { .. }, Some(reason)) => (declared(reason), apart, because),
        (found, _) => (found, apart, because),
    }
}

/// What the changes file says of the runs of a model; it has the last word.
struct Reasons<'a> {
    slot: &'a Slot,
    /// How far a run may be from what was declared.
    allowed: f64,
    changes: &'a Changes,
}

impl<'a> Reasons<'a> {
    fn of(&self, (was, is): &Pair<'_>) -> Option<&'a str> {
        self.changes.reason(self.slot, was, is, self.allowed)
    }
}

fn declared(reason: &str) -> Standing {
    Standing::Declared { reason: reason.to_owned() }
}

/// Of runs that ended alike on both sides.
fn by_distance(before: &Group, now: &Group, pairs: &[Pair<'_>], measured: Option<f64>, reasons: &Reasons<'_>) -> Found {
    let because = differences(pairs);
    let changed = pairs.iter().copied().filter(|(was, is)| !is_unchanged(was, is));
    let (said, unsaid): (Vec<Pair<'_>>, Vec<Pair<'_>>) = changed.partition(|pair| reasons.of(pair).is_some());
    let reason = said.iter().find_map(|pair| reasons.of(pair));
    let (decided, open): (Vec<Pair<'_>>, Vec<Pair<'_>>) = unsaid.into_iter().partition(is_decided);
    let (first, second) = match (Furthest::of(&decided, whole_distance), Furthest::of(&open, loose_distance)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(other), _) | (_, Err(other)) => return (Standing::Moved, None, joined(other, because)),
    };
    // of those that are declared too, where both have the same cells
    let of_all = Furthest::of(pairs, |was, is| match is_decided(&(was, is)) {
        true => whole_distance(was, is),
        false => loose_distance(was, is),
    });
    let apart = of_all.ok().map(|all| all.apart);
    if first.pair.is_some() {
        return (Standing::Moved, apart, if because.is_empty() { first.unexplained() } else { because });
    }
    let Some((_, is)) = second.pair else {
        return (reason.map_or(Standing::Same, declared), apart, because);
    };
    let standing = match (elsewhere(measured, before, now, &open, second.apart), reason) {
        (Standing::WithinNoise { .. }, Some(reason)) => declared(reason),
        (standing, _) => standing,
    };
    (standing, apart, joined(because, format!("computed by {}", alike::words(&is.record))))
}

/// Whether nothing but the program decides the numbers of both.
fn is_decided(&(was, is): &Pair<'_>) -> bool {
    !was.is_of_network() || alike::are_alike(&was.record, &is.record)
}

fn joined(first: String, second: String) -> String {
    [first, second].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
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
