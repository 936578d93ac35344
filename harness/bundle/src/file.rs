//! A bundle as one safetensors file, sealed by a hash.
//!
//! ```text
//! features          f32   the training cells, as models read them
//! lives             f64   theirs, in cycles
//! portraits         f32   five numbers of each of their first cycles; not a number behind the last (bundles of older programs have none)
//! folds, residuals  f64   of the calibration, one per training cell
//! network.<tensor>  f32   the tensors of a network
//! fold<k>.<tensor>  f32   those of the network that has not seen fold k
//! ```
//!
//! The metadata has one entry: the number of the format, a hash, and the description as JSON, with a blank between them. The hash
//! is of the description and of name, type, shape and bytes of every tensor. It finds damage and slips, no forgery.

use std::{collections::HashMap, fs, path::Path};

use baselines::{Weights, weights::NamedTensor};
use cells::{
    label::Basis,
    portrait::{Features, MOST, NUMBERS, Portrait},
};
use experiments::{Entry, entry::ModelSpec};
use features::samples::Part;
use ndarray::{ArrayD, IxDyn};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{
    Bundle, Description, Error,
    calibration::{Around, Calibration},
};

/// The latest format.
const FORMAT: u32 = 1;
/// Key of the metadata.
const KEY: &str = "batlinet-bundle";
/// Bytes of the largest file that is read.
const LARGEST: u64 = 16 << 30;

/// Name of what the training cells look like.
const PORTRAITS: &str = "portraits";

/// Of so many cells.
fn portraits_shape(cells: usize) -> [usize; 3] {
    [cells, MOST, NUMBERS]
}

