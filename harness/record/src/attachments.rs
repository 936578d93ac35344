//! What lies beside a record, by hash: a bit that changes later is found.

use std::{collections::BTreeMap, fs::DirEntry, io, path::Path};

use serde::de::DeserializeOwned;

use super::{
    Deviations, Error, Intervals, Losses, PairPredictions, Selection, Sides, files, references::DrawnReferences,
};
use cells::whole_file;

/// What a run leaves beside its record, and the network that it began with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attachments<'a> {
    /// The trained tensors, if this run made them.
    pub weights: Option<&'a [u8]>,
    /// The predictions with one reference at a time, if asked for.
    pub pairs: Option<&'a PairPredictions>,
    /// How the training went, if this run made it.
    pub losses: Option<&'a Losses>,
    /// The references that were drawn, if the model asks any.
    pub references: Option<&'a DrawnReferences<'a>>,
    /// How unsure the model is, if it knows.
    pub deviations: Option<&'a Deviations>,
    /// What it was made of, if it was made of other runs.
    pub selection: Option<&'a Selection>,
    /// Where lives should be, if folds tell.
    pub intervals: Option<&'a Intervals>,
    /// Which of two models answered for which cell, if it hands over.
    pub sides: Option<&'a Sides>,
    /// Key and hash of the pretrained network that its training began with, if any.
    pub pretrained: Option<(&'a str, &'a str)>,
}

/// Name of the trained tensors in the folder of a run.
pub(crate) const WEIGHTS: &str = "weights.safetensors";

/// All that may lie in the folder of a run beside its record.
pub(crate) const FILES: [&str; 9] = [
    crate::Prediction::FILE,
    PairPredictions::FILE,
    Losses::FILE,
    DrawnReferences::FILE,
    Deviations::FILE,
    Selection::FILE,
    Intervals::FILE,
    Sides::FILE,
    WEIGHTS,
];

/// The rows of a small table in the folder of a run; `None` if it is not there.
///
/// # Errors
/// [`Error::BrokenRun`] names the file and what is wrong with it.
pub(crate) fn read_rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<Vec<T>>, Error> {
    let path = folder.join(name);
    if !path.is_file() {
        return Ok(None);
    }
    let broken = |what: String| Error::BrokenRun { path: path.clone(), what, folder: folder.to_owned() };
    let bytes = whole_file::read(&path).map_err(|error| broken(error.to_string()))?;
    let rows: Result<Vec<T>, csv::Error> = csv::Reader::from_reader(bytes.as_slice()).deserialize().collect();
    rows.map(Some).map_err(|error| broken(error.to_string()))
}

/// What may be gone from beside a record: weights, which are large, and what is left out when a run is kept (`make keep`). All else is
/// small and is kept, so that its absence is a loss.
const MAY_BE_GONE: [&str; 3] = [WEIGHTS, PairPredictions::FILE, DrawnReferences::FILE];

/// What is small beside a record, and is kept with it.
pub(crate) fn small() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().filter(|name| !MAY_BE_GONE.contains(name))
}

/// BLAKE3 of files, 64 hexadecimal digits, by name: in the folder of the run, or `pretrained/<key>.safetensors` in the output
/// folder.
pub type Hashes = BTreeMap<String, String>;

/// The hash of a file's bytes.
pub fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The name of the network that is pretrained under this key.
pub fn pretrained_name(key: &str) -> String {
    format!("pretrained/{key}.safetensors")
}

/// Whether what lies beside the record in `folder` is what was written.
///
/// # Errors
/// A sentence that names the file.
pub(crate) fn check(folder: &Path, hashes: &Hashes) -> Result<(), String> {
    // one look at the folder: on a network file system each question costs
    let names = files::entries(folder).map_err(|error| error.to_string())?;
    let names: Vec<_> = names.iter().map(DirEntry::file_name).collect();
    let is_here = |name: &&str| names.iter().any(|here| here == name);
    let strange = FILES.into_iter().find(|name| !hashes.contains_key(*name) && is_here(name));
    if let Some(name) = strange {
        return Err(format!("{name} lies beside this record, which knows of none"));
    }
    check_those(folder, hashes)
}

/// As [`check`], of these files alone, whatever else lies there.
pub(crate) fn check_those(folder: &Path, hashes: &Hashes) -> Result<(), String> {
    // predictions are held against theirs whenever a record is read
    for (name, hash) in hashes.iter().filter(|(name, _)| *name != crate::Prediction::FILE) {
        // of networks that runs share, the folder is beside `runs/`
        let is_shared = name.contains('/');
        let path = if is_shared { folder.join("../..").join(name) } else { folder.join(name) };
        match whole_file::read(&path) {
            Ok(bytes) if hash_of(&bytes) == *hash => {}
            Ok(_) => {
                return Err(format!(
                    "{name} is not the file that was written: it does not have the hash that is noted"
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // pretrained networks are shared, and large too
                if !is_shared && !MAY_BE_GONE.contains(&name.as_str()) {
                    return Err(format!("{name} is gone from beside this record, which has its hash"));
                }
            }
            Err(error) => return Err(format!("{name}: {error}")),
        }
    }
    Ok(())
}
