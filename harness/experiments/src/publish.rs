//! Gathering records into `scores.csv`, `predictions.parquet` and the tables of the reference study.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::{Duration, Instant},
};

use rayon::prelude::*;

use super::{
    options::Options,
    plan::{Plan, Run, earlier_scores},
};
use crate::Error;
use cells::cell::Origin;
use record::files::{lock, run_folder};
use record::{
    Change, PairPredictions, Planned, Prediction, ReferenceTables, RunRecord, Score, Status, Variant, family_of_fold,
    sound_rows, write_scores,
};
use tables::{PredictionRow, write_parquet};

/// Who publishes what a call has made, while it goes on and at its end.
pub(super) struct Publisher<'a> {
    plans: &'a [Plan],
    data: Origin,
    options: &'a Options<'a>,
    /// When it was done, and how long it took.
    last: (Instant, Duration),
    outdated: usize,
    /// By key, whether a run of the plans went well.
    ended: HashMap<String, bool>,
}

impl<'a> Publisher<'a> {
    pub(super) fn new(plans: &'a [Plan], data: Origin, options: &'a Options<'a>) -> Self {
        Self { plans, data, options, last: (Instant::now(), Duration::ZERO), outdated: 0, ended: HashMap::new() }
    }

    /// Whether it may be done again: all records are read for it, so it has a tenth of the time at most.
    pub(super) fn is_due(&self) -> bool {
        let (when, took) = self.last;
        when.elapsed() >= 9 * took
    }

    /// As [`publish`].
    pub(super) fn publish(&mut self, say: &dyn Fn(&str)) -> Result<(), Error> {
        let start = Instant::now();
        let Options { profile, out, .. } = self.options;
        let published = publish(self.plans, self.data, profile, out, say)?;
        self.outdated += published.outdated;
        self.ended = published.ended;
        self.last = (Instant::now(), start.elapsed());
        Ok(())
    }

    /// Runs that were in the scores before and are not any more.
    pub(super) fn outdated(&self) -> usize {
        self.outdated
    }

    /// Whether the run with this key went well, if its record was as it was written when that was looked at last.
    pub(super) fn is_ok(&self, key: &str) -> Option<bool> {
        self.ended.get(key).copied()
    }
}

struct Published {
    outdated: usize,
    ended: HashMap<String, bool>,
}

/// Writes these files from the records in `out`, each of which is read once.
///
/// Rows stand in the order of the plans, whatever was selected and whenever it was made, so that a file put together
/// from several calls or shards is the same as one from a single call. Rows that the plans do not mean (other
/// experiments, other seeds, cells of the other origin) are kept behind them; rows that the plans outdate are dropped,
/// and counted. Rows of which the record is not as it was written stay without predictions, as `say` is told.
///
/// # Errors
/// [`Error::Record`] names the file that cannot be read or written.
fn publish(plans: &[Plan], data: Origin, profile: &str, out: &Path, say: &dyn Fn(&str)) -> Result<Published, Error> {
    // rows that another process adds meanwhile would be lost
    let _alone = lock(out, "scores")?;
    let path = out.join(Score::FILE);
    let (earlier, complaints) =
        sound_rows(&path, earlier_scores(out)?, |score| RunRecord::read(&run_folder(out, &score.key)).ok());
    complaints.iter().for_each(|complaint| say(&format!("left out: {complaint}")));
    let before: HashSet<String> = earlier.iter().map(|score| score.key.clone()).collect();
    let of_run = |(plan, run): (&Plan, &Run)| {
        let folder = run_folder(out, &run.key);
        // of what is not as it was written there is no new row; the plan has said what is wrong with it
        let record = RunRecord::read(&folder).ok()?;
        Some(Gathered::of(score(plan, run, &record, profile), record, &folder))
    };
    let runs: Vec<(&Plan, &Run)> = plans.iter().flat_map(|plan| plan.runs.iter().map(move |run| (plan, run))).collect();
    let mut rows: Vec<Gathered> = runs.into_par_iter().filter_map(of_run).collect();
    let ended = rows.iter().map(|row| (row.score.key.clone(), row.score.status == Status::Ok)).collect();
    let planned: HashSet<_> = rows.iter().map(|row| row.score.slot()).collect();
    let is_kept = |score: &Score| !planned.contains(&score.slot()) && still_holds(score, plans, data);
    let kept: Vec<Score> = earlier.into_par_iter().filter(is_kept).collect();
    rows.par_extend(kept.into_par_iter().map(|score| Gathered::read(score, out)));
    note_plan(plans, data, out)?;
    let rows = gather(rows, out, say)?;
    // those that were taken over under another key are gone
    let now: HashSet<&String> = rows.iter().map(|score| &score.key).collect();
    let is_outdated = |key: &&String| !now.contains(key) && run_folder(out, key).exists();
    Ok(Published { outdated: before.iter().filter(is_outdated).count(), ended })
}

