//! Each published number beside ours: reproduced, differs, or these seeds cannot tell.

use crate::{
    published::PublishedNumber,
    summary::{Row, Summary},
    table::signed,
};
use cells::count::{counted, counted_with, verb};
use cells::label::published::of_scenario;
use record::{Study, draws_nothing};
use statistics::{Interval, Metrics, Reported, Spread};

use super::LEVEL;

/// Share of the published number within which ours is the same.
pub(super) const TOLERANCE: f64 = 0.05;

/// What is said of a published number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Ours is within the tolerance, whatever other seeds would do.
    Reproduced,
    /// Ours is beyond it, likewise.
    Differs,
    /// Neither.
    CannotTell,
}

impl Outcome {
    /// As it is said.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Differs => "differs",
            Self::CannotTell => "cannot tell",
        }
    }
}

/// One published number and ours.
#[derive(Clone, Debug)]
pub struct Replica {
    /// Name of the model.
    pub model: String,
    /// `RMSE`, `MAE` or `MAPE %`.
    pub measure: &'static str,
    /// Over our seeds.
    pub ours: Spread,
    /// Theirs.
    pub published: &'static PublishedNumber,
    /// Ours less theirs, over seeds; absent where one seed is all there is.
    pub difference: Option<Interval>,
    /// What follows.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Keys of our runs.
    pub runs: Vec<String>,
}

/// How many are reproduced, differ, and cannot be told.
pub(super) fn counts(replicas: &[Replica]) -> [usize; 3] {
    [Outcome::Reproduced, Outcome::Differs, Outcome::CannotTell]
        .map(|outcome| replicas.iter().filter(|replica| replica.outcome == outcome).count())
}

/// Name of a measure, the published number if there is one, and the measure of ours.
type Held = (&'static str, Option<&'static PublishedNumber>, fn(&Metrics) -> f64);

/// All published numbers that stand beside this experiment: none of virtual cells and quick looks.
pub fn replicas(summary: &Summary) -> Vec<Replica> {
    let of_row = |row: &Row| {
        let measures: [Held; 3] = [
            ("RMSE", row.published_rmse, |metrics| metrics.rmse),
            ("MAE", row.published_mae, |metrics| metrics.mae),
            ("MAPE %", row.published_mape, |metrics| metrics.mape),
        ];
        let held = measures.into_iter().filter_map(|(name, published, of)| replica(summary, row, name, published?, of));
        held.collect::<Vec<_>>()
    };
    summary.rows.iter().flat_map(of_row).collect()
}

fn replica(
    summary: &Summary,
    row: &Row,
    measure: &'static str,
    published: &'static PublishedNumber,
    of: fn(&Metrics) -> f64,
) -> Option<Replica> {
    let failed = summary.without_numbers(row);
    let runs: Vec<_> = summary.runs_of(row).filter(|run| run.score.metrics.is_some()).collect();
    let values: Vec<f64> = runs.iter().filter_map(|run| run.score.metrics.as_ref()).map(of).collect();
    let ours = Spread::new(&values)?;
    let theirs = Reported { mean: published.value, population_std: published.spread, seeds: published.seeds.most };
    let is_fixed = draws_nothing(&row.model, &row.variant);
    let difference = theirs.difference(&values, is_fixed, LEVEL);
    let tolerance = TOLERANCE * published.value;
    let (outcome, mut reason) = match (other_cells(summary), difference) {
        (Some(reason), _) => (Outcome::CannotTell, reason),
        _ if failed > 0 => {
            (Outcome::CannotTell, format!("{} no numbers", counted_with(failed, "run", ["has", "have"])))
        }
        (None, None) => (Outcome::CannotTell, "one seed of a model that draws: another may be anywhere".to_owned()),
        (None, Some(Interval { low, high, estimate })) => {
            let percent = signed(100.0 * estimate / published.value);
            let rounding = half_a_digit(published.value);
            let (within, beyond) = (tolerance - rounding, tolerance + rounding);
            match () {
                () if -within <= low && high <= within => (Outcome::Reproduced, format!("{percent} %")),
                () if low > beyond || high < -beyond => (Outcome::Differs, format!("{percent} %")),
                () if (-tolerance <= low && high <= tolerance) || low > tolerance || high < -tolerance => {
                    (Outcome::CannotTell, format!("{percent} %; it was published in no more digits than this"))
                }
                () => (Outcome::CannotTell, format!("{percent} %; {}", missing(&theirs, ours, tolerance))),
            }
        }
    };
    if !is_fixed && published.spread.is_none() {
        reason.push_str("; published without a spread, so theirs is taken for exact");
    }
    if published.study == "features" {
        reason.push_str(&format!("; beside the authors' ablation with the channels read here ({})", published.variant));
    }
    if !published.note.is_empty() {
        reason.push_str(&format!("; {}", published.note));
    }
    let runs = runs.iter().map(|run| run.score.key.clone()).collect();
    Some(Replica { model: row.name(), measure, ours, published, difference, outcome, reason, runs })
}

/// By how much a published number may be another one: half of its last digit.
fn half_a_digit(value: f64) -> f64 {
    let unit = [1.0, 0.1, 0.01].into_iter().find(|unit| (value / unit - (value / unit).round()).abs() < 1e-6);
    unit.map_or(0.0, |unit| unit / 2.0)
}

