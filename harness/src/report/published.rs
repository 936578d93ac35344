//! The published numbers, as facts with their sources (`results/paper.csv`).

use std::sync::LazyLock;

use serde::Deserialize;

/// One published number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Published {
    /// Such as `MATR-1`.
    pub scenario: String,
    /// As in experiment files.
    pub model: String,
    /// `rmse`, `mae` (cycles) or `mape` (percent).
    pub metric: String,
    /// The number, a mean where there are several seeds.
    pub mean: f64,
    /// Population standard deviation over seeds, where there are several.
    pub std: Option<f64>,
    /// Seeds behind it.
    pub seeds: usize,
    /// What to know about it.
    pub note: String,
    /// Where it is from.
    pub source: String,
}

static PAPER: LazyLock<Vec<Published>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("../../../results/paper.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("results/paper.csv is part of the program and checked by a test")
});

/// The published number, if there is one.
pub fn published(scenario: &str, model: &str, metric: &str) -> Option<&'static Published> {
    PAPER.iter().find(|number| number.scenario == scenario && number.model == model && number.metric == metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::ModelSpec;

    #[test]
    fn every_published_number_is_of_a_known_scenario_model_and_measure() {
        for number in PAPER.iter() {
            assert!(ModelSpec::NAMES.contains(&number.model.as_str()), "{number:?}");
            assert!(["MATR-1", "MATR-2", "HUST", "MIX-100", "MIX-20"].contains(&number.scenario.as_str()));
            assert!(["rmse", "mae", "mape"].contains(&number.metric.as_str()));
            assert!(number.mean > 0.0 && number.seeds > 0 && !number.source.is_empty());
        }
    }

    #[test]
    fn the_headline_figures_are_those_of_the_paper() {
        let rmse = |scenario| published(scenario, "batlinet", "rmse").unwrap().mean.round();
        assert_eq!(["MATR-1", "MATR-2", "HUST", "MIX-100", "MIX-20"].map(rmse), [63.0, 162.0, 268.0, 168.0, 207.0]);
        assert_eq!(published("MATR-1", "gp", "rmse"), None);
    }
}
