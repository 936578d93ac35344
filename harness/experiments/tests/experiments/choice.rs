//! Stacks and selections by folds of the training cells: what they are made of, and what they never see.

use std::{collections::BTreeMap, fs, path::Path};

use super::bench::{Folder, all, models, record, scores};
use experiments::{Plan, State, plan::Selection};
use record::{Candidate, Intervals, RunRecord, Score, Selection as Scores, Status};

const EXPERIMENT: &str = "\
name: trial
scenario: TRIAL
description: Small models on made-up cells, and what is made of them.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1, 2]
folds:
  count: 4
  seeds: [0, 1]
  changes: {models.mlp.epochs: 3}
features:
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
    feature_transformation: z_score
  - mlp: {epochs: 4}
    feature: row
  - stack: {of: [ridge, mlp]}
    variant: two
  - stack: {of: [mean, ridge, mlp], weights: median}
    variant: median
  - stack: {of: [mean, ridge, mlp], weights: non_negative, seeds: each}
    variant: weighted
  - select: {among: [mean, ridge, 'stack[two]', 'stack[median]', 'stack[weighted]']}
";

/// The rows of one model of the experiment itself, by seed.
fn of<'a>(scores: &'a [Score], model: &str, variant: &str) -> Vec<&'a Score> {
    let is_it =
        |score: &&Score| score.experiment == "trial" && score.model == model && score.variant.to_string() == variant;
    scores.iter().filter(is_it).collect()
}

/// ln of what a run predicts, by cell.
fn logarithms(out: &Path, score: &Score) -> BTreeMap<String, f64> {
    record(out, score).predictions.into_iter().map(|row| (row.cell, row.predicted.ln())).collect()
}

fn averaged(of: &[BTreeMap<String, f64>]) -> BTreeMap<String, f64> {
    let mean = |cell: &String| of.iter().map(|one| one[cell]).sum::<f64>() / of.len() as f64;
    of[0].keys().map(|cell| (cell.clone(), mean(cell))).collect()
}

fn near(one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) {
    assert!(
        one.len() == other.len() && one.iter().all(|(cell, value)| (value - other[cell]).abs() < 1e-9),
        "{one:?} {other:?}"
    );
}

fn selection(out: &Path, score: &Score) -> Scores {
    Scores::read(&out.join("runs").join(&score.key)).unwrap().unwrap()
}

#[test]
fn what_is_made_of_others_is_what_it_says_it_is() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    folder.run(&out, &[], &all(), 2).unwrap();
    let scores = scores(&out);
    assert!(scores.iter().all(|score| score.status == Status::Ok), "{scores:?}");
    let all_of = |model: &str, variant: &str| -> Vec<BTreeMap<String, f64>> {
        of(&scores, model, variant).into_iter().map(|score| logarithms(&out, score)).collect()
    };
    let (mean, ridge, mlp) = (all_of("mean", ""), all_of("ridge", ""), averaged(&all_of("mlp", "")));
    assert_eq!((mean.len(), ridge.len(), all_of("mlp", "").len(), all_of("stack", "two").len()), (1, 1, 3, 1));
    near(&all_of("stack", "two")[0], &averaged(&[ridge[0].clone(), mlp.clone()]));

    // weights are those that are kept, none is negative, they sum to one, and each seed has its own networks
    let weighted = of(&scores, "stack", "weighted");
    assert_eq!(weighted.len(), 3);
    for (seed, score) in weighted.iter().enumerate() {
        let weights: Vec<f64> = selection(&out, score).0[1..].iter().map(|member| member.weight.unwrap()).collect();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9 && weights.iter().all(|&weight| weight >= 0.0));
        let members = [&mean[0], &ridge[0], &all_of("mlp", "")[seed]];
        let sum = |cell: &String| members.iter().zip(&weights).map(|(one, weight)| weight * one[cell]).sum::<f64>();
        near(&logarithms(&out, score), &mean[0].keys().map(|cell| (cell.clone(), sum(cell))).collect());
    }

    // the choice has the least error of all that were looked at, and answers what the chosen one answers
    let select = of(&scores, "select", "")[0];
    let Scores(candidates) = selection(&out, select);
    assert_eq!(candidates.len(), 6);
    let best = candidates[1..].iter().min_by(|one, other| one.log_rmse.total_cmp(&other.log_rmse)).unwrap();
    let taken: Vec<&Candidate> = candidates[1..].iter().filter(|one| one.weight == Some(1.0)).collect();
    assert_eq!(taken, [best]);
    let (model, variant) = best.name.split_once('[').unwrap_or((&best.name, ""));
    near(&logarithms(&out, select), &averaged(&all_of(model, variant.trim_end_matches(']'))));
    let Intervals(intervals) = Intervals::read(&out.join("runs").join(&select.key)).unwrap().unwrap_or_default();
    // of eight training cells there is none for nine tenths
    assert!(intervals.is_empty());
}

