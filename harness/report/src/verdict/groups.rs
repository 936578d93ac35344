//! Which kinds of cells make the error: every model on the short-lived and the long-lived, and on each dataset.

use super::{Judged, LEVEL, Model};
use crate::{
    summary::Summary,
    table::{Cell, Column, Table},
};
use cells::catalogue;
use statistics::{Bootstrap, Measure, Part, breakdown, life_terciles};

/// Cells below which thirds say nothing.
const ENOUGH: usize = 9;

/// Measures of all models per group of cells; `None` where nothing was judged or all cells are of one kind. Intervals are those of
/// BatLiNet and of the best other model, shares BatLiNet's, or the best model's where there is no BatLiNet.
pub(super) fn table(summary: &Summary, judged: &Judged<'_>) -> Option<Table> {
    let leading = judged.whole().or_else(|| judged.best(|_| true))?;
    let best = judged.with_best_other().map(|(model, _)| model.row.name());
    let kinds = kinds(leading);
    // models that saw other cells have no place beside these
    let models: Vec<&Model<'_>> =
        judged.models.iter().filter(|model| model.predictions.cells() == leading.predictions.cells()).collect();
    let is_shown = |model: &Model<'_>| model.row.name() == leading.row.name() || Some(model.row.name()) == best;
    let mut columns = vec![
        Column::new("cells that are"),
        Column::new("count"),
        Column::new(format!("share of the squared error of {} %", leading.row.name())),
    ];
    columns.extend(models.iter().map(|model| Column {
        is_detail: !is_shown(model),
        ..Column::error(if is_shown(model) { format!("{} [95 %]", model.row.name()) } else { model.row.name() })
    }));
    let mut rows = Vec::new();
    for kind in &kinds {
        let of: Vec<Vec<Part>> = models.iter().map(|model| parts(model, kind)).collect::<Option<_>>()?;
        let place = models.iter().position(|model| model.row.name() == leading.row.name())?;
        for (group, led) in of[place].iter().enumerate() {
            let mut line = vec![Cell::Text(led.group.clone()), Cell::Count(led.cells), Cell::Number(100.0 * led.share)];
            line.extend(models.iter().zip(&of).map(|(model, parts)| match parts[group].interval {
                Some(interval) if is_shown(model) => Cell::Interval(interval),
                _ => Cell::Number(parts[group].estimate),
            }));
            rows.push(line);
        }
    }
    (!rows.is_empty()).then(|| Table {
        slug: format!("{}-groups", summary.slug()),
        caption: format!(
            "Errors by kind of cell · RMSE in cycles, mean over seeds; lives are cut at their terciles: {}",
            summary.title()
        ),
        columns,
        rows,
    })
}

fn parts(model: &Model<'_>, groups: &[String]) -> Option<Vec<Part>> {
    let bootstrap = Bootstrap { level: LEVEL, ..Bootstrap::default() };
    breakdown(&model.predictions, groups, Measure::Rmse, &bootstrap).ok()
}

/// A name per test cell, once for each way to group them.
fn kinds(model: &Model<'_>) -> Vec<Vec<String>> {
    let (cells, lives) = (model.predictions.cells(), model.predictions.observed());
    let mut kinds = Vec::new();
    if cells.len() >= ENOUGH {
        let terciles = life_terciles(lives);
        let range = |tercile: &str| {
            let of = terciles.iter().zip(lives).filter(|(name, _)| **name == tercile).map(|(_, life)| *life);
            of.fold((f64::INFINITY, 0.0_f64), |(low, high), life| (low.min(life), high.max(life)))
        };
        // numbered, so that they stand in this order
        let named = |tercile: &str| {
            let (low, high) = range(tercile);
            let place = ["short", "middle", "long"].iter().position(|name| *name == tercile).unwrap_or_default() + 1;
            format!("{place}. {tercile}-lived, {low:.0} to {high:.0} cycles")
        };
        kinds.push(terciles.iter().map(|tercile| named(tercile)).collect());
    }
    // a cell of one's own has no dataset
    let datasets: Option<Vec<String>> =
        cells.iter().map(|cell| catalogue::find(cell).map(|entry| format!("of {}", entry.dataset))).collect();
    kinds.extend(datasets.filter(|names| names.iter().any(|name| *name != names[0])));
    kinds
}

#[cfg(test)]
mod tests {
    use super::super::{judge, models::tests::predicting};
    use super::*;
    use crate::summary::summaries;

    #[test]
    fn a_third_of_the_cells_is_short_lived_and_shares_add_up() {
        let runs = [predicting("ridge", 0, 100.0), predicting("batlinet", 0, 50.0), predicting("batlinet", 1, 50.0)];
        let summary = &summaries(&runs, &[])[0];
        let table = table(summary, &judge(summary)).unwrap();
        let texts = table.texts();
        let first: Vec<&str> = texts.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(
            first,
            [
                "1. short-lived, 500 to 680 cycles",
                "2. middle-lived, 700 to 880 cycles",
                "3. long-lived, 900 to 1080 cycles"
            ]
        );
        let share: f64 = table.rows.iter().map(|row| if let Cell::Number(share) = row[2] { share } else { 0.0 }).sum();
        assert!((share - 100.0).abs() < 1e-9, "{share}");
    }
}
