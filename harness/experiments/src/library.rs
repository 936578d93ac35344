//! Trained models that runs have left in the output folder, by train key: what is trained is not trained again.

use std::{
    collections::{HashMap, HashSet},
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use baselines::{ModelError, Weights};
use rayon::prelude::*;

use super::{
    plan::{Plan, Run},
    pretrained::{Pretrained, PretrainingDemand},
};
use cells::whole_file;
use record::{Fit, Ingredients, RunRecord, Status, files::run_folder, hash_of, weights_file, weights_hash};

/// A training that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Key of the run that trained.
    pub by: String,
    /// What the fit told.
    pub fit: Fit,
    /// How long it took.
    pub seconds: f64,
    /// Whether it left weights in the folder of that run; else it diverged.
    pub has_weights: bool,
    /// Hash of the weights, where the record knows it.
    pub weights_hash: Option<String>,
}

impl Training {
    /// The weights that it left in the output folder `out`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they cannot be read, or are not those that were written.
    pub fn weights(&self, out: &Path) -> Result<Weights, ModelError> {
        let file = weights_file(&run_folder(out, &self.by));
        let broken = |problem: &dyn fmt::Display| ModelError::Weights(format!("{}: {problem}", file.display()));
        let bytes = whole_file::read(&file).map_err(|error| broken(&error))?;
        if self.weights_hash.as_ref().is_some_and(|hash| *hash != hash_of(&bytes)) {
            return Err(broken(&"it is not the file that was written"));
        }
        Weights::from_bytes(&bytes).map_err(|error| broken(&error))
    }

    /// What a record tells of a training that others can take over, if anything.
    fn of(record: &RunRecord, folder: &Path) -> Option<Self> {
        let has_weights = weights_file(folder).is_file();
        // without a fit, it was training that diverged and not a prediction
        let diverged = record.status == Status::Diverged && record.fit == Fit::default();
        (has_weights || (diverged && record.trained_by.is_none())).then(|| Self {
            by: record.key(),
            fit: record.fit.clone(),
            seconds: record.seconds.fit,
            has_weights,
            weights_hash: weights_hash(record),
        })
    }
}

/// The trainings of an output folder. Filled as runs end; may be asked from several threads.
pub struct Library {
    out: PathBuf,
    trainings: Mutex<HashMap<String, Vec<Training>>>,
    /// Networks that trainings begin with.
    pub pretrained: Pretrained,
}

impl Library {
    /// What the runs in `out` have left; with `retry_failed`, trainings that diverged are forgotten.
    ///
    /// A record that cannot be read is passed over: it is complained about where it is needed.
    pub fn open(out: &Path, retry_failed: bool) -> Self {
        let library = Self::empty(out);
        let mut folders: Vec<PathBuf> =
            fs::read_dir(out.join("runs")).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        // half-written ones, which a power cut may have left
        let is_whole = |folder: &PathBuf| folder.file_name().is_some_and(|name| name.as_encoded_bytes()[0] != b'.');
        folders.retain(is_whole);
        // of several trainings of one key, the same is taken every time
        folders.sort();
        let read = |folder: PathBuf| {
            let record = RunRecord::read(&folder).ok()?;
            let training = Training::of(&record, &folder).filter(|training| training.has_weights || !retry_failed);
            Some((record.train_key(), training, record.attachments))
        };
        let read: Vec<_> = folders.into_par_iter().filter_map(read).collect();
        for (train_key, training, attachments) in read {
            library.pretrained.note(&attachments);
            training.into_iter().for_each(|training| library.shelve(train_key.clone(), training));
        }
        library
    }

    /// Of a folder from which nothing is wanted.
    pub fn empty(out: &Path) -> Self {
        Self { out: out.to_owned(), trainings: Mutex::default(), pretrained: Pretrained::open(out) }
    }

    /// Notes what a run that has just been written has left.
    pub fn add(&self, record: &RunRecord) {
        if let Some(training) = Training::of(record, &run_folder(&self.out, &record.key())) {
            self.shelve(record.train_key(), training);
        }
    }