/// Writes what was meant: all runs of the plans, and behind them what earlier calls meant by other experiments.
fn note_plan(plans: &[Plan], data: Origin, out: &Path) -> Result<(), Error> {
    let before = Planned::read(out)?;
    let asked_before: HashSet<&str> = before.iter().filter(|run| run.asked).map(|run| run.key.as_str()).collect();
    let of = |plan: &Plan, run: &Run| {
        let entry = &plan.experiment().models[run.entry];
        Planned {
            experiment: plan.experiment().name.clone(),
            data,
            model: entry.model.name().to_owned(),
            variant: Variant::from(entry.variant.as_str()),
            seed: run.seed,
            key: run.key.clone(),
            asked: run.asked || asked_before.contains(run.key.as_str()),
        }
    };
    let mut planned: Vec<Planned> =
        plans.iter().flat_map(|plan| plan.runs.iter().map(move |run| of(plan, run))).collect();
    let here: HashSet<&String> = plans.iter().map(|plan| &plan.experiment().name).collect();
    let is_other = |run: &Planned| {
        run.data != data || (!here.contains(&run.experiment) && !is_former_fold(&run.experiment, plans))
    };
    planned.extend(before.iter().filter(|run| is_other(run)).cloned());
    Ok(Planned::write(out, &planned)?)
}

/// A row of the scores with what of its record goes into the tables.
pub(super) struct Gathered {
    score: Score,
    predictions: Vec<Prediction>,
    /// Name of the random streams, where it was asked for pairs.
    streams: Option<String>,
    /// Why there are no predictions.
    problem: Option<String>,
}

impl Gathered {
    fn of(score: Score, record: RunRecord, folder: &Path) -> Self {
        let streams = folder.join(PairPredictions::FILE).is_file().then(|| record.ingredients.streams());
        let predictions = if score.metrics.is_some() { record.predictions } else { Vec::new() };
        Self { score, predictions, streams, problem: None }
    }

    /// Of a row that is there.
    pub(super) fn read(score: Score, out: &Path) -> Self {
        let folder = run_folder(out, &score.key);
        match score.metrics.is_some().then(|| RunRecord::read(&folder)) {
            Some(Ok(record)) => Self::of(score, record, &folder),
            Some(Err(failure)) => Self { problem: Some(failure.to_string()), ..Self::bare(score) },
            None => Self::bare(score),
        }
    }

    fn bare(score: Score) -> Self {
        Self { score, predictions: Vec::new(), streams: None, problem: None }
    }
}

/// Writes all that follows from the records of these rows, and the rows, which it gives back.
pub(super) fn gather(rows: Vec<Gathered>, out: &Path, say: &dyn Fn(&str)) -> Result<Vec<Score>, Error> {
    let mut references = ReferenceTables::default();
    let mut texts = Vec::new();
    for Gathered { score, predictions, streams, problem } in &rows {
        let mut problem = problem.clone();
        if let Some(streams) = streams.as_ref().filter(|_| score.metrics.is_some()) {
            match PairPredictions::read(&run_folder(out, &score.key)) {
                Ok(pairs) => pairs.iter().for_each(|pairs| references.add(score, streams, pairs)),
                Err(failure) => problem = Some(failure.to_string()),
            }
        }
        if let Some(problem) = &problem {
            say(&format!("predictions.parquet is without those of run {}: {problem}", score.key));
        }
        let predictions = if problem.is_some() { &[][..] } else { predictions };
        texts.push((score.variant.to_string(), score.data.to_string(), predictions));
    }
    references.write(out)?;
    let predictions: Vec<PredictionRow<'_>> = rows
        .iter()
        .zip(&texts)
        .flat_map(|(Gathered { score, .. }, (variant, data, predictions))| {
            predictions.iter().map(move |row| PredictionRow {
                experiment: &score.experiment,
                model: &score.model,
                variant,
                seed: score.seed,
                cell_id: &row.cell,
                observed: row.observed,
                predicted: row.predicted,
                data,
                key: &score.key,
                profile: &score.profile,
            })
        })
        .collect();
    write_parquet(&out.join("predictions.parquet"), &predictions)?;
    drop(predictions);
    drop(texts);
    let scores: Vec<Score> = rows.into_iter().map(|row| row.score).collect();
    write_scores(&out.join(Score::FILE), &scores)?;
    Ok(scores)
}

fn score(plan: &Plan, run: &Run, record: &RunRecord, profile: &str) -> Score {
    let entry = &plan.experiment().models[run.entry];
    Score {
        experiment: plan.experiment().name.clone(),
        scenario: plan.experiment().scenario.clone(),
        data: record.data,
        model: entry.model.name().to_owned(),
        variant: Variant::from(entry.variant.as_str()),
        seed: run.seed,
        train_cells: record.train.len(),
        test_cells: record.test_cells,
        metrics: record.metrics,
        status: record.status.clone(),
        key: record.key(),
        profile: profile.to_owned(),
        lives: record.lives,
        protocol: Some(plan.experiment().protocol),
        changed: Change::in_words(plan.declared.changes.iter().flatten(), entry.model.name()),
    }
}

/// Whether an experiment that is not in these plans was a fold of a cross-validation that is, and has fewer now.
fn is_former_fold(experiment: &str, plans: &[Plan]) -> bool {
    let is_of_it = |family: &str| plans.iter().any(|plan| family_of_fold(&plan.experiment().name) == Some(family));
    family_of_fold(experiment).is_some_and(is_of_it)
}

/// Whether an earlier row is what the experiment of its name would still give.
fn still_holds(score: &Score, plans: &[Plan], data: Origin) -> bool {
    let Some(plan) = plans.iter().find(|plan| plan.experiment().name == score.experiment) else {
        return score.data != data || !is_former_fold(&score.experiment, plans);
    };
    if score.data != data {
        return true;
    }
    let models = &plan.experiment().models;
    let variant = score.variant.to_string();
    let entry = models.iter().position(|entry| entry.model.name() == score.model && entry.variant == variant);
    entry.is_some_and(|entry| plan.ingredients(entry, score.seed).evaluation_key() == score.key)
}
