//! How a tree is grown.
//!
//! Every feature is sorted once per fit; a node inherits its sorted samples from its parent by a stable partition, so
//! that growing a tree costs O(p · n · depth) and never sorts.

use std::ops::AddAssign;

use ndarray::Array2;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::{ForestParameters, Node, Tree};
use crate::model::ModelError;
use crate::random::ChaCha8Rng;

/// Feature values closer than this are not told apart, as in scikit-learn.
const SAME_VALUE: f64 = 1e-7;

/// A sample's index: as narrow as it can be, since a tree is as fast as its indices are read from the cache.
type Sample = u16;

/// The training features, and for every feature the samples in the order of its values.
pub(super) struct SortedFeatures {
    samples: usize,
    /// p × n.
    values: Vec<f64>,
    /// p × n sample indices, sorted by value within each feature.
    order: Vec<Sample>,
}

impl SortedFeatures {
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

    fn columns(&self) -> usize {
        self.values.len() / self.samples
    }

    fn column(&self, feature: usize) -> &[f64] {
        &self.values[feature * self.samples..][..self.samples]
    }
}

/// The samples of one node: for every feature its sample indices in the order of that feature's values.
struct Block {
    /// p × size, and perhaps more behind.
    order: Vec<Sample>,
    size: usize,
}

impl Block {
    fn feature(&self, feature: usize) -> &[Sample] {
        &self.order[feature * self.size..][..self.size]
    }

    /// Any order will do to visit every sample.
    fn samples(&self) -> &[Sample] {
        self.feature(0)
    }
}

/// How often a sample, or a set of them, was drawn, and the sum of labels over the draws.
#[derive(Clone, Copy, Default)]
struct Draws {
    count: usize,
    sum: f64,
}

