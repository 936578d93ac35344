//! Networks pretrained on source cells, in the output folder: runs that differ in their target cells share one.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use baselines::Weights;
use serde_json::Value;

use super::train::TrainError;
use record::{Ingredients, files::write_whole, hash};

/// Key of the network that a run pretrains on its source cells: a hash of all that the run's train key covers except the
/// target cells and what is trained afterwards. None without pretraining.
pub fn pretraining_key(ingredients: &Ingredients) -> Option<String> {
    let mut training = ingredients.training.clone();
    let parameters = training.get_mut("hyper_parameters")?.as_object_mut()?;
    parameters.get("pretraining").filter(|budget| !budget.is_null())?;
    parameters.remove("training");
    parameters.remove("pairs");
    training.as_object_mut()?.remove("training_cells");
    Some(hash(&Value::from_iter([("pretraining", training)])))
}

/// `OUT/pretrained/<key>.safetensors`. May be asked from several threads.
pub struct Pretrained {
    folder: PathBuf,
    /// One lock per key, so that of two runs that need a network, one waits for the other.
    under_way: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Pretrained {
    /// The networks in the output folder `out`.
    pub fn open(out: &Path) -> Self {
        Self { folder: out.join("pretrained"), under_way: Mutex::default() }
    }

    /// Whether a network is there.
    pub fn has(&self, key: &str) -> bool {
        self.file(key).is_file()
    }

    /// The network with this key; `train` makes it where there is none, or none that can be read.
    ///
    /// # Errors
    /// What `train` says, or which file cannot be written.
    pub fn get(
        &self,
        key: &str,
        train: impl FnOnce() -> Result<Option<Weights>, TrainError>,
    ) -> Result<Option<Weights>, TrainError> {
        let of_key = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.entry(key.to_owned()).or_default().clone()
        };
        let _alone = of_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(weights) = Weights::load(&self.file(key)) {
            return Ok(Some(weights));
        }
        let trained = train()?;
        if let Some(weights) = &trained {
            write_whole(&self.file(key), &weights.to_bytes()?)?;
        }
        Ok(trained)
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.safetensors"))
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
