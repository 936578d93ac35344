//! `batlinet compare` as a user meets it: tables, JSON, sentences and exit codes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

const EXPERIMENT: &str = "\
name: small
scenario: SMALL
description: Two lines and a network on a few virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  row: {voltage_capacity: {base: 1, first: 4, last: 4, grid_points: 20}}
models:
  - mean: {}
    feature: row
  - ridge: {alpha: 1.0}
    feature: row
  - mlp: {epochs: 3}
    feature: row
profiles:
  quick: {models.mlp.epochs: 2}
";

fn small() -> tempfile::TempDir {
    let small = tempfile::tempdir().unwrap();
    fs::write(small.path().join("small.yaml"), EXPERIMENT).unwrap();
    let cells = |part: &'static str, range: std::ops::Range<usize>| {
        range.map(move |cell| format!("MATR_b1c{cell},{part}\n")).collect::<String>()
    };
    let split = format!("cell_id,split\n{}{}", cells("train", 0..6), cells("test", 14..22));
    fs::write(small.path().join("split.csv"), split).unwrap();
    small
}

fn call(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).current_dir(folder).output().unwrap()
}

fn run(folder: &Path, arguments: &[&str]) {
    let output = call(folder, &[&["run", "small.yaml"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Exit code, standard output and the sentence of the end.
fn compare(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = call(folder, &[&["compare"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn rows(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let (_, out, error) = compare(folder, &[arguments, &["--json"]].concat());
    serde_json::from_str::<Value>(&out).unwrap_or_else(|_| panic!("{out}{error}")).as_array().unwrap().clone()
}

#[test]
fn folders_models_and_runs_are_compared_and_every_refusal_is_a_sentence() {
    let small = small();
    let here = small.path();
    run(here, &["--out", "a", "--models", "mean,ridge"]);
    run(here, &["--out", "b", "--models", "mean,ridge", "--set", "models.ridge.alpha=1000"]);

    let (code, out, _) = compare(here, &["a", "a"]);
    assert_eq!((code, out.matches("equal, to the last digit").count()), (0, 2), "{out}");

    let found = rows(here, &["a", "b"]);
    let of = |model: &str| found.iter().find(|row| row["model"] == model).unwrap();
    assert_eq!((of("mean")["verdict"].as_str(), of("mean")["difference"].as_f64()), (Some("equal"), Some(0.0)));
    let ridge = of("ridge");
    for name in ["experiment", "model", "variant", "metric", "a", "b", "difference", "low", "high", "verdict"] {
        assert!(ridge.get(name).is_some(), "{name} is missing in {ridge}");
    }
    assert!(ridge["why"][0] == "B was run with ridge.alpha 1000.0 instead of 1.0", "{ridge}");
    assert!(ridge["why"][1].as_str().unwrap().contains("alpha was 1.0, is 1000"), "{ridge}");
    let number = |name: &str| ridge[name].as_f64().unwrap();
    assert!(number("low") <= number("difference") && number("difference") <= number("high"), "{ridge}");
    assert!((number("b") - number("a") - number("difference")).abs() < 1e-9, "{ridge}");

    // virtual cells are called so, and why nothing can be told stands there
    let (_, out, _) = compare(here, &["a", "b"]);
    assert!(out.contains("all cells are VIRTUAL, simulated by the built-in lab"), "{out}");
    assert!(out.contains("they were not tried for as few as 8 cells"), "{out}");
    assert_eq!(ridge["verdict"] == "cannot tell", ridge["because"].is_string(), "{ridge}");

    // within a tolerance that takes everything, all is equal
    assert_eq!(compare(here, &["a", "b", "--tolerance", "10000%"]).0, 0);

    // models of one folder, and a single run by its key
    let found = rows(here, &["a:mean", ":ridge"]);
    assert_eq!((found[0]["model_a"].as_str(), found[0]["model"].as_str()), (Some("mean"), Some("ridge")));
    let key = of("mean")["keys_a"][0].as_str().unwrap().to_owned();
    for name in [format!("a:{key}"), format!("a/runs/{key}")] {
        assert_eq!(rows(here, &[&name, "b:mean"])[0]["verdict"], "equal");
    }

    let refused = |arguments: &[&str], words: &str| {
        let (code, _, sentence) = compare(here, arguments);
        assert!(code == 2 && sentence.contains(words), "{arguments:?}: {code} {sentence}");
    };
    refused(&["a", "nowhere"], "there is no such folder");
    refused(&["a", "."], "there is no scores.csv here");
    refused(&["a:rigde", "b"], "did you mean 'ridge'?");
    refused(&["a:ridge", ":ridge"], "are the same runs");
    refused(&["a", "b", "--metric", "rsme"], "did you mean 'rmse'?");
    refused(&["a", "b", "--tolerance", "few"], "is no tolerance");

    // a number that was changed by hand, and one that is none
    let scores = fs::read_to_string(here.join("a/scores.csv")).unwrap();
    let record = here.join("a/runs").join(&key).join("predictions.csv");
    let predictions = fs::read_to_string(&record).unwrap();
    let last = predictions.trim_end().rsplit(',').next().unwrap();
    fs::write(&record, predictions.replace(last, "NaN")).unwrap();
    refused(&["a", "b"], "predictions.csv");
    fs::write(&record, &predictions).unwrap();
    let format = here.join("a/runs").join(&key).join("record.json");
    let text = fs::read_to_string(&format).unwrap();
    fs::remove_file(&format).unwrap();
    refused(&["a", "b"], "no record below runs/");
    fs::write(&format, text.replacen("\"format\": 2", "\"format\": 99", 1)).unwrap();
    refused(&["a", "b"], "record.json");
    fs::write(&format, text).unwrap();
    assert_eq!(fs::read_to_string(here.join("a/scores.csv")).unwrap(), scores);
    assert_eq!(compare(here, &["a", "a"]).0, 0);
}

#[test]
fn of_one_seed_of_a_network_nothing_is_said_and_schedules_are_not_mixed() {
    let small = small();
    let here = small.path();
    run(here, &["--out", "a", "--models", "mlp,mean", "--seeds", "0,"]);
    run(here, &["--out", "b", "--models", "mlp,mean", "--seeds", "1,"]);
    run(here, &["--out", "quick", "--models", "mlp,mean", "--seeds", "0,", "--profile", "quick"]);
    let (code, out, sentence) = compare(here, &["a:mlp", "b:mlp"]);
    assert_eq!(code, 5, "{out}{sentence}");
    assert!(
        out.contains("cannot tell (a)")
            && out.contains("(a) one seed of a model that draws")
            && sentence.contains("do not tell"),
        "{out}{sentence}"
    );
    let (code, out, sentence) = compare(here, &["a:mlp", "quick:mlp"]);
    assert_eq!(code, 2, "{out}{sentence}");
    assert!(sentence.contains("other schedules have other errors"), "{sentence}");
    // whatever can be said, every row has every key, those of one side alone and those that cannot be compared too
    let keys = |arguments: &[&str]| -> Vec<Vec<String>> {
        rows(here, arguments).iter().map(|row| row.as_object().unwrap().keys().cloned().collect()).collect()
    };
    let (with_all, refused) = (keys(&["a", "b"]), keys(&["a:mlp", "quick"]));
    assert!(
        with_all.iter().chain(&refused).all(|keys| *keys == with_all[0] && keys.len() > 20),
        "{with_all:?} {refused:?}"
    );
}

#[test]
fn committed_records_of_real_cells_are_not_laid_beside_virtual_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (code, _, sentence) = compare(&root, &["results/records/curves-card", "results/records/smoke"]);
    assert!(code == 2 && sentence.contains("real cells") && sentence.contains("virtual ones"), "{code} {sentence}");
    let found = rows(&root, &["results/records/curves", "results/records/curves-card:batlinet"]);
    assert_eq!(found.iter().filter(|row| !row["difference"].is_null()).count(), 42);
    let ridge = |row: &&Value| row["model_a"] == "ridge" && row["experiment"] == "matr-2-curves";
    assert_eq!(found.iter().find(ridge).unwrap()["verdict"], "worse");
}
