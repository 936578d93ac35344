//! What is committed of results, `results/records/`: small, whole, and enough for the report.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use record::{RunRecord, read_scores};

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

const EXPERIMENT: &str = "\
name: small
scenario: SMALL
description: A network and a line on a few virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  row: {voltage_capacity: {base: 1, first: 4, last: 4, grid_points: 20}}
models:
  - ridge: {alpha: 1.0}
    feature: row
  - mlp: {epochs: 3}
    feature: row
";

#[test]
fn what_is_kept_of_a_run_gives_the_same_report_and_is_not_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("small.yaml"), EXPERIMENT).unwrap();
    let split = "cell_id,split\nMATR_b1c1,train\nMATR_b1c3,train\nMATR_b1c5,train\nMATR_b1c0,test\nMATR_b1c2,test\n";
    fs::write(path("split.csv"), split).unwrap();
    let batlinet = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    batlinet(&["run", "small.yaml", "--out", "out"]);
    let keep = |name: &str, path: PathBuf| format!("{name}={}", path.display());
    let made = Command::new("make")
        .args(["-s", "-C", &root().display().to_string(), "keep"])
        .args([keep("FROM", path("out")), keep("TO", path("kept"))])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let kept = files(&path("kept"));
    let names: BTreeSet<&str> = kept.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["predictions.csv", "record.json", "scores.csv", "small-virtual.json"].into());
    batlinet(&["report", "out"]);
    batlinet(&["report", "kept", "--to", "report"]);
    for name in ["report.md", "report.html", "summary.csv", "figures/small-virtual-scatter.svg"] {
        let [from_all, from_kept] = ["out", "report"].map(|folder| fs::read(path(folder).join(name)).unwrap());
        assert!(from_all == from_kept, "{name}");
    }
    assert_eq!(files(&path("kept")).len(), kept.len(), "records stay as they are");
    assert!(batlinet(&["plan", "small.yaml", "--out", "kept"]).contains("0 new, 0 stale, 3 done"));
}

#[test]
fn the_committed_records_are_small_whole_and_named_by_what_they_are_of() {
    for folder in fs::read_dir(root().join("results/records")).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        let scores = read_scores(&folder.join("scores.csv")).unwrap();
        for score in &scores {
            let record = RunRecord::read(&folder.join("runs").join(&score.key)).unwrap();
            assert_eq!(record.ingredients.evaluation_key(), score.key);
            assert_eq!((record.metrics, &record.status, record.seed), (score.metrics, &score.status, score.seed));
            assert!(folder.join(format!("experiments/{}-{}.json", score.experiment, score.data)).is_file());
        }
        let keys: BTreeSet<&str> = scores.iter().map(|score| score.key.as_str()).collect();
        for file in files(&folder) {
            let ending = file.extension().and_then(|ending| ending.to_str());
            assert!(matches!(ending, Some("json" | "csv")), "{} is no record", file.display());
            assert!(fs::metadata(&file).unwrap().len() < 200_000, "{} is too large to commit", file.display());
        }
        for run in fs::read_dir(folder.join("runs")).unwrap() {
            let name = run.unwrap().file_name();
            assert!(keys.contains(name.to_str().unwrap()), "run {} has no row in scores.csv", name.display());
        }
    }
}
