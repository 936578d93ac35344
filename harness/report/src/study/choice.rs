//! What was made of other models, and chosen: errors on folds of the training cells beside those of the test.

use crate::{
    summary::{Row, Run, Summary},
    table::{Cell, Column, Table},
};
use record::{Candidate, Selection};
use statistics::{Spread, median};

/// There only where somebody has chosen by it.
const WORST: &str = "of the worst group, ln RMSE %";

/// A table of all that was made of others, and one of the candidates of each selection; none where nothing was.
pub fn tables(summary: &Summary) -> Vec<Table> {
    let made: Vec<(&Row, &Run, &Selection)> = summary
        .rows
        .iter()
        .filter_map(|row| {
            let run = summary.runs_of(row).find(|run| run.selection.is_some())?;
            Some((row, run, run.selection.as_ref()?))
        })
        .collect();
    if made.is_empty() {
        return Vec::new();
    }
    let mut tables = vec![all(summary, &made)];
    let selections =
        made.iter().filter(|(row, _, Selection(candidates))| row.model == "select" && candidates.len() > 2);
    tables.extend(selections.map(|(row, run, selection)| candidates(summary, row, run, selection)));
    tables
}

/// How well errors on folds told the order of errors on the test, of each selection; and what each hand-over handed over.
pub fn notes(summary: &Summary) -> Vec<String> {
    let handed = summary.rows.iter().filter_map(|row| handed_over(summary, row));
    choices(summary).into_iter().chain(handed).collect()
}

/// How many test cells the model for cells that lie elsewhere answered for.
fn handed_over(summary: &Summary, row: &Row) -> Option<String> {
    let sides = &summary.runs_of(row).find_map(|run| run.sides.as_ref())?.0;
    let beyond = sides.iter().filter(|side| side.measure > side.limit).count();
    let limit = sides.first()?.limit;
    let measures: Vec<f64> = sides.iter().map(|side| side.measure).collect();
    Some(format!(
        "{}: {beyond} of {} test cells lie beyond the limit of {limit:.3}, up to which training cells lie; the median cell is at {:.3}",
        row.name(),
        sides.len(),
        median(&measures)?
    ))
}

fn choices(summary: &Summary) -> Vec<String> {
    let of = |row: &Row| {
        let Selection(candidates) = summary.runs_of(row).find_map(|run| run.selection.as_ref())?;
        let pairs: Vec<(f64, f64)> = candidates
            .get(1..)?
            .iter()
            .filter_map(|one| Some((one.worst.unwrap_or(one.log_rmse), tested(summary, &one.name)?)))
            .collect();
        let correlation = rank_correlation(&pairs)?;
        Some(format!(
            "{}: over its {} candidates, the rank correlation between the error of ln life on folds{} and the RMSE on the test is \
             {correlation:.2}",
            row.name(),
            pairs.len(),
            if candidates.iter().any(|one| one.worst.is_some()) { " of the worst group" } else { "" }
        ))
    };
    summary.rows.iter().filter(|row| row.model == "select").filter_map(of).collect()
}

/// Means over the runs of each, as errors on the test are.
fn all(summary: &Summary, made: &[(&Row, &Run, &Selection)]) -> Table {
    let line = |(row, ..): &(&Row, &Run, &Selection)| {
        let mean = |values: Vec<f64>| Cell::mean(Spread::new(&values));
        let procedures: Vec<&Candidate> =
            summary.runs_of(row).filter_map(|run| run.selection.as_ref()?.0.first()).collect();
        let on_folds = |of: fn(&Candidate) -> f64| mean(procedures.iter().map(|one| of(one)).collect());
        let (held, widths) = summary.runs_of(row).filter_map(covered).unzip();
        vec![
            Cell::Text(row.name()),
            on_folds(|one| 100.0 * one.log_rmse),
            on_folds(|one| one.rmse),
            on_folds(|one| one.mape),
            Cell::mean(row.rmse),
            Cell::mean(row.mape),
            mean(held),
            mean(widths),
        ]
    };
    let columns = [
        "model",
        "ln RMSE on folds, %",
        "RMSE on folds",
        "MAPE on folds %",
        "RMSE",
        "MAPE %",
        "in 90 % intervals, %",
        "median upper over lower end",
    ];
    Table {
        slug: format!("{}-made", summary.slug()),
        caption: format!(
            "What was made of other models, on folds of the training cells and on the test: {}",
            summary.title()
        ),
        columns: columns.into_iter().map(Column::new).collect(),
        rows: made.iter().map(line).collect(),
    }
    .without_empty_columns()
}