/// What it would have taken to tell.
fn missing(theirs: &Reported, ours: Spread, tolerance: f64) -> String {
    let deviation = ours.sample_std.unwrap_or(0.0);
    match (theirs.seeds_to_tell(ours.mean - theirs.mean, deviation, tolerance, LEVEL), theirs.population_std) {
        (Some(seeds), _) if seeds > ours.count => format!(
            "were the difference the same with {seeds} seeds of ours, it could be told, here {} {}",
            verb(ours.count, ["is", "are"]),
            ours.count
        ),
        (Some(_), _) => "the interval lies across the end of the tolerance".to_owned(),
        (None, Some(std)) if theirs.seeds > 1 && !theirs.is_known_to(tolerance, LEVEL) => format!(
            "the published mean itself, ± {std} over {} seeds, is not known to 5 %: no number of our seeds could tell",
            theirs.seeds
        ),
        (None, _) => "so near to the end of the tolerance no number of our seeds could tell".to_owned(),
    }
}

/// Published numbers of other test cells do not tell.
fn other_cells(summary: &Summary) -> Option<String> {
    if summary.study == Study::Transfer {
        return None;
    }
    let published = of_scenario(&summary.scenario).map(|labels| labels.test)?;
    let ours = summary.runs.iter().map(|run| &run.score).find(|score| score.metrics.is_some())?.test_cells;
    (ours != published)
        .then(|| format!("the published number is of {}, ours of {ours}", counted(published, "test cell")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::run};

    fn outcomes(runs: &[Run]) -> Vec<(String, Outcome, String)> {
        let found = replicas(&summaries(runs, &[])[0]).into_iter();
        found.filter(|replica| replica.measure == "RMSE").map(|one| (one.model, one.outcome, one.reason)).collect()
    }

    #[test]
    fn a_number_is_reproduced_differs_or_is_not_told_for_a_reason() {
        // published: mean 398.82, ridge 125, BatLiNet 63.03 ± 3.33, CNN 124.89 ± 93.02, each of eight seeds
        let mut runs =
            vec![run("mean", 0, 398.9, "real"), run("ridge", 0, 117.6, "real"), run("mlp", 0, 160.0, "real")];
        runs.extend((0..2).map(|seed| run("cnn", seed, 70.0 + seed as f64, "real")));
        runs.extend((0..8).map(|seed| run("batlinet", seed, 90.0 + seed as f64, "real")));
        let found = outcomes(&runs);
        let words: Vec<(&str, Outcome)> = found.iter().map(|(model, outcome, _)| (model.as_str(), *outcome)).collect();
        let expected = [
            ("mean", Outcome::Reproduced),
            ("ridge", Outcome::Differs),
            ("mlp", Outcome::CannotTell),
            ("cnn", Outcome::CannotTell),
            ("batlinet", Outcome::Differs),
        ];
        assert_eq!(words, expected);
        assert!(found[1].2.contains("quoted by the paper"), "{}", found[1].2);
        assert!(found[2].2.contains("one seed of a model that draws"), "{}", found[2].2);
        assert!(found[3].2.contains("no number of our seeds could tell"), "{}", found[3].2);
    }

    #[test]
    fn a_number_in_whole_percent_is_known_to_half_of_one() {
        assert_eq!([10.0, 398.82, 11.5, 0.125].map(half_a_digit), [0.5, 0.005, 0.05, 0.0]);
        // published: 125, a whole number; 5 % of it is 6.25
        let outcome = |rmse: f64| outcomes(&[run("ridge", 0, rmse, "real")]).remove(0);
        let words = [130.7, 131.0, 131.5, 131.8].map(|rmse| outcome(rmse).1);
        assert_eq!(words, [Outcome::Reproduced, Outcome::CannotTell, Outcome::CannotTell, Outcome::Differs]);
        assert!(outcome(131.5).2.contains("in no more digits than this"), "{}", outcome(131.5).2);
    }

    #[test]
    fn more_seeds_are_asked_for_where_they_would_tell() {
        let runs: Vec<Run> =
            [58.0, 66.0].into_iter().zip(0..).map(|(rmse, seed)| run("batlinet", seed, rmse, "real")).collect();
        let found = outcomes(&runs);
        assert!(found[0].1 == Outcome::CannotTell, "{found:?}");
        let mut mlp: Vec<Run> =
            [157.0, 167.0].into_iter().zip(0..).map(|(rmse, seed)| run("mlp", seed, rmse, "real")).collect();
        assert!(outcomes(&mlp)[0].2.contains("seeds of ours, it could be told, here are 2"), "{:?}", outcomes(&mlp));
        mlp.iter_mut().for_each(|run| run.score.test_cells = 41);
        assert!(outcomes(&mlp)[0].2.contains("of 42 test cells, ours of 41"), "{:?}", outcomes(&mlp));
    }

    #[test]
    fn virtual_cells_and_quick_looks_say_nothing_about_the_paper() {
        assert!(outcomes(&[run("mean", 0, 398.8, "virtual")]).is_empty());
        let mut quick = run("mean", 0, 398.8, "real");
        quick.score.profile = "quick".to_owned();
        assert!(outcomes(&[quick]).is_empty());
    }
}