    /// Looks for a training among the runs with these keys, which another process may have made since the folder was opened.
    pub(super) fn look_again<'k>(&self, ingredients: &Ingredients, keys: impl Iterator<Item = &'k str>) {
        if self.find(ingredients).is_empty() {
            let folders = keys.map(|key| run_folder(&self.out, key)).filter(|folder| RunRecord::exists(folder));
            folders.filter_map(|folder| RunRecord::read(&folder).ok()).for_each(|record| self.add(&record));
        }
    }

    fn shelve(&self, train_key: String, training: Training) {
        self.shelves().entry(train_key).or_default().push(training);
    }

    /// The trainings of what these are the ingredients of, those of records of format 1 last.
    pub fn find(&self, ingredients: &Ingredients) -> Vec<Training> {
        let shelves = self.shelves();
        let keys = [ingredients.train_key(), ingredients.former().train_key()];
        keys.iter().filter_map(|key| shelves.get(key)).flatten().cloned().collect()
    }

    /// How many trainings these runs need, in this order.
    pub fn demand<'a>(&self, runs: impl Iterator<Item = (&'a Plan, &'a Run)>) -> Demand {
        let shelves = self.shelves();
        let mut here = HashSet::new();
        let mut demand = Demand::default();
        for (plan, run) in runs {
            if plan.is_made(run) {
                demand.runs += 1;
                demand.made += 1;
                continue;
            }
            let train_key = run.ingredients.train_key();
            let keeps = plan.experiment().models[run.entry].model.is_network();
            // a model without weights serves only the runs of its own experiment
            let place = if keeps { "" } else { plan.experiment().name.as_str() };
            demand.runs += 1;
            let is_there =
                || shelves.contains_key(&train_key) || shelves.contains_key(&run.ingredients.former().train_key());
            if !(keeps && is_there()) && here.insert((place, train_key.clone())) {
                demand.trainings += 1;
                demand.pretraining.count(&run.ingredients, &self.pretrained);
            }
        }
        demand
    }

    fn shelves(&self) -> MutexGuard<'_, HashMap<String, Vec<Training>>> {
        self.trainings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many trainings some runs need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Runs.
    pub runs: usize,
    /// Trainings; the other runs ask a model that is trained already.
    pub trainings: usize,
    /// Runs that are made of others, without a training.
    pub made: usize,
    /// What those trainings begin with.
    pub pretraining: PretrainingDemand,
}

impl fmt::Display for Demand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let verb = |count: usize, one: &'static str, many: &'static str| if count == 1 { one } else { many };
        let Self { runs, trainings, made, ref pretraining } = *self;
        write!(formatter, "{runs} run{} {} ", plural(runs), verb(runs, "needs", "need"))?;
        write!(formatter, "{trainings} training{}", plural(trainings))?;
        match runs - trainings - made {
            0 => {}
            reuse => write!(formatter, ", {reuse} {} one", verb(reuse, "reuses", "reuse"))?,
        }
        if made > 0 {
            write!(formatter, ", {made} {} made of others", verb(made, "is", "are"))?;
        }
        match (pretraining.runs(), pretraining.pretrainings()) {
            (0, _) => Ok(()),
            (runs, made) => write!(
                formatter,
                "; {runs} of them {} from {made} new pretraining{}, {} saved",
                verb(runs, "starts", "start"),
                plural(made),
                runs - made
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Demand;

    #[test]
    fn a_demand_reads_as_a_sentence() {
        let text = |runs, trainings| Demand { runs, trainings, ..Demand::default() }.to_string();
        assert_eq!(text(12, 3), "12 runs need 3 trainings, 9 reuse one");
        assert_eq!(text(8, 8), "8 runs need 8 trainings");
        assert_eq!(text(2, 1), "2 runs need 1 training, 1 reuses one");
        assert_eq!(text(1, 0), "1 run needs 0 trainings, 1 reuses one");
        let with_made = Demand { runs: 5, trainings: 2, made: 3, ..Demand::default() };
        assert_eq!(with_made.to_string(), "5 runs need 2 trainings, 3 are made of others");
    }
}
