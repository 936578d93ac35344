//! `record.json`, format 1: no hashes, keys without labels, origin and precision, provenance and lives where they were noted.
//!
//! Such records are read for reports as they are, with [`UNKNOWN`] for what they do not say. `batlinet run` takes them over where
//! cells and declaration are at hand, which tell what they do not.

use serde::Deserialize;
use serde_json::Value;

use super::{Fit, LifeBases, Removed, RunRecord, Seconds, Status, file::Said};
use crate::{
    computed::{DeviceClass, Precision},
    ingredients::Ingredients,
    provenance::{Provenance, UNKNOWN, Versions},
    values::Values,
};
use cells::cell::Origin;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "format")]
    _format: u32,
    key: String,
    train_key: String,
    #[serde(default)]
    trained_by: Option<String>,
    status: String,
    model: String,
    seed: u64,
    data: Origin,
    device: String,
    metrics: Option<Rmse>,
    fit: Fit,
    seconds: Seconds,
    versions: Versions,
    #[serde(default)]
    provenance: Option<FormerProvenance>,
    config_hash: String,
    training_ingredients: Value,
    evaluation_ingredients: Value,
    #[serde(rename = "train_cells")]
    _train_cells: usize,
    test_cells: usize,
    removed: Vec<Removed>,
    #[serde(default)]
    labels: Option<String>,
    #[serde(default)]
    lives: LifeBases,
    train: Vec<String>,
}

/// The measure that predictions are held against.
#[derive(Deserialize)]
struct Rmse {
    rmse: f64,
}

/// With `-dirty` behind the commit of changed sources.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormerProvenance {
    commit: String,
    processor: String,
    libtorch_instructions: String,
    threads: usize,
    command: String,
}

pub(super) fn from_text(text: &str) -> Result<(RunRecord, Said), String> {
    let wire: Wire = serde_json::from_str(text).map_err(|error| format!("this is no run record: {error}"))?;
    let said = Said { key: wire.key, train_key: wire.train_key, rmse: wire.metrics.map(|metrics| metrics.rmse) };
    let ingredients = Ingredients { training: wire.training_ingredients, evaluation: wire.evaluation_ingredients };
    let record = RunRecord {
        trained_by: wire.trained_by,
        values: Values::of_ingredients(&ingredients),
        ingredients,
        status: Status::from(wire.status.as_str()),
        model: wire.model,
        seed: wire.seed,
        data: wire.data,
        class: if wire.device == "cpu" { DeviceClass::Cpu } else { DeviceClass::Cuda },
        device: wire.device,
        // there was no other
        precision: Precision::Exact,
        config_hash: wire.config_hash,
        versions: wire.versions,
        provenance: wire.provenance.map_or_else(Provenance::unknown, |former| {
            let (commit, is_dirty) = Provenance::split(&former.commit);
            let FormerProvenance { processor, libtorch_instructions, threads, command, .. } = former;
            Provenance { commit: commit.to_owned(), is_dirty, processor, libtorch_instructions, threads, command }
        }),
        train: wire.train,
        removed: wire.removed,
        doubtful: Vec::new(),
        data_hash: UNKNOWN.to_owned(),
        label_hash: wire.labels.unwrap_or_else(|| UNKNOWN.to_owned()),
        lives: wire.lives,
        metrics: None,
        fit: wire.fit,
        seconds: wire.seconds,
        predictions: Vec::new(),
        test_cells: wire.test_cells,
        attachments: Default::default(),
    };
    Ok((record, said))
}
