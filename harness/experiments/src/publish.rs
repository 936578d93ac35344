//! Gathering records into `scores.csv`, `predictions.parquet` and the tables of the reference study.

use std::path::Path;

use itertools::Itertools as _;

use super::plan::{Plan, Run, earlier_scores};
use crate::Error;
use cells::cell::Origin;
use record::files::{lock, run_folder};
use record::{Change, PairPredictions, ReferenceTables, RunRecord, Score, Variant, sound_rows, write_scores};
use tables::{PredictionRow, write_parquet};

/// Writes these files from the records in `out`.
///
/// Rows stand in the order of the plans, whatever was selected and whenever it was made, so that a file put together
/// from several calls or shards is the same as one from a single call. Rows that the plans do not mean (other
/// experiments, other seeds, cells of the other origin) are kept behind them; rows that the plans outdate are dropped,
/// and counted. Rows of which the record is not as it was written stay without predictions, as `say` is told.
///
/// # Errors
/// [`Error::Record`] names the file that cannot be read or written.
pub fn publish(plans: &[Plan], data: Origin, profile: &str, out: &Path, say: &dyn Fn(&str)) -> Result<usize, Error> {
    // rows that another process adds meanwhile would be lost
    let _alone = lock(out, "scores")?;
    let path = out.join("scores.csv");
    let (earlier, complaints) =
        sound_rows(&path, earlier_scores(out)?, |score| RunRecord::read(&run_folder(out, &score.key)).ok());
    complaints.iter().for_each(|complaint| say(&format!("left out: {complaint}")));
    let before: Vec<String> = earlier.iter().map(|score| score.key.clone()).unique().collect();
    let mut scores = Vec::new();
    for plan in plans {
        for run in &plan.runs {
            let folder = run_folder(out, &run.key);
            // of what is not as it was written there is no new row; the plan has said what is wrong with it
            if let Ok(record) = RunRecord::read(&folder) {
                scores.push(score(plan, run, &record, profile));
            }
        }
    }
    let planned = scores.len();
    for score in earlier {
        if scores[..planned].iter().all(|new| new.slot() != score.slot()) && still_holds(&score, plans, data) {
            scores.push(score);
        }
    }
    tables(out, &scores, say)?;
    write_scores(&path, &scores)?;
    // those that were taken over under another key are gone
    let is_outdated = |key: &&String| scores.iter().all(|score| score.key != **key) && run_folder(out, key).exists();
    Ok(before.iter().filter(is_outdated).count())
}

/// Writes what the runs of these rows left together: `predictions.parquet` and the tables of references.
///
/// # Errors
/// [`Error::Record`] names the file that cannot be written.
pub(super) fn tables(out: &Path, scores: &[Score], say: &dyn Fn(&str)) -> Result<(), Error> {
    let mut predictions = Vec::new();
    let mut references = ReferenceTables::default();
    for score in scores.iter().filter(|score| score.metrics.is_some()) {
        let folder = run_folder(out, &score.key);
        let (record, pairs) =
            match RunRecord::read(&folder).and_then(|record| Ok((record, PairPredictions::read(&folder)?))) {
                Ok(sound) => sound,
                Err(failure) => {
                    say(&format!("predictions.parquet is without those of run {}: {failure}", score.key));
                    continue;
                }
            };
        if let Some(pairs) = pairs {
            references.add(score, &record.ingredients.streams(), &pairs);
        }
        predictions.extend(record.predictions.into_iter().map(|row| PredictionRow {
            experiment: score.experiment.clone(),
            model: score.model.clone(),
            variant: score.variant.to_string(),
            seed: score.seed,
            cell_id: row.cell,
            observed: row.observed,
            predicted: row.predicted,
            data: score.data.to_string(),
        }));
    }
    references.write(out)?;
    write_parquet(&out.join("predictions.parquet"), &predictions)?;
    Ok(())
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
        changed: changed(plan, entry.model.name()),
    }
}

/// What profile and settings changed for a model, in words; which seeds were run stands in the rows.
fn changed(plan: &Plan, model: &str) -> String {
    let changes = plan.declared.changes.iter().flatten();
    let is_here = |change: &&Change| change.what != "seeds" && change.model.as_ref().is_none_or(|other| other == model);
    changes.filter(is_here).join(", ")
}

/// Whether an earlier row is what the experiment of its name would still give.
fn still_holds(score: &Score, plans: &[Plan], data: Origin) -> bool {
    let Some(plan) = plans.iter().find(|plan| plan.experiment().name == score.experiment) else { return true };
    if score.data != data {
        return true;
    }
    let models = &plan.experiment().models;
    let variant = score.variant.to_string();
    let entry = models.iter().position(|entry| entry.model.name() == score.model && entry.variant == variant);
    entry.is_some_and(|entry| plan.ingredients(entry, score.seed).evaluation_key() == score.key)
}
