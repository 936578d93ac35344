//! One line of a comparison.

use record::{Variant, draws_nothing, family_of_fold};
use statistics::{Difference, Judgement, Predictions, Verdict, difference};

use super::{Question, pairs::Half, why};
use crate::{Group, Slot};

/// Keys of the runs of both sides.
pub(super) type Keys = (Vec<String>, Vec<String>);

/// Two groups of runs, and what was found.
#[derive(Clone, Debug)]
pub struct Row {
    /// Of the first side.
    pub a: Slot,
    /// Of the second side.
    pub b: Slot,
    /// Keys of the runs of both.
    pub keys: (Vec<String>, Vec<String>),
    /// What can be said of b, or why the two cannot be compared, as a sentence without its end.
    pub finding: Result<Judgement, String>,
    /// Why the keys or, with equal keys, the numbers are others: what differs in what the runs were made of and by.
    pub why: Vec<String>,
}

impl Row {
    pub(super) fn new(&(a, b): &(Half<'_>, Half<'_>), finding: Result<Judgement, String>) -> Self {
        Self { a: a.0.clone(), b: b.0.clone(), keys: keys(a, b), finding, why: why::keys_differ(a, b) }
    }

    /// Absent where nothing can be compared.
    pub fn verdict(&self) -> Option<Verdict> {
        self.finding.as_ref().ok().map(|finding| finding.verdict)
    }
}

/// A difference that is still to be judged beside the others.
pub(super) struct Measured {
    pub(super) keys: Keys,
    pub(super) difference: Difference,
    /// In the unit of the measure.
    pub(super) tolerance: f64,
    /// Runs without numbers on either side.
    pub(super) failed: usize,
}

/// Or why the two cannot be compared, as a sentence without its end.
pub(super) fn measure(&(a, b): &(Half<'_>, Half<'_>), question: &Question) -> Result<Measured, String> {
    let (one, other) = (profiles(a.1), profiles(b.1));
    if one != other {
        return Err(format!(
            "run under profile {} there and {} here: other schedules have other errors",
            one.join(" and "),
            other.join(" and ")
        ));
    }
    let (one, other) = (predictions(a, "a")?, predictions(b, "b")?);
    let difference = difference(&one, &other, question.measure, &question.bootstrap).map_err(|error| {
        let what = match error {
            statistics::Error::TooFewCells { .. } if family_of_fold(&a.0.experiment).is_some() => {
                ": folds of two cells or more can be compared (`split --folds` with fewer of them), and `report` has the errors over \
                 the cells of all folds"
            }
            statistics::Error::TooFewCells { .. } => ": test more cells",
            _ => "",
        };
        format!("{error}{what}")
    })?;
    let failed = [a, b].map(|(_, group)| group.runs.len() - group.with_numbers().count()).iter().sum();
    Ok(Measured { keys: keys(a, b), tolerance: question.tolerance.beside(difference.a), failed, difference })
}

fn keys(a: Half<'_>, b: Half<'_>) -> Keys {
    let of = |group: &Group| group.runs.values().map(|run| run.score.key.clone()).collect();
    (of(a.1), of(b.1))
}

fn profiles(group: &Group) -> Vec<&str> {
    let mut profiles: Vec<&str> = group.runs.values().map(|run| run.score.profile.as_str()).collect();
    profiles.sort_unstable();
    profiles.dedup();
    profiles
}

fn predictions((slot, group): Half<'_>, side: &str) -> Result<Predictions, String> {
    if group.with_numbers().next().is_none() {
        let reason = group.runs.values().next().map_or_else(String::new, |run| run.record.status.to_string());
        return Err(format!("{side} has no numbers: {reason}"));
    }
    let runs = group.with_numbers().map(|run| {
        let rows = run.record.predictions.iter().map(|row| (row.cell.as_str(), row.observed, row.predicted));
        (run.score.seed, rows)
    });
    let predictions = Predictions::from_runs(runs).map_err(|error| format!("{side}: {error}"))?;
    let is_fixed = draws_nothing(&slot.model, &Variant::from(slot.variant.as_str()));
    Ok(if is_fixed { predictions.of_a_model_without_draws() } else { predictions })
}
