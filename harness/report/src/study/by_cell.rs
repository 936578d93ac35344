//! Which cells make the error: every test cell with the error of every model.

use std::collections::BTreeMap;

use crate::{
    summary::{Row, Summary},
    table::{Cell, Column, Table},
};

/// Errors of one model on one cell, over seeds.
#[derive(Default)]
struct Errors {
    signed: f64,
    absolute: f64,
    squared: f64,
    seeds: f64,
}

/// The cells in the order in which they make the squared error of BatLiNet, or of the best model without it; `None` without
/// predictions.
pub fn table(summary: &Summary) -> Option<Table> {
    let models: Vec<(&Row, BTreeMap<&str, Errors>)> =
        summary.rows.iter().map(|row| (row, errors(summary, row))).filter(|(_, errors)| !errors.is_empty()).collect();
    let led_by = summary.rows.iter().find(|row| row.is_whole()).or_else(|| summary.best_other())?;
    let (_, leading) = models.iter().find(|(row, _)| row.name() == led_by.name())?;
    let total: f64 = leading.values().map(|errors| errors.squared / errors.seeds).sum();
    let share = |cell: &str| {
        leading.get(cell).map(|errors| 100.0 * errors.squared / errors.seeds / total.max(f64::MIN_POSITIVE))
    };
    let mut cells: Vec<(&str, f64)> = summary
        .runs_of(led_by)
        .find(|run| !run.predictions.is_empty())?
        .predictions
        .iter()
        .map(|row| (row.cell.as_str(), row.observed))
        .collect();
    cells.sort_by(|one, other| share(other.0).unwrap_or(0.0).total_cmp(&share(one.0).unwrap_or(0.0)));
    let best = summary.best_other().map(Row::name);
    let mut columns = vec![
        Column::new("cell"),
        Column::new("life"),
        Column::new(format!("share of the squared error of {} %", led_by.name())),
    ];
    columns.extend(models.iter().map(|(row, _)| {
        let is_shown = row.name() == led_by.name() || Some(row.name()) == best;
        Column { is_detail: !is_shown, ..Column::new(row.name()) }
    }));
    let line = |(cell, life): &(&str, f64)| {
        let of = |(_, errors): &(&Row, BTreeMap<&str, Errors>)| match errors.get(cell) {
            Some(Errors { signed, absolute, seeds, .. }) => {
                Cell::Error { mean: signed / seeds, absolute: absolute / seeds }
            }
            None => Cell::Missing,
        };
        let known = [Cell::Text((*cell).to_owned()), lived(*life), Cell::number(share(cell))];
        known.into_iter().chain(models.iter().map(of)).collect()
    };
    Some(Table {
        slug: format!("{}-cells", summary.slug()),
        caption: format!(
            "Errors by cell · predicted less observed, in cycles, mean over seeds; in brackets the mean absolute error where seeds err to \
             both sides; sorted by it: {}",
            summary.title()
        ),
        columns,
        rows: cells.iter().map(line).collect(),
    })
}

fn errors<'a>(summary: &'a Summary, row: &'a Row) -> BTreeMap<&'a str, Errors> {
    let mut errors: BTreeMap<&str, Errors> = BTreeMap::new();
    for prediction in summary.runs_of(row).flat_map(|run| &run.predictions) {
        let error = prediction.predicted - prediction.observed;
        let of = errors.entry(&prediction.cell).or_default();
        of.signed += error;
        of.absolute += error.abs();
        of.squared += error * error;
        of.seeds += 1.0;
    }
    errors
}

/// Most lives are whole cycles.
fn lived(life: f64) -> Cell {
    if life.fract() == 0.0 { Cell::Count(life as usize) } else { Cell::Number(life) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::run};
    use record::Prediction;

    fn with(errors: [f64; 2], run: Run) -> Run {
        let cell = |(name, error): (&str, f64)| Prediction {
            cell: name.to_owned(),
            observed: 500.0,
            predicted: 500.0 + error,
        };
        Run { predictions: ["a", "b"].into_iter().zip(errors).map(cell).collect(), ..run }
    }

    #[test]
    fn the_cell_that_makes_the_error_is_the_first_and_signs_are_kept() {
        let runs = [
            with([10.0, -30.0], run("batlinet", 0, 60.0, "real")),
            with([-10.0, -30.0], run("batlinet", 1, 60.0, "real")),
            with([5.0, 6.0], run("ridge", 0, 60.0, "real")),
        ];
        let table = table(&summaries(&runs, &[])[0]).unwrap();
        assert_eq!(table.header(), ["cell", "life", "share of the squared error of batlinet %", "batlinet", "ridge"]);
        assert_eq!(table.texts(), [["b", "500", "90.0", "−30.0", "+6.0"], ["a", "500", "10.0", "0.0 (10.0)", "+5.0"]]);
    }

    #[test]
    fn without_predictions_there_is_no_table() {
        assert_eq!(table(&summaries(&[run("ridge", 0, 60.0, "real")], &[])[0]), None);
    }
}
