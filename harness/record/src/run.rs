//! The record of one run: `runs/<key>/record.json` with `predictions.csv` beside it.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{files, ingredients::Ingredients, pairs::Pairs, provenance::Provenance, references::DrawnReferences};
use cells::{cell::Origin, failure::Failure, label::Tally};
use statistics::Metrics;

/// Version of the format; raised when a reader of the old one would misunderstand the new one.
const FORMAT: u32 = 1;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// With numbers.
    Ok,
    /// The loss or a prediction was not finite.
    Diverged,
    /// Without numbers, for this reason.
    Failed(String),
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => formatter.write_str("ok"),
            Self::Diverged => formatter.write_str("diverged"),
            Self::Failed(reason) => write!(formatter, "failed: {reason}"),
        }
    }
}

impl From<&str> for Status {
    fn from(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "diverged" => Self::Diverged,
            other => Self::Failed(other.strip_prefix("failed: ").unwrap_or(other).to_owned()),
        }
    }
}

/// A cell of the split that has no usable label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Its id.
    pub cell: String,
    /// Why it takes no part.
    pub reason: String,
}

/// What a fit told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Epochs trained, for iterative models.
    pub epochs: Option<usize>,
    /// Training loss of the last epoch.
    pub final_loss: Option<f64>,
    /// How often a collapsed network was initialised again.
    pub restarts: usize,
}

/// Wall times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Of the fit, whichever run made it.
    pub fit: f64,
    /// Of the predictions; runs that asked one trained model together have equal parts.
    pub predict: f64,
}

/// What the lives rest on that a run learned from and was tested on; nothing where the features could not be built, and in
/// records from before it was noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeBases {
    /// Training cells.
    pub train: Tally,
    /// Test cells.
    pub test: Tally,
}

/// What the numbers were made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Of this program.
    pub program: String,
    /// Of libtorch, as the bindings require it.
    pub libtorch: String,
    /// Operating system and processor family.
    pub platform: String,
    /// Of encoders on the CPU, with its instruction set: another one rounds otherwise. Not said in older records.
    #[serde(default)]
    pub engine: String,
}

impl Versions {
    /// Of the running program, whose encoders on the processor compute with `engine`.
    pub fn current(engine: impl Into<String>) -> Self {
        Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            // tch 0.24 refuses to be built with any other
            libtorch: "2.11.0".to_owned(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            engine: engine.into(),
        }
    }
}

/// One test cell of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Its id.
    pub cell: String,
    /// Observed cycle life.
    pub observed: f64,
    /// Predicted cycle life.
    pub predicted: f64,
}

/// One run, with everything needed to know what it is a run of.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Evaluation key, the name of the folder.
    pub key: String,
    /// Key of the trained model.
    pub train_key: String,
    /// Key of the run that trained the model, if it was another one.
    pub trained_by: Option<String>,
    /// What the keys are made of.
    pub ingredients: Ingredients,
    /// How it ended.
    pub status: Status,
    /// Name of the model.
    pub model: String,
    /// Seed of the random streams.
    pub seed: u64,
    /// Measured or simulated cells.
    pub data: Origin,
    /// `cpu`, `cuda:0` …
    pub device: String,
    /// Hash of the declaration that first asked for this run.
    pub config_hash: String,
    /// Versions.
    pub versions: Versions,
    /// Which program made it, where and how. Absent in records from before it was noted.
    pub provenance: Option<Provenance>,
    /// Training cells.
    pub train: Vec<String>,
    /// Cells of the split without a usable label.
    pub removed: Vec<Removed>,
    /// Version of the labels: a hash of all cells of the split with their lives. Absent where there are none, and in
    /// records from before it was noted.
    pub labels: Option<String>,
    /// What the lives rest on.
    pub lives: LifeBases,
    /// Absent unless the status is ok.
    pub metrics: Option<Metrics>,
    /// What the fit told.
    pub fit: Fit,
    /// Wall times.
    pub seconds: Seconds,
    /// Test cells; empty unless the status is ok.
    pub predictions: Vec<Prediction>,
    /// Number of test cells, also where there are no predictions.
    pub test_cells: usize,
}