fn candidates(summary: &Summary, row: &Row, run: &Run, Selection(candidates): &Selection) -> Table {
    let of_one = if row.seeds() > 1 { format!(" (seed {})", run.score.seed) } else { String::new() };
    let line = |one: &Candidate| {
        vec![
            Cell::Text(one.name.clone()),
            Cell::number(one.weight),
            Cell::number(Some(100.0 * one.log_rmse)),
            Cell::number(Some(one.rmse)),
            Cell::number(Some(one.mape)),
            Cell::number(one.worst.map(|worst| 100.0 * worst)),
            Cell::number(tested(summary, &one.name)),
        ]
    };
    let columns =
        ["candidate", "taken", "ln RMSE on folds, %", "RMSE on folds", "MAPE on folds %", WORST, "RMSE on the test"];
    Table {
        slug: format!("{}-{}", summary.slug(), row.name().replace([' ', '+'], "-")),
        caption: format!(
            "What {}{of_one} chose from, by the first error, or that of the worst group where it stands; the first line is the procedure itself, on folds that it did not choose by: {}",
            row.name(),
            summary.title()
        ),
        columns: (columns.into_iter().map(Column::new))
            .map(|column| Column { is_optional: column.heading == WORST, ..column })
            .collect(),
        rows: candidates.iter().map(line).collect(),
    }
    .without_empty_columns()
}

/// The mean RMSE on the test of what is called so in the experiment.
fn tested(summary: &Summary, label: &str) -> Option<f64> {
    let (model, variant) =
        label.split_once('[').map_or((label, ""), |(model, rest)| (model, rest.trim_end_matches(']')));
    let is_it = |row: &&Row| row.model == model && row.variant.to_string() == variant;
    summary.rows.iter().find(is_it)?.rmse.map(|spread| spread.mean)
}

/// Percent of the test cells that the intervals of a run hold, and the median ratio of their ends.
fn covered(run: &Run) -> Option<(f64, f64)> {
    let intervals = &run.intervals.as_ref()?.0;
    let held = run.predictions.iter().filter(|row| {
        let interval = intervals.iter().find(|interval| interval.cell == row.cell);
        interval.is_some_and(|interval| (interval.low..=interval.high).contains(&row.observed))
    });
    let ratios: Vec<f64> = intervals.iter().map(|interval| interval.high / interval.low).collect();
    let (held, cells) = (held.count() as f64, run.predictions.len() as f64);
    Some((100.0 * held / cells, median(&ratios)?))
}

/// Spearman's; of equal numbers, each has the mean of their ranks. None for fewer than three.
fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let ranks = |of: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        let rank = |value: f64| {
            let below = pairs.iter().filter(|pair| of(pair) < value).count() as f64;
            let equal = pairs.iter().filter(|pair| of(pair) == value).count() as f64;
            below + (equal - 1.0) / 2.0
        };
        pairs.iter().map(|pair| rank(of(pair))).collect()
    };
    let (one, other) = (ranks(|pair| pair.0), ranks(|pair| pair.1));
    let middle = (pairs.len() - 1) as f64 / 2.0;
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    let scale = (sum(&one, &one) * sum(&other, &other)).sqrt();
    (scale > 0.0).then(|| sum(&one, &other) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::run};
    use record::{Interval, Intervals, Prediction, Side, Sides};

    #[test]
    fn candidates_stand_beside_their_test_errors_and_intervals_are_counted() {
        let candidate = |name: &str, weight: Option<f64>, log_rmse: f64| Candidate {
            name: name.to_owned(),
            weight,
            log_rmse,
            rmse: 1000.0 * log_rmse,
            mape: 7.0,
            worst: None,
        };
        let mut select = run("select", 0, 30.0, "real");
        let names =
            [("select", None, 0.11), ("ridge", Some(1.0), 0.1), ("pls", Some(0.0), 0.2), ("svm", Some(0.0), 0.3)];
        select.selection = Some(Selection(names.map(|(name, weight, error)| candidate(name, weight, error)).to_vec()));
        let cell = |cell: &str, observed: f64| Prediction { cell: cell.to_owned(), observed, predicted: 500.0 };
        select.predictions = vec![cell("a", 450.0), cell("b", 600.0)];
        let interval = |cell: &str, low: f64| Interval { cell: cell.to_owned(), low, high: 550.0 };
        select.intervals = Some(Intervals(vec![interval("a", 275.0), interval("b", 440.0)]));
        let runs = [run("ridge", 0, 30.0, "real"), run("pls", 0, 20.0, "real"), run("svm", 0, 90.0, "real"), select];
        let summaries = summaries(&runs, &[]);
        let tables = tables(&summaries[0]);
        assert_eq!(tables.len(), 2);
        let texts = tables[0].texts();
        assert!(texts[0].contains(&"50.0".to_owned()), "one of two cells: {texts:?}");
        assert!(tables[1].texts().iter().any(|line| line[0] == "pls" && line[5] == "20.0"), "{:?}", tables[1].texts());
        // ranks 0 1 2 and 1 0 2
        assert!(notes(&summaries[0])[0].ends_with("is 0.50"), "{:?}", notes(&summaries[0]));
    }

    #[test]
    fn what_was_handed_over_is_counted() {
        let mut over = run("hand_over", 0, 30.0, "real");
        let side = |measure: f64| Side { cell: format!("{measure}"), measure, limit: 0.5, outside: 0.0 };
        over.sides = Some(Sides([0.1, 0.5, 0.6, 0.9, 2.0].map(side).to_vec()));
        let notes = notes(&summaries(&[over], &[])[0]);
        assert!(
            notes.len() == 1 && notes[0].contains(": 3 of 5 test cells lie beyond the limit of 0.500"),
            "{notes:?}"
        );
    }
}
