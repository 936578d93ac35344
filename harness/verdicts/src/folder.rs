//! An output folder as judgements need it: every row with its record, in groups of one experiment, model and variant.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use record::{Depth, NETWORKS, RunRecord, Score, files::run_folder, read_output};
use serde_json::Value;
use statistics::Metrics;

use crate::Error;

/// What the runs of a group are runs of: they differ in the seed alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// Name of the experiment.
    pub experiment: String,
    /// Measured or simulated cells, by name.
    pub data: String,
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart; empty where there is one.
    pub variant: String,
}

impl Slot {
    fn of(score: &Score) -> Self {
        Self {
            experiment: score.experiment.clone(),
            data: score.data.to_string(),
            model: score.model.clone(),
            variant: score.variant.to_string(),
        }
    }

    /// `ridge`, `batlinet[clean:intra_only]`: as `--models` takes it.
    pub fn entry(&self) -> String {
        record::entry(&self.model, &self.variant)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}, {} cells", self.experiment, self.entry(), self.data)
    }
}

/// A row of the scores, with the record behind it; where the run has no numbers, the record says why.
#[derive(Clone, Debug)]
pub struct Run {
    /// The row.
    pub score: Score,
    /// The record, with its predictions.
    pub record: RunRecord,
    /// Where it lies, with what is beside it.
    pub folder: PathBuf,
}

impl Run {
    /// Whether a network made it: its declaration, or a part of it, has epochs, or it is made of other runs and one of these is of a
    /// network.
    pub fn is_of_network(&self) -> bool {
        let training = &self.record.ingredients.training;
        let members = training["members"]["trained"].as_array().into_iter().flatten();
        let mut names = members.filter_map(|member| member[0].as_str()?.split('[').next());
        has_epochs(&training["hyper_parameters"]) || names.any(|name| NETWORKS.contains(&name))
    }

    /// The measures, derived from the predictions.
    pub fn metrics(&self) -> Option<&Metrics> {
        self.record.metrics.as_ref()
    }
}

fn has_epochs(declared: &Value) -> bool {
    declared.as_object().is_some_and(|map| map.iter().any(|(name, value)| name == "epochs" || has_epochs(value)))
}

/// The runs of one slot, by seed.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Every run, those without numbers too.
    pub runs: BTreeMap<u64, Run>,
}

impl Group {
    /// Those that have numbers.
    pub fn with_numbers(&self) -> impl Iterator<Item = &Run> {
        self.runs.values().filter(|run| run.metrics().is_some())
    }

    /// The runs of seeds that the other has too; all of them where there is no other.
    #[must_use]
    pub fn with_seeds_of(&self, other: Option<&Self>) -> Self {
        let is_known = |seed: &u64| other.is_none_or(|other| other.runs.contains_key(seed));
        let runs = self.runs.iter().filter(|(seed, _)| is_known(seed)).map(|(seed, run)| (*seed, run.clone()));
        Self { runs: runs.collect() }
    }

    /// Mean of a measure over the seeds of which both have numbers, since means of other seeds say nothing beside one another; where there
    /// is no other, over all that have some.
    pub fn mean_beside(&self, other: Option<&Self>, measure: fn(&Metrics) -> f64) -> Option<f64> {
        let has = |group: &Self, seed: &u64| group.runs.get(seed).is_some_and(|run| run.metrics().is_some());
        let shared = self.runs.iter().filter(|(seed, _)| other.is_none_or(|other| has(other, seed)));
        let values: Vec<f64> = shared.filter_map(|(_, run)| run.metrics()).map(measure).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// An output folder of `batlinet run`.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Its runs.
    pub groups: BTreeMap<Slot, Group>,
}

impl Folder {
    /// Reads scores and records. Numbers are those of the records; a row must say what its record says.
    ///
    /// # Errors
    /// [`Error`] names what is missing, damaged or contradicts itself.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut groups: BTreeMap<Slot, Group> = BTreeMap::new();
        for (score, record) in read_output(path, Depth::Tables)? {
            let slot = Slot::of(&score);
            let Some(record) = record else {
                let slot = format!("{slot}, seed {}", score.seed);
                return Err(Error::NoRecord { folder: path.to_owned(), key: score.key, slot });
            };
            groups
                .entry(slot)
                .or_default()
                .runs
                .insert(score.seed, Run { folder: run_folder(path, &score.key), score, record });
        }
        if groups.is_empty() {
            return Err(Error::NoRows(path.to_owned()));
        }
        Ok(Self { path: path.to_owned(), groups })
    }

    /// The same, of models that the other folder has too without the seeds that it has not.
    #[must_use]
    pub fn with_seeds_of(&self, other: &Self) -> Self {
        let of = |(slot, group): (&Slot, &Group)| (slot.clone(), group.with_seeds_of(other.groups.get(slot)));
        Self { path: self.path.clone(), groups: self.groups.iter().map(of).collect() }
    }

    /// The profiles under which the runs of an experiment were asked for.
    pub fn profiles(&self, experiment: &str) -> Vec<&str> {
        let here = self.groups.iter().filter(|(slot, _)| slot.experiment == experiment);
        let mut profiles: Vec<&str> =
            here.flat_map(|(_, group)| group.runs.values().map(|run| run.score.profile.as_str())).collect();
        profiles.sort_unstable();
        profiles.dedup();
        profiles
    }
}
