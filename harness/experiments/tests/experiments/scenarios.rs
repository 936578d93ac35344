//! The five scenarios are the published ones: hyper-parameters, lives and expectations; and what `protocol: honest` makes
//! of them.

use super::declared::{experiment, file, planned, repository_files, settings};
use baselines::{Context, Fitted as _, Model as _, Silent, Streams, mean::Mean};
use cells::catalogue;
use cells::label::{Crossing, Unreached};
use cells::split::Split;
use experiments::plan::Plan;
use experiments::{Entry, Experiment, ModelSpec, read};
use features::feature::{FeatureSpec, Severson};
use features::samples::LabelTransformation;
use record::Protocol;
use report::published::published as of_the_paper;
use serde_yaml::Value;
use statistics::Metrics;

const SCENARIOS: [(&str, &str); 5] =
    [("matr-1", "matr_1"), ("matr-2", "matr_2"), ("hust", "hust"), ("mix-100", "mix_100"), ("mix-20", "mix_20")];

/// Our name of a model, and the authors'.
const MODELS: [(&str, &str); 14] = [
    ("mean", "dummy"),
    ("variance", "variance_model"),
    ("discharge", "discharge_model"),
    ("full", "full_model"),
    ("ridge", "ridge"),
    ("pcr", "pcr"),
    ("pls", "plsr"),
    ("svm", "svm"),
    ("forest", "rf"),
    ("gp", "gpr"),
    ("mlp", "mlp"),
    ("lstm", "lstm"),
    ("cnn", "cnn"),
    ("batlinet", "batlinet"),
];

fn entry<'a>(experiment: &'a Experiment, model: &str) -> &'a Entry {
    experiment.models.iter().find(|entry| entry.model.name() == model).unwrap()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// Compares one by one, so that a failure says what differs.
struct Compare(String);

