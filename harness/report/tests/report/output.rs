//! An output folder as `batlinet run` leaves it, made up.

use std::{collections::HashMap, fs, path::PathBuf};

use cells::{
    cell::Origin,
    label::{Tally, published},
};
use ndarray::Array2;
use numerics::{ChaCha8Rng, Streams};
use rand::RngExt as _;
use record::{
    Attachments, Change, DeviceClass, ExperimentRecord, LifeBases, PairPredictions, Precision, Prediction, Protocol,
    Provenance, RunRecord, Score, Seconds, Status, Study, Values, Variant, Versions, made_up, write_scores,
};
use report::{bench::Throughput, study::chapters::document, summary, write};
use serde_json::json;
use statistics::Metrics;

/// Name, scenario, study, and models with their variants.
pub(super) type DeclaredStudy<'a> = (&'a str, &'a str, Study, &'a [(&'a str, &'a str)]);

pub(super) const EXPERIMENTS: [DeclaredStudy<'static>; 9] = [
    ("matr-1", "MATR-1", Study::Scenario, &[("mean", ""), ("ridge", ""), ("cnn", ""), ("batlinet", "")]),
    ("mix-20", "MIX-20", Study::Scenario, &[("mean", ""), ("forest", ""), ("gp", ""), ("batlinet", "")]),
    (
        "branches-hust",
        "HUST",
        Study::Branches,
        &[("batlinet", ""), ("batlinet", "clean:intra_only"), ("batlinet", "faithful:naive_ensemble")],
    ),
    ("features-hust", "HUST", Study::Features, &[("batlinet", ""), ("batlinet", "feature=voltage")]),
    (
        "references-hust",
        "HUST",
        Study::References,
        &[("batlinet", "references_test=1"), ("batlinet", "references_test=4"), ("batlinet", "references_test=64")],
    ),
    (
        "alpha-hust",
        "HUST",
        Study::Alpha,
        &[("batlinet", "alpha=0"), ("batlinet", "alpha=0.5"), ("batlinet", "alpha=1")],
    ),
    ("reference-study", "MIX-100", Study::ReferenceStudy, &[("batlinet", "")]),
    (
        "transfer-nca",
        "NCA",
        Study::Transfer,
        &[
            ("mean", "cells=1"),
            ("mean", "cells=8"),
            ("cnn", "direct+cells=1"),
            ("cnn", "direct+cells=8"),
            ("cnn", "fine_tune+cells=1"),
            ("cnn", "fine_tune+cells=8"),
            ("batlinet", "transfer+cells=1"),
            ("batlinet", "transfer+cells=8"),
        ],
    ),
    ("all-failed", "MATR-2", Study::Scenario, &[("svm", "")]),
];

/// Test cells of MIX-20, of several cathodes.
const MIXED: [&str; 5] =
    ["MATR_b1c0", "MATR_b1c3", "RWTH_002", "UL-PUR_N15-OV3_18650_NCA_23C_0-100_0.5-0.5C_c", "HUST_1-1"];

/// Cells that test in a scenario, since published numbers stand beside no others.
fn tests_of(scenario: &str) -> [&'static str; 5] {
    match published::tests_of(scenario) {
        Some(tests) if scenario != "MIX-20" => {
            let mut tests: Vec<&str> = tests.iter().copied().collect();
            tests.sort_unstable();
            tests[..5].try_into().unwrap()
        }
        _ => MIXED,
    }
}

/// An output folder as `batlinet run` leaves it, with random predictions, a runaway and failed runs.
pub(super) struct Output {
    pub(super) folder: tempfile::TempDir,
    pub(super) scores: Vec<Score>,
}

