//! Where the tensors of a network lie in the card's one array of weights, and in which order.

use crate::{
    error::CudaError,
    spec::{FEATURES, Spec},
};

/// A named tensor, row-major, as weights files hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Dotted name.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

/// One tensor's place.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    name: String,
    shape: Vec<usize>,
    offset: usize,
    length: usize,
}

/// The places of all tensors: each begins at a multiple of four numbers, so that four can be read at once.
///
/// A projection lies as [out, height, width, channels], since the kernels keep the channels of a pixel together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    places: Vec<Place>,
    length: usize,
}

impl Layout {
    pub(crate) fn new(spec: &Spec) -> Self {
        let mut length = 0;
        let places = spec
            .tensors()
            .into_iter()
            .map(|(name, shape)| {
                let place = Place { name, offset: length, length: shape.iter().product(), shape };
                length += place.length.next_multiple_of(4);
                place
            })
            .collect();
        Self { places, length }
    }

    /// Numbers in all, those between tensors included.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Where a tensor begins.
    pub(crate) fn offset(&self, name: &str) -> usize {
        self.places.iter().find(|place| place.name == name).expect("a tensor of this network").offset
    }

    /// The card's array of these tensors.
    pub(crate) fn pack(&self, tensors: &[Tensor]) -> Result<Vec<f32>, CudaError> {
        let refused = |what: String| Err(CudaError::Weights(what));
        if let Some(extra) = tensors.iter().find(|tensor| self.places.iter().all(|place| place.name != tensor.name)) {
            return refused(format!("tensor '{}' is left over, so they are of another model", extra.name));
        }
        let mut packed = vec![0.0; self.length];
        for place in &self.places {
            let Some(tensor) = tensors.iter().find(|tensor| tensor.name == place.name) else {
                return refused(format!("there is no tensor '{}'", place.name));
            };
            if tensor.shape != place.shape || tensor.values.len() != place.length {
                let (name, found, needed) = (&place.name, &tensor.shape, &place.shape);
                return refused(format!("tensor '{name}' has shape {found:?}, this model needs {needed:?}"));
            }
            if !tensor.values.iter().all(|value| value.is_finite()) {
                return refused(format!("tensor '{}' holds numbers that are not finite", place.name));
            }
            let to = &mut packed[place.offset..][..place.length];
            match place.pixels() {
                None => to.copy_from_slice(&tensor.values),
                Some(pixels) => transpose(&tensor.values, (FEATURES, pixels), to),
            }
        }
        Ok(packed)
    }

    /// The tensors of the card's array.
    pub(crate) fn unpack(&self, packed: &[f32]) -> Vec<Tensor> {
        let tensor = |place: &Place| {
            let from = &packed[place.offset..][..place.length];
            let values = match place.pixels() {
                None => from.to_vec(),
                Some(pixels) => {
                    let mut values = vec![0.0; from.len()];
                    transpose(from, (pixels, FEATURES), &mut values);
                    values
                }
            };
            Tensor { name: place.name.clone(), shape: place.shape.clone(), values }
        };
        self.places.iter().map(tensor).collect()
    }
}

impl Place {
    /// Pixels of a projection's kernel.
    fn pixels(&self) -> Option<usize> {
        self.name.ends_with("projection.weight").then(|| self.shape[2] * self.shape[3])
    }
}

/// Every block of rows × columns to columns × rows.
fn transpose(from: &[f32], (rows, columns): (usize, usize), to: &mut [f32]) {
    for (from, to) in from.chunks_exact(rows * columns).zip(to.chunks_exact_mut(rows * columns)) {
        for (at, value) in to.iter_mut().enumerate() {
            *value = from[at % rows * columns + at / rows];
        }
    }
}
