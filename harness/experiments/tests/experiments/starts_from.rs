//! A BatLiNet that learns on from a network that is trained already.

use std::{
    fs,
    path::{Path, PathBuf},
};

use baselines::{Weights, weights::NamedTensor};

use super::bench::{Folder, all, models, record, scores};
use record::Status;

/// Learning rate and scaling are set by each test.
const EXPERIMENT: &str = "\
name: trial
scenario: TRIAL
description: A network that starts from another.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
features:
  map: {capacity_map: {cycles: 20, channels: [discharge_voltage, discharge_current], grid_points: 40}}
  narrow: {capacity_map: {cycles: 20, channels: [discharge_voltage], grid_points: 40}}
models:
  - batlinet: {epochs: 2, base: 1, filter_cycles: false}
    variant: first
    feature: map
  - batlinet: {epochs: 2, base: 1, filter_cycles: false, learning_rate: 1.0e-12}
    variant: further
    feature: map
    starts_from: trained.safetensors
";

/// The weights that the first entry leaves in a folder of its own.
fn trained(folder: &Folder, settings: &[&str]) -> Vec<u8> {
    let out = folder.path("first");
    fs::write(folder.path("trained.safetensors"), random(folder)).unwrap();
    folder.run(&out, settings, &models(&["batlinet[first]"]), 1).unwrap();
    fs::read(weights_of(&out)).unwrap()
}

/// A network that fits, so that the experiment can be read.
fn random(folder: &Folder) -> Vec<u8> {
    let plain = folder.path("plain");
    let text = fs::read_to_string(folder.path("trial.yaml")).unwrap();
    fs::write(folder.path("trial.yaml"), text.replace("    starts_from: trained.safetensors\n", "")).unwrap();
    folder.run(&plain, &["seeds=[7]"], &models(&["batlinet[first]"]), 1).unwrap();
    fs::write(folder.path("trial.yaml"), text).unwrap();
    fs::read(weights_of(&plain)).unwrap()
}

fn weights_of(out: &Path) -> PathBuf {
    out.join("runs").join(&scores(out)[0].key).join("weights.safetensors")
}

#[test]
fn a_step_of_nothing_leaves_the_network_that_was_given() {
    // scaled differences too, whose factor is taken out of the weights at the end and put in at the start
    for settings in
        [&[][..], &["models.batlinet.scaled_to=0.2"], &["models.batlinet.scaled_to=0.2", "models.batlinet.dropout=0.5"]]
    {
        let folder = Folder::new(EXPERIMENT);
        let weights = trained(&folder, settings);
        fs::write(folder.path("trained.safetensors"), &weights).unwrap();
        let furthest = |settings: &[&str], out: &str| {
            let out = folder.path(out);
            folder.run(&out, settings, &models(&["batlinet[further]"]), 1).unwrap();
            assert_eq!(record(&out, &scores(&out)[0]).status, Status::Ok);
            let [ours, given] = [fs::read(weights_of(&out)).unwrap(), weights.clone()]
                .map(|bytes| Weights::from_bytes(&bytes).unwrap());
            let apart = |ours: &NamedTensor| {
                let given = given.values(&ours.name, &ours.shape).unwrap();
                let pairs = ours.values.iter().zip(given);
                pairs.map(|(ours, given)| (ours - given).abs() / given.abs().max(1e-3)).fold(0.0, f32::max)
            };
            ours.0.iter().map(apart).fold(0.0, f32::max)
        };
        assert!(furthest(settings, "out") < 1e-6, "{settings:?}");
        // a step of nothing from random weights leaves others
        let random: Vec<&str> = settings.iter().copied().chain(["models.batlinet[further].starts_from=null"]).collect();
        assert!(furthest(&random, "random") > 0.1);
    }
}

#[test]
fn another_network_makes_another_key() {
    let folder = Folder::new(EXPERIMENT);
    let weights = trained(&folder, &[]);
    let key = |folder: &Folder| {
        let plans = folder.plan(&folder.path("out"), &[], &models(&["batlinet[further]"])).unwrap();
        plans[0].runs.iter().map(|run| run.key.clone()).next_back().unwrap()
    };
    let before = key(&folder);
    fs::write(folder.path("trained.safetensors"), weights).unwrap();
    assert_ne!(key(&folder), before);
}

#[test]
fn what_is_no_network_of_this_kind_is_named_before_anything_runs() {
    let folder = Folder::new(EXPERIMENT);
    let weights = trained(&folder, &[]);
    let file = folder.path("trained.safetensors");
    let refused = |settings: &[&str]| folder.plan(&folder.path("out"), settings, &all()).err().unwrap().to_string();
    let cases: [(&[u8], &[&str], &str); 4] = [
        (b"no network", &[], "trained.safetensors: "),
        (&weights, &["models.batlinet[further].feature=narrow"], "intra.conv1.weight"),
        (&weights, &["models.batlinet[further].inter_cell=false"], "tensor 'inter."),
        (&weights, &["models.batlinet[further].starts_from=nowhere.safetensors"], "nowhere.safetensors: "),
    ];
    for (bytes, settings, expected) in cases {
        fs::write(&file, bytes).unwrap();
        let problem = refused(settings);
        assert!(problem.contains(expected) && problem.contains("experiment trial, batlinet[further]"), "{problem}");
    }
    let folder =
        Folder::new(&EXPERIMENT.replace("models:\n", "models:\n  - mean: {}\n    starts_from: trained.safetensors\n"));
    let problem = folder.plan(&folder.path("out"), &[], &all()).err().unwrap().to_string();
    assert!(problem.contains("starts_from is for a batlinet; a mean starts from nothing"), "{problem}");
}
