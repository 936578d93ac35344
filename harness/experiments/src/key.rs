//! The two keys of a run, so that nothing is trained twice and nothing stale is taken for fresh.
//!
//! The *train key* covers everything that may change the trained model, so nothing of the test cells: the contents and the lives
//! of the cells it learns from, feature, label rule, model, seed, stage versions, on what it computes and how exactly. The
//! *evaluation key* adds what matters only when the model is asked, contents and lives of the test cells among it, and names the
//! run's folder. Scenarios that share their training
//! cells, as MATR-1 and MATR-2 do, so share trained models. Names (of experiments, variants, feature sets) are in neither,
//! so renaming reruns nothing. A stage's version is raised by hand when its results change on purpose,
//! that of a model's training in its [`baselines::ModelRow`].

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use baselines::card;

use super::{
    entry::{Entry, TrainedOn},
    spec::Experiment,
};
use crate::Error;
use cells::{cell::Origin, label::LabelRule, source::CellSource, split::Split};
use features::{
    feature::FeatureSpec,
    samples::{LifeRecords, label_hash},
};
use record::{DeviceClass, Ingredients, Precision, Protocol, hash};

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
    /// Per label rule, of every cell of the split.
    lives: Vec<(LabelRule, BTreeMap<String, Option<f64>>)>,
    /// Where networks compute.
    device: tch::Device,
}

/// Cells by their contents and by their lives.
#[derive(Clone, Debug, PartialEq)]
struct Hashed {
    cells: String,
    labels: String,
}

/// The cells of a run by what they hold.
#[derive(Clone, Debug, PartialEq)]
pub struct CellHashes {
    train: Hashed,
    test: Hashed,
    /// Of a transfer, the source cells.
    source: Option<Hashed>,
    /// References of the test cells that nothing was learned from.
    references: Option<Hashed>,
}

/// The ingredients of one run on the cells with these hashes.
pub fn ingredients(
    experiment: &Experiment,
    entry: &Entry,
    seed: u64,
    hashes: &CellHashes,
    surroundings: &Surroundings,
) -> Ingredients {
    let rule = experiment.rule(entry);
    let mut parameters = entry.model.effective_parameters();
    // an ingredient of its own, beside the device
    parameters.remove("precision");
    let mut evaluation: Map<String, Value> =
        entry.model.row().evaluation_only.iter().filter_map(|name| parameters.remove_entry(*name)).collect();
    evaluation.insert("test_cells".to_owned(), json!(hashes.test.cells));
    evaluation.insert("test_labels".to_owned(), json!(hashes.test.labels));
    if let Some(references) = &hashes.references {
        evaluation.insert("reference_cells".to_owned(), json!(references.cells));
        evaluation.insert("reference_labels".to_owned(), json!(references.labels));
    }
    if let Some(version) = entry.model.asking_version() {
        evaluation.insert("stages".to_owned(), json!({ "references": version }));
    }
    let feature = entry.reads().and_then(|name| experiment.feature(name));
    let (feature_transformation, label_transformation) = entry.effective_transformations();
    let stages = STAGES.into_iter().chain([("training", entry.model.row().training_version)]);
    let mut training = json!({
        "origin": surroundings.origin,
        "training_cells": hashes.train.cells,
        "training_labels": hashes.train.labels,
        "feature": feature.map(|feature| feature.identity()),
        "label": rule,
        "feature_transformation": feature_transformation,
        "label_transformation": label_transformation,
        "model": entry.model.name(),
        "hyper_parameters": parameters,
        "seed": seed,
        "stages": stages.map(|(name, version)| (name.to_owned(), json!(version))).collect::<Map<_, _>>(),
        "device": surroundings.class_of(experiment, entry),
        "precision": entry.model.precision(),
    });
    if let Some(source) = &hashes.source {
        training["source_cells"] = json!(source.cells);
        training["source_labels"] = json!(source.labels);
    }
    if let Some(start) = &entry.starts_from {
        training["starts_from"] = json!(start.hash);
    }
    // Of a transfer, the preset says what is honest. Where nothing is said, the run is faithful, as all once were.
    if experiment.protocol == Protocol::Honest && experiment.transfer.is_none() {
        training["protocol"] = json!(experiment.protocol);
    }
    Ingredients { training, evaluation: Value::Object(evaluation) }
}

