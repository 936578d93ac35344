//! Trained tensors: their container, their initial values and their files.

use std::path::Path;

use rand::RngExt as _;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{error::ModelError, random::ChaCha8Rng};

/// Named f32 tensors in a fixed order, as they are written to a safetensors file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights(pub Vec<NamedTensor>);

/// One tensor of [`Weights`].
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Dotted name, such as `intra.conv1.weight`.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

impl NamedTensor {
    /// A tensor drawn from U(-1/√fan_in, 1/√fan_in), PyTorch's default for linear, convolutional and recurrent layers.
    ///
    /// Drawn here and not by libtorch, so that a seed gives the same network with every version of it.
    pub fn uniform(name: impl Into<String>, shape: &[usize], fan_in: usize, random: &mut ChaCha8Rng) -> Self {
        let bound = 1.0 / (fan_in as f32).sqrt();
        let count = shape.iter().product();
        let values = (0..count).map(|_| random.random_range(-bound..bound)).collect();
        Self { name: name.into(), shape: shape.to_vec(), values }
    }
}

impl Weights {
    /// Number of scalars.
    pub fn parameter_count(&self) -> usize {
        self.0.iter().map(|tensor| tensor.values.len()).sum()
    }

    /// The tensors whose names begin with `prefix.`, without that prefix.
    pub fn below(&self, prefix: &str) -> Self {
        let stripped = |tensor: &NamedTensor| {
            let name = tensor.name.strip_prefix(prefix)?.strip_prefix('.')?.to_owned();
            Some(NamedTensor { name, ..tensor.clone() })
        };
        Self(self.0.iter().filter_map(stripped).collect())
    }

    /// The same tensors with `prefix.` before their names.
    pub fn under(self, prefix: &str) -> Self {
        let prefixed = |tensor: NamedTensor| NamedTensor { name: format!("{prefix}.{}", tensor.name), ..tensor };
        Self(self.0.into_iter().map(prefixed).collect())
    }

    /// The values of the tensor `name`, which must have this shape and hold finite numbers.
    ///
    /// # Errors
    /// [`ModelError::Weights`] says what is missing or different.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<&[f32], ModelError> {
        let found = self
            .0
            .iter()
            .find(|tensor| tensor.name == name)
            .ok_or_else(|| ModelError::Weights(format!("there is no tensor '{name}'")))?;
        if found.shape != shape {
            return Err(ModelError::Weights(format!(
                "tensor '{name}' has shape {:?}, this model needs {shape:?}",
                found.shape
            )));
        }
        if !found.values.iter().all(|value| value.is_finite()) {
            return Err(ModelError::Weights(format!("tensor '{name}' holds numbers that are not finite")));
        }
        Ok(&found.values)
    }

    /// Checks that these are the tensors of a model that has `names`, in whatever order.
    ///
    /// # Errors
    /// [`ModelError::Weights`] names a tensor that is missing and one that is left over.
    pub fn check_names(&self, names: &[String]) -> Result<(), ModelError> {
        let missing = names.iter().find(|name| self.0.iter().all(|tensor| tensor.name != **name));
        let extra = self.0.iter().map(|tensor| &tensor.name).find(|name| !names.contains(name));
        let difference = match (missing, extra) {
            (None, None) => return Ok(()),
            (Some(missing), None) => format!("there is no tensor '{missing}'"),
            (None, Some(extra)) => format!("tensor '{extra}' is left over"),
            (Some(missing), Some(extra)) => format!("there is no tensor '{missing}', but a tensor '{extra}'"),
        };
        Err(ModelError::Weights(format!("{difference}, so they are of another model")))
    }

    /// The bytes of a safetensors file.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if two tensors share a name or a shape does not fit its values.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let bytes: Vec<Vec<u8>> =
            self.0.iter().map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
        let views = self
            .0
            .iter()
            .zip(&bytes)
            .map(|(tensor, bytes)| {
                let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map_err(unfit)?;
                Ok((tensor.name.as_str(), view))
            })
            .collect::<Result<Vec<_>, ModelError>>()?;
        safetensors::serialize(views, None).map_err(unfit)
    }

    /// Reads the bytes of a safetensors file.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they are not one, or hold other than f32 tensors.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = SafeTensors::deserialize(bytes).map_err(unfit)?;
        let tensors = file.iter().map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(ModelError::Weights(format!("tensor '{name}' is {:?}, not f32", view.dtype())));
            }
            let values =
                view.data().chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]));
            Ok(NamedTensor { name: name.to_owned(), shape: view.shape().to_vec(), values: values.collect() })
        });
        Ok(Self(tensors.collect::<Result<_, _>>()?))
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// [`ModelError::Weights`] names the file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let named = |error: &dyn std::fmt::Display| ModelError::Weights(format!("{}: {error}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| named(&error))?;
        Self::from_bytes(&bytes).map_err(|error| named(&error))
    }
}

fn unfit(error: safetensors::SafeTensorError) -> ModelError {
    ModelError::Weights(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    fn sample() -> Weights {
        let mut random = Streams::new("weights").stream("init");
        Weights(vec![
            NamedTensor::uniform("conv1.weight", &[4, 2, 3, 3], 18, &mut random),
            NamedTensor::uniform("head.bias", &[4], 4, &mut random),
        ])
    }

    #[test]
    fn a_file_gives_back_what_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        std::fs::write(&path, sample().to_bytes().unwrap()).unwrap();
        let mut loaded = Weights::load(&path).unwrap();
        loaded.0.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(loaded, sample());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let weights = sample();
        assert!(weights.values("conv2.weight", &[1]).unwrap_err().to_string().contains("no tensor 'conv2.weight'"));
        assert!(weights.values("head.bias", &[5]).unwrap_err().to_string().contains("needs [5]"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.safetensors");
        let bytes = weights.to_bytes().unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(Weights::load(&path).unwrap_err().to_string().contains("cut.safetensors"));
    }

    #[test]
    fn tensors_of_another_model_are_named() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let refused = |of: &[&str]| sample().check_names(&names(of)).unwrap_err().to_string();
        sample().check_names(&names(&["head.bias", "conv1.weight"])).unwrap();
        assert!(refused(&["conv1.weight"]).contains("tensor 'head.bias' is left over"));
        assert!(refused(&["conv1.weight", "head.bias", "gate"]).contains("no tensor 'gate', so"));
        assert!(refused(&["conv1.weight", "gate"]).contains("no tensor 'gate', but a tensor 'head.bias', so"));
    }

    #[test]
    fn initial_values_fill_their_interval() {
        let tensor = NamedTensor::uniform("x", &[100, 100], 25, &mut Streams::new("a").stream("init"));
        assert!(tensor.values.iter().all(|value| value.abs() <= 0.2));
        let mean = tensor.values.iter().sum::<f32>() / 1e4;
        let variance = tensor.values.iter().map(|value| value * value).sum::<f32>() / 1e4;
        // a uniform distribution on (-b, b) has variance b²/3
        assert!(mean.abs() < 5e-3 && (variance - 0.04 / 3.0).abs() < 5e-4, "{mean} {variance}");
    }

    #[test]
    fn prefixes_come_and_go() {
        assert_eq!(sample().under("intra").below("intra"), sample());
        assert_eq!(sample().under("intra").below("inter"), Weights::default());
        assert_eq!(sample().parameter_count(), 76);
    }
}
