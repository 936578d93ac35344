//! The published numbers, as facts with their sources (`results/paper.csv`).

use std::sync::LazyLock;

use serde::Deserialize;

/// One published number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedNumber {
    /// `scenario`, `branches`, `features`, `references`, `throughput`, `transfer` or `material`.
    pub study: String,
    /// Such as `MATR-1`; the target chemistry for transfer.
    pub scenario: String,
    /// As in experiment files.
    pub model: String,
    /// Which of its arms; the cathode for `material`.
    pub variant: String,
    /// `rmse`, `mae`, `rmse_median` (cycles), `mape` (percent) or `cells_per_second`.
    pub metric: String,
    /// The number, a mean where there are several seeds, unless the metric says median.
    pub value: f64,
    /// Population standard deviation over seeds, where there are several.
    pub spread: Option<f64>,
    /// Seeds behind it.
    pub seeds: Seeds,
    /// What to know about it.
    pub note: String,
    /// Where it is from.
    pub source: String,
}

/// How many seeds a published number is of: `8`, or `<=8` where the authors left out an unknown number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Seeds {
    /// The number, or the largest that it can be.
    pub most: usize,
    /// Whether it is the number.
    pub is_exact: bool,
}

impl TryFrom<String> for Seeds {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (number, is_exact) = text.strip_prefix("<=").map_or((text.as_str(), true), |number| (number, false));
        let most = number.parse().map_err(|_| format!("'{text}' is no number of seeds"))?;
        Ok(Self { most, is_exact })
    }
}

static PAPER: LazyLock<Vec<PublishedNumber>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("../../../results/paper.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("results/paper.csv is part of the program and checked by a test")
});

/// All published numbers.
pub fn paper() -> &'static [PublishedNumber] {
    &PAPER
}

/// The published number, if there is one.
pub fn published(
    study: &str,
    scenario: &str,
    model: &str,
    variant: &str,
    metric: &str,
) -> Option<&'static PublishedNumber> {
    let asked = (study, scenario, model, variant, metric);
    PAPER.iter().find(|number| number.slot() == asked)
}

impl PublishedNumber {
    /// What the authors' own run gave, where the paper quotes another publication and that is known: whole cycles.
    pub fn own_run(&self) -> Option<f64> {
        let (_, number) = self.note.split_once("the authors' own run gave ")?;
        number.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?.parse().ok()
    }

    /// What it is a number of: no two share it.
    fn slot(&self) -> (&str, &str, &str, &str, &str) {
        (&self.study, &self.scenario, &self.model, &self.variant, &self.metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDIES: [&str; 7] = ["scenario", "branches", "features", "references", "throughput", "transfer", "material"];

    #[test]
    fn every_published_number_is_of_a_known_study_scenario_model_and_measure() {
        for number in paper() {
            assert!(record::MODELS.contains(&number.model.as_str()), "{number:?}");
            assert!(STUDIES.contains(&number.study.as_str()), "{number:?}");
            let scenarios = ["MATR-1", "MATR-2", "HUST", "MIX-100", "MIX-20", "NCA", "LCO", "NMC"];
            assert!(scenarios.contains(&number.scenario.as_str()), "{number:?}");
            let metrics = ["rmse", "mae", "mape", "rmse_median", "cells_per_second"];
            assert!(metrics.contains(&number.metric.as_str()), "{number:?}");
            assert!(number.value > 0.0 && number.seeds.most > 0 && !number.source.is_empty(), "{number:?}");
            assert_eq!(published_again(number), Some(number), "two numbers for one thing");
        }
    }

    fn published_again(number: &PublishedNumber) -> Option<&'static PublishedNumber> {
        let (study, scenario, model, variant, metric) = number.slot();
        published(study, scenario, model, variant, metric)
    }

    #[test]
    fn every_table_and_figure_of_the_paper_has_its_numbers() {
        let count = |study| paper().iter().filter(|number| number.study == study).count();
        // 13 models with 3 measures on 5 scenarios, less 4 MAEs that nobody published; 4 arms and 6 feature spaces on 5
        // scenarios; 7 counts of references; 14 pairs of target and cells with 3 methods; 13 models on 4 materials with
        // 3 measures and on 3 with one
        assert_eq!(STUDIES.map(count), [13 * 3 * 5 - 4, 4 * 5, 6 * 5, 7 * 5, 7, 14 * 3, 13 * 4 * 3 + 13 * 3]);
    }

    #[test]
    fn the_headline_figures_are_those_of_the_paper() {
        let rmse = |scenario| published("scenario", scenario, "batlinet", "", "rmse").unwrap().value.round();
        assert_eq!(["MATR-1", "MATR-2", "HUST", "MIX-100", "MIX-20"].map(rmse), [63.0, 162.0, 268.0, 168.0, 207.0]);
        assert_eq!(published("scenario", "MATR-1", "gp", "", "rmse"), None);
        let nca = published("transfer", "NCA", "batlinet", "transfer+cells=1", "mape").unwrap();
        assert_eq!((nca.value.round(), nca.seeds), (44.0, Seeds { most: 8, is_exact: true }));
        let discharge = published("features", "MATR-2", "batlinet", "discharge", "rmse").unwrap();
        assert_eq!((discharge.value.round(), discharge.spread.map(f64::round)), (286.0, Some(14.0)));
    }

    #[test]
    fn what_the_authors_own_runs_gave_is_known_of_errors_that_are_quoted() {
        let known: Vec<_> = paper().iter().filter(|number| number.note.contains("own run gave")).collect();
        assert!(known.len() >= 10 && known.iter().all(|number| number.own_run().is_some_and(|run| run > 50.0)));
        let of = |model| published("scenario", "MATR-1", model, "", "rmse").unwrap().own_run();
        assert_eq!(["ridge", "forest", "svm"].map(of), [Some(117.0), Some(169.0), None]);
    }

    #[test]
    fn where_seeds_were_left_out_the_number_says_so() {
        for number in paper() {
            let is_said = number.note.contains("left out") || number.note.contains("at most");
            // a plot of the authors drops seeds beyond a bound (method §12): their number is one less, or not known
            assert_eq!(number.study == "features", !number.seeds.is_exact, "{number:?}");
            assert_eq!(!number.seeds.is_exact || number.seeds.most == 7, is_said, "{number:?}");
        }
    }

    #[test]
    fn measures_of_other_runs_than_the_quoted_one_say_so() {
        for number in paper().iter().filter(|number| number.study == "scenario" && number.metric == "mae") {
            let rmse = published("scenario", &number.scenario, &number.model, "", "rmse").unwrap();
            assert_eq!(
                rmse.note.starts_with("quoted"),
                number.note.contains("not of the one whose RMSE is quoted"),
                "{number:?}"
            );
        }
    }
}
