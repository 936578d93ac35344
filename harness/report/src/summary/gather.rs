//! From an output folder to summaries.

use std::{collections::HashSet, path::Path};

use super::{Row, Run, Summary, Verdict, counterpart::counterpart};
use crate::{Error, labels::Versions, lives, made::Made, published::PublishedNumber};
use cells::{catalogue, cell::Origin, label::published};
use itertools::Itertools as _;
use record::{
    AS_WRITTEN, Change, Depth, ExperimentRecord, Intervals, Losses, Metric, PairPredictions, Planned, Protocol, Score,
    Selection, Sides, Study, family_of_fold,
    files::{self, run_folder},
    read_output,
};
use statistics::{Metrics, Spread};

/// The summaries of the output folder `out`, in the order of its scores.
///
/// # Errors
/// [`Error::Record`] if something cannot be read; [`Error::DifferentLabels`] of runs
/// of one experiment.
pub fn summarise(out: &Path) -> Result<Vec<Summary>, Error> {
    let mut runs = Vec::new();
    let mut told = Vec::new();
    let mut gone = Vec::new();
    let mut versions = Versions::default();
    let rows = read_output(out, Depth::Everything)?;
    if rows.is_empty() && !files::entries(&out.join("runs"))?.is_empty() {
        let what = "it has no row, and there are runs below runs/; `batlinet run` writes it anew".to_owned();
        return Err(record::Error::Broken { path: out.join(Score::FILE), what }.into());
    }
    for (score, record) in rows {
        let folder = run_folder(out, &score.key);
        let mut run = Run::bare(score);
        // scores alone, such as those of a colleague, are enough for the tables
        if record.is_none() {
            gone.push(run.score.clone());
        }
        if let Some(record) = record.filter(|_| run.score.metrics.is_some()) {
            versions.add(out, &run.score, &record)?;
            run.values = if record.is_former() { record.values.clone().or(run.values) } else { record.values.clone() };
            run.streams = record.ingredients.streams();
            run.made = Some(Made {
                versions: record.versions,
                provenance: record.provenance,
                device: record.device,
                trained_by: record.trained_by,
            });
            run.predictions = record.predictions;
            run.pairs = PairPredictions::read(&folder)?;
            run.selection = Selection::read(&folder)?;
            run.intervals = Intervals::read(&folder)?;
            run.sides = Sides::read(&folder)?;
            run.losses = Losses::read(&folder)?;
            told.push(((run.score.experiment.clone(), run.score.data), record.removed, record.doubtful));
        }
        runs.push(run);
    }
    let planned = Planned::read(out)?;
    let known: HashSet<_> = runs.iter().map(|run| run.score.slot()).collect();
    let mut summaries = summaries(&runs, &ExperimentRecord::read_all(out)?);
    for summary in &mut summaries {
        let mut of_it = told.iter().filter(|(of, ..)| of.0 == summary.experiment && of.1 == summary.data).peekable();
        summary.removed = of_it.peek().map_or_else(Vec::new, |(_, removed, _)| removed.clone());
        if gone.len() < runs.len() {
            let of_it = |score: &&Score| score.experiment == summary.experiment && score.data == summary.data;
            summary.gone = gone.iter().filter(of_it).map(|score| score.key.clone()).collect();
        }
        let is_missing = |run: &&Planned| {
            (run.experiment == summary.experiment && run.data == summary.data) && !known.contains(&run.slot())
        };
        if summary.study == Study::CrossValidation {
            let family = family_of_fold(&summary.experiment);
            let folds =
                planned.iter().filter(|run| run.data == summary.data && family_of_fold(&run.experiment) == family);
            let folds = folds.map(|run| run.experiment.as_str()).unique().count();
            summary.planned_folds = (folds > 0).then_some(folds);
        }
        summary.missing = planned.iter().filter(is_missing).map(Planned::short).collect();
        // records of older programs do not know, and in a transfer each run has its own cells
        for cell in of_it.flat_map(|(.., doubtful)| doubtful) {
            if !summary.doubtful.iter().any(|known| known.cell == cell.cell) {
                summary.doubtful.push(cell.clone());
            }
        }
    }
    Ok(summaries)
}