impl Surroundings {
    /// Reads the fingerprints and lives of the cells of the split.
    ///
    /// # Errors
    /// [`Error::Cells`] names the cell that the source lacks.
    pub fn of(
        experiment: &Experiment,
        split: &Split,
        source: &dyn CellSource,
        records: &LifeRecords<'_>,
        device: tch::Device,
    ) -> Result<Self, Error> {
        let cells = [split.train.as_slice(), &split.test].concat();
        let mut lives: Vec<(LabelRule, BTreeMap<String, Option<f64>>)> = Vec::new();
        for rule in experiment.models.iter().map(|entry| experiment.rule(entry)) {
            if lives.iter().all(|(known, _)| known != rule) {
                lives.push((rule.clone(), records.lives(&cells, rule)));
            }
        }
        Ok(Self {
            origin: source.origin(),
            fingerprints: cells
                .into_iter()
                .map(|id| source.fingerprint(&id).map(|fingerprint| (id, fingerprint)))
                .collect::<Result<_, cells::Error>>()?,
            lives,
            device,
        })
    }

    /// The hashes of the `cells` that an entry is trained and tested on. `split` is that of the experiment, whose training part are
    /// the source cells of a transfer.
    pub fn hashes(&self, entry: &Entry, rule: &LabelRule, cells: &Split, split: &Split) -> CellHashes {
        let of = |ids: &[String]| Hashed { cells: self.data_hash(ids), labels: self.label_hash(ids, rule) };
        let source = entry.needs_source().then(|| of(&split.train));
        let (train, references) = match entry.trained_on {
            TrainedOn::Target => (&cells.train, None),
            TrainedOn::Source => (&split.train, Some(of(&cells.train))),
        };
        CellHashes { train: of(train), test: of(&cells.test), source, references }
    }

    /// Where an entry computes: on the processor, where there are no kernels for it on the device that was chosen.
    pub fn device_of(&self, experiment: &Experiment, entry: &Entry) -> tch::Device {
        let shape = entry.reads().and_then(|name| experiment.feature(name)).map(FeatureSpec::shape);
        entry.model.device(shape.as_deref(), self.device)
    }

    /// The kind of [`Surroundings::device_of`].
    pub fn class_of(&self, experiment: &Experiment, entry: &Entry) -> DeviceClass {
        match self.device_of(experiment, entry) {
            tch::Device::Cuda(_) => DeviceClass::Cuda,
            _ => DeviceClass::Cpu,
        }
    }

    /// What computes elsewhere than on the card that was chosen, or otherwise than was asked for.
    ///
    /// # Errors
    /// [`Error::Precision`] for one that nobody has where an entry computes.
    pub fn check_devices(&self, experiment: &Experiment) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        for entry in &experiment.models {
            let device = self.device_of(experiment, entry);
            if entry.model.precision() == Precision::Fast && card::of(device).is_none() {
                let (experiment, model) = (experiment.name.clone(), entry.label());
                return Err(Error::Precision { experiment, model });
            }
            let shape = entry.reads().and_then(|name| experiment.feature(name)).map(FeatureSpec::shape);
            if let (Some(_), Some(shape)) = (card::of(self.device), shape)
                && let Err(problem) = entry.model.check_card(&shape)
            {
                notes.push(format!("{} computes on the CPU: {problem}", entry.label()));
            }
        }
        Ok(notes)
    }

    /// Hash over ids and fingerprints of some cells of the split, in whatever order.
    pub fn data_hash(&self, ids: &[String]) -> String {
        let fingerprints: Map<String, Value> =
            ids.iter().map(|id| (id.clone(), json!(self.fingerprints.get(id)))).collect();
        hash(&json!({ "origin": self.origin, "fingerprints": fingerprints }))
    }

    /// Hash over ids and lives of some cells of the split by one of the rules of its experiment, in whatever order.
    pub fn label_hash(&self, ids: &[String], rule: &LabelRule) -> String {
        let lives = self.lives.iter().find(|(known, _)| known == rule).map(|(_, lives)| lives);
        let life = |id: &String| lives.and_then(|lives| lives.get(id).copied().flatten());
        label_hash(&ids.iter().map(|id| (id.clone(), life(id))).collect())
    }
}
