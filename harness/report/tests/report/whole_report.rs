//! A whole report of every kind of study, checked against its own input: every number in a table is recomputed from
//! `scores.csv` and `predictions.csv`, every file that is named exists, every figure is well-formed.

use std::{collections::HashMap, fs};

use super::output::{EXPERIMENTS, Output};
use cells::{catalogue, cell::Origin};
use quick_xml::{Reader, events::Event};
use record::{Attachments, RunRecord, Score, Study};
use report::summary;

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
            Event::Text(text) => texts.push_str(&text),
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
