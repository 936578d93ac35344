//! One line of a comparison.

use record::{Variant, draws_nothing};
use statistics::{Difference, Predictions, Verdict, difference, fewest_cells};

use super::{Question, pairs::Half, why};
use crate::{Group, Slot};
use cells::count::{counted, counted_with};

/// Between the name of a cross-validation and the number of a fold.
pub(super) const FOLD: &str = "-fold-";

/// Two groups of runs, and what was found.
#[derive(Clone, Debug)]
pub struct Row {
    /// Of the first side.
    pub a: Slot,
    /// Of the second side.
    pub b: Slot,
    /// Keys of the runs of both.
    pub keys: (Vec<String>, Vec<String>),
    /// Or why there is none, as a sentence without its end.
    pub finding: Result<Finding, String>,
    /// Why the keys or, with equal keys, the numbers are others: what differs in what the runs were made of and by.
    pub why: Vec<String>,
}

/// A difference, and what can be said.
#[derive(Clone, Debug)]
pub struct Finding {
    /// With its interval.
    pub difference: Difference,
    /// In the unit of the measure.
    pub tolerance: f64,
    /// The p value beside all the others of the comparison.
    pub adjusted_p: f64,
    /// What can be said.
    pub verdict: Verdict,
    /// Why nothing can, where that is not the width of the interval.
    pub because: Option<String>,
    /// Runs without numbers on either side; with some, nothing is said, since those that ran well may be the lucky ones.
    failed: usize,
}

impl Row {
    pub(super) fn of((a, b): &(Half<'_>, Half<'_>), question: &Question) -> Self {
        let keys = |group: &Group| group.runs.values().map(|run| run.score.key.clone()).collect();
        Self {
            a: a.0.clone(),
            b: b.0.clone(),
            keys: (keys(a.1), keys(b.1)),
            finding: finding(*a, *b, question),
            why: why::keys_differ(*a, *b),
        }
    }

    /// Absent where nothing can be compared.
    pub fn verdict(&self) -> Option<Verdict> {
        self.finding.as_ref().ok().map(|finding| finding.verdict)
    }

    /// Once the p value is adjusted, for so many comparisons.
    pub(super) fn judge(&mut self, comparisons: usize) {
        let Ok(finding) = &mut self.finding else { return };
        finding.verdict = Verdict::of(&finding.difference, finding.tolerance, finding.adjusted_p);
        finding.because = None;
        if finding.failed > 0 {
            finding.verdict = Verdict::CannotTell;
            finding.because = Some(format!("{} no numbers", counted_with(finding.failed, "run", ["has", "have"])));
        } else if finding.verdict == Verdict::CannotTell && !finding.difference.shows_seeds {
            finding.because = Some("one seed only: what another would do is not known".to_owned());
        } else if finding.verdict == Verdict::CannotTell {
            finding.because = Some(finding.unclear(comparisons));
        }
    }
}

impl Finding {
    /// Whether a larger difference would have been told: no difference is, of one seed or where runs have no numbers.
    pub fn says_what_it_takes(&self) -> bool {
        self.failed == 0 && self.difference.shows_seeds
    }

    /// Which condition of a verdict is not met: see [`Verdict::of`].
    fn unclear(&self, comparisons: usize) -> String {
        let Difference { low, high, level, cells, .. } = self.difference;
        let tolerance = self.tolerance;
        let within = |value: f64| low <= value && value <= high;
        let needed = fewest_cells(comparisons, level);
        match () {
            () if low.is_nan() || high.is_nan() => {
                format!("{} too few for an interval", counted_with(cells, "cell", ["is", "are"]))
            }
            () if cells < needed => format!(
                "{} and {} tell no difference, however large: it takes {needed} cells",
                counted(cells, "cell"),
                counted(comparisons, "comparison")
            ),
            () if tolerance > 0.0 && (within(tolerance) || within(-tolerance)) => {
                "the interval reaches over the tolerance".to_owned()
            }
            () if within(0.0) => "the interval has 0 in it".to_owned(),
            () => format!(
                "the interval has no 0 in it, but by p = {:.4}, adjusted for all comparisons, the difference may be chance (it must be \
                 {:.2} at most)",
                self.adjusted_p,
                1.0 - level
            ),
        }
    }
}

fn finding(a: Half<'_>, b: Half<'_>, question: &Question) -> Result<Finding, String> {
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
            statistics::Error::TooFewCells { .. } if a.0.experiment.contains(FOLD) => {
                ": folds of two cells or more can be compared (`split --folds` with fewer of them), and `report` has the errors over \
                 the cells of all folds"
            }
            statistics::Error::TooFewCells { .. } => ": test more cells",
            _ => "",
        };
        format!("{error}{what}")
    })?;
    let failed = [a, b].map(|(_, group)| group.runs.len() - group.with_numbers().count()).iter().sum();
    Ok(Finding {
        tolerance: question.tolerance.beside(difference.a),
        adjusted_p: difference.p_value,
        verdict: Verdict::CannotTell,
        because: None,
        failed,
        difference,
    })
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
