//! The two keys of a run, so that nothing is trained twice and nothing stale is taken for fresh.
//!
//! The *train key* covers everything that may change the trained model, so nothing of the test cells; the *evaluation
//! key* adds what matters only when the model is asked, and names the run's folder. Scenarios that share their training
//! cells, as MATR-1 and MATR-2 do, so share trained models. Names (of experiments, variants, feature sets) are in neither,
//! so renaming reruns nothing. A stage's version is raised by hand when its results change on purpose.

use serde_json::{Map, Value, json};

use super::{entry::Entry, spec::Experiment};
use crate::{
    failure::Failure,
    record::{Ingredients, hash},
    source::Source,
    split::Split,
};

/// Versions of the stages that every run passes.
const STAGES: [(&str, u32); 4] = [("label", 1), ("feature", 1), ("transformation", 1), ("training", 1)];

/// Models whose results have changed on purpose since their first version, and the version they are at.
const MODELS: [(&str, u32); 1] = [("forest", 2)];

/// What an experiment contributes to the keys of all its runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    /// Hash over ids and fingerprints of the training cells.
    pub training_cells: String,
    /// The same of the test cells.
    pub test_cells: String,
    /// `cpu` or `cuda`: the two give different last digits.
    pub device: &'static str,
}

/// The ingredients of one run.
pub fn ingredients(experiment: &Experiment, entry: &Entry, seed: u64, surroundings: &Surroundings) -> Ingredients {
    let mut parameters = match entry.model.parameters() {
        Value::Object(parameters) => parameters,
        _ => Map::new(),
    };
    let mut evaluation: Map<String, Value> =
        entry.model.evaluation_only().iter().filter_map(|name| parameters.remove_entry(*name)).collect();
    evaluation.insert("test_cells".to_owned(), json!(surroundings.test_cells));
    let feature = entry.feature.as_deref().and_then(|name| experiment.feature(name));
    let model = match MODELS.iter().find(|(name, _)| *name == entry.model.name()) {
        Some((name, version)) => format!("{name} {version}"),
        None => entry.model.name().to_owned(),
    };
    let training = json!({
        "training_cells": surroundings.training_cells,
        "feature": feature.map(|feature| feature.identity()),
        "label": experiment.rule(entry),
        "feature_transformation": entry.feature_transformation,
        "label_transformation": entry.label_transformation,
        "model": model,
        "hyper_parameters": parameters,
        "seed": seed,
        "stages": STAGES.into_iter().map(|(name, version)| (name.to_owned(), json!(version))).collect::<Map<_, _>>(),
        "device": if entry.model.is_network() { surroundings.device } else { "cpu" },
    });
    Ingredients { training, evaluation: Value::Object(evaluation) }
}

impl Surroundings {
    /// Reads the fingerprints of the cells of the split.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the cell that the source lacks.
    pub fn of(source: &dyn Source, split: &Split, device: tch::Device) -> Result<Self, Failure> {
        let hashed = |ids: &[String]| {
            let fingerprints: Map<String, Value> = ids
                .iter()
                .map(|id| Ok((id.clone(), json!(source.fingerprint(id)?))))
                .collect::<Result<_, Failure>>()?;
            // the hash sorts the ids
            Ok(hash(&json!({ "origin": source.origin(), "fingerprints": fingerprints })))
        };
        Ok(Self {
            training_cells: hashed(&split.train)?,
            test_cells: hashed(&split.test)?,
            device: if device == tch::Device::Cpu { "cpu" } else { "cuda" },
        })
    }
}