/// As [`summarise`], from what was read; cells that took no part are left out.
pub fn summaries(runs: &[Run], records: &[ExperimentRecord]) -> Vec<Summary> {
    let mut names: Vec<(&str, Origin)> = Vec::new();
    for Run { score, .. } in runs {
        let name = (score.experiment.as_str(), score.data);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|(experiment, data)| {
            let runs: Vec<Run> = runs
                .iter()
                .filter(|run| run.score.experiment == experiment && run.score.data == data)
                .cloned()
                .collect();
            let record = records.iter().find(|record| record.name == experiment && record.data == data);
            summary(runs, record)
        })
        .collect()
}

fn summary(runs: Vec<Run>, record: Option<&ExperimentRecord>) -> Summary {
    let first = &runs[0].score;
    let whole = runs.iter().map(|run| &run.score).find(|score| score.metrics.is_some()).unwrap_or(first);
    let study = record.map_or_else(Study::default, |record| record.study);
    let mut profiles: Vec<&str> = Vec::new();
    for run in &runs {
        if !profiles.contains(&run.score.profile.as_str()) {
            profiles.push(&run.score.profile);
        }
    }
    let mut summary = Summary {
        experiment: first.experiment.clone(),
        study,
        scenario: first.scenario.clone(),
        data: first.data,
        protocol: protocol(&runs, record),
        profile: match profiles.join(" and ") {
            profiles if profiles.is_empty() => "unknown".to_owned(),
            profiles => profiles,
        },
        settings: record.into_iter().flat_map(changes).cloned().collect(),
        changes: record.and_then(|record| Some(of_runs(record.changes.as_ref()?, record.seeds.is_some(), &runs))),
        said: said(&runs, record.and_then(|record| record.changes.as_deref()).unwrap_or(&[])),
        declared_seeds: record.and_then(|record| record.seeds),
        declared: record.and_then(|record| record.runs),
        cells: if study == Study::Transfer {
            (span(&runs, |score| score.train_cells), span(&runs, |score| score.test_cells))
        } else {
            (whole.train_cells.to_string(), whole.test_cells.to_string())
        },
        lives: lives::words(&runs),
        removed: Vec::new(),
        doubtful: Vec::new(),
        strangers: strangers(study, first, &runs),
        gone: Vec::new(),
        missing: Vec::new(),
        planned_folds: None,
        description: record.map_or_else(String::new, |record| record.description.clone()),
        analysis: record.map_or_else(String::new, |record| record.analysis.clone()),
        rows: rows(&runs),
        expectations: Vec::new(),
        runs,
    };
    if summary.is_comparable() {
        beside_published(&mut summary);
    }
    summary.expectations = record.map_or_else(Vec::new, |record| verdicts(record, &summary));
    summary
}

/// What rows say was changed for them and the declaration does not: it may be that of another call, or not at hand.
fn said(runs: &[Run], changes: &[Change]) -> Vec<String> {
    let is_more =
        |score: &&Score| !score.changed.is_empty() && score.changed != Change::in_words(changes, &score.model);
    runs.iter().map(|run| &run.score).filter(is_more).map(|score| score.changed.clone()).unique().collect()
}

/// Rows say it too, where the declaration is not at hand; honest where any of them is.
fn protocol(runs: &[Run], record: Option<&ExperimentRecord>) -> Option<Protocol> {
    let mut said = runs.iter().filter_map(|run| run.score.protocol);
    let first = said.clone().next();
    let honest = said.find(|protocol| *protocol == Protocol::Honest);
    honest.or_else(|| record.map(|record| record.protocol)).or(first)
}

/// Test cells that the published numbers of the scenario are not of: whoever calls an own study MATR-1 has not tested on its cells.
fn strangers(study: Study, Score { scenario, data, .. }: &Score, runs: &[Run]) -> Vec<String> {
    if *data == Origin::Virtual {
        return Vec::new();
    }
    let tests = published::tests_of(scenario);
    if tests.is_none() && study != Study::Transfer {
        return Vec::new();
    }
    let is_published = |id: &str| match &tests {
        Some(tests) => tests.contains(id),
        None => catalogue::find(id).is_some(),
    };
    let asked = runs.iter().flat_map(|run| &run.predictions).map(|prediction| prediction.cell.as_str());
    asked.unique().filter(|id| !is_published(id)).map(str::to_owned).collect()
}

