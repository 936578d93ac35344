//! Networks pretrained on source cells, in the output folder: runs that differ in their target cells share one.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baselines::Weights;
use serde_json::Value;

use super::train::TrainError;
use cells::whole_file;
use record::{
    Hashes, Ingredients,
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

    /// Notes what a record, by what lies beside it, says of the network that its run began with.
    pub fn note(&self, attachments: &Hashes) {
        let shared = attachments.iter().filter(|(name, _)| name.contains('/'));
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
        let bytes = whole_file::read(&self.file(key)).ok()?;
        let noted = self.noted().get(&pretrained_name(key)).cloned();
        noted.is_none_or(|noted| noted == hash_of(&bytes)).then_some(bytes)
    }

    /// The network and its hash, if there is one; or what is wrong with it.
    fn usable(&self, key: &str) -> Result<Option<(Weights, String)>, String> {
        if !self.file(key).exists() {
            return Ok(None);
        }
        let bytes = self.sound(key).ok_or("this network is not the file that was written")?;
        let weights = Weights::from_bytes(&bytes).map_err(|error| format!("this is no network: {error}"))?;
        match weights.0.iter().find(|tensor| !tensor.values.iter().all(|value| value.is_finite())) {
            Some(tensor) => Err(format!("tensor '{}' of this network holds numbers that are not finite", tensor.name)),
            None => Ok(Some((weights, hash_of(&bytes)))),
        }
    }

    /// The network with this key and the hash of its file; `train` makes it where there is none, or none that can be read and is
    /// the one that was written; that, `say` is told.
    ///
    /// # Errors
    /// What `train` says, or which file cannot be written.
    pub fn get(
        &self,
        key: &str,
        say: &dyn Fn(&str),
        train: impl FnOnce() -> Result<Option<Weights>, TrainError>,
    ) -> Result<Option<(Weights, String)>, TrainError> {
        let of_key = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.entry(key.to_owned()).or_default().clone()
        };
        let _alone = of_key.lock().unwrap_or_else(PoisonError::into_inner);
        // and of two processes
        let _of_all = lock(&self.out, &format!("pretraining-{key}"))?;
        match self.usable(key) {
            Ok(Some((weights, hash))) => return Ok(Some((weights, hash))),
            Ok(None) => {}
            Err(problem) => say(&format!("{}: {problem}; it is pretrained again", self.file(key).display())),
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use baselines::weights::NamedTensor;

    use std::fs;

    use super::*;

    #[test]
    fn a_network_with_a_number_that_is_none_is_named_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let network =
            |value: f32| Weights(vec![NamedTensor { name: "a".to_owned(), shape: vec![2], values: vec![1.0, value] }]);
        let pretrained = Pretrained::open(folder.path());
        let said = RefCell::new(String::new());
        let get = |value: f32| {
            let say = |line: &str| said.borrow_mut().push_str(line);
            pretrained.get("k", &say, || Ok(Some(network(value)))).unwrap().unwrap().0
        };
        assert_eq!((get(2.0), get(3.0)), (network(2.0), network(2.0)));
        fs::write(pretrained.file("k"), network(f32::NAN).to_bytes().unwrap()).unwrap();
        // no record knows the one that was
        pretrained.noted().clear();
        assert_eq!(get(4.0), network(4.0));
        assert!(said.borrow().contains("k.safetensors: tensor 'a' of this network holds numbers that are not finite"));
    }
}
