//! A cross-validation as a whole: every cell is tested once, so errors are over the cells of all folds.

use itertools::Itertools as _;

use crate::{
    lives,
    summary::{Row, Run, Summary, rows},
    table::{Cell, Column, Table},
};
use record::{Prediction, Protocol, Score, Status, Study, family_of_fold};
use statistics::{Metrics, Spread};

/// How many folds it has, those without any run among them.
fn count(folds: &[&Summary]) -> usize {
    folds.iter().filter_map(|fold| fold.planned_folds).max().unwrap_or_default().max(folds.len())
}

/// A table for each cross-validation among these experiments.
pub fn tables(summaries: &[&Summary]) -> Vec<Table> {
    families(summaries).iter().map(|(name, folds)| table(name, folds)).collect()
}

/// Each cross-validation among these experiments as one: a run of it is those of all folds with one seed. One of which a fold has no
/// predictions has no number, as one that failed: what the other seeds say would be of those that went well.
pub fn laid_together(summaries: &[&Summary]) -> Vec<Summary> {
    families(summaries).iter().map(|(name, folds)| whole(name, folds)).collect()
}

/// The folds of each, by name and cells.
fn families<'a>(summaries: &[&'a Summary]) -> Vec<(String, Vec<&'a Summary>)> {
    let folds = summaries.iter().filter(|summary| summary.study == Study::CrossValidation);
    let family = |summary: &Summary| {
        let name = family_of_fold(&summary.experiment).unwrap_or(&summary.experiment);
        (name.to_owned(), summary.data.to_string())
    };
    let families = folds.map(|summary| (family(summary), *summary)).into_group_map();
    families.into_iter().sorted_by_key(|(family, _)| family.clone()).map(|((name, _), folds)| (name, folds)).collect()
}

fn table(name: &str, folds: &[&Summary]) -> Table {
    let rows: Vec<&Row> = folds.iter().flat_map(|fold| &fold.rows).unique_by(|row| row.name()).collect();
    let whole = whole(name, folds);
    let line = |row: &Row| {
        let over_all = whole.rows.iter().find(|other| other.name() == row.name());
        let of_folds: Vec<f64> =
            folds.iter().filter_map(|fold| rmse(fold.rows.iter().find(|other| other.name() == row.name())?)).collect();
        vec![
            Cell::Text(row.name()),
            Cell::mean(over_all.and_then(|row| row.rmse)),
            Cell::mean(over_all.and_then(|row| row.mae)),
            Cell::mean(over_all.and_then(|row| row.mape)),
            Cell::Count(over_all.map_or(0, Row::seeds)),
            Cell::mean(Spread::new(&of_folds)),
            Cell::Count(of_folds.len()),
        ]
    };
    Table {
        slug: whole.slug(),
        caption: match count(folds) {
            all if all == folds.len() => {
                format!("{name}: errors over the test cells of all {all} folds, and the mean of the folds' RMSE")
            }
            all => format!(
                "{name}: the mean of the RMSE of {} of {all} folds; over all test cells there is no number before the others have run",
                folds.len()
            ),
        },
        columns: vec![
            Column::new("model"),
            Column::error("RMSE"),
            Column::error("MAE"),
            Column::error("MAPE %"),
            Column::new("seeds"),
            Column::error("RMSE of folds"),
            Column::new("folds"),
        ],
        rows: rows.into_iter().map(line).collect(),
    }
}

fn rmse(row: &Row) -> Option<f64> {
    row.rmse.map(|spread| spread.mean)
}

fn whole(name: &str, folds: &[&Summary]) -> Summary {
    let slot = |run: &&Run| (run.score.model.clone(), run.score.variant.to_string(), run.score.seed);
    let all = folds.iter().flat_map(|fold| &fold.runs).unique_by(slot);
    let runs: Vec<Run> = all.map(|run| over_all(name, run, folds).unwrap_or_else(|| in_part(name, run))).collect();
    let tested = runs.iter().map(|run| run.score.test_cells).max().unwrap_or_default();
    Summary {
        experiment: name.to_owned(),
        cells: (span(folds.iter().map(|fold| fold.cells.0.as_str())), tested.to_string()),
        lives: None,
        declared: None,
        rows: rows(&runs),
        runs,
        // what is to be said of one fold is to be said of the whole
        protocol: folds.iter().filter_map(|fold| fold.protocol).max_by_key(|protocol| *protocol == Protocol::Honest),
        profile: folds.iter().map(|fold| fold.profile.as_str()).unique().join(" and "),
        settings: of_any(folds, |fold| &fold.settings),
        changes: folds
            .iter()
            .all(|fold| fold.changes.is_some())
            .then(|| of_any(folds, |fold| fold.changes.iter().flatten())),
        said: of_any(folds, |fold| &fold.said),
        removed: of_any(folds, |fold| &fold.removed),
        doubtful: of_any(folds, |fold| &fold.doubtful),
        strangers: of_any(folds, |fold| &fold.strangers),
        gone: of_any(folds, |fold| &fold.gone),
        missing: of_any(folds, |fold| &fold.missing),
        ..folds[0].clone()
    }
}

