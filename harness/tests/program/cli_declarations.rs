//! What is declared in an experiment file is taken, refused with its place, or said to change nothing; and `plan` ends as
//! `run` will.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use record::read_scores;

fn batlinet(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).current_dir(folder).output().unwrap()
}

/// Exit code, and all that is printed.
fn ends(arguments: &[&str], folder: &Path) -> (i32, String) {
    let output = batlinet(arguments, folder);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

const HEAD: &str = "\
name: small
scenario: SMALL
description: A few virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
";

const MODELS: &str = "\
features:
  row: {voltage_capacity: {base: 1, first: 4, last: 4, grid_points: 20}}
  map: {capacity_map: {cycles: 20, grid_points: 20}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
";

/// A folder with this experiment on a few virtual cells.
fn folder(experiment: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.yaml"), experiment).unwrap();
    let split = "cell_id,split\nMATR_b1c1,train\nMATR_b1c3,train\nMATR_b1c5,train\nMATR_b1c0,test\nMATR_b1c2,test\n";
    fs::write(folder.path().join("split.csv"), split).unwrap();
    folder
}

#[test]
fn texts_that_yaml_takes_for_something_else_are_refused_alike_by_plan_and_run() {
    let text = format!("{HEAD}{MODELS}    variant: \"a\"\n");
    for (right, wrong, words) in [
        (
            "name: small",
            "name: 2024",
            "small.yaml:1:7: key name needs a text, and 2024 is a number: write \"2024\" in quotes",
        ),
        (
            "scenario: SMALL",
            "scenario: 1.0",
            "small.yaml:2:11: key scenario needs a text, and 1.0 is a number: write \"1.0\"",
        ),
        (
            "variant: \"a\"",
            "variant: 3",
            "key models[1].variant needs a text, and 3 is a number: write \"3\" in quotes",
        ),
        (
            "description: A few",
            "description: see: a few",
            "small.yaml:3:17: here a colon with a space behind it begins",
        ),
        ("SMALL", "matr1", "small.yaml:2:11: scenario 'matr1' is nearly 'MATR-1'"),
        (
            "    feature: row",
            "    feature: row\n    label: {end_of_life: 0.8}\n    train: 3",
            "small.yaml:16:5: unknown",
        ),
        (
            "feature: row",
            "feature: map\n  - mlp: {}\n    feature: map",
            "mlp cannot read 'map': it reads [cycles, grid points]",
        ),
    ] {
        assert!(text.contains(right), "{right}");
        let folder = folder(&text.replacen(right, wrong, 1));
        for verb in ["plan", "run"] {
            let (code, said) = ends(&[verb, "small.yaml"], folder.path());
            assert_eq!(code, 2, "{verb} {wrong}: {said}");
            assert!(said.contains(words), "{said}\nlacks\n{words}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is written");
    }
}

#[test]
fn a_mark_of_windows_is_no_mistake_and_utf_16_has_a_name() {
    let text = format!("{HEAD}{MODELS}");
    let folder = folder(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
    assert_eq!(ends(&["plan", "small.yaml"], folder.path()).0, 0);
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("small.yaml"), wide).unwrap();
    let (code, said) = ends(&["plan", "small.yaml"], folder.path());
    assert_eq!(code, 2);
    assert!(said.contains("small.yaml: this file is UTF-16; save it as UTF-8"), "{said}");
}

#[test]
fn learning_rates_without_sense_are_refused_for_every_network_before_anything_runs() {
    let networks = "  - mlp: {}\n    feature: row\n  - lstm: {}\n    feature: row\n  - batlinet: {}\n    feature: map\n  - cnn: {}\n    \
                    feature: matrix\n";
    let matrix = "features:\n  matrix: {voltage_capacity: {base: 1, first: 0, last: 19, grid_points: 20}}\n";
    let folder = folder(&format!("{HEAD}{MODELS}{networks}").replace("features:\n", matrix));
    assert_eq!(ends(&["plan", "small.yaml", "--set", "models.batlinet.base=9"], folder.path()).0, 0);
    for model in ["mlp", "lstm", "cnn", "batlinet"] {
        for rate in ["0", "-1", ".nan", ".inf", "1e300", "1e-300", "1e38"] {
            let set = format!("models.{model}.learning_rate={rate}");
            let verbs: &[&str] = if rate == "1e300" { &["plan", "run"] } else { &["plan"] };
            for verb in verbs {
                let (code, said) = ends(&[verb, "small.yaml", "--set", &set], folder.path());
                assert_eq!(code, 2, "{verb} {set}: {said}");
                assert!(said.contains("hyper-parameter learning_rate = ") && said.contains("is needed"), "{said}");
                assert!(!said.contains("panicked") && said.lines().count() < 3, "{said}");
            }
        }
    }
}

#[test]
fn plan_says_what_run_will_say_and_ends_as_it_does() {
    let text = format!("{HEAD}{MODELS}");
    let long = ["features.row.voltage_capacity.last=2600", "features.row.voltage_capacity.first=2600"];
    for settings in [&long[..], &["label.minimum=2700"], &["label.end_of_life=0.01", "label.unreached=drop"], &[]] {
        let folder = folder(&text);
        let set: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
        let (planned, plan) = ends(&[&["plan", "small.yaml", "--out", "out"][..], &set].concat(), folder.path());
        let (ran, run) = ends(&[&["run", "small.yaml", "--out", "out"][..], &set].concat(), folder.path());
        assert_eq!(planned, ran, "{plan}\n{run}");
        let scores = read_scores(&folder.path().join("out/scores.csv")).unwrap();
        let failed: Vec<_> = scores.iter().filter(|score| score.metrics.is_none()).collect();
        assert_eq!(failed.is_empty(), settings.is_empty());
        for score in &failed {
            let reason = score.status.to_string();
            assert!(plan.contains(reason.strip_prefix("failed: ").unwrap()), "{plan}\nlacks\n{reason}");
        }
        if settings == long {
            assert_eq!(failed.len(), 1, "the mean reads no feature");
            assert!(
                failed[0].model == "ridge" && plan.contains("1 run will have no numbers, such as small ridge"),
                "{plan}"
            );
        }
        // what has failed before still has no numbers
        assert_eq!(ends(&[&["plan", "small.yaml", "--out", "out"][..], &set].concat(), folder.path()).0, ran);
    }
}

#[test]
fn a_mean_needs_no_feature_and_no_features() {
    let folder = folder(&format!("{HEAD}models:\n  - mean: {{}}\n    label_transformation: [log, z_score]\n"));
    assert_eq!(ends(&["plan", "small.yaml", "--out", "out"], folder.path()).0, 0);
    let (code, said) = ends(&["run", "small.yaml", "--out", "out"], folder.path());
    assert_eq!(code, 0, "{said}");
    // with features beside it, the same number
    let with = self::folder(&format!("{HEAD}{MODELS}    label_transformation: [log, z_score]\n"));
    assert_eq!(ends(&["run", "small.yaml", "--out", "out"], with.path()).0, 0);
    let rmse = |folder: &Path| read_scores(&folder.join("out/scores.csv")).unwrap()[0].metrics.unwrap().rmse;
    assert_eq!(rmse(folder.path()), rmse(with.path()));
}

#[test]
fn what_changes_nothing_is_said_in_the_plan() {
    let arms = "  - batlinet: {epochs: 1, alpha: 0.3}\n    feature: map\n  - batlinet: {epochs: 1, inter_cell: false, alpha: 0.2}\n    \
                variant: intra_only\n    feature: map\nsweep:\n  models.batlinet.alpha: [0.5, 0.8]\nexpect:\n  - {model: svm, \
                metric: rmse, value: 1, tolerance: 1, source: a, data: virtual}\n";
    let matr =
        format!("{HEAD}{MODELS}{arms}").replace("SMALL", "MATR-3").replace("mean: {}", "mean: {}\n    feature: row");
    let folder = folder(&matr.replace("features:\n", "features:\n  idle: {capacity_map: {}}\n"));
    let (code, plan) = ends(&["plan", "small.yaml"], folder.path());
    assert_eq!(code, 0, "{plan}");
    for words in [
        "scenario MATR-3 is none of those with published numbers, so none will stand beside it; did you mean 'MATR-1'?",
        "sweep of models.batlinet.alpha: batlinet[intra_only] is left as it is, since alpha changes nothing there",
        "sweep of models.batlinet.alpha: its values replace 0.3 of batlinet, which is none of them",
        "batlinet[intra_only]: alpha changes nothing here",
        "mean: feature changes nothing here",
        "feature idle is read by no model",
        "expect: nothing here is svm",
        "small batlinet[alpha=0.5] seed 0",
        "small batlinet[alpha=0.8] seed 0",
        "small batlinet[intra_only] seed 0",
    ] {
        assert!(plan.contains(words), "{plan}\nlacks\n{words}");
    }
    assert!(!plan.contains("intra_only+alpha"), "{plan}");
    // and a value that changes nothing trains nothing again
    let key = |set: &str| {
        let (_, plan) = ends(&["plan", "small.yaml", "--set", "sweep={}", "--set", set], folder.path());
        plan.lines().find(|line| line.contains("[intra_only]") && line.contains("seed")).unwrap().to_owned()
    };
    assert_eq!(key("models.batlinet.references_train=7"), key("models.batlinet.references_train=2"));
    assert_ne!(key("models.batlinet.epochs=7"), key("models.batlinet.epochs=2"));
    // one variant of what is swept for all
    let (code, said) = ends(&["plan", "small.yaml", "--set", "models.batlinet[intra_only].alpha=0.1"], folder.path());
    assert!(code == 2 && said.contains("this experiment sweeps it"), "{said}");
}

/// The complaints of practice, on the cells that they came with.
#[test]
fn the_cells_and_files_of_complaints() {
    let Some(cases) = testing::published("cases") else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["lab.yaml", "lab_named_2024.yaml", "lab_with_bom.yaml", "lab_without_features.yaml", "lab-split.csv"] {
        fs::copy(cases.join(name), folder.path().join(name)).unwrap();
    }
    let cells = cases.join("lab_cells.zip").display().to_string();
    let (code, said) = ends(&["data", "import", "batteryml", &cells, "--data", "lab"], folder.path());
    assert_eq!(code, 0, "{said}");
    let plan = |arguments: &[&str]| ends(&[&["plan", "--data", "lab"][..], arguments].concat(), folder.path());
    for name in ["lab.yaml", "lab_with_bom.yaml", "lab_without_features.yaml"] {
        let (code, said) = plan(&[name]);
        assert_eq!(code, 0, "{name}: {said}");
    }
    let (code, said) = plan(&["lab_named_2024.yaml"]);
    assert!(
        code == 2 && said.contains("lab_named_2024.yaml:1:7: key name needs a text, and 2024 is a number"),
        "{said}"
    );
    let (code, said) = ends(&["run", "lab_without_features.yaml", "--data", "lab", "--out", "out"], folder.path());
    assert_eq!(code, 0, "{said}");

    // more cycles than the cells have: plan, run and the record say the same, and the mean goes on
    let set = ["lab.yaml", "--set", "features.map.capacity_map.cycles=1000", "--models", "mean,batlinet"];
    let (code, planned) = plan(&set);
    assert_eq!(code, 3, "{planned}");
    let (code, said) = ends(&[&["run", "--data", "lab", "--out", "long"][..], &set].concat(), folder.path());
    assert_eq!(code, 3, "{said}");
    let scores = read_scores(&folder.path().join("long/scores.csv")).unwrap();
    assert_eq!(scores.iter().filter(|score| score.metrics.is_some()).count(), 1);
    let reason = scores[1].status.to_string();
    let reason = reason.strip_prefix("failed: ").unwrap();
    assert!(reason.contains("cycles, but the capacity map needs the one at position 999"), "{reason}");
    assert!(planned.contains(reason), "{planned}\nlacks\n{reason}");
}
