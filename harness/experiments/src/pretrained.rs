//! Networks pretrained on source cells, in the output folder: runs that differ in their target cells share one.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baselines::Weights;
use serde_json::Value;

use super::train::TrainError;
use record::{
    Ingredients, RunRecord,
    files::{lock, write_whole},
    hash, hash_of, pretrained_name,
};

/// Key of the network that a run pretrains on its source cells: a hash of all that the run's train key covers except the
/// target cells and what is trained afterwards. None without pretraining.
pub fn pretraining_key(ingredients: &Ingredients) -> Option<String> {
    let mut training = ingredients.training.clone();
    let parameters = training.get_mut("hyper_parameters")?.as_object_mut()?;
    parameters.get("pretraining").filter(|budget| !budget.is_null())?;
    parameters.remove("training");
    parameters.remove("pairs");
    let training_map = training.as_object_mut()?;
    training_map.remove("training_cells");
    training_map.remove("training_labels");
    Some(hash(&Value::from_iter([("pretraining", training)])))
}

/// `OUT/pretrained/<key>.safetensors`. May be asked from several threads.
pub struct Pretrained {
    /// The output folder.
    out: PathBuf,
    /// One lock per key, so that of two runs that need a network, one waits for the other.
    under_way: Mutex<HashMap<String, Arc<Mutex<()>>>>,
    /// By name, what records say of the networks that their runs began with.
    noted: Mutex<HashMap<String, String>>,
}

impl Pretrained {
    /// The networks in the output folder `out`.
    pub fn open(out: &Path) -> Self {
        Self { out: out.to_owned(), under_way: Mutex::default(), noted: Mutex::default() }
    }

    /// Notes what a record says of the network that its run began with.
    pub fn note(&self, record: &RunRecord) {
        let shared = record.attachments.iter().filter(|(name, _)| name.contains('/'));
        self.noted().extend(shared.map(|(name, hash)| (name.clone(), hash.clone())));
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a network is there.
    pub fn has(&self, key: &str) -> bool {
        self.sound(key).is_some()
    }

    /// The file, if it is the one that records know.
    fn sound(&self, key: &str) -> Option<Vec<u8>> {
        let bytes = fs::read(self.file(key)).ok()?;
        let noted = self.noted().get(&pretrained_name(key)).cloned();
        noted.is_none_or(|noted| noted == hash_of(&bytes)).then_some(bytes)
    }

    /// The network with this key and the hash of its file; `train` makes it where there is none, or none that can be read and is
    /// the one that was written.
    ///
    /// # Errors
    /// What `train` says, or which file cannot be written.
    pub fn get(
        &self,
        key: &str,
        train: impl FnOnce() -> Result<Option<Weights>, TrainError>,
    ) -> Result<Option<(Weights, String)>, TrainError> {
        let of_key = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.entry(key.to_owned()).or_default().clone()
        };
        let _alone = of_key.lock().unwrap_or_else(PoisonError::into_inner);
        // and of two processes
        let _of_all = lock(&self.out, &format!("pretraining-{key}"))?;
        if let Some((weights, bytes)) =
            self.sound(key).and_then(|bytes| Some((Weights::from_bytes(&bytes).ok()?, bytes)))
        {
            return Ok(Some((weights, hash_of(&bytes))));
        }
        let Some(weights) = train()? else { return Ok(None) };
        let bytes = weights.to_bytes()?;
        write_whole(&self.file(key), &bytes)?;
        self.noted().insert(pretrained_name(key), hash_of(&bytes));
        Ok(Some((weights, hash_of(&bytes))))
    }

    fn file(&self, key: &str) -> PathBuf {
        self.out.join(pretrained_name(key))
    }
}

/// How many pretrainings some runs need and how many would be made if none were shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PretrainingDemand {
    /// Per key, whether it is there and how many runs want it.
    wanted: BTreeMap<String, (bool, usize)>,
}

impl PretrainingDemand {
    /// Counts a run, if it is pretrained.
    pub fn count(&mut self, ingredients: &Ingredients, kept: &Pretrained) {
        if let Some(key) = pretraining_key(ingredients) {
            let has = kept.has(&key);
            self.wanted.entry(key).or_insert((has, 0)).1 += 1;
        }
    }

    /// Runs that begin with a pretrained network.
    pub fn runs(&self) -> usize {
        self.wanted.values().map(|(_, runs)| runs).sum()
    }

    /// Networks to be pretrained for them.
    pub fn pretrainings(&self) -> usize {
        self.wanted.values().filter(|(has, _)| !has).count()
    }
}