impl Compare {
    fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, ours: T, theirs: T) {
        assert_eq!(ours, theirs, "{}: {what}", self.0);
    }

    /// Every hyper-parameter that theirs has under one of these names.
    fn parameters(&self, ours: &serde_json::Value, theirs: &Value, names: &[(&str, &str)]) {
        for (our_name, their_name) in names {
            let ours = ours[our_name].clone();
            let theirs = serde_json::to_value(&theirs[*their_name]).unwrap();
            assert!(!theirs.is_null(), "{}: the authors have no {their_name}", self.0);
            let equal = ours == theirs || (ours.as_f64().is_some() && ours.as_f64() == theirs.as_f64());
            assert!(equal, "{}: {our_name} is {ours}, the authors' {their_name} is {theirs}", self.0);
        }
    }

    fn feature(&self, ours: &FeatureSpec, theirs: &Value, reads_stored: bool) {
        match ours {
            FeatureSpec::CapacityMap(map) => {
                self.same("kind", theirs["kind"].as_str(), Some("six_channel_map"));
                self.same("grid", map.grid_points, number(&theirs["grid_points"]));
                self.same("first", map.first, number(&theirs["first_cycle_index"]));
                self.same("last", map.first + map.cycles - 1, number(&theirs["last_cycle_index"]));
                self.same("zeroed", map.zeroed_cycle.map(|p| p as u64), theirs["zeroed_cycle_index"].as_u64());
                self.same("channels", map.channels.len(), 6);
                self.same("hampel", theirs["hampel"].as_bool(), Some(false));
            }
            FeatureSpec::VoltageCapacity(rows) => {
                self.same("kind", theirs["kind"].as_str(), Some("qdlin_matrix"));
                self.same("grid", rows.grid_points, number(&theirs["grid_points"]));
                self.same("base", rows.base, number(&theirs["diff_base_index"]));
                let only = theirs["only_cycle_index"].as_u64().map(|p| p as usize);
                self.same("first", rows.first, only.unwrap_or(number(&theirs["first_cycle_index"])));
                self.same("last", rows.last, only.unwrap_or(number(&theirs["last_cycle_index"])));
                if reads_stored {
                    let stored = serde_json::to_value(rows.qdlin).unwrap() == "stored";
                    self.same("stored curves", Some(stored), theirs["stored_qdlin_if_present"].as_bool());
                }
            }
            FeatureSpec::Compact(_) | FeatureSpec::VoltageMap(_) => {
                panic!("{}: the authors have no such features", self.0)
            }
            FeatureSpec::Severson(severson) => {
                let expected: &[_] = match theirs["kind"].as_str() {
                    Some("severson_variance") => &Severson::VARIANCE,
                    Some("severson_discharge") => &Severson::DISCHARGE,
                    Some("severson_full") => &Severson::FULL,
                    other => panic!("{}: {other:?}", self.0),
                };
                self.same("statistics", &severson.statistics[..], expected);
                let cycles = theirs["critical_cycle_indices"].as_sequence().unwrap();
                self.same("cycles", severson.cycles.to_vec(), cycles.iter().map(number).collect());
            }
        }
    }

    fn model(&self, entry: &Entry, theirs: &Value) {
        let ours = entry.model.parameters();
        let (estimator, optimizer) = (&theirs["estimator"], &theirs["optimizer"]);
        let schedule = [("epochs", "epochs"), ("batch", "train_batch")];
        match &entry.model {
            ModelSpec::Ridge(_) => self.parameters(&ours, estimator, &[("alpha", "alpha")]),
            ModelSpec::Pcr(_) => self.parameters(&ours, estimator, &[("components", "n_components")]),
            ModelSpec::Pls(_) => {
                self.parameters(&ours, estimator, &[("components", "n_components"), ("scale", "scale")]);
            }
            ModelSpec::Svm(_) => {
                self.parameters(&ours, estimator, &[("c", "C"), ("epsilon", "epsilon")]);
                // ours is solved further than theirs
                assert!(ours["tolerance"].as_f64() <= estimator["tol"].as_f64());
                self.same("gamma", ours["gamma"].as_str(), Some("scale"));
            }
            ModelSpec::Forest(_) => {
                let names =
                    [("trees", "n_estimators"), ("min_samples_leaf", "min_samples_leaf"), ("bootstrap", "bootstrap")];
                self.parameters(&ours, estimator, &names);
                self.same("max_features", ours["max_features"].is_null(), estimator["max_features"] == "all");
            }
            ModelSpec::Gp(_) => {
                self.parameters(&ours, estimator, &[("jitter", "noise")]);
                self.same("kernel", estimator["kernel"].as_str(), Some("DotProduct(sigma0=1)+RBF(length=1)"));
                self.same("kernel", (ours["sigma_0"].as_f64(), ours["length_scale"].as_f64()), (Some(1.0), Some(1.0)));
            }
            ModelSpec::Mlp(_) | ModelSpec::Lstm(_) | ModelSpec::Cnn(_) | ModelSpec::BatLiNet(_) => {
                self.parameters(&ours, theirs, &schedule);
                self.parameters(&ours, optimizer, &[("learning_rate", "lr")]);
                let own: &[(&str, &str)] = match &entry.model {
                    ModelSpec::Mlp(_) => &[("dropout", "dropout")],
                    ModelSpec::Lstm(_) => &[("layers", "layers"), ("hidden", "hidden")],
                    ModelSpec::Cnn(_) => &[("channels", "channels")],
                    _ => &[
                        ("alpha", "alpha_inter"),
                        ("base", "diff_base_index"),
                        ("references_train", "train_refs"),
                        ("references_test", "test_refs"),
                        ("filter_cycles", "filter_cycles"),
                        ("channels", "channels"),
                    ],
                };
                self.parameters(&ours, theirs, own);
                let name = if matches!(entry.model, ModelSpec::BatLiNet(_)) { "AdamW" } else { "Adam" };
                self.same("optimiser", optimizer["name"].as_str(), Some(name));
                if name == "AdamW" {
                    self.parameters(&ours, optimizer, &[("weight_decay", "weight_decay")]);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn hyper_parameters_are_the_authors() {
    let Some(path) = testing::published("reference/hyperparameters.yaml") else { return };
    let theirs: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, their_name) in SCENARIOS {
        let ours = experiment(name, &[]);
        assert_eq!(ours.models.len(), MODELS.len(), "{name}");
        assert_eq!(ours.seeds, (0..8).collect::<Vec<u64>>());
        assert_eq!(ours.protocol, Protocol::Faithful);
        for (model, their_model) in MODELS {
            let (entry, theirs) = (entry(&ours, model), &theirs["scenarios"][their_name][their_model]);
            let compare = Compare(format!("{name} {model}"));
            if let Some(feature) = entry.feature.as_deref().and_then(|feature| ours.feature(feature)) {
                // HUST publishes no curves, so there it makes no difference whether they are read
                compare.feature(feature, &theirs["features"], name != "hust");
                let is_scaled = serde_json::to_value(entry.feature_transformation).unwrap() == "z_score";
                compare.same(
                    "features scaled",
                    is_scaled,
                    theirs["feature_transform"] == serde_yaml::from_str::<Value>("[zscore]").unwrap(),
                );
            }
            let rule = ours.rule(entry);
            compare.same("end of life", Some(rule.end_of_life), theirs["label"]["eol_soh"].as_f64());
            compare.same("minimum", u64::from(rule.minimum), theirs["label"]["drop_if_label_le"].as_u64().unwrap());
            compare.same("padded", rule.unreached == Unreached::Pad, theirs["label"]["pad_if_not_reached"] == true);
            compare.same("crossing", rule.crossing, Crossing::First);
            let steps = serde_yaml::to_string(&theirs["label_transform"]).unwrap();
            let theirs_steps = steps.replace("ln", "log").replace("zscore", "z_score");
            let their_transformation: LabelTransformation = serde_yaml::from_str(&theirs_steps).unwrap();
            compare.same("labels", &entry.label_transformation, &their_transformation);
            compare.model(entry, theirs);
        }
    }
}

#[test]
fn expectations_are_published_numbers() {
    for (name, _) in SCENARIOS {
        let experiment = experiment(name, &[]);
        assert!(experiment.expect.len() >= 3, "{name}");
        for expected in &experiment.expect {
            let paper = of_the_paper("scenario", &experiment.scenario, &expected.model, "", "rmse").unwrap();
            let what = format!("{name} {}: {} and {}", expected.model, expected.value, paper.value);
            assert!((expected.value - paper.value).abs() < 0.006, "{what}");
        }
    }
}

/// Published lives are known of every cell of three scenarios; cells that were taken off test early have none.
#[test]
fn the_training_mean_of_published_lives_errs_as_published() {
    for (name, rmse, mae, mape) in
        [("matr-1", 398.82, 239.0, 28.0), ("matr-2", 510.63, 414.0, 36.0), ("hust", 419.52, 341.0, 18.0)]
    {
        let split = Split::read(&experiment(name, &[]).train_test_split).unwrap();
        let lives = |ids: &[String]| -> Vec<f64> {
            ids.iter().map(|id| catalogue::find(id).unwrap().cycle_life.unwrap()).collect()
        };
        let (train, test) = (lives(&split.train), lives(&split.test));
        let transformation: LabelTransformation = serde_yaml::from_str("[log, z_score]").unwrap();
        let fitted = transformation.fit(&train).unwrap();
        let labels = fitted.forward(&train);
        let rows = |count: usize| ndarray::ArrayD::<f32>::zeros(ndarray::IxDyn(&[count, 1]));
        let streams = Streams::new("mean");
        let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
        let (mean, _) = Mean::new().fit(rows(train.len()).view(), &labels, &context).unwrap();
        let predicted = fitted.inverse(&mean.predict(rows(test.len()).view(), &context).unwrap());
        let metrics = Metrics::new(&test, &predicted).unwrap();
        assert!((metrics.rmse - rmse).abs() <= 0.01, "{name}: {}", metrics.rmse);
        assert!((metrics.mae - mae).abs() <= 0.5, "{name}: MAE {}", metrics.mae);
        assert!((metrics.mape - mape).abs() <= 0.5, "{name}: MAPE {}", metrics.mape);
    }
}

#[test]
fn the_word_honest_changes_labels_references_medians_and_horizon() {
    for (name, _) in SCENARIOS {
        let honest = experiment(name, &["protocol=honest"]);
        let end_of_life = experiment(name, &[]).label.end_of_life;
        for entry in &honest.models {
            let rule = honest.rule(entry);
            let found = (rule.unreached, rule.crossing, rule.end_of_life);
            let margin = if end_of_life == 0.8 { 0.825 } else { 0.925 };
            let key = serde_json::to_value(rule).unwrap();
            assert_eq!(key["censored_above"], margin, "{name}: resolved, in the keys");
            assert_eq!(found, (Unreached::Drop, Crossing::Persistent, end_of_life), "{name} {}", entry.model.name());
            let Some(feature) = entry.feature.as_deref().and_then(|feature| honest.feature(feature)) else { continue };
            assert!(feature.cycles_needed() <= honest.early_cycles.unwrap(), "{name} {}", entry.model.name());
            assert!(!feature.identity().contains("\"median\":\"selection\""), "{}", feature.identity());
        }
        assert_eq!(entry(&honest, "batlinet").model.parameters()["self_reference"], false);
    }
    let map = experiment("mix-20", &["protocol=honest"]).feature("map").unwrap().identity();
    assert!(map.contains("\"zeroed_cycle\":null"), "{map}");
}

#[test]
fn every_experiment_can_be_honest_or_says_why_not() {
    let files = repository_files();
    assert!(files.len() >= 40, "{}", files.len());
    for path in files {
        let outcome = read::read(&path, "paper", &settings(&["protocol=honest"]));
        if path.to_string_lossy().ends_with("-code.yaml") {
            let message = outcome.unwrap_err().to_string();
            assert!(message.contains("(label.unreached: pad, label.crossing: first)"), "{message}");
            assert!(message.contains("in a transfer the preset decides"), "{message}");
        } else {
            outcome.unwrap();
        }
    }
}

/// Whoever begins with it gets honest labels by the word alone.
#[test]
fn the_template_of_the_readme_can_be_honest() {
    let readme = std::fs::read_to_string(file("x").with_file_name("../README.md")).unwrap();
    let template = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    for (texts, expected) in
        [(&[][..], (Unreached::Pad, Crossing::First)), (&["protocol=honest"], (Unreached::Drop, Crossing::Persistent))]
    {
        let rule = read::parse(template, "README.md", "paper", &settings(texts)).unwrap().experiment.label;
        assert_eq!((rule.unreached, rule.crossing), expected);
    }
}

#[test]
fn what_is_said_explicitly_stays_and_what_reads_too_far_is_refused() {
    let honest =
        experiment("matr-1", &["protocol=honest", "label.unreached=pad", "models.batlinet.self_reference=true"]);
    assert_eq!((honest.label.unreached, honest.label.crossing), (Unreached::Pad, Crossing::Persistent));
    assert_eq!(entry(&honest, "batlinet").model.parameters()["self_reference"], true);
    let refused = read::read(&file("matr-1"), "paper", &settings(&["protocol=honest", "models.pcr.feature=row_130"]));
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("pcr reads 'row_130', 130 cycles of a cell, and protocol honest allows"), "{message}");
    // the faithful protocol lets it read them, as the authors do
    assert_eq!(entry(&experiment("matr-1", &[]), "pcr").feature.as_deref(), Some("row_130"));
}

#[test]
fn the_protocol_is_part_of_every_key_and_leaves_faithful_ones_alone() {
    let faithful = planned("matr-1", &["seeds=[0]"]);
    let honest = planned("matr-1", &["seeds=[0]", "protocol=honest"]);
    for (faithful, honest) in faithful.runs.iter().zip(&honest.runs) {
        assert_eq!(honest.ingredients.training["protocol"], "honest");
        // keys are hashes of these: another name in them would make every result there is stale
        assert_eq!(faithful.ingredients.training.get("protocol"), None);
        assert_ne!(faithful.key, honest.key);
        assert_ne!(faithful.ingredients.train_key(), honest.ingredients.train_key());
    }
    // said and not said are the same
    let said = planned(
        "matr-1",
        &["seeds=[0]", "protocol=faithful", "label={end_of_life: 0.8, unreached: pad, crossing: first}"],
    );
    let keys = |plan: &Plan| plan.runs.iter().map(|run| run.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&said), keys(&faithful));
}
