//! Stacks and selections by the program: run, reported, kept and replayed, and what cannot be trained alone.

use std::fs;

use crate::small::Small;

const STACKED: &str = "\
name: stacked
scenario: SMALL
description: A line, a network and what is made of them.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
folds: {count: 3, seeds: [0]}
features:
  row: {voltage_capacity: {base: 1, first: 4, last: 4, grid_points: 20}}
models:
  - mean: {}
  - mlp: {epochs: 2}
    feature: row
  - stack: {of: [mean, mlp]}
  - select: {among: [mean, mlp, stack]}
";

#[test]
fn what_is_made_of_runs_is_reported_kept_and_made_again_and_its_members_can_be_trained() {
    let small = Small::new();
    fs::write(small.path("stacked.yaml"), STACKED).unwrap();
    let planned = small.batlinet(&["plan", "stacked.yaml", "--out", "made"]);
    assert!(planned.contains("10 runs need 8 trainings, 2 are made of others"), "{planned}");
    assert_eq!(planned.matches("new; made of other runs, without a training of its own").count(), 2, "{planned}");
    // a study of one's own has nothing of the paper's
    assert!(planned.contains("faithful protocol: as the authors' code, known defects included\n"), "{planned}");
    let said = small.batlinet(&["run", "stacked.yaml", "--out", "made"]);
    assert!(said.contains("What select chose from") && !said.contains("stacked.fold-1.1"), "{said}");
    assert!(said.contains("10 runs made with 8 trainings"), "{said}");
    assert!(small.batlinet(&["plan", "stacked.yaml", "--out", "made"]).contains("10 done"));
    small.batlinet(&["report", "made"]);
    let report = fs::read_to_string(small.path("made/report.md")).unwrap();
    assert!(report.contains("What was made of other models") && report.contains("Folds of the training cells"));

    // alone, with what it is made of
    let scores = fs::read_to_string(small.path("made/scores.csv")).unwrap();
    let line = scores.lines().find(|line| line.contains(",select,")).unwrap();
    let key = line.split(',').nth(12).unwrap();
    let replayed = small.batlinet(&["replay", &format!("made/runs/{key}")]);
    assert!(replayed.contains("1 run: 1 the same, 0 other"), "{replayed}");

    small.batlinet(&["train", "stacked.yaml", "--model", "mean", "--out", "mean.blm"]);
    let (code, refused) = small.ends(&["train", "stacked.yaml", "--model", "stack", "--out", "stack.blm"]);
    assert!(code != 0 && refused.contains("train its members"), "{refused}");
    assert!(refused.contains("--model 'mean' (mean, mlp)"), "{refused}");
}
