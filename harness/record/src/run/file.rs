//! `record.json`, format 2.
//!
//! It is sealed (`seal.rs`): a record that was edited, or in which a bit has changed, is none.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Doubtful, Fit, LifeBases, Removed, RunRecord, Seconds, Status, former};
use crate::Error;
use crate::{
    attachments::Hashes,
    computed::{DeviceClass, Precision},
    ingredients::Ingredients,
    provenance::{Provenance, Versions},
    seal,
    values::Values,
};
use cells::cell::Origin;
use statistics::Metrics;

/// Version of the format; raised when a reader of the old one would misunderstand the new one.
pub(super) const FORMAT: u32 = 2;

/// What a record says of itself that follows from the rest.
pub(super) struct Said {
    pub(super) key: String,
    pub(super) train_key: String,
    pub(super) rmse: Option<f64>,
}

/// `record.json`, without its last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: u32,
    key: String,
    train_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trained_by: Option<String>,
    status: String,
    model: String,
    seed: u64,
    data: Origin,
    data_hash: String,
    label_hash: String,
    values: Values,
    device: String,
    device_class: DeviceClass,
    precision: Precision,
    metrics: Option<Metrics>,
    fit: Fit,
    seconds: Seconds,
    versions: Versions,
    provenance: Provenance,
    config_hash: String,
    training_ingredients: Value,
    evaluation_ingredients: Value,
    train_cells: usize,
    test_cells: usize,
    removed: Vec<Removed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doubtful: Vec<Doubtful>,
    lives: LifeBases,
    train: Vec<String>,
    /// BLAKE3 of what lies beside it.
    attachments: Hashes,
}

/// The bytes of the file.
pub(super) fn to_text(record: &RunRecord) -> Result<String, Error> {
    let record = record.clone();
    let wire = Wire {
        format: FORMAT,
        key: record.key(),
        train_key: record.train_key(),
        trained_by: record.trained_by,
        status: record.status.to_string(),
        model: record.model,
        seed: record.seed,
        data: record.data,
        data_hash: record.data_hash,
        label_hash: record.label_hash,
        values: record.values,
        device: record.device,
        device_class: record.class,
        precision: record.precision,
        metrics: record.metrics,
        fit: record.fit,
        seconds: record.seconds,
        versions: record.versions,
        provenance: record.provenance,
        config_hash: record.config_hash,
        training_ingredients: record.ingredients.training,
        evaluation_ingredients: record.ingredients.evaluation,
        train_cells: record.train.len(),
        test_cells: record.test_cells,
        removed: record.removed,
        doubtful: record.doubtful,
        lives: record.lives,
        train: record.train,
        attachments: record.attachments,
    };
    let text = serde_json::to_string_pretty(&wire).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(seal::sealed(&text))
}

/// A record without its predictions, and what it says of itself.
pub(super) fn from_text(text: &str) -> Result<(RunRecord, Said), String> {
    // the records of today, in one pass
    if let Some((body, true)) = seal::opened(text)
        && let Ok(wire) = serde_json::from_str::<Wire>(&body)
        && wire.format == FORMAT
    {
        return from_wire(wire);
    }
    let mut value: Value = serde_json::from_str(text).map_err(|error| format!("this is no run record: {error}"))?;
    match value["format"].as_u64() {
        Some(1) => {
            let (record, said) = former::from_text(text)?;
            check_ingredients(&record)?;
            return Ok((record, said));
        }
        Some(format) if format != u64::from(FORMAT) => {
            return Err(format!(
                "this record has format {format}, this program reads format {FORMAT} and the one before"
            ));
        }
        _ => {}
    }
    let is_sound = seal::broken_off(text, &mut value) == Some(true);
    let wire: Wire = serde_json::from_value(value).map_err(|error| format!("this is no run record: {error}"))?;
    if !is_sound {
        return Err("record.json is not the file that was written: its last line is not the hash of what is before it"
            .to_owned());
    }
    from_wire(wire)
}

fn from_wire(wire: Wire) -> Result<(RunRecord, Said), String> {
    let said = Said { key: wire.key, train_key: wire.train_key, rmse: wire.metrics.map(|metrics| metrics.rmse) };
    let record = RunRecord {
        trained_by: wire.trained_by,
        ingredients: Ingredients { training: wire.training_ingredients, evaluation: wire.evaluation_ingredients },
        status: Status::from(wire.status.as_str()),
        model: wire.model,
        seed: wire.seed,
        data: wire.data,
        values: wire.values,
        device: wire.device,
        class: wire.device_class,
        precision: wire.precision,
        config_hash: wire.config_hash,
        versions: wire.versions,
        provenance: wire.provenance,
        train: wire.train,
        removed: wire.removed,
        doubtful: wire.doubtful,
        data_hash: wire.data_hash,
        label_hash: wire.label_hash,
        lives: wire.lives,
        metrics: None,
        fit: wire.fit,
        seconds: wire.seconds,
        predictions: Vec::new(),
        test_cells: wire.test_cells,
        attachments: wire.attachments,
    };
    check_ingredients(&record)?;
    Ok((record, said))
}

/// What stands in a record for people must be what its keys are made of.
fn check_ingredients(record: &RunRecord) -> Result<(), String> {
    let (training, json) = (&record.ingredients.training, |value: &dyn ToString| Value::from(value.to_string()));
    let said = [
        ("model", Value::from(record.model.as_str())),
        ("seed", Value::from(record.seed)),
        ("origin", json(&record.data)),
        ("device", json(&record.class)),
        ("precision", json(&record.precision)),
    ];
    // format 1 has no origin and no precision in its keys
    let is_other =
        |(name, value): &&(&str, Value)| training.get(*name).map_or(!record.is_former(), |made| made != value);
    match said.iter().find(is_other) {
        None => Ok(()),
        Some((name, value)) => {
            Err(format!("record.json says that its {name} is {value}, and its key is made of {}", training[*name]))
        }
    }
}