#[test]
fn errors_on_folds_are_those_of_runs_that_have_not_seen_the_cells() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    folder.run(&out, &[], &all(), 2).unwrap();
    let scores = scores(&out);
    let train = record(&out, of(&scores, "ridge", "")[0]).train;
    let folds: Vec<RunRecord> = (1..=4)
        .map(|fold| {
            let name = format!("trial.fold-1.{fold}");
            let score = scores.iter().find(|score| score.experiment == name && score.model == "ridge").unwrap();
            record(&out, score)
        })
        .collect();
    let mut left_out: Vec<String> =
        folds.iter().flat_map(|record| record.predictions.iter().map(|row| row.cell.clone())).collect();
    left_out.sort();
    assert_eq!(left_out, train, "every training cell is left out once, and no other");
    for record in &folds {
        assert!(record.predictions.iter().all(|row| !record.train.contains(&row.cell)));
    }
    let squares: Vec<f64> = folds
        .iter()
        .flat_map(|record| record.predictions.iter().map(|row| (row.predicted.ln() - row.observed.ln()).powi(2)))
        .collect();
    let expected = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    let Scores(members) = selection(&out, of(&scores, "stack", "two")[0]);
    assert_eq!(members[1].name, "ridge");
    assert!((members[1].log_rmse - expected).abs() < 1e-12, "{members:?} {expected}");
    // networks on folds have the schedule of the folds
    let mlp = scores.iter().find(|score| score.experiment == "trial.fold-1.1" && score.model == "mlp").unwrap();
    assert_eq!((record(&out, mlp).fit.epochs, mlp.changed.contains("epochs 3 of 4")), (Some(3), true), "{mlp:?}");
    assert!(scores.iter().all(|score| !score.changed.contains("folds")), "as the file has them");
}

#[test]
fn bytes_are_the_same_for_any_jobs_and_shards_and_nothing_is_made_twice() {
    let folder = Folder::new(EXPERIMENT);
    let (one, parts) = (folder.path("one"), folder.path("parts"));
    let made = folder.run(&one, &[], &all(), 1).unwrap().made;
    let again = folder.run(&one, &[], &all(), 2).unwrap();
    assert_eq!((again.made, again.kept), (0, made));
    for shard in ["2/3", "3/3", "1/3"] {
        let selection = Selection { shard: Some(shard.parse().unwrap()), ..all() };
        folder.run(&parts, &[], &selection, 2).unwrap();
    }
    folder.run(&parts, &[], &all(), 2).unwrap();
    let bytes = |out: &Path| fs::read(out.join("scores.csv")).unwrap();
    assert_eq!(bytes(&one), bytes(&parts));
    for score in scores(&one).iter().filter(|score| ["stack", "select"].contains(&score.model.as_str())) {
        let file = |out: &Path| fs::read(out.join("runs").join(&score.key).join("selection.csv")).unwrap();
        assert_eq!(file(&one), file(&parts));
    }
}