impl AddAssign for Draws {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// A place to split a node: after the first `left_size` samples in the order of `feature`.
#[derive(Clone, Copy)]
struct Cut {
    feature: usize,
    left_size: usize,
}

/// Grows one tree.
pub(super) struct Grower<'a> {
    sorted: &'a SortedFeatures,
    labels: &'a [f64],
    parameters: &'a ForestParameters,
    random: &'a mut ChaCha8Rng,
    draws: Vec<Draws>,
    /// 1/k at k: a division for every place to cut would be most of the work.
    reciprocals: Vec<f64>,
    goes_left: Vec<bool>,
    /// Best cuts so far, of equal score.
    ties: Vec<Cut>,
    features: Vec<usize>,
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        sorted: &'a SortedFeatures,
        labels: &'a [f64],
        parameters: &'a ForestParameters,
        random: &'a mut ChaCha8Rng,
    ) -> Self {
        let samples = labels.len();
        let mut draws = vec![Draws::default(); samples];
        for sample in 0..samples {
            let drawn = if parameters.bootstrap { random.random_range(0..samples) } else { sample };
            draws[drawn].count += 1;
        }
        for (draws, label) in draws.iter_mut().zip(labels) {
            draws.sum = draws.count as f64 * label;
        }
        Self {
            sorted,
            labels,
            parameters,
            random,
            draws,
            reciprocals: (0..=samples).map(|count| 1.0 / count as f64).collect(),
            goes_left: vec![false; samples],
            ties: Vec::new(),
            features: (0..sorted.columns()).collect(),
        }
    }

    pub(super) fn grow(mut self) -> Tree {
        let mut nodes = vec![Node::Leaf { mean: 0.0 }];
        let mut open = vec![(0, self.root())];
        while let Some((at, block)) = open.pop() {
            let Some(cut) = self.best_cut(&block) else {
                nodes[at] = Node::Leaf { mean: self.mean(block.samples()) };
                continue;
            };
            let (left, right) = (nodes.len(), nodes.len() + 1);
            nodes[at] = Node::Split { feature: cut.feature, threshold: self.threshold(&block, cut), left, right };
            let (left_samples, right_samples) = block.feature(cut.feature).split_at(cut.left_size);
            nodes.push(Node::Leaf { mean: self.mean(left_samples) });
            nodes.push(Node::Leaf { mean: self.mean(right_samples) });
            let (split_left, split_right) = (self.may_split(left_samples), self.may_split(right_samples));
            // half of all nodes are leaves: their samples need not be sorted out
            if split_left || split_right {
                let (left_block, right_block) = self.partition(&block, cut);
                open.extend(split_right.then_some((right, right_block)));
                open.extend(split_left.then_some((left, left_block)));
            }
        }
        Tree { nodes }
    }

    /// All samples that were drawn.
    fn root(&self) -> Block {
        let size = self.draws.iter().filter(|draws| draws.count > 0).count();
        let mut order = vec![0; self.sorted.columns() * size + 1];
        let mut end = 0;
        for &sample in &self.sorted.order {
            order[end] = sample;
            end += usize::from(self.draws[usize::from(sample)].count > 0);
        }
        Block { order, size }
    }

    fn total(&self, samples: &[Sample]) -> Draws {
        let mut total = Draws::default();
        samples.iter().for_each(|&sample| total += self.draws[usize::from(sample)]);
        total
    }

    /// The mean label of the draws.
    fn mean(&self, samples: &[Sample]) -> f64 {
        let total = self.total(samples);
        total.sum / total.count as f64
    }

    /// Whether there are samples enough for two leaves, and labels to tell apart.
    fn may_split(&self, samples: &[Sample]) -> bool {
        let first = self.labels[usize::from(samples[0])];
        samples.len() >= 2 * self.parameters.min_samples_leaf
            && samples.iter().any(|&sample| self.labels[usize::from(sample)] != first)
    }

    /// The cut that lowers the squared error most, one of them at random if several do; `None` for a leaf.
    fn best_cut(&mut self, block: &Block) -> Option<Cut> {
        if !self.may_split(block.samples()) {
            return None;
        }
        let total = self.total(block.samples());
        self.ties.clear();
        let mut best = f64::NEG_INFINITY;
        match self.parameters.max_features {
            Some(tried) if tried < self.features.len() => {
                self.features.shuffle(self.random);
                // constant features count as tried, but one that can be split is looked for to the end
                for visited in 0..self.features.len() {
                    if visited >= tried && !self.ties.is_empty() {
                        break;
                    }
                    best = self.try_feature(block, total, self.features[visited], best);
                }
            }
            _ => {
                for feature in 0..self.features.len() {
                    best = self.try_feature(block, total, feature, best);
                }
            }
        }
        match self.ties.len() {
            0 => None,
            1 => Some(self.ties[0]),
            // scikit-learn visits the features in random order and keeps the first of equals
            several => Some(self.ties[self.random.random_range(0..several)]),
        }
    }

    /// Looks for a cut along `feature` that is as good as `best`, and returns the best score from then on.
    ///
    /// Features that part the samples alike, as neighbouring points of a curve do, score alike but for rounding. The
    /// sums are formed in scikit-learn's order, so that rounding decides between them as it does there: to choose evenly
    /// among them instead gives visibly other forests on discharge curves.
    fn try_feature(&mut self, block: &Block, total: Draws, feature: usize, best: f64) -> f64 {
        let Some((cut, score)) = self.scan(block, total, feature, best) else { return best };
        if score > best {
            self.ties.clear();
        }
        self.ties.push(cut);
        score
    }

    /// The best cut along `feature` and its score, if that is at least `best`.
    ///
    /// With the sums S and counts N of the draws left and right of a cut, the squared error falls by
    /// S_l²/N_l + S_r²/N_r, up to a constant of the node. This loop is where the time goes: whether a cut is allowed is
    /// looked at only once it scores well enough.
    fn scan(&self, block: &Block, total: Draws, feature: usize, best: f64) -> Option<(Cut, f64)> {
        let samples = block.feature(feature);
        let (draws, reciprocals) = (&self.draws[..], &self.reciprocals[..]);
        let mut left = Draws::default();
        let mut found: Option<(Cut, f64)> = None;
        let mut bar = best.next_down();
        for (before, &sample) in samples[..samples.len() - 1].iter().enumerate() {
            left += draws[usize::from(sample)];
            let right = total.sum - left.sum;
            let score =
                left.sum * left.sum * reciprocals[left.count] + right * right * reciprocals[total.count - left.count];
            if score > bar {
                let cut = Cut { feature, left_size: before + 1 };
                if self.is_allowed(block, cut) {
                    bar = score;
                    found = Some((cut, score));
                }
            }
        }
        found
    }

    /// Whether the cut parts different values and leaves enough samples on either side.
    fn is_allowed(&self, block: &Block, cut: Cut) -> bool {
        let (low, high) = self.values_beside(block, cut);
        high > low + SAME_VALUE && cut.left_size.min(block.size - cut.left_size) >= self.parameters.min_samples_leaf
    }

    /// The feature's values just left and just right of a cut.
    fn values_beside(&self, block: &Block, cut: Cut) -> (f64, f64) {
        let values = self.sorted.column(cut.feature);
        let samples = block.feature(cut.feature);
        (values[usize::from(samples[cut.left_size - 1])], values[usize::from(samples[cut.left_size])])
    }

    fn threshold(&self, block: &Block, cut: Cut) -> f64 {
        let (low, high) = self.values_beside(block, cut);
        low / 2.0 + high / 2.0
    }

    /// The blocks left and right of a cut, each still sorted along every feature.
    fn partition(&mut self, block: &Block, cut: Cut) -> (Block, Block) {
        for (position, &sample) in block.feature(cut.feature).iter().enumerate() {
            self.goes_left[usize::from(sample)] = position < cut.left_size;
        }
        let (left_size, right_size) = (cut.left_size, block.size - cut.left_size);
        // an index is written to both sides and one of them moves on: a branch would be mispredicted half the time
        let mut left = vec![0; self.features.len() * left_size + 1];
        let mut right = vec![0; self.features.len() * right_size + 1];
        let (mut left_end, mut right_end) = (0, 0);
        for &sample in &block.order[..self.features.len() * block.size] {
            let goes_left = usize::from(self.goes_left[usize::from(sample)]);
            left[left_end] = sample;
            right[right_end] = sample;
            left_end += goes_left;
            right_end += 1 - goes_left;
        }
        (Block { order: left, size: left_size }, Block { order: right, size: right_size })
    }
}