impl Output {
    pub(super) fn new(experiments: &[DeclaredStudy<'_>], data: Origin, seeds: u64) -> Self {
        Self::under("paper", experiments, data, seeds)
    }

    pub(super) fn under(profile: &str, experiments: &[DeclaredStudy<'_>], data: Origin, seeds: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut random = Streams::new("report test").stream("predictions");
        let mut scores = Vec::new();
        for (name, scenario, study, models) in experiments {
            experiment(name, scenario, *study, data, profile).write(folder.path()).unwrap();
            for (model, variant) in *models {
                for seed in 0..seeds {
                    let key = format!("{name}.{model}.{variant}.{seed}");
                    let is_failed = *name == "all-failed" || (*model == "cnn" && seed == 1);
                    let predictions =
                        if is_failed { Vec::new() } else { predictions(scenario, model, seed, &mut random) };
                    let mut record = run(&key, model, seed, data, predictions);
                    record.values = Values::of_name(model, &Variant::from(*variant));
                    let path = folder.path().join("runs").join(record.key());
                    let pairs = (*study == Study::ReferenceStudy).then(|| pairs(&record, &mut random));
                    record.write(&path, Attachments { pairs: pairs.as_ref(), ..Attachments::default() }).unwrap();
                    scores.push(Score { profile: profile.to_owned(), ..score(name, scenario, variant, &record) });
                }
            }
        }
        write_scores(&folder.path().join("scores.csv"), &scores).unwrap();
        Self { folder, scores }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes the report; its files by name.
    pub(super) fn report(&self) -> Vec<String> {
        let summaries = summary::summarise(self.folder.path()).unwrap();
        let rates = (0..7).map(|power| (1 << power, 900.0 / f64::from(1 << power))).collect();
        let measured = Throughput {
            rates,
            machine: "A CPU, 2 cores".to_owned(),
            date: "2026-11-28".to_owned(),
            cards: Vec::new(),
        };
        let files = write::write(self.folder.path(), &summaries, &document(&summaries, Some(&measured))).unwrap();
        let name = |file: &PathBuf| file.strip_prefix(self.folder.path()).unwrap().display().to_string();
        files.iter().map(name).collect()
    }

    /// Rows of a table by column.
    pub(super) fn table(&self, name: &str) -> Vec<HashMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }

    /// One measure of all runs with numbers of one model.
    pub(super) fn values(&self, experiment: &str, label: &str, of: fn(&Metrics) -> f64) -> Vec<f64> {
        let is_own = |score: &&Score| {
            score.experiment == experiment && format!("{} {}", score.model, score.variant).trim() == label
        };
        self.scores.iter().filter(is_own).filter_map(|score| score.metrics.as_ref()).map(of).collect()
    }
}

fn experiment(name: &str, scenario: &str, study: Study, data: Origin, profile: &str) -> ExperimentRecord {
    ExperimentRecord {
        name: name.to_owned(),
        scenario: scenario.to_owned(),
        study,
        data,
        profile: profile.to_owned(),
        settings: vec![],
        changes: Some(if profile == "paper" { vec![] } else { vec![epochs()] }),
        seeds: Some(8),
        runs: None,
        config_hash: "c".to_owned(),
        // of a transfer the preset says whose protocol it is; elsewhere published numbers stand beside faithful ones only
        protocol: if study == Study::Transfer { Protocol::Honest } else { Protocol::Faithful },
        description: format!("Why {name} is run: 5 % < 10 % & more."),
        analysis: "Random predictions.".to_owned(),
        expect: vec![],
    }
}

fn epochs() -> Change {
    let (is, was) = (json!(80), json!(1000));
    Change { model: Some("batlinet".to_owned()), what: "epochs".to_owned(), is, was }
}

fn predictions(scenario: &str, model: &str, seed: u64, random: &mut ChaCha8Rng) -> Vec<Prediction> {
    let cells = tests_of(scenario);
    let one = |(position, cell): (usize, &&str)| {
        // a cell has one life, whatever is predicted of it
        let observed = 300.0 + (1.0 + position as f64) * 700.0 / (1.0 + cells.len() as f64);
        let runaway = if model == "forest" && seed == 2 { 50.0 } else { 1.0 };
        let predicted = observed + runaway * 200.0 * (random.random::<f64>() - 0.5);
        Prediction { cell: (*cell).to_owned(), observed, predicted }
    };
    cells.iter().enumerate().map(one).collect()
}

fn lives(predictions: &[Prediction], of: fn(&Prediction) -> f64) -> Vec<f64> {
    predictions.iter().map(of).collect()
}

fn run(key: &str, model: &str, seed: u64, data: Origin, predictions: Vec<Prediction>) -> RunRecord {
    let metrics = Metrics::new(&lives(&predictions, |row| row.observed), &lives(&predictions, |row| row.predicted));
    RunRecord {
        trained_by: None,
        ingredients: made_up::ingredients(key, model, seed, data),
        status: if metrics.is_some() { Status::Ok } else { Status::Diverged },
        model: model.to_owned(),
        seed,
        data,
        values: Values::default(),
        device: "cpu".to_owned(),
        class: DeviceClass::Cpu,
        precision: Precision::Exact,
        config_hash: "c".to_owned(),
        versions: Versions::current("native, AVX2"),
        provenance: Provenance { processor: "A CPU".to_owned(), ..Provenance::current("c0ffee", 1) },
        train: vec!["x".to_owned(); 41],
        removed: vec![],
        doubtful: vec![],
        data_hash: "d".to_owned(),
        label_hash: "l".to_owned(),
        lives: LifeBases {
            train: Tally { observed: 40, padded: 1, published: 0 },
            test: Tally { observed: 3, padded: 2, published: 0 },
        },
        metrics,
        fit: Default::default(),
        seconds: Seconds { fit: 1.0, predict: 0.25 },
        test_cells: predictions.len(),
        predictions,
        attachments: Default::default(),
    }
}

fn pairs(record: &RunRecord, random: &mut ChaCha8Rng) -> PairPredictions {
    let cells: Vec<String> = (0..40).map(|index| format!("test-{index}")).collect();
    let observed = (0..40).map(|_| 400.0 + 900.0 * random.random::<f64>()).collect::<Vec<_>>();
    let predicted = Array2::from_shape_fn((40, record.train.len()), |(cell, reference)| {
        observed[cell] * (0.6 + 0.8 * random.random::<f64>()) + 10.0 * reference as f64
    });
    PairPredictions { cells, observed, references: (0..41).map(|index| format!("train-{index}")).collect(), predicted }
}

fn score(experiment: &str, scenario: &str, variant: &str, record: &RunRecord) -> Score {
    Score {
        experiment: experiment.to_owned(),
        scenario: scenario.to_owned(),
        data: record.data,
        model: record.model.clone(),
        variant: Variant::from(variant),
        seed: record.seed,
        train_cells: record.train.len(),
        test_cells: record.test_cells,
        metrics: record.metrics,
        status: record.status.clone(),
        key: record.key(),
        profile: "paper".to_owned(),
        lives: record.lives,
        protocol: Some(Protocol::Faithful),
        changed: String::new(),
    }
}
