//! Why two groups of runs have other keys, or other numbers under the same keys.

use std::collections::BTreeSet;

use record::RunRecord;

use super::pairs::Half;
use crate::Group;

/// In a few words each, with what was changed for either against its file; where models are others, that alone, since the rest is the
/// question then.
pub(super) fn keys_differ((slot_a, a): Half<'_>, (slot_b, b): Half<'_>) -> Vec<String> {
    let said = |group: &Group| -> BTreeSet<String> {
        group.runs.values().map(|run| run.score.changed.clone()).filter(|said| !said.is_empty()).collect()
    };
    let (of_a, of_b) = (said(a), said(b));
    // what both were run with is no difference
    let only = |side: &str, own: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        own.difference(other).map(|said| format!("{side} was run with {said}")).collect()
    };
    let mut found = [only("A", &of_a, &of_b), only("B", &of_b, &of_a)].concat();
    if slot_a.model != slot_b.model {
        return found;
    }
    let common: Vec<_> =
        a.runs.iter().filter_map(|(seed, run)| Some((&run.record, &b.runs.get(seed)?.record))).collect();
    let first = || Some((&a.runs.values().next()?.record, &b.runs.values().next()?.record));
    let pairs = if common.is_empty() { first().into_iter().collect() } else { common };
    for (one, other) in pairs {
        for reason in between(one, other) {
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
    }
    found
}

fn between(a: &RunRecord, b: &RunRecord) -> Vec<String> {
    let mut before = a.ingredients.clone();
    // seeds are told apart elsewhere
    before.training["seed"] = b.ingredients.training["seed"].clone();
    let mut found = Vec::new();
    if before.evaluation_key() != b.ingredients.evaluation_key() {
        found.push(b.ingredients.difference(&before));
    }
    if a.predictions == b.predictions {
        return found;
    }
    let made = |record: &RunRecord| {
        let (versions, provenance) = (&record.versions, &record.provenance);
        let (commit, is_dirty) = provenance.short_commit();
        [
            ("engine", versions.engine.clone()),
            ("libtorch", versions.libtorch.clone()),
            ("platform", versions.platform.clone()),
            ("instructions of libtorch", provenance.libtorch_instructions.clone()),
            ("commit", format!("{commit}{}", if is_dirty { " with changes" } else { "" })),
        ]
    };
    for ((what, before), (_, now)) in made(a).into_iter().zip(made(b)) {
        if before != now {
            found.push(format!("{what} was {}, is {}", said(&before), said(&now)));
        }
    }
    found
}

fn said(text: &str) -> &str {
    if text.is_empty() { "not noted" } else { text }
}
