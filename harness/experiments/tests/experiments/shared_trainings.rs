//! One trained model for the runs that ask it, its weights, and the reference study.

use std::{fs, path::Path, sync::atomic::AtomicBool};

use super::bench::{Bench, Folder, all, models, options, record, scores, tally};
use experiments::{
    library::Library,
    plan::{self, Selection},
    read, run,
};
use record::{PairPredictions, Status};

const REFERENCES: &str = "\
name: trial
scenario: TRIAL
study: references
description: One trained network, asked with several numbers of references.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  rows: {voltage_capacity: {base: 1, first: 0, last: 9, grid_points: 30}}
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
  map: {capacity_map: {cycles: 20, channels: [discharge_voltage, discharge_current], grid_points: 40}}
models:
  - mean: {}
  - batlinet: {epochs: 2, base: 1, filter_cycles: false}
    feature: map
sweep:
  models.batlinet.references_test: [1, 4, 64]
";

/// Everything that a run's folder says about its result, but for times.
fn results(out: &Path) -> Vec<(String, Vec<u8>)> {
    let mut results: Vec<(String, Vec<u8>)> = scores(out)
        .into_iter()
        .map(|score| (score.key.clone(), fs::read(out.join("runs").join(&score.key).join("predictions.csv")).unwrap()))
        .collect();
    results.push(("scores".to_owned(), fs::read(out.join("scores.csv")).unwrap()));
    results
}

fn has_weights(out: &Path, key: &str) -> bool {
    out.join("runs").join(key).join("weights.safetensors").is_file()
}

#[test]
fn runs_of_one_train_key_are_trained_once_and_come_out_as_if_each_had_been_trained() {
    let folder = Folder::new(REFERENCES);
    let together = folder.path("together");
    let outcome = folder.run(&together, &[], &all(), 2).unwrap();
    assert_eq!((outcome.made, outcome.reused), (7, 4));
    let variants: Vec<(String, u64)> =
        scores(&together)[1..].iter().map(|score| (score.variant.to_string(), score.seed)).collect();
    let expected = ["references_test=1", "references_test=4", "references_test=64"];
    assert_eq!(
        variants,
        expected.iter().flat_map(|name| [0, 1].map(|seed| ((*name).to_owned(), seed))).collect::<Vec<_>>()
    );
    for score in &scores(&together)[1..] {
        let record = record(&together, score);
        let trainer = scores(&together)
            .into_iter()
            .find(|other| other.seed == score.seed && other.variant.to_string() == expected[0]);
        let trainer = trainer.unwrap().key;
        assert_eq!(record.trained_by.as_deref(), (score.key != trainer).then_some(trainer.as_str()));
        assert_eq!(has_weights(&together, &score.key), score.key == trainer);
        assert_eq!((record.fit.epochs, record.fit.restarts), (Some(2), 0));
        assert!(record.fit.final_loss.is_some() && record.seconds.fit > 0.0);
    }

    // each alone, in a folder of its own: trained every time
    for variant in expected {
        let alone = folder.path(variant);
        let selection = models(&[&format!("batlinet[{variant}]")]);
        assert_eq!(folder.run(&alone, &[], &selection, 1).unwrap(), tally(2, 0, 0));
        for (key, predictions) in &results(&alone)[..2] {
            let expected = fs::read(together.join("runs").join(key).join("predictions.csv")).unwrap();
            assert_eq!(*predictions, expected, "{variant} {key}");
        }
    }
    // one after another in one folder, and in shards: the first trains, in whatever call
    let (later, shards) = (folder.path("later"), folder.path("shards"));
    assert_eq!(folder.run(&later, &[], &models(&["mean", "batlinet[references_test=64]"]), 2).unwrap(), tally(3, 0, 0));
    let outcome = folder.run(&later, &[], &all(), 2).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.kept), (4, 4, 3));
    let mut trainings = 0;
    for shard in ["3/3", "1/3", "2/3"] {
        let outcome = folder
            .run(&shards, &[], &Selection { models: vec![], shard: Some(shard.parse().unwrap()), only: vec![] }, 1)
            .unwrap();
        trainings += outcome.made - outcome.reused;
    }
    assert_eq!(trainings, 3, "no shard trains what another one trains");
    assert!(results(&later) == results(&together) && results(&shards) == results(&together));
}

#[test]
fn the_demand_for_trainings_is_counted_beforehand() {
    let folder = Folder::new(REFERENCES);
    let out = folder.path("out");
    let demand = |selection: &Selection| {
        let plans = folder.plan(&out, &[], selection).unwrap();
        let pending = run::pending(&plans, false);
        Library::open(&out, false).demand(run::with_plans(&plans, &pending)).to_string()
    };
    assert_eq!(demand(&all()), "7 runs need 3 trainings, 4 reuse one");
    folder.run(&out, &["seeds=[0]"], &models(&["batlinet[references_test=4]"]), 1).unwrap();
    assert_eq!(demand(&all()), "6 runs need 2 trainings, 4 reuse one");
    assert_eq!(demand(&models(&["mean"])), "1 run needs 1 training");
}

