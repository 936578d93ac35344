//! `changes.yaml`, beside a baseline: what was meant to change, when, why and from what to what.
//!
//! A declaration covers the change that it names and no later one: it holds the hash of the predictions that were and the error that
//! came in their place, how a run ended that failed, and the hash of the tables that came where these are others.

use std::path::{Path, PathBuf};

use cells::whole_file;
use record::{Prediction, Status, files, hash_of};
use serde::{Deserialize, Serialize};

use statistics::relative;

use crate::{
    Error, Run, Slot,
    gate::{TABLES, are_alike},
};

/// All declarations, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The declarations.
    pub changes: Vec<Declaration>,
}

/// What was meant at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Why.
    pub reason: String,
    /// The day, year-month-day.
    pub date: String,
    /// The commit that the program was built from which made the new numbers.
    pub commit: String,
    /// The runs that became others.
    pub runs: Vec<Moved>,
}

/// A run that became another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Name of the experiment.
    pub experiment: String,
    /// Measured or simulated cells.
    pub data: String,
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// Of the run.
    pub seed: u64,
    /// First digits of the BLAKE3 of the predictions that were.
    pub was: String,
    /// RMSE before and now, cycles; none where the run has no numbers.
    pub rmse: [Option<f64>; 2],
    /// How it ended before and now, where it did not end well both times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<[String; 2]>,
    /// First digits of the BLAKE3 of the tables beside the predictions, before and now, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<[String; 2]>,
}

/// So many digits of a hash.
const DIGITS: usize = 16;

impl Moved {
    /// Declares that `was` became `is`.
    pub fn new(slot: &Slot, was: &Run, is: &Run) -> Self {
        let Slot { experiment, data, model, variant } = slot.clone();
        let rmse = |run: &Run| run.metrics().map(|metrics| metrics.rmse);
        Self {
            experiment,
            data,
            model,
            variant,
            seed: was.score.seed,
            was: predictions(was),
            rmse: [rmse(was), rmse(is)],
            status: statuses(was, is),
            tables: tables(was, is),
        }
    }

    fn is_of(&self, slot: &Slot, seed: u64) -> bool {
        (&self.experiment, &self.data, &self.model, &self.variant, self.seed)
            == (&slot.experiment, &slot.data, &slot.model, &slot.variant, seed)
    }
}

/// First digits of the hash of what a run predicted; empty without numbers.
fn predictions(run: &Run) -> String {
    let hash = run.record.attachments.get(Prediction::FILE);
    hash.map_or_else(String::new, |hash| hash.chars().take(DIGITS).collect())
}

fn statuses(was: &Run, is: &Run) -> Option<[String; 2]> {
    let both = [was, is].map(|run| &run.record.status);
    both.iter().any(|status| **status != Status::Ok).then(|| both.map(ToString::to_string))
}

fn tables(was: &Run, is: &Run) -> Option<[String; 2]> {
    let hash = |run: &Run| {
        let of = |name: &&str| run.record.attachments.get(*name).cloned().unwrap_or_default();
        let all: String = TABLES.iter().map(of).collect();
        hash_of(all.as_bytes()).chars().take(DIGITS).collect::<String>()
    };
    let both = [hash(was), hash(is)];
    (both[0] != both[1]).then_some(both)
}

impl Changes {
    /// Name of the file in a baseline.
    pub const FILE: &'static str = "changes.yaml";

    /// Reads a file of declarations; where there is none, nothing was declared.
    ///
    /// # Errors
    /// [`Error`] names the file, and line and column where it is no such file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = whole_file::read_text(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        // the reader of YAML takes time without end for such
        if text.contains("[[[[[[[[") || text.contains("{{{{{{{{") {
            let what = "nested deeper than any declaration; `batlinet gate --accept` writes this file".to_owned();
            return Err(Error::Malformed { path: path.to_owned(), what });
        }
        serde_yaml::from_str(&text).map_err(|error| Error::Malformed {
            path: path.to_owned(),
            what: format!("{error}; `batlinet gate --accept` writes this file"),
        })
    }

    /// Why the predictions of `was` became those of `is`, if the newest declaration of the run says so: the error may differ from the
    /// declared one by `allowed`, relative. What lies beside predictions must be what was declared, as far as the two were computed in
    /// the same way.
    pub fn reason(&self, slot: &Slot, was: &Run, is: &Run, allowed: f64) -> Option<&str> {
        let of_run = |moved: &&Moved| moved.is_of(slot, was.score.seed);
        let newest = self.changes.iter().rev().find(|one| one.runs.iter().any(|moved| of_run(&moved)))?;
        let fits = |moved: &&Moved| {
            let is_error = match (moved.rmse[1], is.metrics()) {
                (Some(declared), Some(metrics)) => relative(declared, metrics.rmse) <= allowed,
                (declared, found) => declared.is_none() && found.is_none(),
            };
            let tables = tables(was, is);
            let are_tables = match &moved.tables {
                Some(_) => moved.tables == tables || !are_alike(&was.record, &is.record),
                // older programs said nothing of them
                None => tables.is_none() || predictions(was) != predictions(is),
            };
            moved.was == predictions(was) && moved.status == statuses(was, is) && is_error && are_tables
        };
        newest.runs.iter().filter(of_run).find(fits).map(|_| newest.reason.as_str())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`Error`] names it.
    pub fn write(&self, path: &Path) -> Result<PathBuf, Error> {
        let text = serde_yaml::to_string(self)
            .map_err(|error| Error::Malformed { path: path.to_owned(), what: error.to_string() })?;
        let head = "# What was meant to change in the numbers beside this file; `batlinet gate --accept` adds to it. `was` has the first\n\
                    # digits of the BLAKE3 of the predictions that were, `rmse` the errors before and now.\n";
        files::write_whole(path, format!("{head}{text}").as_bytes())?;
        Ok(path.to_owned())
    }
}
