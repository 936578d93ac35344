//! The runs that an entry is made of.

use std::collections::BTreeMap;

use super::hand_over::Measure;
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
pub(crate) fn members(entry: &Entry) -> Option<Vec<&String>> {
    match &entry.model {
        ModelSpec::Stack(parameters) => Some(parameters.of.iter().collect()),
        ModelSpec::Select(parameters) => Some(parameters.among.iter().collect()),
        ModelSpec::HandOver(parameters) => Some(vec![&parameters.inside, &parameters.outside]),
        ModelSpec::References(parameters) => Some(vec![&parameters.of]),
        _ => None,
    }
}

/// Whether an entry is trained on folds of its experiment.
pub(crate) fn is_on_folds(experiment: &Experiment, entry: &Entry) -> bool {
    let without = experiment.folds.iter().flat_map(|folds| &folds.without);
    members(entry).is_none() && without.into_iter().all(|label| *label != entry.label())
}

/// Where the members of entry number `entry` stand, all of them above it.
pub(crate) fn places(experiment: &Experiment, entry: usize) -> Vec<usize> {
    let place = |label: &String| experiment.models[..entry].iter().position(|other| other.label() == *label);
    members(&experiment.models[entry]).unwrap_or_default().into_iter().filter_map(place).collect()
}

/// The trained entries that entry number `entry` rests on; of one that is made of nothing, none.
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

/// Whether what an entry is made of is there, above it, and on folds where it is chosen or weighted by them.
///
/// # Errors
/// A sentence.
pub(crate) fn check(experiment: &Experiment, entry: usize) -> Result<(), String> {
    let made = &experiment.models[entry];
    let Some(labels) = members(made) else { return Ok(()) };
    let own = made.label();
    if experiment.folds.is_none() && asks_folds(made) {
        return Err(format!("{own} needs the section `folds:`, by which it is chosen and scored"));
    }
    if labels.is_empty() {
        return Err(format!("{own} is made of nothing: name entries above it, such as [pls, cnn]"));
    }
    if let Some((_, repeated)) = labels.iter().enumerate().find(|(index, label)| labels[..*index].contains(label)) {
        return Err(format!("{own} names {repeated} twice"));
    }
    let is_above = |label: &&&String| experiment.models[..entry].iter().any(|other| other.label() == ***label);
    if let Some(label) = labels.iter().find(|label| !is_above(label)) {
        let known: Vec<String> = experiment.models[..entry].iter().map(Entry::label).collect();
        return Err(format!("{own} names {label}, and no entry above it is called so; there are {}", known.join(", ")));
    }
    let places = places(experiment, entry);
    let mut of = places.iter().map(|&place| &experiment.models[place]);
    if let Some(other) = of.find(|other| experiment.rule(other) != experiment.rule(made)) {
        return Err(format!(
            "{own} is made of {}, whose lives end by another `label`: give both the same, or none of their own",
            other.label()
        ));
    }
    if asks_folds(made) {
        // what is handed over to is asked about the test only
        let asked = if matches!(made.model, ModelSpec::HandOver(_)) { &places[..1] } else { &places[..] };
        let below = |&place: &usize| match trained(experiment, place) {
            below if below.is_empty() => vec![place],
            below => below,
        };
        let lost = asked.iter().flat_map(below).find(|&place| !is_on_folds(experiment, &experiment.models[place]));
        if let Some(place) = lost {
            let label = experiment.models[place].label();
            return Err(format!(
                "{own} is made by folds, and `folds.without` says that {label} is not trained on them"
            ));
        }
    }
    match (&made.model, places.first().map(|&place| &experiment.models[place].model)) {
        (ModelSpec::References(_), Some(ModelSpec::BatLiNet(of))) if of.pair_matrix && of.inter_cell => Ok(()),
        (ModelSpec::References(parameters), _) => Err(format!(
            "{own} is made of what each reference says, so {} must be a batlinet with references and `pair_matrix: true`",
            parameters.of
        )),
        _ => Ok(()),
    }
}

/// Whether an entry cannot be without folds.
fn asks_folds(entry: &Entry) -> bool {
    match &entry.model {
        ModelSpec::Stack(_) | ModelSpec::Select(_) => true,
        ModelSpec::HandOver(parameters) => parameters.by == Measure::Deviation,
        ModelSpec::References(parameters) => parameters.asks_folds(),
        _ => false,
    }
}
