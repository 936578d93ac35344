//! A quick look at a feature for many nodes at once, in single precision.
//!
//! Trees spend their time on features that are no better than the best so far. [`Screen`] finds most of these without
//! looking closely. With the labels of a node taken about their mean, a cut with label sum L and C of the node's N draws
//! on its left lowers the squared error by N L² / (C (N − C)). So it reaches a gain G only if
//!
//! > L² ≥ (G / N) · C (N − C),
//!
//! which takes no division, no branch and no double precision, and is computed for [`LANES`] nodes in the same
//! instructions. Rounding is allowed for: what is turned away is certainly worse, so that a forest is the same with the
//! screen as without it.

use super::{features::Sample, node::Node};

/// Nodes that are looked at together.
pub(super) const LANES: usize = 16;

/// One number per node.
type Lanes = [f32; LANES];

/// A sample as each node sees it; zeros where it is not in the node.
#[derive(Clone, Copy)]
struct Row {
    /// Number of draws times the centred label.
    sums: Lanes,
    /// Number of draws.
    counts: Lanes,
}

/// What a node's sums are measured by.
struct Scale {
    mean: f64,
    /// The largest distance of a label from the mean: centred labels are given in units of it.
    unit: f64,
    /// A bound on the rounding of L, in those units.
    noise: f64,
    /// A bound on the rounding of a score in double precision, in units of the labels squared.
    score_noise: f64,
}

/// Up to [`LANES`] nodes, each with the score that a feature must reach.
pub(super) struct Screen {
    rows: Vec<Row>,
    scales: Vec<Scale>,
    /// N.
    totals: Lanes,
    /// G / N, or 0 to let everything through.
    bars: Lanes,
    /// What L² − (G / N) · C (N − C) must exceed.
    floors: Lanes,
}

impl Screen {
    /// A screen that lets everything through, until it is [raised](Self::raise). `position` says at which row a sample
    /// of one of the nodes is, of `rows` rows.
    pub(super) fn new(nodes: &[&Node], labels: &[f64], rows: usize, position: impl Fn(Sample) -> usize) -> Self {
        assert!(nodes.len() <= LANES, "a screen has room for {LANES} nodes");
        let mut screen = Self {
            rows: vec![Row { sums: [0.0; LANES], counts: [0.0; LANES] }; rows],
            scales: Vec::with_capacity(nodes.len()),
            totals: [0.0; LANES],
            bars: [0.0; LANES],
            // nothing passes where there is no node
            floors: [f32::INFINITY; LANES],
        };
        for (lane, node) in nodes.iter().enumerate() {
            let scale = Scale::new(node, labels);
            for &(sample, draws) in &node.samples {
                let row = &mut screen.rows[position(sample)];
                row.sums[lane] = (draws.count as f64 * (labels[usize::from(sample)] - scale.mean) / scale.unit) as f32;
                row.counts[lane] = draws.count as f32;
            }
            screen.totals[lane] = node.total.count as f32;
            screen.floors[lane] = -1.0;
            screen.scales.push(scale);
        }
        screen
    }

    /// From now on, only lets features through to `node`, which is at `lane`, that may score at least `best`, where the
    /// score of a cut is S²/C + (T − S)²/(N − C) with the sums of labels as they are, S left of it and T in all.
    pub(super) fn raise(&mut self, lane: usize, node: &Node, best: f64) {
        let Scale { unit, noise, score_noise, .. } = self.scales[lane];
        let count = node.total.count as f64;
        let gain = (best - node.total.sum * node.total.mean() - score_noise) / (unit * unit);
        // C (N − C) ≥ N − 1. With |L| ≥ least and an error of L up to `noise`, what is computed of L² is at least
        // (|L| − noise)² ≥ L² (1 − 2 noise / least) + noise²
        let least = (gain / count * (count - 1.0)).sqrt();
        // the last term is for the rounding of the products
        let share = 1.0 - 2.0 * noise / least - 1e-6;
        // a NaN of a negative gain fails, too
        if share > 0.0 {
            self.bars[lane] = (gain / count * share) as f32;
            self.floors[lane] = (noise * noise) as f32;
        }
    }

    /// The lanes of nodes that have a promising cut along a feature, given the rows of their samples in its order.
    pub(super) fn passing(&self, order: &[Sample]) -> impl Iterator<Item = usize> + use<> {
        let excess = self.excess(order);
        let passes = |lane: usize| u32::from(excess[lane] > self.floors[lane]) << lane;
        let mut passing = (0..LANES).map(passes).fold(0, |all, one| all | one);
        std::iter::from_fn(move || {
            let lane = (passing != 0).then(|| passing.trailing_zeros() as usize);
            passing &= passing.wrapping_sub(1);
            lane
        })
    }

    /// The largest L² − (G / N) · C (N − C) along a feature.
    ///
    /// This loop is where the time goes.
    fn excess(&self, order: &[Sample]) -> Lanes {
        let (totals, bars) = (self.totals, self.bars);
        let (mut sums, mut counts, mut excess) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for &row in order {
            let row = &self.rows[usize::from(row)];
            for lane in 0..LANES {
                sums[lane] += row.sums[lane];
                counts[lane] += row.counts[lane];
                let needed = bars[lane] * (counts[lane] * (totals[lane] - counts[lane]));
                let over = sums[lane] * sums[lane] - needed;
                // not `f32::max`, which has NaN to think of
                excess[lane] = if over > excess[lane] { over } else { excess[lane] };
            }
        }
        excess
    }
}

impl Scale {
    fn new(node: &Node, labels: &[f64]) -> Self {
        let mean = node.total.mean();
        let drawn = || node.samples.iter().map(|&(sample, draws)| (draws.count as f64, labels[usize::from(sample)]));
        let unit = drawn().map(|(_, label)| (label - mean).abs()).fold(0.0, f64::max);
        let absolute_sum: f64 = drawn().map(|(count, label)| count * (label - mean).abs() / unit).sum();
        let absolute_label_sum: f64 = drawn().map(|(count, label)| count * label.abs()).sum();
        // a sum of k rounded terms is off by at most k u Σ|term|; ε = 2 u leaves room for second-order terms
        let terms = node.samples.len() as f64 + 2.0;
        Self {
            mean,
            unit,
            noise: terms * (f64::from(f32::EPSILON) * absolute_sum + f64::EPSILON * absolute_label_sum / unit),
            score_noise: 4.0 * terms * f64::EPSILON * absolute_label_sum * absolute_label_sum,
        }
    }
}