/// What may lie beside a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attachments<'a> {
    /// The trained tensors, if this run made them.
    pub weights: Option<&'a [u8]>,
    /// The predictions with one reference at a time, if asked for.
    pub pairs: Option<&'a Pairs>,
    /// The references that were drawn, if the model asks any.
    pub references: Option<&'a DrawnReferences<'a>>,
}

/// `record.json`.
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
    device: String,
    metrics: Option<Metrics>,
    fit: Fit,
    seconds: Seconds,
    versions: Versions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance>,
    config_hash: String,
    training_ingredients: Value,
    evaluation_ingredients: Value,
    train_cells: usize,
    test_cells: usize,
    removed: Vec<Removed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    labels: Option<String>,
    #[serde(default)]
    lives: LifeBases,
    train: Vec<String>,
}

impl RunRecord {
    /// Whether `folder` holds a run that ended, well or not.
    pub fn exists(folder: &Path) -> bool {
        folder.join("record.json").is_file()
    }

    /// Writes the whole folder of the run, replacing an earlier one.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the file that could not be written.
    pub fn write(&self, folder: &Path, beside: Attachments<'_>) -> Result<(), Failure> {
        files::write_folder(folder, |partial| {
            if let Some(weights) = beside.weights {
                fs::write(weights_file(partial), weights).map_err(|error| {
                    Failure::Usage(format!("{}: cannot save the weights: {error}", folder.display()))
                })?;
            }
            if let Some(pairs) = beside.pairs {
                pairs.write(partial)?;
            }
            if let Some(references) = beside.references {
                references.write(partial)?;
            }
            if self.status == Status::Ok {
                files::write_whole(&partial.join("predictions.csv"), self.predictions_csv().as_bytes())?;
            }
            let text =
                serde_json::to_string_pretty(&self.wire()).map_err(|error| Failure::Internal(error.to_string()))?;
            files::write_whole(&partial.join("record.json"), text.as_bytes())
        })
    }

    /// Reads the folder of a run.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the file, what is wrong and what to do.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("record.json");
        let broken = |problem: String| {
            Failure::Usage(format!("{}: {problem}; delete {} to have it run again", path.display(), folder.display()))
        };
        let text = fs::read_to_string(&path).map_err(|error| broken(format!("cannot read this record: {error}")))?;
        let format = serde_json::from_str::<Value>(&text).ok().and_then(|value| value["format"].as_u64());
        if let Some(format) = format.filter(|&format| format != u64::from(FORMAT)) {
            return Err(broken(format!("this record has format {format}, this program reads format {FORMAT}")));
        }
        let wire: Wire =
            serde_json::from_str(&text).map_err(|error| broken(format!("this is no run record: {error}")))?;
        let status = Status::from(wire.status.as_str());
        let predictions = if status == Status::Ok {
            read_predictions(&folder.join("predictions.csv")).map_err(&broken)?
        } else {
            vec![]
        };
        let lives = |of: fn(&Prediction) -> f64| predictions.iter().map(of).collect::<Vec<f64>>();
        // derived anew: the measures in the file are for people, and JSON readers may round the last digit
        let metrics = Metrics::new(&lives(|row| row.observed), &lives(|row| row.predicted));
        let error = |metrics: &Option<Metrics>| metrics.as_ref().map(|metrics| metrics.rmse);
        match (error(&metrics), error(&wire.metrics)) {
            (Some(found), Some(said)) if (found - said).abs() <= 1e-9 * said.abs() => {}
            (None, None) => {}
            (found, said) => {
                let number = |rmse: Option<f64>| rmse.map_or_else(|| "none".to_owned(), |rmse| rmse.to_string());
                return Err(broken(format!(
                    "the RMSE of its predictions.csv is {}, this record has {}",
                    number(found),
                    number(said)
                )));
            }
        }
        Ok(Self {
            key: wire.key,
            train_key: wire.train_key,
            trained_by: wire.trained_by,
            ingredients: Ingredients { training: wire.training_ingredients, evaluation: wire.evaluation_ingredients },
            status,
            model: wire.model,
            seed: wire.seed,
            data: wire.data,
            device: wire.device,
            config_hash: wire.config_hash,
            versions: wire.versions,
            provenance: wire.provenance,
            train: wire.train,
            removed: wire.removed,
            labels: wire.labels,
            lives: wire.lives,
            metrics,
            fit: wire.fit,
            seconds: wire.seconds,
            predictions,
            test_cells: wire.test_cells,
        })
    }

    fn wire(&self) -> Wire {
        Wire {
            format: FORMAT,
            key: self.key.clone(),
            train_key: self.train_key.clone(),
            trained_by: self.trained_by.clone(),
            status: self.status.to_string(),
            model: self.model.clone(),
            seed: self.seed,
            data: self.data,
            device: self.device.clone(),
            metrics: self.metrics,
            fit: self.fit.clone(),
            seconds: self.seconds,
            versions: self.versions.clone(),
            provenance: self.provenance.clone(),
            config_hash: self.config_hash.clone(),
            training_ingredients: self.ingredients.training.clone(),
            evaluation_ingredients: self.ingredients.evaluation.clone(),
            train_cells: self.train.len(),
            test_cells: self.test_cells,
            removed: self.removed.clone(),
            labels: self.labels.clone(),
            lives: self.lives,
            train: self.train.clone(),
        }
    }

    fn predictions_csv(&self) -> String {
        let rows = self.predictions.iter().map(|row| format!("{},{},{}\n", row.cell, row.observed, row.predicted));
        std::iter::once("cell_id,observed,predicted\n".to_owned()).chain(rows).collect()
    }
}

