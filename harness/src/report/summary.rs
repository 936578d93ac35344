//! Scores gathered per experiment: means and spreads over seeds, published numbers, expectations.

use std::path::Path;

use super::published::{Published, published};
use crate::{
    experiment::plan::run_folder,
    failure::Failure,
    record::{Expectation, ExperimentRecord, Metric, Removed, RunRecord, Score, read_scores},
    statistics::{Metrics, Spread},
};

/// One experiment on cells of one origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Name of the experiment.
    pub experiment: String,
    /// Scenario of the published benchmark.
    pub scenario: String,
    /// `real` or `virtual`.
    pub data: String,
    /// Profile of its runs.
    pub profile: String,
    /// Training and test cells with a label, of the first run.
    pub cells: (usize, usize),
    /// Cells of the split that took no part.
    pub removed: Vec<Removed>,
    /// What is run and why.
    pub description: String,
    /// What to distrust.
    pub analysis: String,
    /// One per model and variant, in the order of the scores.
    pub rows: Vec<Row>,
    /// What should have come out; empty for virtual cells unless expected of them.
    pub expectations: Vec<Verdict>,
}

/// One model of a section.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart.
    pub variant: String,
    /// Cycles.
    pub rmse: Option<Spread>,
    /// Cycles.
    pub mae: Option<Spread>,
    /// Percent.
    pub mape: Option<Spread>,
    /// Runs that ended without numbers, with the first reason.
    pub failed: Option<(usize, String)>,
    /// Published, in cycles.
    pub published_rmse: Option<&'static Published>,
    /// Published, in cycles.
    pub published_mae: Option<&'static Published>,
    /// Published, in percent.
    pub published_mape: Option<&'static Published>,
}

/// An expectation and what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was expected.
    pub expectation: Expectation,
    /// Mean over seeds; absent if no run has numbers.
    pub found: Option<f64>,
}

impl Verdict {
    /// Whether what came out is within the tolerance.
    pub fn is_met(&self) -> bool {
        self.found.is_some_and(|found| (found - self.expectation.value).abs() <= self.expectation.tolerance)
    }
}

impl Section {
    /// Whether the cells are simulated.
    pub fn is_virtual(&self) -> bool {
        self.data != "real"
    }

    /// Heading of published columns: where cells are virtual, the two must not be taken for comparable.
    pub fn published_heading(&self) -> &'static str {
        if self.is_virtual() { "published (real cells)" } else { "published" }
    }

    /// `matr-1 · 41 training and 42 test cells · virtual cells · profile quick`.
    pub fn title(&self) -> String {
        let (train, test) = self.cells;
        format!(
            "{} · {train} training and {test} test cells · {} cells · profile {}",
            self.experiment,
            self.data.to_uppercase(),
            self.profile
        )
    }
}

/// What to say of the cells of these sections, before any number.
pub fn origin_notice(sections: &[Section]) -> &'static str {
    match (sections.iter().any(Section::is_virtual), sections.iter().any(|section| !section.is_virtual())) {
        (true, true) => {
            "Some of these cells are VIRTUAL, simulated by the built-in lab, and some are real; each table says which. \
             Numbers of virtual cells say nothing about the published ones."
        }
        (true, false) => {
            "All cells are VIRTUAL, simulated by the built-in lab: these numbers show that the machinery works and say \
             nothing about the published ones, which are of real cells."
        }
        _ => "All cells are real, measured in a laboratory.",
    }
}

/// The sections of the output folder `out`, in the order of its scores.
///
/// # Errors
/// [`Failure::Usage`] if `out` holds no scores or something in it cannot be read.
pub fn summarise(out: &Path) -> Result<Vec<Section>, Failure> {
    let path = out.join("scores.csv");
    if !path.exists() {
        return Err(Failure::Usage(format!(
            "{}: there is no scores.csv here; `batlinet run` writes one",
            out.display()
        )));
    }
    let scores = read_scores(&path)?;
    let records = ExperimentRecord::read_all(out)?;
    let mut sections = sections(&scores, &records);
    for section in &mut sections {
        let first = scores.iter().find(|score| {
            score.experiment == section.experiment && score.data == section.data && score.metrics.is_some()
        });
        if let Some(score) = first {
            section.removed = RunRecord::read(&run_folder(out, &score.key))?.removed;
        }
    }
    Ok(sections)
}

/// As [`summarise`], from what was read; cells that took no part are left out.
pub fn sections(scores: &[Score], records: &[ExperimentRecord]) -> Vec<Section> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for score in scores {
        let name = (score.experiment.as_str(), score.data.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|(experiment, data)| {
            let scores: Vec<&Score> =
                scores.iter().filter(|score| score.experiment == experiment && score.data == data).collect();
            let record = records.iter().find(|record| record.name == experiment && record.data.to_string() == data);
            section(&scores, record)
        })
        .collect()
}

