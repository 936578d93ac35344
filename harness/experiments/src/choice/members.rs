//! The runs that an entry is made of.

use std::collections::BTreeMap;

use crate::{
    entry::{Entry, ModelSpec},
    plan::Plan,
    spec::Experiment,
};

/// The runs of one fold.
#[derive(Clone, Debug)]
pub struct FoldRuns {
    /// Which drawing it belongs to.
    pub repeat: usize,
    /// Keys of the runs, by label of the entry and seed.
    pub keys: BTreeMap<(String, u64), String>,
}

impl FoldRuns {
    /// Of the plan of a fold.
    pub fn of(plan: &Plan, repeat: usize) -> Self {
        let run = |run: &crate::plan::Run| ((plan.experiment().models[run.entry].label(), run.seed), run.key.clone());
        Self { repeat, keys: plan.runs.iter().map(run).collect() }
    }

    /// Those of an entry, in the order of their seeds.
    pub fn of_entry(&self, label: &str) -> Vec<&str> {
        self.keys.iter().filter(|((known, _), _)| known == label).map(|(_, key)| key.as_str()).collect()
    }
}

/// The labels of what an entry is made of; none of one that is trained.
pub(crate) fn members(entry: &Entry) -> Option<&[String]> {
    match &entry.model {
        ModelSpec::Stack(parameters) => Some(&parameters.of),
        ModelSpec::Select(parameters) => Some(&parameters.among),
        _ => None,
    }
}

/// Where the members of entry number `entry` stand, all of them above it.
pub(crate) fn places(experiment: &Experiment, entry: usize) -> Vec<usize> {
    let place = |label: &String| experiment.models[..entry].iter().position(|other| other.label() == *label);
    members(&experiment.models[entry]).unwrap_or_default().iter().filter_map(place).collect()
}

/// The trained entries that entry number `entry` rests on.
pub(crate) fn trained(experiment: &Experiment, entry: usize) -> Vec<usize> {
    let mut all = Vec::new();
    let mut open = places(experiment, entry);
    while let Some(next) = open.pop() {
        if members(&experiment.models[next]).is_some() {
            open.extend(places(experiment, next));
        } else if !all.contains(&next) {
            all.push(next);
        }
    }
    all.sort_unstable();
    all
}

/// Whether what an entry is made of is there, above it.
///
/// # Errors
/// A sentence.
pub(crate) fn check(experiment: &Experiment, entry: usize) -> Result<(), String> {
    let Some(labels) = members(&experiment.models[entry]) else { return Ok(()) };
    let own = experiment.models[entry].label();
    if experiment.folds.is_none() {
        return Err(format!("{own} needs the section `folds:`, by which it is chosen and scored"));
    }
    if labels.is_empty() {
        return Err(format!("{own} is made of nothing: name entries above it, such as [pls, cnn]"));
    }
    if let Some((_, repeated)) = labels.iter().enumerate().find(|(index, label)| labels[..*index].contains(label)) {
        return Err(format!("{own} names {repeated} twice"));
    }
    let is_above = |label: &&String| experiment.models[..entry].iter().any(|other| other.label() == **label);
    match labels.iter().find(|label| !is_above(label)) {
        None => Ok(()),
        Some(label) => {
            let known: Vec<String> = experiment.models[..entry].iter().map(Entry::label).collect();
            Err(format!("{own} names {label}, and no entry above it is called so; there are {}", known.join(", ")))
        }
    }
}
