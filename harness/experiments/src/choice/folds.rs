//! `folds:` of an experiment: parts of its training cells, left out in turn.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use crate::{Error, named::unique, setting::Setting, spec::Experiment};
use cells::{
    cell::CellInfo,
    source::CellSource,
    split::{self, By, Member, Split},
};

/// What stays on one side of a fold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum FoldsBy {
    /// Each cell is drawn for itself.
    #[default]
    Random,
    /// Cells cycled alike.
    Protocol,
    /// Cells of one batch.
    Batch,
    /// Cells whose charge begins alike: the text of the charge up to its first bracket, such as `5.4C` of `5.4C(60%)-3C`.
    ChargeStart,
}

impl FoldsBy {
    /// What cells of one group share with no other.
    pub fn group(self, info: &CellInfo) -> String {
        let by = match self {
            Self::Random => By::Random,
            Self::Protocol => By::Protocol,
            Self::Batch => By::Batch,
            Self::ChargeStart => {
                let charge = &info.protocol.charge;
                return charge.split('(').next().unwrap_or(charge).trim().to_owned();
            }
        };
        split::members(std::slice::from_ref(info), by).pop().map(|member| member.group).unwrap_or_default()
    }
}

/// The folds as declared.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct FoldsSpec {
    /// How many parts; every training cell is left out once.
    pub count: usize,
    /// How often the parts are drawn anew, as `batlinet split --folds` draws them with the seeds 0, 1, 2 …
    #[serde(default = "once")]
    pub repeats: usize,
    /// What stays on one side.
    #[serde(default)]
    pub by: FoldsBy,
    /// Seeds of the runs on folds.
    pub seeds: Vec<u64>,
    /// Entries that are not trained on folds, such as `batlinet`: nothing is chosen or weighted by what they would say there.
    #[serde(default)]
    pub without: Vec<String>,
    /// What is set otherwise for them, such as `models.cnn.epochs: 300`.
    #[serde(default, deserialize_with = "unique")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub changes: Vec<(String, Value)>,
}

fn once() -> usize {
    1
}

/// One fold of an experiment.
pub struct Fold {
    /// Which drawing, from 1.
    pub repeat: usize,
    /// Which part of it, from 1.
    pub part: usize,
    /// The training cells without it, and it.
    pub split: Split,
}

impl FoldsSpec {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.count < 2 || self.repeats == 0 {
            return Err("folds: count is 2 or more, and repeats 1 or more".to_owned());
        }
        if self.seeds.is_empty() {
            return Err("folds: seeds is empty: give at least one, such as [0]".to_owned());
        }
        Ok(())
    }

    /// The settings that the runs on folds differ in.
    pub fn settings(&self) -> Vec<Setting> {
        self.changes.iter().map(|(path, value)| Setting { path: path.clone(), value: value.clone() }).collect()
    }

    /// All folds of these training cells.
    ///
    /// # Errors
    /// [`Error::Cells`] of cells that are not there or cannot be parted so.
    pub fn of(&self, train: &[String], source: &dyn CellSource) -> Result<Vec<Fold>, Error> {
        let member = |id: &String| {
            let group = match self.by {
                FoldsBy::Random => id.clone(),
                by => by.group(source.glance(id)?.0.info()),
            };
            Ok(Member { id: id.clone(), group })
        };
        let members = train.iter().map(member).collect::<Result<Vec<_>, cells::Error>>()?;
        let mut folds = Vec::new();
        for repeat in 0..self.repeats {
            let splits = split::folds(&members, self.count, repeat as u64)?;
            let fold = |(part, split)| Fold { repeat: repeat + 1, part: part + 1, split };
            folds.extend(splits.into_iter().enumerate().map(fold));
        }
        Ok(folds)
    }
}

impl Fold {
    /// What the experiment of this fold is called.
    pub fn name(&self, experiment: &Experiment) -> String {
        format!("{}.fold-{}.{}", experiment.name, self.repeat, self.part)
    }
}