/// A tensor with its bytes.
struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn of_f32<'a>(name: impl Into<String>, shape: &[usize], values: impl Iterator<Item = &'a f32>) -> Self {
        let bytes = values.flat_map(|value| value.to_le_bytes()).collect();
        Self { name: name.into(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    fn of_f64(name: &str, values: impl ExactSizeIterator<Item = f64>) -> Self {
        let shape = vec![values.len()];
        let bytes = values.flat_map(f64::to_le_bytes).collect();
        Self { name: name.to_owned(), dtype: Dtype::F64, shape, bytes }
    }

    fn of_weights(prefix: &str, weights: &Weights) -> Vec<Self> {
        let tensor = |tensor: &NamedTensor| {
            Self::of_f32(format!("{prefix}.{}", tensor.name), &tensor.shape, tensor.values.iter())
        };
        weights.0.iter().map(tensor).collect()
    }
}

/// Over a description and tensors sorted by name.
fn seal<'a>(description: &str, tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>) -> String {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(description.as_bytes());
    for (name, dtype, shape, bytes) in tensors {
        part(name.as_bytes());
        part(format!("{dtype:?} {shape:?}").as_bytes());
        part(bytes);
    }
    hash.finalize().to_hex().to_string()
}

impl Bundle {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Record`] names the file and what the system says.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(record::files::write_whole(path, &self.to_bytes()?)?)
    }

    /// Reads a file that [`Bundle::write`] has written.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::NotABundle`] and [`Error::Newer`] name the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let about = fs::metadata(path).map_err(failed)?;
        let refused = |what: String| Error::NotABundle { path: path.to_owned(), what };
        if !about.is_file() {
            return Err(refused("this is no file".to_owned()));
        }
        if about.len() > LARGEST {
            return Err(refused(format!("{} bytes are more than any bundle has", about.len())));
        }
        Self::from_bytes(&fs::read(path).map_err(failed)?, path)
    }

    /// The bytes of its file; the same for the same bundle.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        let description = serde_json::to_string(&self.description).map_err(|error| internal(&error))?;
        let Part { features, lives, .. } = &self.train;
        let mut tensors = vec![
            Tensor::of_f32("features", features.shape(), features.iter()),
            Tensor::of_f64("lives", lives.iter().copied()),
        ];
        if !self.portraits.is_empty() {
            tensors.push(Tensor::of_f32(
                PORTRAITS,
                &portraits_shape(self.portraits.len()),
                self.padded().iter().flatten(),
            ));
        }
        tensors.extend(self.weights.iter().flat_map(|weights| Tensor::of_weights("network", weights)));
        if let Some(Calibration { folds, residuals, around }) = &self.calibration {
            tensors.push(Tensor::of_f64("folds", folds.iter().map(|&fold| fold as f64)));
            tensors.push(Tensor::of_f64("residuals", residuals.iter().copied()));
            if let Around::Networks(networks) = around {
                let of = |(fold, weights)| Tensor::of_weights(&format!("fold{fold}"), weights);
                tensors.extend(networks.iter().enumerate().flat_map(of));
            }
        }
        tensors.sort_by(|one, other| one.name.cmp(&other.name));
        let parts = tensors.iter().map(|tensor| (&*tensor.name, tensor.dtype, &*tensor.shape, &*tensor.bytes));
        let sealed = format!("{FORMAT} {} {description}", seal(&description, parts));
        let views = tensors
            .iter()
            .map(|tensor| Ok((&*tensor.name, TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|error| internal(&error))?;
        let metadata = HashMap::from([(KEY.to_owned(), sealed)]);
        safetensors::serialize(views, Some(metadata)).map_err(|error| internal(&error))
    }

    /// Reads the bytes of a file; `path` is its name in errors.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let refused = |what: String| Error::NotABundle { path: path.to_owned(), what };
        let foreign = || refused("this is no bundle, or one that was cut or changed".to_owned());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|_| foreign())?;
        let sealed = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY)).ok_or_else(foreign)?;
        let (format, rest) = sealed.split_once(' ').ok_or_else(foreign)?;
        match format.parse::<u32>() {
            Ok(FORMAT) => {}
            Ok(format) if format > FORMAT => {
                return Err(Error::Newer { path: path.to_owned(), format, known: FORMAT });
            }
            _ => return Err(foreign()),
        }
        let (hash, description) = rest.split_once(' ').ok_or_else(foreign)?;
        let file = SafeTensors::deserialize(bytes).map_err(|_| foreign())?;
        let mut views: Vec<(&str, TensorView<'_>)> = file.iter().collect();
        views.sort_by(|one, other| one.0.cmp(other.0));
        let parts = views.iter().map(|(name, view)| (*name, view.dtype(), view.shape(), view.data()));
        if seal(description, parts) != hash {
            return Err(refused("this bundle was changed after it was written".to_owned()));
        }
        let description: Description = serde_json::from_str(description)
            .map_err(|error| refused(format!("its description is damaged: {error}")))?;
        Read { description, views }.bundle().map_err(refused)
    }

    /// The numbers of the portraits, as many cycles of each.
    fn padded(&self) -> Vec<Features> {
        let padded = |portrait: &Portrait| {
            let none = std::iter::repeat([f32::NAN; NUMBERS]);
            portrait.features().iter().copied().chain(none).take(MOST).collect::<Vec<Features>>()
        };
        self.portraits.iter().flat_map(padded).collect()
    }

    /// The entry that was trained.
    pub(crate) fn entry(&self) -> Result<Entry, Error> {
        Entry::of_written(&self.description.entry)
            .map_err(|problem| Error::Internal(format!("the entry of this bundle cannot be read: {problem}")))
    }
}

/// A file whose seal holds: what it says must fit all the same, since whoever writes one can seal it.
struct Read<'a> {
    description: Description,
    views: Vec<(&'a str, TensorView<'a>)>,
}

