//! `batlinet gate`, `replay` and `history`, from two runs of a small experiment.

use std::fs;

use record::{DeviceClass, RunRecord, read_scores, write_scores};
use serde_json::Value;

use crate::small::Small;

fn gate(small: &Small, candidate: &str, more: &[&str]) -> (i32, String) {
    small.ends(&[&["gate", "--baseline", "out", "--candidate", candidate], more].concat())
}

#[test]
fn the_same_lands_however_it_was_run_and_a_change_does_not() {
    let small = Small::new();
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--jobs", "1", "--shard", "1/2", "--out", "b"]);
    let (code, said) = gate(&small, "b", &[]);
    assert!(code == 5 && said.contains("missing") && said.contains("nobody can tell"), "{code}: {said}");
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--jobs", "1", "--shard", "2/2", "--out", "b"]);
    assert_eq!(gate(&small, "b", &[]), (0, "2 models: 2 same\n".to_owned()));

    // another penalty: the line moves, and the ingredient is named
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--set", "models.ridge.alpha=1.1", "--out", "c"]);
    let (code, said) = gate(&small, "c", &[]);
    assert!(code == 4 && said.contains("moved") && said.contains("alpha was 1.0, is 1.1"), "{code}: {said}");
    assert!(said.contains("if that is meant: batlinet gate --baseline out --candidate c --accept"), "{said}");
    // nobody is told to accept what cannot be accepted: a run is missing besides
    small.batlinet(&[
        "run",
        "small.yaml",
        "--device",
        "cpu",
        "--models",
        "ridge",
        "--set",
        "models.ridge.alpha=1.1",
        "--out",
        "less",
    ]);
    let (code, said) = gate(&small, "less", &[]);
    assert!(code == 4 && said.contains("run all of it before") && !said.contains("--accept"), "{code}: {said}");
    let (code, said) = gate(&small, "c", &["--json"]);
    let json: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!((code, &json["outcome"]), (4, &Value::from("regressed")));
    assert_eq!(json["judgements"][1]["model"], "ridge");

    // declared, it lands, and from then on it is the baseline
    let (code, said) = gate(&small, "c", &["--accept", "a softer penalty", "--history", "history.csv"]);
    assert!(code == 0 && said.contains("1 run moved"), "{code}: {said}");
    let changes = fs::read_to_string(small.path("out/changes.yaml")).unwrap();
    assert!(changes.contains("reason: a softer penalty"), "{changes}");
    assert!(fs::read_to_string(small.path("history.csv")).unwrap().contains("ridge"), "what is accepted has landed");
    assert_eq!(gate(&small, "c", &[]).0, 0);
    assert_eq!(gate(&small, "b", &[]).0, 4, "a declared change does not go back");
}

#[test]
fn what_cannot_be_judged_is_said_and_no_verdict() {
    let small = Small::new();
    let (code, said) = gate(&small, ".", &[]);
    assert!(code == 2 && said.contains("there is no scores.csv here"), "{code}: {said}");
    fs::create_dir(small.path("d")).unwrap();
    fs::copy(small.path("out/scores.csv"), small.path("d/scores.csv")).unwrap();
    let (code, said) = gate(&small, "d", &[]);
    assert!(code == 2 && said.contains("no record below runs/"), "{code}: {said}");
    // rows that are gone, where there are runs
    let header = fs::read_to_string(small.path("out/scores.csv")).unwrap().lines().next().unwrap().to_owned() + "\n";
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--out", "f"]);
    fs::write(small.path("f/scores.csv"), &header).unwrap();
    for call in [["--baseline", "out", "--candidate", "f"], ["--baseline", "f", "--candidate", "out"]] {
        let (code, said) = small.ends(&[&["gate"][..], &call].concat());
        assert!(code == 2 && said.contains("f: scores.csv has no row here"), "{code}: {said}");
    }
    // an edited prediction is not the file that was written
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--out", "e"]);
    let run = fs::read_dir(small.path("e/runs")).unwrap().next().unwrap().unwrap().path();
    let predictions = fs::read_to_string(run.join("predictions.csv")).unwrap();
    fs::write(run.join("predictions.csv"), predictions.replacen(".", ".1", 1)).unwrap();
    let (code, said) = gate(&small, "e", &[]);
    assert!(code == 2 && said.contains("to have it run again"), "{code}: {said}");
}

