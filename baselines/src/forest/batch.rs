//! The search for the best cut, in several nodes at once.

use super::{
    cut::{Cut, Draws, Task},
    features::Sample,
    node::Node,
    screen::Screen,
};

/// In the place of the row of a sample that is in none of the nodes.
const ABSENT: Sample = Sample::MAX;

/// Some nodes whose best cuts are looked for together.
///
/// Features are sorted over all samples. A batch keeps of that order the samples which any of its nodes has; a node
/// takes no notice of the others. So nothing is sorted or copied per node, and the more alike nodes are, the better.
pub(super) struct Batch<'a> {
    task: &'a Task<'a>,
    nodes: &'a [&'a Node],
    /// For every training sample, its row among those of the batch, or [`ABSENT`].
    rows: Vec<Sample>,
    /// Of each node, by row.
    draws: Vec<Vec<Draws>>,
    samples: Vec<Sample>,
    screen: Screen,
    best: Vec<Best>,
    /// The rows in the order of the feature at hand.
    order: Vec<Sample>,
}

/// The best score found so far, and the cuts that reach it, one per feature.
struct Best {
    score: f64,
    cuts: Vec<Cut>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(task: &'a Task<'a>, nodes: &'a [&'a Node]) -> Self {
        let mut rows = vec![ABSENT; task.features.samples()];
        let mut samples = Vec::new();
        for &(sample, _) in nodes.iter().flat_map(|node| &node.samples) {
            let row = &mut rows[usize::from(sample)];
            if *row == ABSENT {
                *row = samples.len() as Sample;
                samples.push(sample);
            }
        }
        let row = |sample: Sample| usize::from(rows[usize::from(sample)]);
        let mut draws = vec![vec![Draws::default(); samples.len()]; nodes.len()];
        for (node, draws) in nodes.iter().zip(&mut draws) {
            node.samples.iter().for_each(|&(sample, one)| draws[row(sample)] = one);
        }
        let screen = Screen::new(nodes, task.labels, samples.len(), row);
        let best = nodes.iter().map(|_| Best { score: f64::NEG_INFINITY, cuts: Vec::new() }).collect();
        let order = vec![0; rows.len() + 1];
        Self { task, nodes, rows, draws, samples, screen, best, order }
    }

    /// Looks for better cuts along a feature.
    ///
    /// Features that part the samples alike, as neighbouring points of a curve do, score alike but for rounding. The
    /// sums are formed in scikit-learn's order, so that rounding decides between them as it does there: to choose evenly
    /// among them instead gives visibly other forests on discharge curves.
    pub(super) fn try_feature(&mut self, feature: usize) {
        let mut end = 0;
        for &sample in self.task.features.order(feature) {
            // written in any case, and kept or not: a branch would often be mispredicted
            let row = self.rows[usize::from(sample)];
            self.order[end] = row;
            end += usize::from(row != ABSENT);
        }
        for lane in self.screen.passing(&self.order[..end]) {
            let Some((cut, score)) = self.scan(lane, feature, &self.order[..end]) else { continue };
            let best = &mut self.best[lane];
            if score > best.score {
                best.score = score;
                best.cuts.clear();
                self.screen.raise(lane, self.nodes[lane], score);
            }
            best.cuts.push(cut);
        }
    }

    /// For each node the cuts that lower the squared error most; none where it cannot be split.
    pub(super) fn best_cuts(self) -> impl Iterator<Item = Vec<Cut>> {
        self.best.into_iter().map(|best| best.cuts)
    }

    /// Whether the first node can be split along one of the features tried.
    pub(super) fn has_cut(&self) -> bool {
        !self.best[0].cuts.is_empty()
    }

    /// The best cut along `feature` and its score, if that is at least the best so far.
    fn scan(&self, lane: usize, feature: usize, order: &[Sample]) -> Option<(Cut, f64)> {
        let (node, draws) = (self.nodes[lane], &self.draws[lane]);
        let mut bar = self.best[lane].score.next_down();
        let mut found = None;
        let mut left = Draws::default();
        for (at, &row) in order.iter().enumerate() {
            // samples of other nodes weigh nothing: to leave them out would take a branch, often mispredicted
            left += draws[usize::from(row)];
            let score = self.task.score(left, node.total);
            // whether a cut is allowed is looked at only once it scores well enough
            if score > bar
                && let Some(cut) = self.cut_after(at, lane, feature, order)
            {
                bar = score;
                found = Some((cut, score));
            }
        }
        found
    }

    /// The cut between the sample at a place in the order of a feature and the next one of the node, if it is allowed.
    fn cut_after(&self, at: usize, lane: usize, feature: usize, order: &[Sample]) -> Option<Cut> {
        let is_here = |row: Sample| self.draws[lane][usize::from(row)].count > 0;
        if !is_here(order[at]) {
            // the same cut as behind the sample before
            return None;
        }
        let next = order[at + 1..].iter().copied().find(|&row| is_here(row))?;
        let left_size = order[..=at].iter().filter(|&&row| is_here(row)).count();
        let between = [order[at], next].map(|row| self.samples[usize::from(row)]);
        self.task.cut(feature, between, left_size, self.nodes[lane].samples.len())
    }
}