fn section(scores: &[&Score], record: Option<&ExperimentRecord>) -> Section {
    let first = scores[0];
    let whole = scores.iter().find(|score| score.metrics.is_some()).unwrap_or(&scores[0]);
    let mut rows: Vec<Row> = Vec::new();
    for score in scores {
        if !rows.iter().any(|row| row.model == score.model && row.variant == score.variant) {
            rows.push(row(scores, score));
        }
    }
    let mut profiles: Vec<&str> = scores.iter().map(|score| score.profile.as_str()).collect();
    profiles.dedup();
    let expectations = record.map_or_else(Vec::new, |record| {
        record
            .expect
            .iter()
            .filter(|expectation| expectation.data.to_string() == first.data)
            .filter(|expectation| profiles == [expectation.profile.as_str()])
            .filter_map(|expectation| {
                let row =
                    rows.iter().find(|row| row.model == expectation.model && row.variant == expectation.variant)?;
                let spread = match expectation.metric {
                    Metric::Rmse => row.rmse,
                    Metric::Mae => row.mae,
                    Metric::Mape => row.mape,
                };
                Some(Verdict { expectation: expectation.clone(), found: spread.map(|spread| spread.mean) })
            })
            .collect()
    });
    Section {
        experiment: first.experiment.clone(),
        scenario: first.scenario.clone(),
        data: first.data.clone(),
        profile: profiles.join(" and "),
        cells: (whole.train_cells, whole.test_cells),
        removed: Vec::new(),
        description: record.map_or_else(String::new, |record| record.description.clone()),
        analysis: record.map_or_else(String::new, |record| record.analysis.clone()),
        rows,
        expectations,
    }
}

fn row(scores: &[&Score], of: &Score) -> Row {
    let own = || scores.iter().filter(|score| score.model == of.model && score.variant == of.variant);
    let spread = |measure: fn(&Metrics) -> f64| {
        Spread::new(&own().filter_map(|score| score.metrics.as_ref()).map(measure).collect::<Vec<_>>())
    };
    let failures: Vec<String> =
        own().filter(|score| score.metrics.is_none()).map(|score| score.status.to_string()).collect();
    // published numbers are of the models as the paper has them, not of our variants
    let paper = |metric| {
        let is_plain = of.variant.is_empty() || of.variant == "default";
        is_plain.then(|| published(&of.scenario, &of.model, metric)).flatten()
    };
    Row {
        model: of.model.clone(),
        variant: of.variant.clone(),
        rmse: spread(|metrics| metrics.rmse),
        mae: spread(|metrics| metrics.mae),
        mape: spread(|metrics| metrics.mape),
        failed: failures.first().map(|reason| (failures.len(), reason.clone())),
        published_rmse: paper("rmse"),
        published_mae: paper("mae"),
        published_mape: paper("mape"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        cell::Origin,
        record::{Protocol, Status, Study},
    };

    pub(crate) fn score(model: &str, seed: u64, rmse: f64, data: &str) -> Score {
        Score {
            experiment: "matr-1".to_owned(),
            scenario: "MATR-1".to_owned(),
            data: data.to_owned(),
            model: model.to_owned(),
            variant: String::new(),
            seed,
            train_cells: 41,
            test_cells: 42,
            metrics: Metrics::new(&[500.0], &[500.0 + rmse]),
            status: Status::Ok,
            key: "k".to_owned(),
            profile: "paper".to_owned(),
        }
    }

    pub(crate) fn record(data: Origin) -> ExperimentRecord {
        ExperimentRecord {
            name: "matr-1".to_owned(),
            scenario: "MATR-1".to_owned(),
            study: Study::Scenario,
            data,
            profile: "paper".to_owned(),
            settings: vec![],
            config_hash: "c".to_owned(),
            protocol: Protocol::Faithful,
            description: "Primary test.".to_owned(),
            analysis: "Few cells & <much> noise.".to_owned(),
            expect: vec![Expectation {
                model: "mean".to_owned(),
                variant: String::new(),
                metric: Metric::Rmse,
                value: 398.82,
                tolerance: 0.01,
                source: "spec".to_owned(),
                data: Origin::Real,
                profile: "paper".to_owned(),
            }],
        }
    }

    #[test]
    fn seeds_are_gathered_and_failures_counted() {
        let mut failed = score("cnn", 2, 0.0, "real");
        (failed.metrics, failed.status) = (None, Status::Diverged);
        let scores = [score("cnn", 0, 10.0, "real"), score("cnn", 1, 30.0, "real"), failed];
        let sections = sections(&scores, &[]);
        let row = &sections[0].rows[0];
        let rmse = row.rmse.unwrap();
        assert_eq!((rmse.count, rmse.mean, rmse.population_std), (2, 20.0, 10.0));
        assert_eq!(row.failed, Some((1, "diverged".to_owned())));
        assert_eq!(row.published_rmse.unwrap().mean, 124.66f64.max(row.published_rmse.unwrap().mean));
    }

    #[test]
    fn expectations_are_held_against_cells_of_their_origin_only() {
        let verdicts =
            |rmse, data, origin| sections(&[score("mean", 0, rmse, data)], &[record(origin)])[0].expectations.clone();
        assert!(verdicts(398.825, "real", Origin::Real)[0].is_met());
        assert!(!verdicts(398.84, "real", Origin::Real)[0].is_met());
        assert!(verdicts(398.82, "virtual", Origin::Virtual).is_empty());
    }

    #[test]
    fn variants_have_no_published_number_and_real_and_virtual_do_not_mix() {
        let mut variant = score("batlinet", 0, 70.0, "real");
        variant.variant = "intra_only".to_owned();
        let sections =
            sections(&[score("batlinet", 0, 60.0, "real"), variant, score("batlinet", 0, 9.0, "virtual")], &[]);
        assert_eq!(sections.len(), 2);
        assert!(sections[0].rows[0].published_rmse.is_some() && sections[0].rows[1].published_rmse.is_none());
        assert_eq!(sections[1].published_heading(), "published (real cells)");
        assert!(origin_notice(&sections).contains("VIRTUAL") && origin_notice(&sections[..1]).contains("real"));
    }
}
