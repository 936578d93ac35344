//! A whole report of every kind of study, checked against its own input: every number in a table is recomputed from
//! `scores.csv` and `predictions.csv`, every file that is named exists, every figure is well-formed.

use std::{collections::HashMap, fs, path::PathBuf};

use cells::{catalogue, cell::Origin, label::Tally};
use ndarray::Array2;
use numerics::{ChaCha8Rng, Streams};
use quick_xml::{Reader, events::Event};
use rand::RngExt as _;
use record::{
    Attachments, Change, DeviceClass, ExperimentRecord, LifeBases, PairPredictions, Precision, Prediction, Protocol,
    Provenance, RunRecord, Score, Seconds, Status, Study, Values, Variant, Versions, made_up, write_scores,
};
use report::{bench::Throughput, study::chapters::document, summary, write};
use serde_json::json;
use statistics::Metrics;

/// Name, scenario, study, and models with their variants.
type DeclaredStudy<'a> = (&'a str, &'a str, Study, &'a [(&'a str, &'a str)]);

const EXPERIMENTS: [DeclaredStudy<'static>; 9] = [
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

const CELLS: [&str; 5] =
    ["MATR_b1c0", "MATR_b1c1", "RWTH_002", "UL-PUR_N10-NA7_18650_NCA_23C_0-100_0.5-0.5C_g", "HUST_1-1"];

/// An output folder as `batlinet run` leaves it, with random predictions, a runaway and failed runs.
struct Output {
    folder: tempfile::TempDir,
    scores: Vec<Score>,
}

impl Output {
    fn new(experiments: &[DeclaredStudy<'_>], data: Origin, seeds: u64) -> Self {
        Self::under("paper", experiments, data, seeds)
    }

    fn under(profile: &str, experiments: &[DeclaredStudy<'_>], data: Origin, seeds: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut random = Streams::new("report test").stream("predictions");
        let mut scores = Vec::new();
        for (name, scenario, study, models) in experiments {
            experiment(name, scenario, *study, data, profile).write(folder.path()).unwrap();
            for (model, variant) in *models {
                for seed in 0..seeds {
                    let key = format!("{name}.{model}.{variant}.{seed}");
                    let is_failed = *name == "all-failed" || (*model == "cnn" && seed == 1);
                    let predictions = if is_failed { Vec::new() } else { predictions(model, seed, &mut random) };
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

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes the report; its files by name.
    fn report(&self) -> Vec<String> {
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
    fn table(&self, name: &str) -> Vec<HashMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }

    /// One measure of all runs with numbers of one model.
    fn values(&self, experiment: &str, label: &str, of: fn(&Metrics) -> f64) -> Vec<f64> {
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

fn predictions(model: &str, seed: u64, random: &mut ChaCha8Rng) -> Vec<Prediction> {
    let one = |(position, cell): (usize, &&str)| {
        // a cell has one life, whatever is predicted of it
        let observed = 300.0 + (1.0 + position as f64) * 700.0 / (1.0 + CELLS.len() as f64);
        let runaway = if model == "forest" && seed == 2 { 50.0 } else { 1.0 };
        let predicted = observed + runaway * 200.0 * (random.random::<f64>() - 0.5);
        Prediction { cell: (*cell).to_owned(), observed, predicted }
    };
    CELLS.iter().enumerate().map(one).collect()
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

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64], freedom: f64) -> f64 {
    let centre = mean(values);
    (values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (values.len() as f64 - freedom)).sqrt()
}

/// Holds the columns of a mean against the values behind it.
fn check(row: &HashMap<String, String>, column: &str, values: &[f64]) {
    let close = |name: &str, expected: f64| {
        let found: f64 = row[name].parse().unwrap_or_else(|_| panic!("{name}: '{}' is no number", row[name]));
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{name}: {found} is not {expected}");
    };
    if values.is_empty() {
        assert_eq!(row[column], "", "{column} has no runs behind it");
        return;
    }
    close(column, mean(values));
    close(&format!("{column}: std"), deviation(values, 0.0));
    if values.len() > 1 {
        close(&format!("{column}: sample_std"), deviation(values, 1.0));
    }
}

#[test]
fn results_of_different_labels_are_refused_with_both_named() {
    let output = Output::new(&EXPERIMENTS[..1], Origin::Virtual, 2);
    let record_of = |score: &Score, labels: &str| {
        let folder = output.path("runs").join(&score.key);
        let mut record = RunRecord::read(&folder).unwrap();
        record.label_hash = labels.to_owned();
        record.write(&folder, Attachments::default()).unwrap();
    };
    let (first, last) = (&output.scores[0], output.scores.iter().rfind(|score| score.metrics.is_some()).unwrap());
    output.scores.iter().for_each(|score| record_of(score, "aaaa"));
    summary::summarise(output.folder.path()).unwrap();
    record_of(last, "bbbb");
    let message = summary::summarise(output.folder.path()).unwrap_err().to_string();
    let both = format!("run {} was made with the labels aaaa, run {} with bbbb", first.key, last.key);
    assert!(message.contains("of different labels and do not compare") && message.contains(&both), "{message}");
}

#[test]
fn every_number_in_a_table_comes_from_the_scores() {
    for (data, seeds) in [(Origin::Virtual, 4), (Origin::Real, 3), (Origin::Real, 1)] {
        let output = Output::new(&EXPERIMENTS, data, seeds);
        output.report();
        for (name, _, study, _) in EXPERIMENTS {
            if matches!(study, Study::References | Study::Alpha | Study::Transfer) || name == "all-failed" {
                continue;
            }
            for row in output.table(&format!("tables/{name}-{data}.csv")) {
                check(&row, "RMSE", &output.values(name, &row["model"], |metrics| metrics.rmse));
                check(&row, "MAE", &output.values(name, &row["model"], |metrics| metrics.mae));
                check(&row, "MAPE %", &output.values(name, &row["model"], |metrics| metrics.mape));
            }
        }
        for (name, parameter) in [("references-hust", "references_test"), ("alpha-hust", "alpha")] {
            for row in output.table(&format!("tables/{name}-{data}.csv")) {
                let label = format!("batlinet {parameter}={}", row[parameter]);
                let values = output.values(name, &label, |metrics| metrics.rmse);
                check(&row, "RMSE", &values);
                let mut sorted = values;
                sorted.sort_by(f64::total_cmp);
                let middle = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
                assert!((row["median RMSE"].parse::<f64>().unwrap() - middle).abs() < 1e-9);
            }
        }
        for row in output.table(&format!("tables/transfer-nca-{data}-by-cells.csv")) {
            for (heading, label) in
                [("mean", "mean "), ("direct learning", "cnn direct+"), ("BatLiNet", "batlinet transfer+")]
            {
                let label = format!("{label}cells={}", row["target cells"]);
                check(&row, heading, &output.values("transfer-nca", &label, |metrics| metrics.mape));
            }
        }
        for row in output.table("tables/scenarios-mape.csv") {
            let column = format!("matr-1 ({data})");
            check(&row, &column, &output.values("matr-1", &row["model"], |metrics| metrics.mape));
        }
    }
}

#[test]
fn errors_by_cathode_come_from_the_predictions() {
    let output = Output::new(&EXPERIMENTS, Origin::Real, 3);
    output.report();
    let lfp = |cell: &str| catalogue::find(cell).unwrap().cathode.name() == "LFP";
    for row in output.table("tables/mix-20-real-by-cathode-rmse.csv") {
        let mut errors = Vec::new();
        for score in output.scores.iter().filter(|score| score.experiment == "mix-20" && score.model == row["model"]) {
            let path = format!("runs/{}/predictions.csv", score.key);
            let squares: Vec<f64> = output
                .table(&path)
                .iter()
                .filter(|row| lfp(&row["cell_id"]))
                .map(|row| (row["observed"].parse::<f64>().unwrap() - row["predicted"].parse::<f64>().unwrap()).powi(2))
                .collect();
            assert_eq!(squares.len(), 3);
            errors.push(mean(&squares).sqrt());
        }
        check(&row, "LFP (n = 3)", &errors);
    }
    let forest =
        output.table("tables/mix-20-real-by-cathode-rmse.csv").into_iter().find(|row| row["model"] == "forest");
    assert_eq!(forest.unwrap()["published LFP"], "300");
}

/// Names of the series and the title of a figure must be in it.
fn check_drawing(svg: &str, words: &[&str]) {
    let mut reader = Reader::from_str(svg);
    let mut texts = String::new();
    loop {
        match reader.read_event().expect("a drawing is well-formed XML") {
            Event::Text(text) => texts.push_str(&text.decode().unwrap()),
            Event::Eof => break,
            _ => {}
        }
    }
    for word in words {
        assert!(texts.contains(word), "'{word}' is not in the drawing");
    }
}

#[test]
fn every_study_has_its_figures_and_every_link_leads_somewhere() {
    for data in [Origin::Virtual, Origin::Real] {
        let output = Output::new(&EXPERIMENTS, data, 3);
        let files = output.report();
        let figures: Vec<&String> = files.iter().filter(|file| file.ends_with(".svg")).collect();
        for name in [
            "matr-1-{}-rmse",
            "matr-1-{}-scatter",
            "mix-20-{}-rmse",
            "branches-hust-{}-rmse",
            "features-hust-{}-rmse",
            "references-hust-{}-references_test",
            "alpha-hust-{}-alpha",
            "reference-study-{}-single-references",
            "reference-study-{}-draws",
            "reference-study-{}-throughput",
            "transfer-nca-{}-mape",
        ] {
            let name = format!("figures/{}.svg", name.replace("{}", &data.to_string()));
            assert!(figures.iter().any(|figure| **figure == name), "{name} is not among {figures:?}");
        }
        let page = output.text("report.html");
        for figure in &figures {
            let points = output.table(&figure.replace(".svg", ".csv"));
            let names: Vec<&str> = points.iter().map(|row| row["series"].as_str()).collect();
            let svg = output.text(figure);
            check_drawing(&svg, &names);
            let cells = if figure.ends_with("throughput.svg") { "made-up" } else { &data.to_string() };
            check_drawing(&svg, &[&format!("{cells} cells")]);
            assert!(page.contains(&svg), "{figure} is not in the page");
        }
        let markdown = output.text("report.md");
        for link in markdown.split("](").skip(1) {
            assert!(output.path(link.split(')').next().unwrap()).is_file(), "{link}");
        }
        assert_eq!(markdown.matches("](figures/").count(), figures.len());
        // runs without numbers are counted, not dropped
        assert!(markdown.contains("cnn: 1 of 3 runs without numbers: diverged"));
        assert!(markdown.contains("svm: 3 of 3 runs without numbers: diverged"));
        assert!(markdown.contains("forest: seeds differ so much that the median says more"));
        for word in markdown.split(|c: char| !c.is_alphanumeric()) {
            assert!(!["NaN", "inf", "None", "Some"].contains(&word), "{word}");
        }
    }
}

#[test]
fn virtual_results_stand_without_published_numbers() {
    let output = Output::new(&EXPERIMENTS, Origin::Virtual, 2);
    let files = output.report();
    assert!(output.text("report.md").contains("All cells are VIRTUAL"));
    for file in files.iter().filter(|file| file.starts_with("tables/") || file.starts_with("figures/")) {
        let text = output.text(file);
        assert!(!text.contains("published"), "{file}:\n{text}");
    }
    for row in output.table("summary.csv") {
        assert_eq!(row["rmse_published"], "");
    }
}

#[test]
fn a_quick_look_on_real_cells_is_no_result_in_any_file() {
    let output = Output::under("quick", &EXPERIMENTS, Origin::Real, 3);
    let files = output.report();
    for row in output.table("summary.csv") {
        assert_eq!((row["rmse_published"].as_str(), row["profile"].as_str()), ("", "quick"));
        let epochs = if row["experiment"] == "all-failed" { "" } else { "batlinet.epochs 80 of 1000" };
        assert!(row["changed"].contains(epochs), "{row:?}");
    }
    for file in &files {
        let text = output.text(file);
        // prose of the files and names of columns apart
        let is_bare = file.ends_with(".csv");
        assert!(is_bare || file.ends_with("throughput.svg") || text.contains("profile quick"), "{file}:\n{text}");
        if file.starts_with("tables/") || file.starts_with("figures/") {
            assert!(!text.contains("published"), "{file}:\n{text}");
        }
    }
    let how = "profile quick, no result, with batlinet.epochs 80 of 1000, 3 seeds of 8";
    for file in files.iter().filter(|file| file.starts_with("tables/transfer") && file.ends_with(".tex")) {
        assert!(output.text(file).contains(how), "{}", output.text(file));
    }
    for file in ["report.md", "report.html"] {
        let text = output.text(file);
        assert!(text.contains("No number here is a result") && text.contains(how), "{text}");
        for conclusion in ["% below", "% above", "NOT met", ": met", "best other"] {
            assert!(!text.contains(conclusion), "'{conclusion}' is in {text}");
        }
    }
}

#[test]
fn every_form_says_what_the_lives_rest_on_and_where_the_runs_were_made() {
    let output = Output::new(&EXPERIMENTS, Origin::Real, 2);
    let files = output.report();
    let said = "41 training cells (40 observed, 1 padded) and 5 test cells (3 observed, 2 padded)";
    let of_one = |file: &&String| file.ends_with(".tex") && !file.starts_with("tables/scenarios");
    let tables = files.iter().filter(of_one).map(String::as_str);
    // of all-failed nothing is known but what was asked for
    for file in tables.chain(["report.md", "report.html"]).filter(|file| !file.contains("all-failed")) {
        let text = output.text(file);
        assert!(text.contains(said) || file.contains("transfer"), "{file} lacks it:\n{text}");
    }
    for row in output.table("summary.csv") {
        assert_eq!((row["train_padded"].as_str(), row["test_padded"].as_str()), ("1", "2"));
    }
    for file in ["report.md", "report.html"] {
        let text = output.text(file);
        assert!(text.contains("Made by the program of commit") && text.contains("A CPU"), "{text}");
    }
}

#[test]
fn any_part_of_the_studies_gives_a_report() {
    for experiment in EXPERIMENTS {
        let output = Output::new(&[experiment], Origin::Virtual, 1);
        output.report();
        // a section, a table and a figure unless nothing has numbers
        let markdown = output.text("report.md");
        assert!(markdown.contains(&format!("### {}", experiment.0)) && markdown.contains("| model |"), "{markdown}");
        assert_eq!(markdown.contains("](figures/"), experiment.0 != "all-failed", "{markdown}");
        // scores alone, without the folders of the runs
        fs::remove_dir_all(output.path("runs")).unwrap();
        output.report();
        assert!(output.text("report.md").contains("| model |"));
    }
}

#[test]
fn a_report_is_the_same_however_often_it_is_written() {
    let output = Output::new(&EXPERIMENTS, Origin::Real, 2);
    let read = |files: &[String]| files.iter().map(|file| output.text(file)).collect::<Vec<_>>();
    let first = read(&output.report());
    assert_eq!(first, read(&output.report()));
}
