//! The record of one run: `runs/<key>/record.json` with `predictions.csv` beside it.

mod file;
mod former;
mod parts;
mod status;

use std::path::{Path, PathBuf};

use super::{
    attachments::{self, Attachments, Hashes, WEIGHTS, hash_of},
    computed::{DeviceClass, Precision},
    files,
    ingredients::Ingredients,
    provenance::{Provenance, UNKNOWN, Versions},
    values::Values,
};
use crate::Error;
use cells::{cell::Origin, whole_file};
use statistics::{Metrics, is_same};

pub use parts::{Doubtful, Fit, LifeBases, Prediction, Removed, Seconds};
pub use status::Status;

/// One run, with everything needed to know what it is a run of. Nothing that says where a number is from may be left out.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
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
    /// What a report looks up.
    pub values: Values,
    /// `cpu`, `cuda:0` …
    pub device: String,
    /// Of that.
    pub class: DeviceClass,
    /// How exactly it computed.
    pub precision: Precision,
    /// Hash of the declaration that first asked for this run.
    pub config_hash: String,
    /// Versions.
    pub versions: Versions,
    /// Which program made it, where and how.
    pub provenance: Provenance,
    /// Training cells.
    pub train: Vec<String>,
    /// Cells of the split without a usable label.
    pub removed: Vec<Removed>,
    /// Its cells of which something may be wrong; none in records from before that was noted.
    pub doubtful: Vec<Doubtful>,
    /// Hash of the contents of all cells of the split; [`UNKNOWN`] in records of format 1.
    pub data_hash: String,
    /// Version of the labels: a hash of all cells of the split with their lives. [`UNKNOWN`] in records from before it was noted.
    pub label_hash: String,
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
    /// What lies beside it. Noted when it is written; none in records of format 1.
    pub attachments: Hashes,
}

impl RunRecord {
    /// Name of its file in the folder of the run.
    pub const FILE: &'static str = "record.json";

    /// Evaluation key, the name of the folder.
    pub fn key(&self) -> String {
        self.ingredients.evaluation_key()
    }

    /// Key of the trained model.
    pub fn train_key(&self) -> String {
        self.ingredients.train_key()
    }

    /// Whether `folder` holds a run that ended, well or not.
    pub fn exists(folder: &Path) -> bool {
        folder.join(Self::FILE).is_file()
    }