#[test]
fn what_is_made_of_others_waits_for_them_and_is_stale_with_them() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    let is_made = |plan: &Plan| {
        plan.runs
            .iter()
            .filter(|run| plan.is_made(run))
            .map(|run| (run.state.clone(), run.selected))
            .collect::<Vec<_>>()
    };
    let own = |settings: &[&str], selection: &Selection| folder.plan(&out, settings, selection).unwrap().pop().unwrap();
    // nothing that they are made of is there or asked for
    let alone = own(&[], &models(&["stack"]));
    assert!(is_made(&alone).iter().all(|(_, selected)| !selected));
    let notes = alone.declared.notes.join("\n");
    assert!(notes.contains("waits for runs that are neither there nor asked for: it is made of ridge, mlp"), "{notes}");
    assert!(own(&[], &all()).declared.notes.iter().all(|note| !note.contains("waits")));
    folder.run(&out, &[], &models(&["ridge", "mlp", "mean"]), 2).unwrap();
    assert!(is_made(&own(&[], &models(&["stack"]))).iter().any(|(_, selected)| *selected));
    assert_eq!(folder.run(&out, &[], &models(&["stack", "select"]), 2).unwrap().made, 6);
    assert!(is_made(&own(&[], &all())).iter().all(|(state, _)| *state == State::Done));
    // another schedule of the folds changes what is chosen by, and no other run of the experiment itself
    let changed = own(&["folds.changes={models.mlp.epochs: 2}"], &all());
    let stale: Vec<bool> = changed.runs.iter().map(|run| matches!(run.state, State::Stale(_))).collect();
    let made: Vec<bool> = changed.runs.iter().map(|run| changed.is_made(run)).collect();
    assert_eq!(stale, made);
}

#[test]
fn what_cannot_be_is_refused_with_its_name() {
    let refused = |from: &str, to: &str, part: &str| {
        let folder = Folder::new(&EXPERIMENT.replace(from, to));
        let message = folder.plan(&folder.path("out"), &[], &all()).err().unwrap().to_string();
        assert!(message.contains(part), "{message}");
    };
    refused("of: [ridge, mlp]", "of: [ridge, mlpp]", "stack[two] names mlpp, and no entry above it");
    refused("of: [ridge, mlp]", "of: [ridge, 'select']", "no entry above it is called so");
    refused("of: [ridge, mlp]", "of: [ridge, ridge]", "names ridge twice");
    refused("of: [ridge, mlp]", "of: []", "made of nothing");
    let ridge = "  - ridge: {alpha: 1.0}\n";
    let otherwise = format!("{ridge}    label: {{end_of_life: 0.9}}\n");
    refused(ridge, &otherwise, "stack[two] is made of ridge, whose lives end by another 'label'");
    refused("  count: 4\n", "  count: 1\n", "count is 2 or more");
    refused("  count: 4\n", "  count: 40\n", "40 folds of 8 groups");
    refused("models.mlp.epochs: 3", "models.mlp.epochs: many", "folds, models.mlp.epochs");
    let folds = "folds:\n  count: 4\n  seeds: [0, 1]\n  changes: {models.mlp.epochs: 3}\n";
    refused(folds, "", "stack[two] needs the section");
}

#[test]
fn folds_may_be_drawn_anew_and_keep_groups_together() {
    let by_batch = EXPERIMENT.replace("  count: 4\n", "  count: 2\n  repeats: 3\n");
    let folder = Folder::new(&by_batch);
    let plans = folder.plan(&folder.path("out"), &[], &all()).unwrap();
    let names: Vec<&str> = plans.iter().map(|plan| plan.experiment().name.as_str()).collect();
    let folds: Vec<String> =
        (1..=3).flat_map(|repeat| (1..=2).map(move |part| format!("trial.fold-{repeat}.{part}"))).collect();
    assert_eq!(names[..6], folds);
    assert_ne!(plans[0].split.test, plans[2].split.test, "drawn anew");
    // all cells of the bench are of one batch, and cycled alike
    for by in ["batch", "protocol"] {
        let grouped = Folder::new(&EXPERIMENT.replace("  count: 4\n", &format!("  count: 2\n  by: {by}\n")));
        let message = grouped.plan(&grouped.path("out"), &[], &all()).err().unwrap().to_string();
        assert!(message.contains("2 folds of 1 groups"), "{message}");
    }
}
