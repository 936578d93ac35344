//! Leaves that may yet be split, and where.

use super::{
    cut::{Cut, Draws},
    features::{Sample, SortedFeatures},
};

/// A node of a tree, and the samples in it that the tree drew.
pub(super) struct Node {
    pub(super) tree: usize,
    /// Position among the nodes of its tree.
    pub(super) position: usize,
    pub(super) samples: Vec<(Sample, Draws)>,
    pub(super) total: Draws,
}

impl Node {
    pub(super) fn new(tree: usize, position: usize, samples: Vec<(Sample, Draws)>) -> Self {
        let mut total = Draws::default();
        samples.iter().for_each(|&(_, draws)| total += draws);
        Self { tree, position, samples, total }
    }

    /// Whether there are samples enough for two leaves, and labels to tell apart.
    pub(super) fn may_split(&self, labels: &[f64], min_samples_leaf: usize) -> bool {
        let label = |&(sample, _): &(Sample, Draws)| labels[usize::from(sample)];
        self.samples.len() >= 2 * min_samples_leaf
            && self.samples.iter().any(|sample| label(sample) != label(&self.samples[0]))
    }

    /// Parts the samples at a cut.
    pub(super) fn part(self, features: &SortedFeatures, cut: Cut) -> [Vec<(Sample, Draws)>; 2] {
        let values = features.column(cut.feature);
        let (left, right) = self.samples.into_iter().partition(|&(sample, _)| values[usize::from(sample)] <= cut.low);
        [left, right]
    }
}
