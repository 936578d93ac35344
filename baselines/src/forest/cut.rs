//! Where a node may be split, and how good that is.

use std::ops::AddAssign;

use super::features::{Sample, SortedFeatures};

/// Feature values closer than this are not told apart, as in scikit-learn.
const SAME_VALUE: f64 = 1e-7;

/// How often a sample, or a set of them, was drawn, and the sum of labels over the draws.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draws {
    pub(super) count: usize,
    pub(super) sum: f64,
}

impl Draws {
    pub(super) fn mean(self) -> f64 {
        self.sum / self.count as f64
    }
}

impl AddAssign for Draws {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// A place to split a node: between two neighbouring values of a feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    pub(super) feature: usize,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Cut {
    pub(super) fn threshold(self) -> f64 {
        self.low / 2.0 + self.high / 2.0
    }
}

/// What all trees of a forest are grown on.
pub(super) struct Task<'a> {
    pub(super) features: &'a SortedFeatures,
    pub(super) labels: &'a [f64],
    min_samples_leaf: usize,
    /// 1/k at k: divisions would take most of the time.
    reciprocals: Vec<f64>,
}

impl<'a> Task<'a> {
    pub(super) fn new(features: &'a SortedFeatures, labels: &'a [f64], min_samples_leaf: usize) -> Self {
        let reciprocals = (0..=labels.len()).map(|count| 1.0 / count as f64).collect();
        Self { features, labels, min_samples_leaf, reciprocals }
    }

    /// What makes a cut good, given the draws left of it and all draws of the node.
    ///
    /// With the sums S and counts C of the draws left and right of a cut, the squared error falls by
    /// S_l²/C_l + S_r²/C_r, up to a constant of the node. NaN or infinite if one side is empty.
    pub(super) fn score(&self, left: Draws, total: Draws) -> f64 {
        let right = total.sum - left.sum;
        left.sum * left.sum * self.reciprocals[left.count] + right * right * self.reciprocals[total.count - left.count]
    }

    /// The cut between two neighbouring samples of a node of `size` samples, the lower of which is the `left_size`th in
    /// the order of the feature; `None` if they have the same value or too few samples are on a side.
    pub(super) fn cut(&self, feature: usize, between: [Sample; 2], left_size: usize, size: usize) -> Option<Cut> {
        let values = self.features.column(feature);
        let [low, high] = between.map(|sample| values[usize::from(sample)]);
        let smaller_size = left_size.min(size - left_size);
        (high > low + SAME_VALUE && smaller_size >= self.min_samples_leaf).then_some(Cut { feature, low, high })
    }
}
