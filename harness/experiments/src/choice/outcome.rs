//! What a run that is made of others comes out with.

use super::{
    folds::FoldsBy,
    members::places,
    opinions::{Errors, Opinions, Target, mean},
    parameters::Criterion,
};
use crate::{entry::ModelSpec, plan::Run};
use record::{Candidate, Interval, Intervals, Selection, Sides};

/// The part of cells that an interval is to hold.
const LEVEL: f64 = 0.9;

/// What a run that is made of others comes out with.
pub(crate) struct Outcome {
    /// Test cells.
    pub cells: Vec<String>,
    /// Their predicted lives, in cycles.
    pub predicted: Vec<f64>,
    /// How unsure its members are of them, where they know.
    pub deviations: Option<Vec<f64>>,
    /// What it is made of, and every score; none where a member was not trained on folds.
    pub selection: Option<Selection>,
    /// Where the lives should be; none where there are too few training cells, or a member was not trained on folds.
    pub intervals: Option<Intervals>,
    /// Of a hand-over, who answered for which cell.
    pub sides: Option<Sides>,
}

/// Makes a run of what the records of its plan say.
///
/// # Errors
/// Which run has no numbers.
pub(crate) fn outcome(opinions: &Opinions<'_>, run: &Run) -> Result<Outcome, String> {
    let (entry, folds) = (run.entry, opinions.folds());
    let answers = opinions.answers(entry, Target::Test, &folds)?;
    let experiment = opinions.plan.experiment();
    let seed = experiment.seeds_of(&experiment.models[entry]).iter().position(|&seed| seed == run.seed).unwrap_or(0);
    let answer = &answers[if answers.len() == 1 { 0 } else { seed.min(answers.len() - 1) }];
    let is_on_folds = opinions.is_on_folds(entry);
    let sides = opinions.sides(entry, Target::Test, &folds)?;
    Ok(Outcome {
        cells: opinions.cells(entry, Target::Test)?,
        predicted: answer.iter().map(|value| value.exp()).collect(),
        deviations: opinions.deviations(entry, Target::Test, &folds)?,
        selection: is_on_folds.then(|| selection(opinions, entry)).transpose()?,
        intervals: if is_on_folds { intervals(opinions, entry, answer)? } else { None },
        sides: (!sides.is_empty()).then_some(Sides(sides)),
    })
}

fn selection(opinions: &Opinions<'_>, entry: usize) -> Result<Selection, String> {
    let (experiment, folds) = (opinions.plan.experiment(), opinions.folds());
    let groups = match &experiment.models[entry].model {
        ModelSpec::Select(parameters) if parameters.by == Criterion::WorstGroup => {
            Some(parameters.groups.unwrap_or(FoldsBy::Batch))
        }
        _ => None,
    };
    let candidate = |entry: usize, weight: Option<f64>| {
        let Errors { log_rmse, rmse, mape } = opinions.errors(entry, &folds)?;
        let worst = groups.map(|groups| opinions.worst(entry, &folds, groups)).transpose()?;
        let name = experiment.models[entry].label();
        Ok::<_, String>(Candidate { name, weight, log_rmse, rmse, mape, worst })
    };
    let members = places(experiment, entry);
    let weights: Vec<Option<f64>> = match &experiment.models[entry].model {
        ModelSpec::Select(_) => {
            let chosen = opinions.chosen(entry, &folds)?;
            members.iter().map(|&member| Some(f64::from(u8::from(member == chosen)))).collect()
        }
        ModelSpec::HandOver(_) => {
            let sides = opinions.sides(entry, Target::Test, &folds)?;
            let outside = sides.iter().map(|side| side.outside).sum::<f64>() / sides.len() as f64;
            vec![Some(1.0 - outside), Some(outside)]
        }
        _ => match opinions.weights(entry, &folds)? {
            Some(weights) => weights.into_iter().map(Some).collect(),
            None => vec![None; members.len()],
        },
    };
    let mut candidates = vec![candidate(entry, None)?];
    for (member, weight) in members.into_iter().zip(weights) {
        candidates.push(candidate(member, weight)?);
    }
    Ok(Selection(candidates))
}

/// Residuals of the folds around the answer of the whole (the jackknife of Barber et al. 2021, §1): |ln life| off over how unsure the
/// members are, where they know, of which the ⌈0.9 (n + 1)⌉-th smallest is laid to either side.
fn intervals(opinions: &Opinions<'_>, entry: usize, answer: &[f64]) -> Result<Option<Intervals>, String> {
    let folds = opinions.folds();
    let on_test = opinions.deviations(entry, Target::Test, &folds)?;
    let mut scores = Vec::new();
    for &fold in &folds {
        let target = Target::Fold(fold);
        let said = mean(&opinions.answers(entry, target, &folds)?);
        let observed = opinions.observed(entry, target)?;
        let unsure = opinions.deviations(entry, target, &folds)?.filter(|_| on_test.is_some());
        let unsure = unsure.unwrap_or_else(|| vec![1.0; said.len()]);
        scores
            .extend(said.iter().zip(observed).zip(unsure).map(|((said, lived), unsure)| (said - lived).abs() / unsure));
    }
    scores.sort_unstable_by(f64::total_cmp);
    let rank = (LEVEL * (scores.len() + 1) as f64 - 1e-9).ceil() as usize;
    let Some(&score) = scores.get(rank.saturating_sub(1)) else { return Ok(None) };
    let unsure = on_test.unwrap_or_else(|| vec![1.0; answer.len()]);
    let cells = opinions.cells(entry, Target::Test)?;
    let interval = |((cell, answer), unsure): ((String, &f64), f64)| Interval {
        cell,
        low: (answer - score * unsure).exp(),
        high: (answer + score * unsure).exp(),
    };
    Ok(Some(Intervals(cells.into_iter().zip(answer).zip(unsure).map(interval).collect())))
}
