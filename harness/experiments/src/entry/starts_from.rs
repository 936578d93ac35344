//! `starts_from:` of an entry: a trained network, such as one of other cells, that a BatLiNet learns on from.

use std::path::{Path, PathBuf};

use baselines::{ModelError, Weights, encoder::EncoderShape};
use batlinet::{BatLiNetParameters, network::Network};
use numerics::Streams;

use super::{Entry, ModelSpec};
use crate::{Error, misfit::Misfit, read::Declared};
use cells::whole_file;
use features::feature::FeatureSpec;
use record::hash_of;

/// The file with a trained network, as a run or nobody else has written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartsFrom {
    /// `weights.safetensors` of a run.
    pub file: PathBuf,
    /// Hash of its contents when the experiment was read; it is an ingredient of the training.
    pub hash: Option<String>,
}

impl StartsFrom {
    /// As written.
    pub(super) fn declared(file: PathBuf) -> Self {
        Self { file, hash: None }
    }

    /// Where the file is, given that it was written relative to `folder`.
    pub(crate) fn beside(&mut self, folder: &Path) {
        self.file = folder.join(&self.file);
    }

    /// The network, if it is the one whose hash was taken.
    ///
    /// # Errors
    /// [`ModelError::Weights`] names the file: it cannot be read, is none, is another by now, or holds numbers that are not finite.
    pub fn weights(&self) -> Result<Weights, ModelError> {
        let (weights, hash) = self.read().map_err(ModelError::Weights)?;
        match &self.hash {
            Some(known) if *known != hash => Err(ModelError::Weights(format!(
                "{}: the network to start from has changed since this was planned; run it again",
                self.file.display()
            ))),
            _ => Ok(weights),
        }
    }

    /// Takes the hash of the file, which must hold a network with the tensors of `entry`, fed with maps of this shape.
    ///
    /// # Errors
    /// A fragment that names the file.
    fn open(&mut self, parameters: &BatLiNetParameters, maps: &[usize]) -> Result<(), String> {
        let (weights, hash) = self.read()?;
        let unfit = |problem: &dyn std::fmt::Display| {
            let file = self.file.display();
            format!(
                "{file}: {problem}; a network to start from has the channels, cycles, grid points and branches of this one"
            )
        };
        let &[channels, height, width] = maps else { return Err(unfit(&"its feature is no map")) };
        let shape =
            EncoderShape::new(channels, height, width, parameters.channels).map_err(|problem| unfit(&problem))?;
        let wanted = Network::initial(parameters, shape, &mut Streams::new("").stream("init"));
        let names: Vec<String> = wanted.0.iter().map(|tensor| tensor.name.clone()).collect();
        weights.check_names(&names).map_err(|problem| unfit(&problem))?;
        for tensor in &wanted.0 {
            weights.values(&tensor.name, &tensor.shape).map_err(|problem| unfit(&problem))?;
        }
        self.hash = Some(hash);
        Ok(())
    }

    fn read(&self) -> Result<(Weights, String), String> {
        let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", self.file.display());
        let bytes = whole_file::read(&self.file).map_err(|error| {
            let file = self.file.display();
            format!(
                "{file}: the network to start from cannot be read ({}); train it first, or name another",
                whole_file::said(&error)
            )
        })?;
        let weights = Weights::from_bytes(&bytes).map_err(|error| named(&error))?;
        match weights.0.iter().find(|tensor| !tensor.values.iter().all(|value| value.is_finite())) {
            Some(tensor) => Err(named(&format!("tensor '{}' holds numbers that are not finite", tensor.name))),
            None => Ok((weights, hash_of(&bytes))),
        }
    }
}

/// Looks at the networks that entries start from, on folds too.
///
/// # Errors
/// [`Error::Declared`] names experiment, entry and file: it cannot be read, or holds no network with the tensors of the entry.
pub(crate) fn open(declared: &mut Declared) -> Result<(), Error> {
    for experiment in [Some(&mut declared.experiment), declared.on_folds.as_deref_mut()].into_iter().flatten() {
        let shapes: Vec<Option<Vec<usize>>> = experiment
            .models
            .iter()
            .map(|entry| entry.reads().and_then(|name| experiment.feature(name)).map(FeatureSpec::shape))
            .collect();
        for (entry, shape) in experiment.models.iter_mut().zip(shapes) {
            let label = entry.label();
            if let (Some(start), ModelSpec::BatLiNet(parameters)) = (&mut entry.starts_from, &entry.model) {
                start.open(parameters, &shape.unwrap_or_default()).map_err(|problem| {
                    Error::Declared(format!("experiment {}, {label}, starts_from: {problem}", experiment.name))
                })?;
            }
        }
    }
    Ok(())
}

/// Only BatLiNet learns on from a network that it is given.
///
/// # Errors
/// What else wants one.
pub(crate) fn check(entry: &Entry) -> Result<(), Misfit> {
    match (&entry.starts_from, &entry.model) {
        (None, _) | (_, ModelSpec::BatLiNet(_)) => Ok(()),
        (Some(_), model) => {
            let sentence =
                format!("starts_from is for a batlinet; a {} starts from nothing, leave it out", model.name());
            Err(Misfit::of("starts_from", sentence))
        }
    }
}