/// The settings of an experiment that make it another one; with other seeds it is the same.
fn changes(record: &ExperimentRecord) -> impl Iterator<Item = &String> {
    record.settings.iter().filter(|setting| !setting.starts_with("seeds="))
}

/// The changes that these runs depend on. Fewer seeds are counted by the rows where it is known how many there should be.
fn of_runs(changes: &[Change], are_seeds_known: bool, runs: &[Run]) -> Vec<Change> {
    let is_here = |model: &String| runs.iter().any(|run| run.score.model == *model);
    let is_fewer_seeds = |change: &Change| change.what == "seeds" && change.is_part();
    changes
        .iter()
        .filter(|change| change.model.as_ref().is_none_or(is_here) && !(are_seeds_known && is_fewer_seeds(change)))
        .cloned()
        .collect()
}

/// `21`, or `1 to 16` where the runs differ.
fn span(runs: &[Run], of: fn(&Score) -> usize) -> String {
    lives::span(runs.iter().map(|run| of(&run.score)))
}

fn verdicts(record: &ExperimentRecord, summary: &Summary) -> Vec<Verdict> {
    record
        .expect
        .iter()
        // what is expected is what the authors found by their protocol
        .filter(|_| record.protocol == Protocol::Faithful || record.study == Study::Transfer)
        .filter(|expectation| expectation.data == summary.data)
        // of a quick look nothing is to be concluded, whoever expects it
        .filter(|expectation| summary.profile == AS_WRITTEN && expectation.profile == AS_WRITTEN)
        .filter(|_| changes(record).next().is_none())
        .filter_map(|expectation| {
            let row =
                summary.rows.iter().find(|row| row.model == expectation.model && row.variant == expectation.variant)?;
            let spread = match expectation.metric {
                Metric::Rmse => row.rmse,
                Metric::Mae => row.mae,
                Metric::Mape => row.mape,
            };
            Some(Verdict { expectation: expectation.clone(), found: spread.map(|spread| spread.mean) })
        })
        .collect()
}

/// One per model and variant, in the order of these runs.
pub(crate) fn rows(runs: &[Run]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for run in runs {
        if !rows.iter().any(|row| row.is_of(&run.score)) {
            rows.push(row(runs, run));
        }
    }
    rows
}

fn row(runs: &[Run], of: &Run) -> Row {
    let Score { model, variant, .. } = &of.score;
    let own = || runs.iter().map(|run| &run.score).filter(|score| score.model == *model && score.variant == *variant);
    let spread = |measure: fn(&Metrics) -> f64| {
        Spread::new(&own().filter_map(|score| score.metrics.as_ref()).map(measure).collect::<Vec<_>>())
    };
    let failures: Vec<String> =
        own().filter(|score| score.metrics.is_none()).map(|score| score.status.to_string()).collect();
    // runs without numbers are not looked up, so the first with a record is
    let first =
        runs.iter().find(|run| run.score.model == *model && run.score.variant == *variant && run.made.is_some());
    Row {
        model: model.clone(),
        variant: variant.clone(),
        values: first.unwrap_or(of).values.clone(),
        rmse: spread(|metrics| metrics.rmse),
        mae: spread(|metrics| metrics.mae),
        mape: spread(|metrics| metrics.mape),
        failed: failures.first().map(|reason| (failures.len(), reason.clone())),
        published_rmse: None,
        published_mae: None,
        published_mape: None,
    }
}

/// Puts the published numbers beside the rows.
fn beside_published(summary: &mut Summary) {
    let found: Vec<[Option<&'static PublishedNumber>; 3]> = summary
        .rows
        .iter()
        .map(|row| ["rmse", "mae", "mape"].map(|metric| counterpart(summary, row, metric)))
        .collect();
    for (row, found) in summary.rows.iter_mut().zip(found) {
        [row.published_rmse, row.published_mae, row.published_mape] = found;
    }
}
