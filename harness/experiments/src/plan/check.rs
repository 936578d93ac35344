//! What is refused before anything is trained: cells that are missing or live, lives that nobody observed.

use crate::{Error, spec::Experiment};
use cells::{catalogue, cell::Origin, label::LabelRule, source::CellSource, split::Split, suggest::did_you_mean};
use features::samples;

/// Refuses cells that are not at hand; `place` is where they were asked for.
pub(super) fn are_there(
    experiment: &Experiment,
    split: &Split,
    available: &[String],
    source: &dyn CellSource,
    place: &str,
) -> Result<(), Error> {
    let missing: Vec<&str> = split
        .train
        .iter()
        .chain(&split.test)
        .filter(|id| available.binary_search(id).is_err())
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let first = missing[..missing.len().min(5)].join(", ");
    let more = if missing.len() > 5 { ", …" } else { "" };
    let is_published = catalogue::find(missing[0]).is_some();
    let hint =
        if is_published { String::new() } else { did_you_mean(missing[0], available.iter().map(String::as_str)) };
    let advice = match source.origin() {
        Origin::Virtual => "correct the ids, or give --data DIR with a store that has them",
        Origin::Real => "import their dataset (`batlinet data list` shows what is there), or use --data virtual",
    };
    Err(Error::MissingCells {
        place: place.to_owned(),
        experiment: experiment.name.clone(),
        missing: missing.len(),
        cells: split.train.len() + split.test.len(),
        lack: format!("the {} cells at hand lack ({first}{more}{hint}): {advice}", source.origin()),
    })
}

/// Refuses cells whose tests go on: whatever their records show, they have no life yet.
pub(super) fn have_ended(experiment: &Experiment, split: &Split, source: &dyn CellSource) -> Result<(), Error> {
    let [train, test] = experiment.parts();
    for (part, ids) in [(train, &split.train), (test, &split.test)] {
        let mut living = Vec::new();
        for id in ids {
            if source.notes(id)?.alive {
                living.push(id.as_str());
            }
        }
        if !living.is_empty() {
            let experiment = experiment.name.clone();
            return Err(Error::Living { experiment, part: part.to_owned(), cells: living.join(", ") });
        }
    }
    Ok(())
}

/// Refuses lives that are all made up, before anything is trained: the labels that some entry is tested on.
pub(super) fn are_observed(experiment: &Experiment, split: &Split, source: &dyn CellSource) -> Result<(), Error> {
    let mut seen: Vec<&LabelRule> = Vec::new();
    for rule in experiment.models.iter().map(|entry| experiment.rule(entry)) {
        if seen.contains(&rule) {
            continue;
        }
        seen.push(rule);
        if let Some(what) = samples::nothing_observed_of(source, &split.test, rule) {
            let (experiment, scenario) = (experiment.name.clone(), experiment.scenario.clone());
            return Err(Error::NothingObserved { experiment, scenario, what });
        }
    }
    Ok(())
}