/// What is listed of any fold, once.
fn of_any<'a, T, L>(folds: &[&'a Summary], of: impl Fn(&'a Summary) -> L) -> Vec<T>
where
    T: Clone + PartialEq + 'a,
    L: IntoIterator<Item = &'a T>,
{
    let mut all: Vec<T> = Vec::new();
    for one in folds.iter().flat_map(|fold| of(fold)) {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    all
}

/// `12`, or `12 to 14` where folds differ.
fn span<'a>(counts: impl Iterator<Item = &'a str>) -> String {
    lives::span(counts.filter_map(|count| count.parse().ok()))
}

/// A run that not every fold has.
fn in_part(name: &str, run: &Run) -> Run {
    let status = Status::Failed("not every fold has predictions of it".to_owned());
    Run::bare(Score { experiment: name.to_owned(), metrics: None, status, ..run.score.clone() })
}

/// A run of one fold with those of all others that are like it, if each has predictions.
fn over_all(name: &str, first: &Run, folds: &[&Summary]) -> Option<Run> {
    let is_like_it = |run: &&Run| {
        let (score, other) = (&run.score, &first.score);
        (&score.model, &score.variant, score.seed) == (&other.model, &other.variant, other.seed)
            && !run.predictions.is_empty()
    };
    if count(folds) > folds.len() {
        return None;
    }
    let runs = folds.iter().map(|fold| fold.runs.iter().find(is_like_it)).collect::<Option<Vec<_>>>()?;
    let predictions: Vec<Prediction> = runs.iter().flat_map(|run| run.predictions.clone()).collect();
    let (observed, predicted): (Vec<f64>, Vec<f64>) =
        predictions.iter().map(|cell| (cell.observed, cell.predicted)).unzip();
    let score = Score {
        experiment: name.to_owned(),
        test_cells: predictions.len(),
        metrics: Some(Metrics::new(&observed, &predicted)?),
        ..first.score.clone()
    };
    let parts = runs.iter().map(|run| run.score.key.clone()).collect();
    Some(Run { predictions, parts, made: first.made.clone(), values: first.values.clone(), ..Run::bare(score) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::*};

    #[test]
    fn the_errors_of_folds_are_laid_together_over_their_cells() {
        let of = |fold: usize, cells: &[(f64, f64)]| {
            let mut run = run("ridge", 0, 1.0, "virtual");
            run.score.experiment = format!("mine-fold-{fold}");
            let cell = |(number, &(observed, predicted)): (usize, &(f64, f64))| Prediction {
                cell: format!("{fold}-{number}"),
                observed,
                predicted,
            };
            run.predictions = cells.iter().enumerate().map(cell).collect();
            run
        };
        let runs = [of(1, &[(100.0, 103.0)]), of(2, &[(100.0, 96.0), (200.0, 200.0)])];
        let mut summaries = summaries(&runs, &[]);
        assert!(tables(&summaries.iter().collect::<Vec<_>>()).is_empty(), "no cross-validation was declared");
        summaries.iter_mut().for_each(|summary| summary.study = Study::CrossValidation);
        let [table] = &tables(&summaries.iter().collect::<Vec<_>>())[..] else { panic!("one family") };
        // √((3² + 4² + 0²) / 3), (3 + 4 + 0) / 3, (3 + 4 + 0) / 3 %; both folds were given an RMSE of 1
        assert_eq!(table.texts(), [["ridge", "2.9", "2.3", "2.3", "1", "1.0 ± 0.0", "2"]]);
        let whole = laid_together(&summaries.iter().collect::<Vec<_>>()).remove(0);
        assert_eq!((whole.experiment.as_str(), whole.runs[0].predictions.len()), ("mine", 3));
        let keys: Vec<String> = summaries.iter().flat_map(|fold| fold.runs[0].keys()).collect();
        assert_eq!(whole.runs[0].keys(), keys, "it rests on both");
        // one that has not begun lacks as much
        summaries[0].planned_folds = Some(3);
        let table = &tables(&summaries.iter().collect::<Vec<_>>())[0];
        assert_eq!(table.texts(), [["ridge", "–", "–", "–", "0", "1.0 ± 0.0", "2"]]);
        assert!(table.caption.contains("2 of 3 folds"), "{}", table.caption);
        assert!(laid_together(&summaries.iter().collect::<Vec<_>>())[0].runs[0].predictions.is_empty());
        summaries[0].planned_folds = None;
        // of a quick look in one fold the whole is one
        summaries[1].profile = "quick".to_owned();
        assert!(laid_together(&summaries.iter().collect::<Vec<_>>())[0].is_cut());
        summaries[1].profile = summaries[0].profile.clone();
        summaries[1].runs[0].predictions.clear();
        let without = &tables(&summaries.iter().collect::<Vec<_>>())[0];
        assert_eq!(without.texts()[0][4], "0", "a fold without predictions leaves no whole");
        let whole = laid_together(&summaries.iter().collect::<Vec<_>>()).remove(0);
        let [run] = &whole.runs[..] else { panic!("one run, of which one fold knows nothing") };
        assert!(run.score.metrics.is_none() && run.predictions.is_empty(), "it counts as failed");
        // nor does it matter which fold lacks it
        summaries[0].runs.clear();
        assert_eq!(laid_together(&summaries.iter().collect::<Vec<_>>())[0].runs.len(), 1);
    }
}
