//! What `run` and `report` say of settings that were cut and of lives that are none, and how records keep the call.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use cells::label::Tally;
use record::{RunRecord, read_scores, write_scores};

/// A folder with an experiment on five virtual cells.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let experiment = "\
name: small
scenario: SMALL
description: Two models of a few virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
features:
  row: {voltage_capacity: {base: 1, first: 4, last: 4, grid_points: 20}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
profiles:
  quick:
    features.row.voltage_capacity.grid_points: 10
";
    fs::write(folder.path().join("small.yaml"), experiment).unwrap();
    let split = "cell_id,split\nMATR_b1c1,train\nMATR_b1c3,train\nMATR_b1c5,train\nMATR_b1c0,test\nMATR_b1c2,test\n";
    fs::write(folder.path().join("split.csv"), split).unwrap();
    folder
}

fn batlinet(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn a_report_against_padded_lives_alone_is_refused() {
    let folder = folder();
    assert!(batlinet(&["run", "small.yaml", "--out", "out"], folder.path()).status.success());
    let [scores, report] = ["scores.csv", "report.md"].map(|name| folder.path().join("out").join(name));
    let _ = fs::remove_file(&report);
    let mut rows = read_scores(&scores).unwrap();
    let padded = Tally { observed: 0, padded: 5, published: 0 };
    rows.iter_mut().for_each(|score| score.lives.test = padded);
    write_scores(&scores, &rows).unwrap();
    // their records would say otherwise
    fs::remove_dir_all(folder.path().join("out/runs")).unwrap();
    let program = batlinet(&["report", "out"], folder.path());
    let error = String::from_utf8_lossy(&program.stderr);
    assert_eq!(program.status.code(), Some(2), "{error}");
    assert!(error.contains("all 5 test lives of mean in experiment small are padded"), "{error}");
    assert!(!report.exists());
}

#[test]
fn the_program_says_what_was_cut_and_keeps_how_it_was_called() {
    let folder = folder();
    let call = |arguments: &[&str]| {
        let program = batlinet(arguments, folder.path());
        assert_eq!(program.status.code(), Some(0), "{}", String::from_utf8_lossy(&program.stderr));
        String::from_utf8(program.stdout).unwrap()
    };
    let quick = ["run", "small.yaml", "--profile", "quick", "--set", "models.ridge.alpha=2", "--out", "an out"];
    let said = call(&quick);
    let how = "profile quick, no result, with grid_points 10 of 20, ridge.alpha 2.0 instead of 1.0";
    assert!(said.contains(how) && said.contains("quick look (profile quick)"), "{said}");
    assert!(said.contains("3 training cells (3 ") && said.contains("2 test cells ("), "{said}");
    assert!(call(&["report", "an out"]).contains("Made by the program of commit"));
    let keys = |out: &str| -> Vec<String> {
        let rows = csv::Reader::from_path(folder.path().join(out).join("scores.csv")).unwrap().into_deserialize();
        rows.map(|row| row.map(|row: HashMap<String, String>| row["key"].clone()).unwrap()).collect()
    };
    for key in keys("an out") {
        let record = RunRecord::read(&folder.path().join("an out/runs").join(key)).unwrap();
        let provenance = record.provenance;
        assert_eq!(provenance.threads, 1, "both models are classical");
        let typed = "batlinet run small.yaml --profile quick --set models.ridge.alpha=2 --out 'an out'";
        assert_eq!(provenance.command, typed);
        assert!(provenance.commit.len() >= 7, "{}", provenance.commit);
    }
    // how a run is called is in no key and no score
    call(&[
        "run",
        "--jobs",
        "1",
        "--out",
        "other",
        "small.yaml",
        "--profile",
        "quick",
        "--set",
        "models.ridge.alpha=2.0",
    ]);
    let scores = |out: &str| fs::read(folder.path().join(out).join("scores.csv")).unwrap();
    assert_eq!(scores("an out"), scores("other"));
    let said = call(&["run", "small.yaml", "--out", "whole"]);
    assert!(said.contains("· profile paper\n") && !said.contains("quick"), "{said}");
}

#[test]
fn a_run_whose_folder_is_gone_is_named() {
    let folder = folder();
    let call = |arguments: &[&str]| {
        let program = batlinet(arguments, folder.path());
        assert_eq!(program.status.code(), Some(0), "{}", String::from_utf8_lossy(&program.stderr));
        String::from_utf8(program.stdout).unwrap()
    };
    call(&["run", "small.yaml", "--out", "out"]);
    assert!(!call(&["report", "out"]).contains("gone"));
    let out = folder.path().join("out");
    let rows = read_scores(&out.join("scores.csv")).unwrap();
    fs::remove_dir_all(out.join("runs").join(&rows[0].key)).unwrap();
    let words = format!("of 1 of 2 runs the records are gone from runs/ ({})", rows[0].key);
    let said = call(&["report", "out"]).replace('\n', " ");
    let page = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(page.contains(&words), "{page}");
    assert!(said.contains("are gone from runs/"), "{said}");
    // scores alone, such as those of a colleague, are as they were
    fs::remove_dir_all(out.join("runs")).unwrap();
    assert!(!call(&["report", "out"]).contains("gone"));
    // and so is a run that the plan means and that lost its row
    let path = out.join("scores.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.lines().take(2).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let words =
        format!("1 of the 2 runs of this experiment is here; without a row: {}, seed {}", rows[1].model, rows[1].seed);
    call(&["report", "out"]);
    let page = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(page.contains(&words), "{page}");
}
