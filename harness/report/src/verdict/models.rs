//! Every model of an experiment with its intervals, and BatLiNet beside each other one.

use crate::summary::{Row, Summary};
use record::{draws_nothing, is_made_of_others};
use statistics::{Bootstrap, Error, Family, Interval, Judgement, Measure, Predictions, difference, interval};

use super::LEVEL;

/// The measures of a table, in its order.
pub(super) const MEASURES: [Measure; 3] = [Measure::Rmse, Measure::Mae, Measure::Mape];

/// One model.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// Its row.
    pub row: &'a Row,
    /// What its seeds predict.
    pub predictions: Predictions,
    /// RMSE, MAE and MAPE over other cells and seeds.
    pub intervals: [Interval; 3],
    /// Keys of its runs.
    pub runs: Vec<String>,
}

/// What stands beside BatLiNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another model.
    Baseline,
    /// BatLiNet too, by another arm.
    Arm,
    /// Made of other runs, maybe of some of BatLiNet.
    Made,
}

impl Kind {
    fn of(model: &str) -> Self {
        match model {
            "batlinet" => Self::Arm,
            made if is_made_of_others(made) => Self::Made,
            _ => Self::Baseline,
        }
    }
}

/// BatLiNet less another model.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Name of the other.
    pub other: String,
    /// What it is.
    pub kind: Kind,
    /// Of the RMSE: the other is the first, BatLiNet the second. The family is all comparisons of the experiment.
    pub told: Judgement,
}

/// An experiment as it is judged.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// In the order of the rows.
    pub models: Vec<Model<'a>>,
    /// Position of BatLiNet with both branches.
    pub whole: Option<usize>,
    /// All others, in their order.
    pub comparisons: Vec<Comparison>,
    /// Who could not be judged, and why.
    pub left_out: Vec<String>,
}

impl Judged<'_> {
    /// The model with the least RMSE among those that are wanted, of those on the test cells of BatLiNet (without it, of the first).
    pub fn best(&self, is_wanted: impl Fn(&Model<'_>) -> bool) -> Option<&Model<'_>> {
        let leading = self.whole().or(self.models.first())?;
        let models = self.models.iter().filter(|model| model.predictions.cells() == leading.predictions.cells());
        models
            .filter(|model| is_wanted(model))
            .min_by(|one, other| one.intervals[0].estimate.total_cmp(&other.intervals[0].estimate))
    }

    /// BatLiNet with both branches.
    pub fn whole(&self) -> Option<&Model<'_>> {
        Some(&self.models[self.whole?])
    }

    /// Beside the best model that is not BatLiNet.
    pub fn with_best_other(&self) -> Option<(&Model<'_>, &Comparison)> {
        let comparison = |model: &Model<'_>| self.comparisons.iter().find(|one| one.other == model.row.name());
        let best = self.best(|model| model.row.model != "batlinet" && comparison(model).is_some())?;
        Some((best, comparison(best)?))
    }

    /// What BatLiNet is called here: with its variant, where it has one.
    pub fn own_name(&self) -> String {
        match self.whole() {
            Some(model) if !model.row.variant.is_plain() => format!("BatLiNet ({})", model.row.variant),
            _ => "BatLiNet".to_owned(),
        }
    }
}

/// All models of an experiment whose predictions are at hand.
pub fn judge(summary: &Summary) -> Judged<'_> {
    let bootstrap = Bootstrap { level: LEVEL, ..Bootstrap::default() };
    let mut judged = Judged { models: Vec::new(), whole: None, comparisons: Vec::new(), left_out: Vec::new() };
    for row in &summary.rows {
        match model(summary, row, &bootstrap) {
            Some(Ok(model)) => judged.models.push(model),
            Some(Err(error)) => judged.left_out.push(format!("{}: {error}", row.name())),
            None => {}
        }
    }
    judged.whole = judged.models.iter().position(|model| model.row.is_whole());
    let Some(whole) = judged.whole else { return judged };
    let others = judged.models.iter().enumerate().filter(|(place, _)| *place != whole).map(|(_, model)| model);
    let own = &judged.models[whole];
    let mut found = Vec::new();
    for other in others {
        match difference(&other.predictions, &own.predictions, Measure::Rmse, &bootstrap) {
            Ok(difference) => found.push((other.row, difference)),
            Err(error) => judged.left_out.push(format!("{}: {error}", other.row.name())),
        }
    }
    let family = Family::of(found.iter().map(|(_, difference)| difference));
    let own_failed = summary.without_numbers(own.row);
    judged.comparisons = found
        .into_iter()
        .zip(family.adjusted)
        .map(|((row, difference), adjusted_p)| {
            let failed = own_failed + summary.without_numbers(row);
            Comparison {
                other: row.name(),
                kind: Kind::of(&row.model),
                told: Judgement::new(difference, 0.0, adjusted_p, family.comparisons, failed),
            }
        })
        .collect();
    judged
}

