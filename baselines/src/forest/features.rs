//! The training features as the trees read them.

use ndarray::Array2;

use crate::model::ModelError;

/// A sample's index: as narrow as it can be, since a forest is as fast as its indices are read from the cache.
pub(super) type Sample = u16;

/// The training features, and for every feature the samples in the order of its values: sorted once for all trees.
pub(super) struct SortedFeatures {
    samples: usize,
    /// p × n.
    values: Vec<f64>,
    /// p × n sample indices, sorted by value within each feature.
    order: Vec<Sample>,
}

impl SortedFeatures {
    /// Sorts an n × p table of finite numbers.
    pub(super) fn new(table: &Array2<f64>) -> Result<Self, ModelError> {
        let samples = table.nrows();
        let count = Sample::try_from(samples).map_err(|_| {
            ModelError::Solver(format!("a forest takes at most {} samples, not {samples}", Sample::MAX))
        })?;
        let values: Vec<f64> = table.t().iter().copied().collect();
        let mut order: Vec<Sample> = Vec::with_capacity(values.len());
        for column in values.chunks_exact(samples) {
            let start = order.len();
            order.extend(0..count);
            let by_value = |&a: &Sample, &b: &Sample| column[usize::from(a)].total_cmp(&column[usize::from(b)]);
            order[start..].sort_by(by_value);
        }
        Ok(Self { samples, values, order })
    }

    /// n.
    pub(super) fn samples(&self) -> usize {
        self.samples
    }

    /// p.
    pub(super) fn count(&self) -> usize {
        self.values.len() / self.samples
    }

    /// The values of a feature, by sample.
    pub(super) fn column(&self, feature: usize) -> &[f64] {
        &self.values[feature * self.samples..][..self.samples]
    }

    /// All samples in the order of a feature's values.
    pub(super) fn order(&self, feature: usize) -> &[Sample] {
        &self.order[feature * self.samples..][..self.samples]
    }
}
