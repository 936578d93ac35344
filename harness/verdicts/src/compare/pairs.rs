//! Which runs are laid beside which.

use std::collections::BTreeSet;

use super::side::{Choice, Side};
use crate::{Error, Group, Slot};

/// One side of a pair.
pub(super) type Half<'a> = (&'a Slot, &'a Group);

/// What can be laid side by side, and what is left over.
pub(super) struct Pairs<'a> {
    pub(super) rows: Vec<(Half<'a>, Half<'a>)>,
    pub(super) only_a: Vec<Slot>,
    pub(super) only_b: Vec<Slot>,
}

/// Two folders: the same model of the same experiment. A model or a run on either side: with whatever the other side has of the
/// experiment, and of two models whose experiments are others, of the scenario.
pub(super) fn of<'a>(a: &'a Side, b: &'a Side) -> Result<Pairs<'a>, Error> {
    let are_folders = a.choice == Choice::All && b.choice == Choice::All;
    let are_runs = matches!((&a.choice, &b.choice), (Choice::Run(_), Choice::Run(_)));
    let is_same = |(one, group): Half<'_>, (other, second): Half<'_>| {
        a.path == b.path && one == other && group.runs.keys().eq(second.runs.keys())
    };
    let of_experiment =
        |one: &Half<'_>, other: &Half<'_>| (&one.0.experiment, &one.0.data) == (&other.0.experiment, &other.0.data);
    let of_scenario =
        |one: &Half<'_>, other: &Half<'_>| one.0.data == other.0.data && scenario(one.1) == scenario(other.1);
    let pairs = |fits: &dyn Fn(&Half<'a>, &Half<'a>) -> bool| -> Vec<(Half<'a>, Half<'a>)> {
        let left = a.groups.iter();
        let all = left.flat_map(|one| b.groups.iter().map(move |other| (one, other)));
        all.filter(|(one, other)| fits(one, other) && (are_folders || !is_same(*one, *other))).collect()
    };
    let mut rows = if are_folders { pairs(&|one, other| one.0 == other.0) } else { pairs(&of_experiment) };
    if rows.is_empty() && a.choice != Choice::All && b.choice != Choice::All {
        rows = if are_runs { pairs(&|one, other| one.0.data == other.0.data) } else { pairs(&of_scenario) };
        // a run that is in several experiments is one run
        if are_runs {
            rows.truncate(1);
        }
    }
    if rows.is_empty() {
        return Err(nothing_in_common(a, b));
    }
    let mut paired_a: BTreeSet<&Slot> = rows.iter().map(|(one, _)| one.0).collect();
    let mut paired_b: BTreeSet<&Slot> = rows.iter().map(|(_, other)| other.0).collect();
    if a.path == b.path {
        // of one folder, what is on either side of a pair is not left over
        paired_a.extend(paired_b.clone());
        paired_b.clone_from(&paired_a);
    }
    let only_a = a.groups.keys().filter(|slot| !paired_a.contains(slot)).cloned().collect();
    let only_b = b.groups.keys().filter(|slot| !paired_b.contains(slot)).cloned().collect();
    Ok(Pairs { rows, only_a, only_b })
}

fn scenario(group: &Group) -> Option<&str> {
    group.runs.values().map(|run| run.score.scenario.as_str()).next()
}

fn nothing_in_common(a: &Side, b: &Side) -> Error {
    let set = |side: &Side, of: &dyn Fn(&Slot) -> String| -> BTreeSet<String> { side.groups.keys().map(of).collect() };
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
    let origins = |side: &Side| set(side, &|slot| slot.data.clone());
    let (one, other) = (origins(a), origins(b));
    if one.is_disjoint(&other) {
        return Error::NotComparable(format!(
            "{} is of {} cells and {} of {} ones: errors on simulated cells say nothing beside those on measured ones",
            a.name,
            list(&one),
            b.name,
            list(&other)
        ));
    }
    if a.path == b.path && a.groups.keys().eq(b.groups.keys()) && a.choice != Choice::All {
        return Error::NotComparable(format!("{} and {} are the same runs", a.name, b.name));
    }
    let has = |side: &Side| list(&set(side, &|slot| format!("{} of {}", slot.entry(), slot.experiment)));
    Error::NotComparable(format!(
        "nothing is in both: {} has {}, and {} has {}",
        a.name,
        short(&has(a)),
        b.name,
        short(&has(b))
    ))
}

/// A list that does not fill the screen.
pub(super) fn short(list: &str) -> String {
    let names: Vec<&str> = list.split(", ").collect();
    match names.len().checked_sub(6) {
        None | Some(0) => list.to_owned(),
        Some(more) => format!("{} and {more} more", names[..6].join(", ")),
    }
}