    /// Writes the whole folder of the run, replacing an earlier one, and notes the hashes of what lies beside the record.
    ///
    /// # Errors
    /// [`Error::Write`] and [`Error::WriteFolder`] name what could not be written.
    pub fn write(&mut self, folder: &Path, beside: Attachments<'_>) -> Result<(), Error> {
        let text = |text: String| text.into_bytes();
        let all = [
            (WEIGHTS, beside.weights.map(<[u8]>::to_vec)),
            (super::PairPredictions::FILE, beside.pairs.map(|pairs| text(pairs.to_csv()))),
            (super::Losses::FILE, beside.losses.map(|losses| text(losses.to_csv()))),
            (super::DrawnReferences::FILE, beside.references.map(|references| text(references.to_csv()))),
            (super::Deviations::FILE, beside.deviations.map(|deviations| text(deviations.to_csv()))),
            (super::Selection::FILE, beside.selection.map(|selection| text(selection.to_csv()))),
            (super::Intervals::FILE, beside.intervals.map(|intervals| text(intervals.to_csv()))),
            (super::Sides::FILE, beside.sides.map(|sides| text(sides.to_csv()))),
            (Prediction::FILE, (self.status == Status::Ok).then(|| text(Prediction::to_csv(&self.predictions)))),
        ];
        self.attachments = beside
            .pretrained
            .map(|(key, hash)| (attachments::pretrained_name(key), hash.to_owned()))
            .into_iter()
            .collect();
        self.put(folder, all.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))).collect())
    }

    /// Writes the record into `folder` with what lies beside the one in `from`, byte for byte: a run that is taken over.
    ///
    /// # Errors
    /// [`Error::File`] names the file that could not be read; as [`RunRecord::write`].
    pub fn take_over(&mut self, from: &Path, folder: &Path) -> Result<(), Error> {
        let unreadable = |path: PathBuf, source: std::io::Error| Error::File { path, source };
        let here = attachments::FILES.into_iter().filter(|name| from.join(name).is_file());
        let files = here
            .map(|name| {
                Ok((name, whole_file::read(&from.join(name)).map_err(|error| unreadable(from.join(name), error))?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        self.put(folder, files)
    }

    fn put(&mut self, folder: &Path, files: Vec<(&str, Vec<u8>)>) -> Result<(), Error> {
        self.attachments.extend(files.iter().map(|(name, bytes)| ((*name).to_owned(), hash_of(bytes))));
        let record = file::to_text(self)?;
        files::write_folder(folder, |partial| {
            for (name, bytes) in &files {
                files::write_whole(&partial.join(name), bytes)?;
            }
            files::write_whole(&partial.join(Self::FILE), record.as_bytes())
        })
    }

    /// Reads the record in the folder of a run, of this format or the one before, with its predictions. Both must be what was
    /// written, and the folder must have the name that belongs to it; the other files are not looked at.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file, what is wrong and what to do.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        open(folder).map_err(|problem| broken(folder, &problem))
    }

    /// As [`RunRecord::read`], and the small tables that lie beside it must be what was written.
    ///
    /// # Errors
    /// As [`RunRecord::read`].
    pub fn read_with_tables(folder: &Path) -> Result<Self, Error> {
        let record = Self::read(folder)?;
        if record.is_former() {
            return Ok(record);
        }
        let is_small = |name: &str| attachments::small().any(|small| small == name);
        let tables = record.attachments.iter().filter(|(name, _)| is_small(name));
        let tables = tables.map(|(name, hash)| (name.clone(), hash.clone())).collect();
        attachments::check_those(folder, &tables).map_err(|problem| broken(folder, &problem))?;
        Ok(record)
    }

    /// As [`RunRecord::read`], and everything that lies beside it must be what was written.
    ///
    /// # Errors
    /// As [`RunRecord::read`].
    pub fn read_whole(folder: &Path) -> Result<Self, Error> {
        Self::whole(folder).map_err(|problem| broken(folder, &problem))
    }

    /// As [`RunRecord::read_whole`].
    ///
    /// # Errors
    /// What is wrong, as a fragment that names the file.
    pub fn whole(folder: &Path) -> Result<Self, String> {
        let record = open(folder)?;
        if !record.is_former() {
            attachments::check(folder, &record.attachments)?;
        }
        Ok(record)
    }

    /// Whether it is of format 1, which has no hashes; its key is of that format too.
    pub fn is_former(&self) -> bool {
        self.data_hash == UNKNOWN
    }
}

fn broken(folder: &Path, problem: &str) -> Error {
    Error::BrokenRun { path: folder.join(RunRecord::FILE), what: problem.to_owned(), folder: folder.to_owned() }
}

/// Fragments name the file where it is not the record itself.
fn open(folder: &Path) -> Result<RunRecord, String> {
    let path = folder.join(RunRecord::FILE);
    let text = whole_file::read_text(&path).map_err(|error| format!("cannot read this record: {error}"))?;
    let (mut record, said) = file::from_text(&text)?;
    let (train_key, name) = (record.train_key(), folder.file_name().unwrap_or_default());
    let key = record.ingredients.key_of(&train_key);
    if said.key != key || said.train_key != train_key {
        return Err(format!("it says that it is run {}, and what it was made of is that of {key}", said.key));
    }
    if name != key.as_str() {
        return Err(format!("it is that of run {key}, and not of {}, in whose folder it lies", name.display()));
    }
    if record.status == Status::Ok {
        let name = Prediction::FILE;
        let bytes = whole_file::read(&folder.join(name)).map_err(|error| format!("its {name}: {error}"))?;
        let is_known = record.is_former() || record.attachments.get(name) == Some(&hash_of(&bytes));
        record.predictions = Prediction::from_csv(&bytes)?;
        record.metrics = measured(&record.predictions, said.rmse)?;
        if record.predictions.len() != record.test_cells {
            return Err(format!(
                "its {name} has {} rows, and it says that it has {} test cells",
                record.predictions.len(),
                record.test_cells
            ));
        }
        if record.metrics.is_none() {
            return Err(format!("it says that it went well, and its {name} has no numbers"));
        }
        if !is_known {
            return Err(format!(
                "its {name} is not the file that was written: it does not have the hash that is noted"
            ));
        }
    }
    Ok(record)
}

/// The measures, derived anew: those in the file are for people, and JSON readers may round the last digit.
fn measured(predictions: &[Prediction], said: Option<f64>) -> Result<Option<Metrics>, String> {
    let lives = |of: fn(&Prediction) -> f64| predictions.iter().map(of).collect::<Vec<f64>>();
    let metrics = Metrics::new(&lives(|row| row.observed), &lives(|row| row.predicted));
    match (metrics.as_ref().map(|metrics| metrics.rmse), said) {
        (Some(found), Some(said)) if is_same(found, said) => {}
        (None, None) => {}
        (found, said) => {
            let number = |rmse: Option<f64>| rmse.map_or_else(|| "none".to_owned(), |rmse| rmse.to_string());
            return Err(format!(
                "the RMSE of its predictions.csv is {}, this record has {}",
                number(found),
                number(said)
            ));
        }
    }
    Ok(metrics)
}

/// Where the folder of a run has its trained tensors.
pub fn weights_file(folder: &Path) -> PathBuf {
    folder.join(WEIGHTS)
}

/// The hash of the tensors that a run has trained, if it left any and its record knows it.
pub fn weights_hash(record: &RunRecord) -> Option<String> {
    record.attachments.get(WEIGHTS).cloned()
}

#[cfg(test)]
mod tests;