/// Where the folder of a run has its trained tensors.
pub fn weights_file(folder: &Path) -> PathBuf {
    folder.join("weights.safetensors")
}

fn read_predictions(path: &Path) -> Result<Vec<Prediction>, String> {
    let broken = |problem: &dyn fmt::Display| format!("its predictions.csv: {problem}");
    let mut reader = csv::Reader::from_path(path).map_err(|error| broken(&error))?;
    reader
        .deserialize::<(String, f64, f64)>()
        .map(|row| {
            let (cell, observed, predicted) = row.map_err(|error| broken(&error))?;
            Ok(Prediction { cell, observed, predicted })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::record;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let mut whole = record("k");
        whole.write(&path, Attachments::default()).unwrap();
        assert_eq!(RunRecord::read(&path).unwrap(), whole);

        whole.status = Status::Failed("cell x, \"quoted\"".to_owned());
        (whole.metrics, whole.predictions) = (None, vec![]);
        whole.write(&path, Attachments::default()).unwrap();
        assert_eq!(RunRecord::read(&path).unwrap(), whole);
        assert!(!path.join("predictions.csv").exists());
    }

    #[test]
    fn a_record_from_before_provenance_was_noted_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let mut whole = record("k");
        whole.write(&path, Attachments::default()).unwrap();
        let mut wire: Value = serde_json::from_str(&fs::read_to_string(path.join("record.json")).unwrap()).unwrap();
        assert!(wire.as_object_mut().unwrap().remove("provenance").is_some());
        fs::write(path.join("record.json"), wire.to_string()).unwrap();
        whole.provenance = None;
        assert_eq!(RunRecord::read(&path).unwrap(), whole);
    }

    #[test]
    fn predictions_that_are_not_those_of_the_record_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        record("k").write(&path, Attachments::default()).unwrap();
        let file = path.join("predictions.csv");
        let whole = fs::read_to_string(&file).unwrap();
        let refused = || RunRecord::read(&path).unwrap_err().to_string();
        for text in [whole.replace("610", "611"), "cell_id,observed,predicted\n".to_owned()] {
            fs::write(&file, text).unwrap();
            assert!(refused().contains("the RMSE of its predictions.csv is"), "{}", refused());
        }
        fs::remove_file(&file).unwrap();
        assert!(refused().contains("predictions.csv") && refused().contains("to have it run again"), "{}", refused());
    }

    #[test]
    fn a_broken_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (text, words) in [
            ("{", "no run record"),
            (r#"{"format": 9}"#, "has format 9, this program reads format 1"),
            (r#"{"format": 1}"#, "missing field"),
        ] {
            fs::write(folder.path().join("record.json"), text).unwrap();
            let message = RunRecord::read(folder.path()).unwrap_err().to_string();
            assert!(message.contains(words) && message.contains("record.json"), "{message}");
        }
    }
}