/// `None` without predictions.
fn model<'a>(summary: &'a Summary, row: &'a Row, bootstrap: &Bootstrap) -> Option<Result<Model<'a>, Error>> {
    let runs: Vec<_> = summary.runs_of(row).filter(|run| !run.predictions.is_empty()).collect();
    if runs.is_empty() {
        return None;
    }
    let of_seeds = runs.iter().map(|run| {
        let cells = run.predictions.iter().map(|cell| (cell.cell.as_str(), cell.observed, cell.predicted));
        (run.score.seed, cells)
    });
    let predictions = Predictions::from_runs(of_seeds).map(|predictions| {
        if draws_nothing(&row.model, &row.variant) { predictions.of_a_model_without_draws() } else { predictions }
    });
    let keys = runs.iter().flat_map(|run| run.keys()).collect();
    Some(predictions.and_then(|predictions| {
        let [rmse, mae, mape] = MEASURES.map(|measure| interval(&predictions, measure, bootstrap));
        Ok(Model { row, intervals: [rmse?, mae?, mape?], predictions, runs: keys })
    }))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests};
    use record::Prediction;
    use statistics::{Unclear, Verdict};

    /// Errors of alternating sign and of about this size.
    pub(in crate::verdict) fn predicting(model: &str, seed: u64, error: f64) -> Run {
        let cell = |index: u32| {
            let sign = if (u64::from(index) + seed).is_multiple_of(2) { 1.0 } else { -1.0 };
            let observed = 500.0 + 20.0 * f64::from(index);
            let size = error * (1.0 + 0.1 * f64::from(index % 3));
            Prediction { cell: format!("c{index:02}"), observed, predicted: observed + sign * size }
        };
        Run { predictions: (0..30).map(cell).collect(), ..tests::run(model, seed, error, "real") }
    }

    #[test]
    fn a_clear_difference_is_told_and_a_single_seed_tells_nothing() {
        let seeds =
            |model: &'static str, error: f64, count: u64| (0..count).map(move |seed| predicting(model, seed, error));
        let runs: Vec<Run> = seeds("ridge", 100.0, 1)
            .chain(seeds("cnn", 20.0, 4))
            .chain(seeds("lstm", 400.0, 1))
            .chain(seeds("batlinet", 50.0, 4))
            .collect();
        let summary = &summaries(&runs, &[])[0];
        let judged = judge(summary);
        let words: Vec<(&str, Verdict)> =
            judged.comparisons.iter().map(|comparison| (comparison.other.as_str(), comparison.told.verdict)).collect();
        assert_eq!(words, [("ridge", Verdict::Better), ("cnn", Verdict::Worse), ("lstm", Verdict::CannotTell)]);
        assert_eq!(judged.with_best_other().unwrap().0.row.name(), "cnn");
        assert_eq!(judged.best(|_| true).unwrap().row.name(), "cnn");
        let own = judged.whole().unwrap().intervals[0];
        assert!(own.low <= own.estimate && own.estimate <= own.high);
    }

    #[test]
    fn of_seeds_of_which_some_failed_nothing_is_told() {
        let mut runs: Vec<Run> = (0..4).map(|seed| predicting("batlinet", seed, 50.0)).collect();
        runs.extend((0..4).map(|seed| predicting("cnn", seed, 200.0)));
        let verdict = |runs: &[Run]| judge(&summaries(runs, &[])[0]).comparisons.remove(0).told;
        assert_eq!((verdict(&runs).verdict, verdict(&runs).unclear), (Verdict::Better, None));
        assert!(verdict(&runs).detectable().is_some());
        for at in [1, 6] {
            let mut runs = runs.clone();
            runs[at].predictions.clear();
            runs[at].score.metrics = None;
            let found = verdict(&runs);
            let expected = (Verdict::CannotTell, Some(Unclear::NoNumbers { runs: 1 }), None);
            assert_eq!((found.verdict, found.unclear, found.detectable()), expected);
        }
    }

    #[test]
    fn other_cells_are_named_and_not_compared() {
        let mut other = predicting("ridge", 0, 100.0);
        other.predictions.truncate(12);
        let runs = [other, predicting("batlinet", 0, 50.0), predicting("batlinet", 1, 50.0)];
        let summary = &summaries(&runs, &[])[0];
        let judged = judge(summary);
        assert!(judged.comparisons.is_empty() && judged.left_out[0].starts_with("ridge: "), "{:?}", judged.left_out);
        assert!(judged.with_best_other().is_none() && judged.best(|_| true).unwrap().row.name() == "batlinet");
    }
}
