//! What was declared, kept beside the results so that a report needs nothing else.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{change::Change, files, seal, variant::Variant};
use crate::Error;
use cells::{cell::Origin, whole_file};

const FORMAT: u32 = 1;

/// The profile that changes nothing: the file as written, which is the paper's schedule.
pub const AS_WRITTEN: &str = "paper";

/// Whether the authors' protocol is followed with its known defects, or a corrected one (method §10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("x-source" = "10"))]
pub enum Protocol {
    /// As the authors' code does it, so that numbers can be laid beside theirs.
    Faithful,
    /// Corrected.
    Honest,
}

impl Protocol {
    /// As it is written in an experiment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Faithful => "faithful",
            Self::Honest => "honest",
        }
    }

    /// What the word means, as a sentence; of an experiment of the paper, what it means for its published errors, too.
    pub fn meaning(self, is_of_paper: bool) -> String {
        let beside = match (self, is_of_paper) {
            (_, false) => "",
            (Self::Faithful, true) => ", so that errors can be laid beside the published ones",
            (Self::Honest, true) => {
                "; hyper-parameters are still the authors', who chose them with the test error in view, and published errors are no \
                 target"
            }
        };
        let meaning = match self {
            Self::Faithful => "faithful protocol: as the authors' code, known defects included",
            Self::Honest => {
                "honest protocol: unless the file says otherwise, cells are left out whose record ends well above their end of \
                 life or before their published or declared life, life ends at the crossing after which capacity stays low (lives that were \
                 published stay), cycles that cleaning took for outliers count, no training cell is its own reference, running \
                 medians leave missing values out, and no feature reads beyond the early cycles"
            }
        };
        format!("{meaning}{beside}")
    }
}

/// The question that an experiment answers, by which a report chooses its table or figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Study {
    /// Models beside one another on one scenario.
    #[default]
    Scenario,
    /// What each branch of BatLiNet brings.
    Branches,
    /// Which channels of the capacity map it needs.
    Features,
    /// How many reference cells it should be asked with.
    References,
    /// How its branches should be weighted.
    Alpha,
    /// Every training cell as the only reference of every test cell.
    ReferenceStudy,
    /// From one chemistry to another.
    Transfer,
    /// Models on every fold of the cells in turn: of a list of split files, and not to be written.
    CrossValidation,
    /// A part of the training cells, left out: what choices are made by.
    Folds,
}

/// An error measure that an expectation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Cycles.
    Rmse,
    /// Cycles.
    Mae,
    /// Percent.
    Mape,
}

/// A number that an experiment should come out with, on cells of one origin and under one profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Name of a model of the experiment.
    pub model: String,
    /// Which of its entries.
    #[serde(default)]
    pub variant: Variant,
    /// Of which measure.
    pub metric: Metric,
    /// The number, compared with the mean over seeds.
    pub value: f64,
    /// How far the mean may be off.
    pub tolerance: f64,
    /// Where the number is from.
    pub source: String,
    /// On which cells it holds.
    pub data: Origin,
    /// Under which profile it holds.
    #[serde(default = "as_written")]
    pub profile: String,
}

fn as_written() -> String {
    AS_WRITTEN.to_owned()
}

/// `experiments/<name>-<data>.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentRecord {
    /// Name of the experiment.
    pub name: String,
    /// Scenario of the published benchmark.
    pub scenario: String,
    /// The question it answers; records from before there was a choice are of scenarios.
    #[serde(default)]
    pub study: Study,
    /// Measured or simulated cells.
    pub data: Origin,
    /// Profile under which it was last run.
    pub profile: String,
    /// `--set` options of the last run.
    pub settings: Vec<String>,
    /// What profile and settings changed, against the file as written; not said in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
    /// How many seeds the file declares; not said in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<usize>,
    /// How many runs it declares, with these settings; not said in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<usize>,
    /// Hash of the declaration.
    pub config_hash: String,
    /// Faithful or honest.
    pub protocol: Protocol,
    /// What is run and why.
    pub description: String,
    /// What to distrust.
    pub analysis: String,
    /// What should come out.
    pub expect: Vec<Expectation>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: u32,
    experiment: ExperimentRecord,
}

impl ExperimentRecord {
    /// Writes the record into the output folder `out`.
    ///
    /// # Errors
    /// [`Error::Write`] names the file.
    pub fn write(&self, out: &Path) -> Result<(), Error> {
        let wire = Wire { format: FORMAT, experiment: self.clone() };
        let text = serde_json::to_string_pretty(&wire).map_err(|error| Error::Internal(error.to_string()))?;
        files::write_whole(
            &out.join(format!("experiments/{}-{}.json", self.name, self.data)),
            seal::sealed(&text).as_bytes(),
        )
    }

    /// Whether this file is the record of an experiment.
    pub fn is_at(path: &Path) -> bool {
        read(path).is_ok()
    }

    /// All records of the output folder `out`, sorted by file name; none if it has none.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Broken`] name what cannot be read.
    pub fn read_all(out: &Path) -> Result<Vec<Self>, Error> {
        let entries = files::entries(&out.join("experiments"))?;
        let mut paths: Vec<_> = entries
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }
}

fn read(path: &Path) -> Result<ExperimentRecord, Error> {
    let broken = |what: String| Error::Broken { path: path.to_owned(), what };
    let text = whole_file::read_text(path).map_err(|error| broken(error.to_string()))?;
    let mut value: Value = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    // files of older programs are not sealed
    if seal::broken_off(&text, &mut value) == Some(false) {
        return Err(broken("this is not the file that was written: its last line is not the hash of what is before it; `batlinet run` writes it anew".to_owned()));
    }
    let wire: Wire = serde_json::from_value(value).map_err(|error| broken(error.to_string()))?;
    if wire.format != FORMAT {
        return Err(broken(format!("this file has format {}, this program reads format {FORMAT}", wire.format)));
    }
    Ok(wire.experiment)
}
