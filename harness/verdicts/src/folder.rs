//! An output folder as judgements need it: every row with its record, in groups of one experiment, model and variant.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use rayon::prelude::*;
use record::{NETWORKS, RunRecord, Score, check_row, check_rows, files::run_folder, read_scores};
use serde_json::Value;
use statistics::Metrics;

use crate::Error;

/// What the runs of a group are runs of: they differ in the seed alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Mean of a measure over the seeds that have numbers.
    pub fn mean(&self, measure: fn(&Metrics) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.with_numbers().filter_map(Run::metrics).map(measure).collect();
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
        let scores = path.join("scores.csv");
        if scores.try_exists().is_ok_and(|exists| !exists) {
            return Err(Error::NoScores(path.to_owned()));
        }
        let mut groups: BTreeMap<Slot, Group> = BTreeMap::new();
        // side by side; of several that are wrong, the first is named
        let read = |score: Score| {
            let slot = Slot::of(&score);
            let folder = run_folder(path, &score.key);
            if !RunRecord::exists(&folder) {
                let slot = format!("{slot}, seed {}", score.seed);
                return Err(Error::NoRecord { folder: path.to_owned(), key: score.key, slot });
            }
            let record = RunRecord::read(&folder)?;
            check_row(&scores, &score, &record)?;
            Ok((slot, score, record))
        };
        let rows = read_scores(&scores)?;
        let all = rows.clone();
        let runs: Vec<Result<_, Error>> = rows.into_par_iter().map(read).collect();
        for run in runs {
            let (slot, score, record) = run?;
            let seed = score.seed;
            groups.entry(slot).or_default().runs.insert(seed, Run { score, record });
        }
        check_rows(&scores, &all)?;
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
