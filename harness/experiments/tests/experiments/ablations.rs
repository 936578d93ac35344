//! The studies of BatLiNet belong to their scenario: they ask its trained networks, by either protocol, and their
//! `faithful` arms are those that are compared with PyTorch.

use std::collections::BTreeMap;

use super::declared::{experiment, planned};
use batlinet::BatLiNetParameters;
use experiments::plan::Plan;
use experiments::{Entry, Experiment, ModelSpec};
use features::feature::{CapacityMap, FeatureSpec};
use serde::Deserialize;

const SCENARIOS: [&str; 5] = ["matr-1", "matr-2", "hust", "mix-100", "mix-20"];

/// As in the fixture, and as the variants are called.
const ARMS: [(&str, &str); 3] = [
    ("cycle_diff_only", "faithful:intra_only"),
    ("cell_diff_only", "faithful:inter_only"),
    ("naive_ensemble", "faithful:naive_ensemble"),
];

/// The train keys of BatLiNet, one per entry.
fn networks(plan: &Plan) -> Vec<String> {
    let is_batlinet = |entry: usize| matches!(plan.experiment().models[entry].model, ModelSpec::BatLiNet(_));
    plan.runs.iter().filter(|run| is_batlinet(run.entry)).map(|run| run.ingredients.train_key()).collect()
}

#[test]
fn studies_ask_the_networks_of_their_scenario_by_either_protocol() {
    for protocol in ["faithful", "honest"] {
        let settings = ["seeds=[0]", &format!("protocol={protocol}")];
        for scenario in SCENARIOS {
            let [network] = &networks(&planned(scenario, &settings))[..] else { panic!("{scenario}: one BatLiNet") };
            // every arm asks it, or one does and the others are compared with it
            for (study, is_of_all) in [("references", true), ("alpha", false), ("branches", false), ("features", false)]
            {
                let asked = networks(&planned(&format!("ablations/{scenario}-{study}"), &settings));
                assert!(asked.contains(network), "{protocol} {scenario}-{study}");
                assert!(!is_of_all || asked.iter().all(|key| key == network), "{protocol} {scenario}-{study}");
            }
            if scenario == "mix-100" {
                assert_eq!(
                    &networks(&planned("reference-study", &settings))[..],
                    std::slice::from_ref(network),
                    "{protocol}"
                );
            }
        }
    }
}

#[test]
fn the_tests_on_curves_share_what_they_train() {
    for protocol in ["faithful", "honest"] {
        let settings = ["seeds=[0]", &format!("protocol={protocol}")];
        let keys = |name: &str| -> Vec<(String, String)> {
            let plan = planned(name, &settings);
            let model = |entry: usize| plan.experiment().models[entry].model.name().to_owned();
            plan.runs.iter().map(|run| (model(run.entry), run.ingredients.train_key())).collect()
        };
        // the same training cells, features and models
        assert_eq!(keys("clo-curves"), keys("matr-1-curves"), "{protocol}");
        for scenario in ["matr-1-curves", "matr-2-curves"] {
            let trained = networks(&planned(scenario, &settings));
            for (study, shared) in [("references", 1), ("alpha", 1), ("branches", 3)] {
                let asked = networks(&planned(&format!("ablations/{scenario}-{study}"), &settings));
                let found = trained.iter().filter(|key| asked.contains(key)).count();
                assert_eq!(found, shared, "{protocol} {scenario}-{study}");
            }
        }
    }
}

/// Curves are what the paper's files say, but for the channels and the full model.
#[test]
fn curves_read_the_cycles_that_the_scenarios_read() {
    for scenario in ["matr-1", "matr-2"] {
        let (curves, whole) = (experiment(&format!("{scenario}-curves"), &[]), experiment(scenario, &[]));
        assert_eq!(curves.early_cycles, whole.early_cycles);
        for entry in &curves.models {
            let same = whole.models.iter().find(|other| other.model.name() == entry.model.name()).unwrap();
            let feature = |experiment: &Experiment, entry: &Entry| {
                let spec = entry.feature.as_deref().and_then(|name| experiment.feature(name)).cloned();
                match spec {
                    Some(FeatureSpec::CapacityMap(map)) => {
                        Some(FeatureSpec::CapacityMap(CapacityMap { channels: Vec::new(), ..map }))
                    }
                    other => other,
                }
            };
            assert_eq!(feature(&curves, entry), feature(&whole, same), "{scenario} {}", entry.model.name());
            if entry.variant.is_empty() {
                assert_eq!(entry.model.parameters(), same.model.parameters(), "{scenario} {}", entry.model.name());
            }
        }
    }
}

#[derive(Deserialize)]
struct Fixture {
    arms: BTreeMap<String, Arm>,
}

#[derive(Deserialize)]
struct Arm {
    parameters: BatLiNetParameters,
}

#[test]
fn faithful_arms_are_those_that_are_compared_with_pytorch() {
    let fixture: Fixture =
        serde_json::from_str(include_str!("../../../batlinet/tests/fixtures/batlinet_steps.json")).unwrap();
    for scenario in SCENARIOS.into_iter().chain(["matr-1-curves", "matr-2-curves"]) {
        let experiment = experiment(&format!("ablations/{scenario}-branches"), &[]);
        for (arm, variant) in ARMS {
            let entry = experiment.models.iter().find(|entry| entry.variant == variant).unwrap();
            let ModelSpec::BatLiNet(ours) = &entry.model else { panic!("{scenario} {variant} is no BatLiNet") };
            // schedule, weights of the branches, base and references are the scenario's; everything else is the arm's
            let expected = BatLiNetParameters {
                epochs: ours.epochs,
                batch: ours.batch,
                learning_rate: ours.learning_rate,
                weight_decay: ours.weight_decay,
                alpha: ours.alpha,
                references_train: ours.references_train,
                references_test: ours.references_test,
                base: ours.base,
                filter_cycles: ours.filter_cycles,
                channels: ours.channels,
                ..fixture.arms[arm].parameters.clone()
            };
            assert_eq!(*ours, expected, "{scenario} {variant}");
        }
    }
}