#[test]
fn every_network_comes_out_of_its_weights_as_it_was_trained() {
    let networks = REFERENCES.replace(
        "  - batlinet:",
        "  - mlp: {epochs: 3}\n    feature: row\n  - lstm: {epochs: 2, hidden: 4}\n    feature: rows\n  - cnn: {epochs: 2}\n    \
         feature: long_rows\n    feature_transformation: z_score\n    label_transformation: [log, z_score]\n  - batlinet:",
    );
    let networks = networks.replace(
        "features:\n",
        "features:\n  long_rows: {voltage_capacity: {base: 1, first: 0, last: 19, grid_points: 40}}\n",
    );
    let folder = Folder::new(&networks);
    // another experiment with the same training cells and other test cells: as MATR-2 is to MATR-1
    let split = fs::read_to_string(folder.path("split.csv")).unwrap();
    let other_split: String =
        split.lines().filter(|line| !line.contains("cell-05")).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path("other.csv"), other_split).unwrap();
    let other = networks.replace("name: trial", "name: other").replace("split.csv", "other.csv");
    fs::write(folder.path("other.yaml"), other).unwrap();
    let run = |names: &[&str], out: &Path| {
        let read = |name: &&str| read::read(&folder.path(name), "paper", &[]).unwrap();
        let plans = plan::plan(names.iter().map(read).collect(), &Bench, tch::Device::Cpu, &all(), out).unwrap();
        let stop = AtomicBool::new(false);
        run::execute(&plans, &Bench, &options(out, 2, &stop)).unwrap()
    };
    let (both, alone) = (folder.path("both"), folder.path("alone"));
    let outcome = run(&["trial.yaml", "other.yaml"], &both);
    // the second experiment trains nothing but the mean
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (26, 4 + 12, 0));
    run(&["other.yaml"], &alone);
    let (both, alone) = (results(&both), results(&alone));
    assert_eq!(both[13..26], alone[..13]);
}

#[test]
fn weights_that_are_of_no_use_are_trained_again() {
    let folder = Folder::new(REFERENCES);
    let whole = folder.path("whole");
    folder.run(&whole, &["seeds=[0]"], &all(), 1).unwrap();
    let expected = results(&whole);
    let trainer = scores(&whole)[1].key.clone();
    let network_of_another_size = {
        let out = folder.path("small");
        folder.run(&out, &["seeds=[0]", "models.batlinet.channels=4"], &all(), 1).unwrap();
        fs::read(out.join("runs").join(&scores(&out)[1].key).join("weights.safetensors")).unwrap()
    };
    for (what, bytes) in [("cut", Some(vec![1, 2, 3])), ("other", Some(network_of_another_size)), ("gone", None)] {
        let out = folder.path(what);
        folder.run(&out, &["seeds=[0]"], &models(&["mean", "batlinet[references_test=1]"]), 1).unwrap();
        let file = out.join("runs").join(&trainer).join("weights.safetensors");
        match bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        let outcome = folder.run(&out, &["seeds=[0]"], &all(), 1).unwrap();
        // tensors that are not those of the record make its run stale too
        let expected_counts = if what == "gone" { (2, 1) } else { (3, 2) };
        assert_eq!((outcome.made, outcome.reused), expected_counts, "{what}");
        assert_eq!(results(&out), expected, "{what}");
    }
}

#[test]
fn a_training_that_diverged_is_not_repeated_unless_asked_to() {
    let folder = Folder::new(&REFERENCES.replace("epochs: 2,", "epochs: 9, learning_rate: 1.0e+30,"));
    let out = folder.path("out");
    let seed = ["seeds=[0]"];
    let outcome = folder.run(&out, &seed, &models(&["batlinet[references_test=4]"]), 1).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (1, 0, 1));
    let outcome = folder.run(&out, &seed, &models(&["batlinet"]), 1).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (2, 2, 3));
    for score in scores(&out) {
        assert_eq!(score.status, Status::Diverged);
        assert_eq!(record(&out, &score).trained_by.is_some(), score.variant.to_string() != "references_test=4");
    }
    let stop = AtomicBool::new(false);
    let plans = folder.plan(&out, &seed, &models(&["batlinet"])).unwrap();
    let again = run::Options { retry_failed: true, ..options(&out, 1, &stop) };
    let outcome = run::execute(&plans, &Bench, &again).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (3, 2, 3));
}

#[test]
fn the_reference_study_leaves_every_pair_and_the_tables_that_follow() {
    let folder = Folder::new(&REFERENCES.replace("filter_cycles: false}", "filter_cycles: false, pair_matrix: true}"));
    let out = folder.path("out");
    // the option changes no training
    folder.run(&out, &["seeds=[0]", "models.batlinet.pair_matrix=false"], &models(&["batlinet"]), 1).unwrap();
    let plain = results(&out);
    assert!(!out.join("reference_curves.csv").exists());
    let outcome = folder.run(&out, &["seeds=[0]"], &models(&["batlinet"]), 1).unwrap();
    assert_eq!((outcome.made, outcome.reused), (3, 3));
    for ((_, plain), (key, with_pairs)) in plain.iter().zip(&results(&out)[..3]) {
        assert_eq!(plain, with_pairs, "{key}");
    }
    let score = scores(&out).into_iter().find(|score| score.variant.to_string() == "references_test=1").unwrap();
    let record = record(&out, &score);
    let pairs = PairPredictions::read(&out.join("runs").join(&score.key)).unwrap().unwrap();
    assert_eq!((pairs.cells.len(), &pairs.references), (4, &record.train));
    // one reference was drawn for each cell, and the prediction is that of this pair
    let drawn = fs::read_to_string(out.join("runs").join(&score.key).join("references.csv")).unwrap();
    assert_eq!(drawn.lines().count(), 1 + 4);
    for ((line, row), prediction) in drawn.lines().skip(1).zip(pairs.predicted.rows()).zip(&record.predictions) {
        let (cell, reference) = line.split_once(',').unwrap();
        assert_eq!(cell, prediction.cell);
        let column = pairs.references.iter().position(|id| id == reference).unwrap();
        assert_eq!(row[column], prediction.predicted);
    }
    let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    assert_eq!(lines("reference_curves.csv"), 1 + 3 * 4);
    assert_eq!(lines("reference_draws.csv"), 1 + 3 * 7 * 100);
}
