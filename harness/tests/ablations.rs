//! The studies of BatLiNet belong to their scenario: they ask its trained networks, by either protocol, and their
//! `faithful` arms are those that are compared with PyTorch.

#[path = "support/experiments.rs"]
mod experiments;

use std::collections::BTreeMap;

use experiments::{experiment, planned};
use harness::batlinet::BatLiNetParameters;
use harness::experiment::ModelSpec;
use harness::experiment::plan::Plan;
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
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/batlinet_steps.json")).unwrap();
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
