//! The measures of BatteryLife (Tan et al., KDD 2025), and its published results beside ours.
//!
//! MAPE = mean |p − y| / y, as a fraction; α-accuracy is the share of samples with |p − y| / y ≤ α, here α = 0.15. Theirs run over up to
//! 100 samples of a cell, one for each number of first cycles that is shown; ours over cells, of which all early cycles are shown.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{
    summary::{Row, Run, Summary},
    table::{Cell, Column, Table},
};
use statistics::Spread;

/// What goes before the domain in the name of a scenario.
const SCENARIO: &str = "BatteryLife-";

/// The α of the accuracy.
const NEAR: f64 = 0.15;

/// One published number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    model: String,
    /// `Li-ion`, `Zn-ion`, `Na-ion` or `CALB`.
    domain: String,
    /// `mape` or `within_15`, as fractions.
    metric: String,
    value: f64,
    /// Standard deviation over their three seeds.
    spread: f64,
    source: String,
}

static PUBLISHED: LazyLock<Vec<Published>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("../../../../results/batterylife.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("results/batterylife.csv is part of the program and checked by a test")
});

/// MAPE and 15 % accuracy of every model, and the published ones below where they may stand beside ours; of no other scenario.
pub fn table(summary: &Summary) -> Option<Table> {
    let domain = summary.scenario.strip_prefix(SCENARIO)?;
    let ours = summary.rows.iter().map(|row| {
        let spread = |measure| Cell::Text(shown(over_seeds(summary, row, measure)));
        vec![
            Cell::Text(row.name()),
            spread(mape),
            spread(within),
            Cell::Text("this program, a sample per cell".to_owned()),
        ]
    });
    let mut rows: Vec<Vec<Cell>> = ours.collect();
    if summary.is_comparable() {
        rows.extend(published(domain));
    }
    Some(Table {
        slug: format!("{}-batterylife", summary.slug()),
        caption: format!("{}: MAPE and 15 % accuracy as BatteryLife defines them, fractions", summary.experiment),
        columns: ["model", "MAPE", "15 % accuracy", "whose"].map(Column::new).to_vec(),
        rows,
    })
}

fn published(domain: &str) -> Vec<Vec<Cell>> {
    let of = |metric: &'static str| {
        PUBLISHED.iter().filter(move |number| number.domain == domain && number.metric == metric)
    };
    let text = |number: Option<&Published>| match number {
        Some(number) => Cell::Text(format!("{:.3} ± {:.3}", number.value, number.spread)),
        None => Cell::Missing,
    };
    let line = |number: &Published| {
        let accuracy = of("within_15").find(|other| other.model == number.model);
        vec![Cell::Text(number.model.clone()), text(Some(number)), text(accuracy), Cell::Text(number.source.clone())]
    };
    of("mape").map(line).collect()
}

fn over_seeds(summary: &Summary, row: &Row, measure: fn(&Run) -> f64) -> Option<Spread> {
    let runs = summary.runs_of(row).filter(|run| !run.predictions.is_empty());
    Spread::new(&runs.map(measure).collect::<Vec<_>>())
}

fn mape(run: &Run) -> f64 {
    mean(run, |error| error)
}

fn within(run: &Run) -> f64 {
    mean(run, |error| f64::from(u8::from(error <= NEAR)))
}

/// The mean over cells of a function of |p − y| / y.
fn mean(run: &Run, of: impl Fn(f64) -> f64) -> f64 {
    let errors = run.predictions.iter().map(|cell| (cell.predicted - cell.observed).abs() / cell.observed);
    errors.map(of).sum::<f64>() / run.predictions.len() as f64
}

fn shown(spread: Option<Spread>) -> String {
    match spread {
        None => "–".to_owned(),
        Some(spread) if spread.count == 1 => format!("{:.3}", spread.mean),
        Some(spread) => format!("{:.3} ± {:.3}", spread.mean, spread.population_std),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::*};
    use record::Prediction;

    #[test]
    fn measures_are_fractions_over_cells_and_published_ones_stand_beside_real_cells_only() {
        let of = |data| {
            let mut run = run("ridge", 0, 1.0, data);
            run.score.scenario = "BatteryLife-CALB".to_owned();
            let cell = |predicted| Prediction { cell: "BL_x".to_owned(), observed: 100.0, predicted };
            // off by 15 %, 16 % and nothing
            run.predictions = [115.0, 84.0, 100.0].map(cell).to_vec();
            table(&summaries(&[run], &[])[0]).unwrap().texts()
        };
        assert_eq!(of("virtual"), [["ridge", "0.103", "0.667", "this program, a sample per cell"]]);
        let real = of("real");
        assert!(
            real.len() > 10 && real[1][0] == "Dummy" && real[1][1] == "1.811 ± 0.550" && real[1][2] == "0.267 ± 0.094"
        );
        assert_eq!(table(&summaries(&[run("ridge", 0, 1.0, "real")], &[])[0]), None);
    }

    #[test]
    fn every_domain_has_both_measures() {
        for domain in ["Li-ion", "Zn-ion", "Na-ion", "CALB"] {
            assert!(published(domain).len() >= 12, "{domain}");
        }
        assert!(PUBLISHED.iter().all(|number| ["mape", "within_15"].contains(&&*number.metric) && number.value < 3.0));
    }
}