impl Read<'_> {
    fn bundle(self) -> Result<Bundle, String> {
        let entry = Entry::of_written(&self.description.entry).map_err(|problem| format!("its entry: {problem}"))?;
        let cells = self.description.cells.len();
        let shape = self.description.feature.as_ref().map_or(vec![0], |feature| feature.shape());
        if self.description.feature.is_some() {
            entry
                .model
                .check_feature(&shape)
                .map_err(|problem| format!("its model cannot read its feature: {problem}"))?;
        }
        if entry.model.row().reads_features != self.description.feature.is_some() {
            return Err("its model and its feature do not go together".to_owned());
        }
        let whole: Vec<usize> = std::iter::once(cells).chain(shape).collect();
        let features = self.f32("features", &whole)?;
        let lives = self.f64("lives", cells)?;
        if cells == 0 || !lives.iter().all(|life| life.is_finite() && *life > 0.0) {
            return Err("its training cells have no lives".to_owned());
        }
        let features = ArrayD::from_shape_vec(IxDyn(&whole), features).map_err(|error| error.to_string())?;
        let weights = Some(self.weights("network")?).filter(|weights| !weights.0.is_empty());
        if weights.is_some() != entry.model.is_network() {
            return Err("its model and its tensors do not go together".to_owned());
        }
        let calibration =
            self.description.calibration.is_some().then(|| self.calibration(&entry, cells)).transpose()?;
        // what each life rests on is in the description, as a tally
        let bases = vec![Basis::Observed; cells];
        let train = Part { ids: self.description.cells.clone(), features, lives, bases };
        let portraits = match self.views.iter().any(|(name, _)| *name == PORTRAITS) {
            true => self.portraits(cells)?,
            false => Vec::new(),
        };
        Ok(Bundle { description: self.description, train, portraits, weights, calibration })
    }

    fn portraits(&self, cells: usize) -> Result<Vec<Portrait>, String> {
        let values = self.f32(PORTRAITS, &portraits_shape(cells))?;
        let (features, _) = values.as_chunks::<NUMBERS>();
        let is_there = |features: &Features| features.iter().any(|value| value.is_finite());
        let portrait = |cycles: &[Features]| {
            let held = cycles.iter().rposition(is_there).map_or(0, |last| last + 1);
            Portrait::of_features(cycles[..held].to_vec())
        };
        Ok(features.chunks(MOST).map(portrait).collect())
    }

    fn calibration(&self, entry: &Entry, cells: usize) -> Result<Calibration, String> {
        let folds: Vec<f64> = self.f64("folds", cells)?;
        if !folds.iter().all(|fold| (0.0..cells as f64).contains(fold) && fold.fract() == 0.0) {
            return Err("its folds are no numbers of folds".to_owned());
        }
        let residuals = self.f64("residuals", cells)?;
        if !residuals.iter().all(|residual| residual.is_finite() && *residual >= 0.0) {
            return Err("its residuals are no distances".to_owned());
        }
        let mut calibration = Calibration {
            folds: folds.into_iter().map(|fold| fold as usize).collect(),
            residuals,
            around: Around::Folds,
        };
        let is_of_pairs = matches!(entry.model, ModelSpec::BatLiNet(_));
        if is_of_pairs {
            calibration.around = Around::Whole;
        } else if entry.model.is_network() {
            let networks = (0..calibration.count()).map(|fold| self.weights(&format!("fold{fold}")));
            calibration.around = Around::Networks(networks.collect::<Result<_, _>>()?);
        }
        Ok(calibration)
    }

    fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8], String> {
        let view = self.views.iter().find(|(known, _)| *known == name).map(|(_, view)| view);
        let view = view.ok_or_else(|| format!("it has no {name}"))?;
        if view.dtype() != dtype || view.shape() != shape {
            return Err(format!(
                "its {name} have shape {:?} ({:?}), not {shape:?} ({dtype:?})",
                view.shape(),
                view.dtype()
            ));
        }
        Ok(view.data())
    }

    fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        Ok(f32s(self.bytes(name, Dtype::F32, shape)?))
    }

    fn f64(&self, name: &str, count: usize) -> Result<Vec<f64>, String> {
        let (words, _) = self.bytes(name, Dtype::F64, &[count])?.as_chunks::<8>();
        Ok(words.iter().copied().map(f64::from_le_bytes).collect())
    }

    fn weights(&self, prefix: &str) -> Result<Weights, String> {
        let mut tensors = Vec::new();
        for (name, view) in &self.views {
            let Some(name) = name.strip_prefix(prefix).and_then(|name| name.strip_prefix('.')) else { continue };
            if view.dtype() != Dtype::F32 {
                return Err(format!("its tensor {prefix}.{name} is {:?}, not f32", view.dtype()));
            }
            tensors.push(NamedTensor {
                name: name.to_owned(),
                shape: view.shape().to_vec(),
                values: f32s(view.data()),
            });
        }
        Ok(Weights(tensors))
    }
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect()
}
