//! Errors on the test cells of each cathode, where a scenario has several.

use crate::{
    published::{PublishedNumber, published},
    summary::{Row, Run, Summary},
    table::{Cell, Column, Table},
};
use cells::{catalogue, datasets};
use record::Prediction;
use statistics::{Metrics, Spread};

/// In the order of the paper's tables.
const CATHODES: [&str; 4] = ["LFP", "NMC", "LCO", "NCA"];

type Measure = (&'static str, &'static str, fn(&Metrics) -> f64);

/// In the words of headings and of `results/paper.csv`.
const MEASURES: [Measure; 2] = [("RMSE", "rmse", |metrics| metrics.rmse), ("MAPE %", "mape", |metrics| metrics.mape)];

/// One table per measure; none where all test cells have one cathode, or where predictions are not at hand.
pub fn tables(summary: &Summary) -> Vec<Table> {
    let cells = summary.runs.iter().find(|run| !run.predictions.is_empty()).map(|run| run.predictions.as_slice());
    let count = |cathode: &str| cells.unwrap_or_default().iter().filter(|row| is_of(row, cathode)).count();
    let cathodes: Vec<(&str, usize)> =
        CATHODES.into_iter().map(|cathode| (cathode, count(cathode))).filter(|(_, count)| *count > 0).collect();
    if cathodes.len() < 2 {
        return Vec::new();
    }
    MEASURES.into_iter().map(|measure| table(summary, &cathodes, measure)).collect()
}

/// What to say below the tables.
pub fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = vec![
        "Cathodes are grouped as in the authors' code: the NCA cells of UL-PUR and the NMC-LCO blend of HNEI count as \
         LCO."
            .to_owned(),
    ];
    let first = summary.rows.iter().find_map(|row| counterpart(summary, row, CATHODES[0], "rmse"));
    if let Some(number) = first.filter(|number| !number.note.is_empty()) {
        notes.push(format!("published by cathode: {}", number.note));
    }
    notes
}

fn table(summary: &Summary, cathodes: &[(&str, usize)], (heading, metric, of): Measure) -> Table {
    let mut columns = vec![Column::new("model")];
    for (cathode, count) in cathodes {
        columns.push(Column::new(format!("{cathode} (n = {count})")));
        columns.push(Column::optional(format!("published {cathode}")));
    }
    let line = |row: &Row| {
        let own = |run: &&Run| row.is_of(&run.score);
        let cells = cathodes.iter().flat_map(|(cathode, _)| {
            let per_seed: Vec<f64> = summary
                .runs
                .iter()
                .filter(own)
                .filter_map(|run| metrics(&run.predictions, cathode))
                .map(|metrics| of(&metrics))
                .collect();
            [Cell::mean(Spread::new(&per_seed)), Cell::published(counterpart(summary, row, cathode, metric))]
        });
        std::iter::once(Cell::Text(row.name())).chain(cells).collect()
    };
    Table {
        slug: format!("{}-by-cathode-{metric}", summary.slug()),
        caption: format!("{heading} on the test cells of each cathode: {}", summary.title()),
        columns,
        rows: summary.rows.iter().map(line).collect(),
    }
    .without_empty_columns()
}

fn counterpart(summary: &Summary, row: &Row, cathode: &str, metric: &str) -> Option<&'static PublishedNumber> {
    // as for the whole scenario: real cells and models as published only
    let is_comparable = row.published_rmse.is_some_and(|number| number.study == "scenario");
    is_comparable.then(|| published("material", &summary.scenario, &row.model, cathode, metric)).flatten()
}

fn metrics(predictions: &[Prediction], cathode: &str) -> Option<Metrics> {
    let own = || predictions.iter().filter(|row| is_of(row, cathode));
    let observed: Vec<f64> = own().map(|row| row.observed).collect();
    let predicted: Vec<f64> = own().map(|row| row.predicted).collect();
    Metrics::new(&observed, &predicted)
}

fn is_of(row: &Prediction, cathode: &str) -> bool {
    catalogue::find(&row.cell).is_some_and(|entry| as_coded(entry) == cathode)
}

/// The cathode under which the authors' code has a cell (method §3.3).
fn as_coded(entry: &catalogue::CatalogueEntry) -> &str {
    let coded = datasets::find(&entry.dataset).and_then(|dataset| dataset.coded_cathode.as_ref());
    coded.unwrap_or(&entry.cathode).name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::run};

    fn mixed(data: &str, seed: u64, errors: [f64; 4]) -> Run {
        let cells = ["MATR_b1c0", "MATR_b1c3", "RWTH_002", "UL-PUR_N15-OV3_18650_NCA_23C_0-100_0.5-0.5C_c"];
        let row = |(cell, error): (&str, f64)| Prediction {
            cell: cell.to_owned(),
            observed: 500.0,
            predicted: 500.0 + error,
        };
        let mut run = run("forest", seed, 9.0, data);
        run.score.scenario = "MIX-20".to_owned();
        Run { predictions: cells.into_iter().zip(errors).map(row).collect(), ..run }
    }

    #[test]
    fn errors_are_those_of_the_cells_of_each_cathode() {
        let runs = [mixed("real", 0, [30.0, 40.0, 5.0, 7.0]), mixed("real", 1, [30.0, 40.0, 15.0, 7.0])];
        let tables = tables(&summaries(&runs, &[])[0]);
        let rmse = &tables[0];
        assert_eq!(
            rmse.header()[1..5],
            ["LFP (n = 2)", "published LFP", "NMC (n = 1)", "published NMC"].map(str::to_owned)
        );
        let Cell::Mean(lfp) = rmse.rows[0][1] else { panic!("a number is expected") };
        assert!((lfp.mean - 1250f64.sqrt()).abs() < 1e-12);
        assert_eq!(rmse.texts()[0][2..4], ["300", "10.0 ± 5.0"]);
        assert_eq!(rmse.header()[5], "LCO (n = 1)");
        assert_eq!(tables[1].texts()[0][3], "2.0 ± 1.0");
    }

    #[test]
    fn virtual_cells_have_no_published_column_and_one_cathode_no_table() {
        let tables_of = |run: Run| tables(&summaries(&[run], &[])[0]);
        assert_eq!(tables_of(mixed("virtual", 0, [1.0; 4]))[0].columns.len(), 4);
        let mut plain = mixed("virtual", 0, [1.0; 4]);
        plain.predictions.truncate(2);
        assert!(tables_of(plain).is_empty());
    }
}