#[test]
fn numbers_have_a_history_with_steps() {
    let small = Small::new();
    let (code, said) = small.ends(&["history", "rmse", "--file", "history.csv"]);
    assert!(code == 2 && said.contains("there is no history here"), "{code}: {said}");
    small.batlinet(&[
        "gate",
        "--baseline",
        "out",
        "--candidate",
        "out",
        "--history",
        "history.csv",
        "--bmf",
        "bmf.json",
    ]);
    let said = small.batlinet(&["history", "rmse", "--file", "history.csv", "--models", "ridge", "--svg", "figures"]);
    assert!(said.contains("1 series, 0 steps") && said.contains("small, ridge, virtual cells"), "{said}");
    assert!(small.path("figures/history-rmse-00.svg").is_file());
    assert!(!said.contains("numbers moved"), "{said}");
    // two commits that differ are no step yet
    let text = fs::read_to_string(small.path("history.csv")).unwrap();
    let other = text.lines().skip(1).map(|line| line.replacen(line.split(',').next().unwrap(), "decaf", 1));
    let moved: String = other.map(|line| line.replace("rmse,", "rmse,1") + "\n").collect();
    fs::write(small.path("two.csv"), text.clone() + &moved).unwrap();
    let said = small.batlinet(&["history", "rmse", "--file", "two.csv", "--models", "ridge"]);
    assert!(said.contains("numbers moved in 1 without a step that can be told"), "{said}");
    let (code, said) = small.ends(&["history", "rsme", "--file", "history.csv"]);
    assert!(code == 2 && said.contains("did you mean 'rmse'?"), "{code}: {said}");
    let bmf: Value = serde_json::from_str(&fs::read_to_string(small.path("bmf.json")).unwrap()).unwrap();
    assert!(bmf["small/virtual/ridge"]["rmse"]["value"].is_f64(), "{bmf}");
}

#[test]
fn recorded_runs_come_out_the_same_and_other_data_is_named() {
    let small = Small::new();
    let said = small.batlinet(&["replay", "out"]);
    assert!(said.contains("3 runs: 3 the same"), "{said}");
    // one that was stopped goes on where it was, and holds nothing against itself
    small.batlinet(&["replay", "out", "--models", "ridge", "--out", "again"]);
    let (code, said) = small.ends(&["replay", "out", "--out", "again"]);
    assert!(code == 0 && said.contains("3 runs: 3 the same"), "{code}: {said}");
    assert!(said.contains("[2/2]") && !said.contains("ridge"), "{said}");
    let (code, said) = small.ends(&["replay", "out", "--out", "./out"]);
    assert!(code == 2 && said.contains("the folder of the records themselves"), "{code}: {said}");
    let split = fs::read_to_string(small.path("split.csv")).unwrap();
    fs::write(small.path("split.csv"), split.replace("MATR_b1c5", "MATR_b1c7")).unwrap();
    let (code, said) = small.ends(&["replay", "out", "--models", "ridge"]);
    assert!(code == 5 && said.contains("the training cells changed"), "{code}: {said}");
    let (code, said) = small.ends(&["replay", "0123"]);
    assert!(code == 2 && said.contains("neither an output folder"), "{code}: {said}");
}

#[test]
fn what_a_card_computed_does_not_keep_the_others_of_its_call_from_being_made_again() {
    let small = Small::new();
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--out", "one"]);
    let (runs, path) = (small.path("one/runs"), small.path("one/scores.csv"));
    let mut scores = read_scores(&path).unwrap();
    let score = scores.iter_mut().find(|score| score.model == "mlp").unwrap();
    let from = runs.join(&score.key);
    let mut record = RunRecord::read(&from).unwrap();
    // a card that no machine has
    (record.device, record.class) = ("cuda:99".to_owned(), DeviceClass::Cuda);
    record.ingredients.training["device"] = Value::from("cuda");
    record.take_over(&from, &runs.join(record.key())).unwrap();
    score.key = record.key();
    write_scores(&path, &scores).unwrap();
    let (code, said) = small.ends(&["replay", "one"]);
    assert!(code == 5 && said.contains("3 runs: 2 the same, 0 other, 1 cannot be told"), "{code}: {said}");
}

#[test]
fn single_runs_are_asked_for_by_key() {
    let small = Small::new();
    let key = fs::read_dir(small.path("out/runs")).unwrap().next().unwrap().unwrap().file_name();
    let key = key.to_str().unwrap();
    small.batlinet(&["run", "small.yaml", "--device", "cpu", "--only", &key[..8], "--out", "f"]);
    let made: Vec<_> = fs::read_dir(small.path("f/runs")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, [key]);
    let (code, said) = small.ends(&["run", "small.yaml", "--only", "zz", "--out", "f"]);
    assert!(code == 2 && said.contains("--only zz: no run here has this key"), "{code}: {said}");
}
