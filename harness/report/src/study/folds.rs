//! A cross-validation as a whole: every cell is tested once, so errors are over the cells of all folds.

use itertools::Itertools as _;

use crate::{
    summary::{Row, Run, Summary},
    table::{Cell, Column, Table},
};
use record::{Prediction, Study};
use statistics::{Metrics, Spread};

/// Between the name of a cross-validation and the number of a fold.
const FOLD: &str = "-fold-";

/// A table for each cross-validation among these experiments.
pub fn tables(summaries: &[&Summary]) -> Vec<Table> {
    let folds = summaries.iter().filter(|summary| summary.study == Study::CrossValidation);
    let family = |summary: &Summary| {
        let name = summary.experiment.rsplit_once(FOLD).map_or(&summary.experiment[..], |(family, _)| family);
        (name.to_owned(), summary.data)
    };
    let families = folds.map(|summary| (family(summary), *summary)).into_group_map();
    let sorted = families.into_iter().sorted_by_key(|((name, data), _)| (name.clone(), data.to_string()));
    sorted.map(|((name, data), folds)| table(&format!("{name}-{data}"), &name, &folds)).collect()
}

fn table(slug: &str, name: &str, folds: &[&Summary]) -> Table {
    let rows: Vec<&Row> = folds.iter().flat_map(|fold| &fold.rows).unique_by(|row| row.name()).collect();
    let line = |row: &Row| {
        let whole = over_all(row, folds);
        let spread = |measure: fn(&Metrics) -> f64| Spread::new(&whole.iter().map(measure).collect::<Vec<_>>());
        let of_folds: Vec<f64> =
            folds.iter().filter_map(|fold| rmse(fold.rows.iter().find(|other| other.name() == row.name())?)).collect();
        vec![
            Cell::Text(row.name()),
            Cell::mean(spread(|metrics| metrics.rmse)),
            Cell::mean(spread(|metrics| metrics.mae)),
            Cell::mean(spread(|metrics| metrics.mape)),
            Cell::Count(whole.len()),
            Cell::mean(Spread::new(&of_folds)),
            Cell::Count(of_folds.len()),
        ]
    };
    Table {
        slug: slug.to_owned(),
        caption: format!(
            "{name}: errors over the test cells of all {} folds, and the mean of the folds' RMSE",
            folds.len()
        ),
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

/// Per seed, the measures over the test cells of all folds; of seeds that every fold has predictions of.
fn over_all(row: &Row, folds: &[&Summary]) -> Vec<Metrics> {
    let of_fold = |fold: &&Summary, seed: u64| -> Option<Vec<Prediction>> {
        let is_it = |run: &&Run| row.is_of(&run.score) && run.score.seed == seed && !run.predictions.is_empty();
        fold.runs.iter().find(is_it).map(|run| run.predictions.clone())
    };
    let seeds = folds[0].runs.iter().filter(|run| row.is_of(&run.score)).map(|run| run.score.seed);
    let whole = seeds.filter_map(|seed| {
        let cells = folds.iter().map(|fold| of_fold(fold, seed)).collect::<Option<Vec<_>>>()?.concat();
        let (observed, predicted): (Vec<f64>, Vec<f64>) =
            cells.iter().map(|cell| (cell.observed, cell.predicted)).unzip();
        Metrics::new(&observed, &predicted)
    });
    whole.collect()
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
        summaries[1].runs[0].predictions.clear();
        let without = &tables(&summaries.iter().collect::<Vec<_>>())[0];
        assert_eq!(without.texts()[0][4], "0", "a fold without predictions leaves no whole");
    }
}
