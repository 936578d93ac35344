//! The two keys of a run, so that nothing is trained twice and nothing stale is taken for fresh.
//!
//! The *train key* covers everything that may change the trained model, so nothing of the test cells; the *evaluation
//! key* adds what matters only when the model is asked, and names the run's folder. Scenarios that share their training
//! cells, as MATR-1 and MATR-2 do, so share trained models. Names (of experiments, variants, feature sets) are in neither,
//! so renaming reruns nothing. A stage's version is raised by hand when its results change on purpose,
//! that of a model's training in its [`baselines::ModelRow`].

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{entry::Entry, spec::Experiment};
use cells::{cell::Origin, failure::Failure, source::Source, split::Split};
use record::{Ingredients, Protocol, hash};

/// Versions of the stages that every run passes before it trains. Of `label`, 2: a record that ends just above the end of
/// life ends with it, one that is shorter than the published life does not.
const STAGES: [(&str, u32); 3] = [("label", 2), ("feature", 1), ("transformation", 1)];

/// What the keys of all runs of an experiment draw on.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    /// Measured or simulated cells.
    origin: Origin,
    /// Of every cell of the split.
    fingerprints: HashMap<String, String>,
    /// `cpu` or `cuda`: the two give different last digits.
    device: &'static str,
}

/// The ingredients of one run on `cells`. `split` is that of the experiment, whose training part are the source cells of
/// a transfer.
pub fn ingredients(
    experiment: &Experiment,
    entry: &Entry,
    seed: u64,
    cells: &Split,
    split: &Split,
    surroundings: &Surroundings,
) -> Ingredients {
    let mut parameters = entry.model.effective_parameters();
    let mut evaluation: Map<String, Value> =
        entry.model.row().evaluation_only.iter().filter_map(|name| parameters.remove_entry(*name)).collect();
    evaluation.insert("test_cells".to_owned(), json!(surroundings.hash_of(&cells.test)));
    if let Some(version) = entry.model.asking_version() {
        evaluation.insert("stages".to_owned(), json!({ "references": version }));
    }
    let feature = entry.reads().and_then(|name| experiment.feature(name));
    let stages = STAGES.into_iter().chain([("training", entry.model.row().training_version)]);
    let mut training = json!({
        "training_cells": surroundings.hash_of(&cells.train),
        "feature": feature.map(|feature| feature.identity()),
        "label": experiment.rule(entry),
        "feature_transformation": entry.feature_transformation,
        "label_transformation": entry.label_transformation,
        "model": entry.model.name(),
        "hyper_parameters": parameters,
        "seed": seed,
        "stages": stages.map(|(name, version)| (name.to_owned(), json!(version))).collect::<Map<_, _>>(),
        "device": if entry.model.is_network() { surroundings.device } else { "cpu" },
    });
    if entry.needs_source() {
        training["source_cells"] = json!(surroundings.hash_of(&split.train));
    }
    // Of a transfer, the preset says what is honest. Where nothing is said, the run is faithful, as all once were.
    if experiment.protocol == Protocol::Honest && experiment.transfer.is_none() {
        training["protocol"] = json!(experiment.protocol);
    }
    Ingredients { training, evaluation: Value::Object(evaluation) }
}

impl Surroundings {
    /// Reads the fingerprints of the cells of the split.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the cell that the source lacks.
    pub fn of(source: &dyn Source, split: &Split, device: tch::Device) -> Result<Self, Failure> {
        let cells = split.train.iter().chain(&split.test);
        Ok(Self {
            origin: source.origin(),
            fingerprints: cells.map(|id| Ok((id.clone(), source.fingerprint(id)?))).collect::<Result<_, Failure>>()?,
            device: if device == tch::Device::Cpu { "cpu" } else { "cuda" },
        })
    }

    /// Hash over ids and fingerprints of some cells of the split, in whatever order.
    fn hash_of(&self, ids: &[String]) -> String {
        let fingerprints: Map<String, Value> =
            ids.iter().map(|id| (id.clone(), json!(self.fingerprints.get(id)))).collect();
        hash(&json!({ "origin": self.origin, "fingerprints": fingerprints }))
    }
}
