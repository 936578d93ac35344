//! Random forest regression (Breiman 2001), grown as scikit-learn's `RandomForestRegressor` grows it.
//!
//! Ours, because no crate has a seedable forest that is fast when there are many more features than samples. Every
//! feature is sorted once per fit; a node inherits its sorted samples from its parent by a stable partition, so that
//! growing a tree costs O(p · n · depth) and never sorts.

use std::ops::AddAssign;

use ndarray::{Array2, ArrayView1, ArrayViewD};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use serde::{Deserialize, Serialize};

use crate::model::{Context, FitSummary, Model, ModelError};
use crate::random::ChaCha8Rng;
use crate::table::{prediction_table, training_table};

/// Feature values closer than this are not told apart, as in scikit-learn.
const SAME_VALUE: f64 = 1e-7;

/// Hyper-parameters of [`Forest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestParameters {
    /// Number of trees.
    pub trees: usize,
    /// Features tried at a split, drawn anew for each; `None` tries all.
    pub max_features: Option<usize>,
    /// Least number of distinct training samples in a leaf.
    pub min_samples_leaf: usize,
    /// Whether every tree sees n samples drawn with replacement, rather than the n samples as they are.
    pub bootstrap: bool,
}

impl Default for ForestParameters {
    fn default() -> Self {
        Self { trees: 100, max_features: None, min_samples_leaf: 1, bootstrap: true }
    }
}

/// The mean of regression trees, each split where the squared error falls most.
#[derive(Clone, Debug)]
pub struct Forest {
    parameters: ForestParameters,
    fitted: Option<Fitted>,
}

#[derive(Clone, Debug)]
struct Fitted {
    columns: usize,
    trees: Vec<Tree>,
}

impl Forest {
    /// An unfitted model.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for no trees, no features per split or empty leaves.
    pub fn new(parameters: ForestParameters) -> Result<Self, ModelError> {
        let ForestParameters { trees, max_features, min_samples_leaf, .. } = parameters;
        let counts = [
            ("trees", trees),
            ("max_features", max_features.unwrap_or(usize::MAX)),
            ("min_samples_leaf", min_samples_leaf),
        ];
        for (name, value) in counts {
            if value == 0 {
                let reason = "must be at least 1".to_owned();
                return Err(ModelError::Hyperparameter { name, value: value.to_string(), reason });
            }
        }
        Ok(Self { parameters, fitted: None })
    }
}

impl Model for Forest {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let table = training_table(features, labels, 1)?;
        let sorted = SortedFeatures::new(&table);
        // one stream per tree: a tree does not depend on which others were grown before it
        let trees = (0..self.parameters.trees)
            .map(|tree| {
                let mut random = context.streams.stream(&format!("forest/{tree}"));
                Grower::new(&sorted, labels, &self.parameters, &mut random).grow()
            })
            .collect();
        self.fitted = Some(Fitted { columns: table.ncols(), trees });
        Ok(FitSummary::default())
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let fitted = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let table = prediction_table(features, fitted.columns)?;
        let mean = |row: ArrayView1<'_, f64>| {
            fitted.trees.iter().map(|tree| tree.predict(row)).sum::<f64>() / fitted.trees.len() as f64
        };
        Ok(table.outer_iter().map(mean).collect())
    }
}

/// A regression tree; node 0 is the root.
#[derive(Clone, Debug)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf { mean: f64 },
    Split { feature: usize, threshold: f64, left: usize, right: usize },
}

impl Tree {
    fn predict(&self, row: ArrayView1<'_, f64>) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf { mean } => return mean,
                Node::Split { feature, threshold, left, right } => {
                    at = if row[feature] <= threshold { left } else { right };
                }
            }
        }
    }
}

/// The training features, and for every feature the samples in the order of its values.
struct SortedFeatures {
    samples: usize,
    /// p × n.
    values: Vec<f64>,
    /// p × n sample indices, sorted by value within each feature.
    order: Vec<u32>,
}

impl SortedFeatures {
    fn new(table: &Array2<f64>) -> Self {
        let samples = table.nrows();
        let values: Vec<f64> = table.t().iter().copied().collect();
        let mut order = Vec::with_capacity(values.len());
        for column in values.chunks_exact(samples) {
            let start = order.len();
            order.extend(0..samples as u32);
            order[start..].sort_unstable_by(|&a, &b| column[a as usize].total_cmp(&column[b as usize]).then(a.cmp(&b)));
        }
        Self { samples, values, order }
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
    order: Vec<u32>,
    size: usize,
}

impl Block {
    fn feature(&self, feature: usize) -> &[u32] {
        &self.order[feature * self.size..][..self.size]
    }

    /// Any order will do to visit every sample.
    fn samples(&self) -> &[u32] {
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
struct Grower<'a> {
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
    fn new(
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

    fn grow(mut self) -> Tree {
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
            end += usize::from(self.draws[sample as usize].count > 0);
        }
        Block { order, size }
    }

    fn total(&self, samples: &[u32]) -> Draws {
        let mut total = Draws::default();
        samples.iter().for_each(|&sample| total += self.draws[sample as usize]);
        total
    }

    /// The mean label of the draws.
    fn mean(&self, samples: &[u32]) -> f64 {
        let total = self.total(samples);
        total.sum / total.count as f64
    }

    /// Whether there are samples enough for two leaves, and labels to tell apart.
    fn may_split(&self, samples: &[u32]) -> bool {
        let first = self.labels[samples[0] as usize];
        samples.len() >= 2 * self.parameters.min_samples_leaf
            && samples.iter().any(|&sample| self.labels[sample as usize] != first)
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
            left += draws[sample as usize];
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
        (values[samples[cut.left_size - 1] as usize], values[samples[cut.left_size] as usize])
    }

    fn threshold(&self, block: &Block, cut: Cut) -> f64 {
        let (low, high) = self.values_beside(block, cut);
        low / 2.0 + high / 2.0
    }

    /// The blocks left and right of a cut, each still sorted along every feature.
    fn partition(&mut self, block: &Block, cut: Cut) -> (Block, Block) {
        for (position, &sample) in block.feature(cut.feature).iter().enumerate() {
            self.goes_left[sample as usize] = position < cut.left_size;
        }
        let (left_size, right_size) = (cut.left_size, block.size - cut.left_size);
        // an index is written to both sides and one of them moves on: a branch would be mispredicted half the time
        let mut left = vec![0; self.features.len() * left_size + 1];
        let mut right = vec![0; self.features.len() * right_size + 1];
        let (mut left_end, mut right_end) = (0, 0);
        for &sample in &block.order[..self.features.len() * block.size] {
            let goes_left = usize::from(self.goes_left[sample as usize]);
            left[left_end] = sample;
            right[right_end] = sample;
            left_end += goes_left;
            right_end += 1 - goes_left;
        }
        (Block { order: left, size: left_size }, Block { order: right, size: right_size })
    }
}
