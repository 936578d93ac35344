//! Nodes of few samples, which are most of a tree.
//!
//! Among many features there are some that put a handful of samples into the best of all orders. Which orders are best
//! can be told without looking at a feature; then features are drawn until one is found that has such an order.
//! scikit-learn visits the features in random order and keeps the first of the best, which is the same.

use rand::RngExt as _;

use super::{
    cut::{Cut, Draws, Task},
    features::Sample,
    node::Node,
};
use crate::random::ChaCha8Rng;

/// The number of samples up to which all orders are thought of: there are 120 of five.
pub(super) const FEW: usize = 5;

/// Features that are drawn before a node is left to the search through all.
const TRIES: usize = 64;

/// A best cut of a node of up to [`FEW`] samples, if luck has it.
pub(super) fn lucky_cut(task: &Task<'_>, node: &Node, random: &mut ChaCha8Rng) -> Option<Cut> {
    let draws: Vec<Draws> = node.samples.iter().map(|&(_, draws)| draws).collect();
    let best = highest_score(task, node.total, Draws::default(), draws);
    (0..TRIES).find_map(|_| {
        let feature = random.random_range(0..task.features.count());
        let (cut, score) = best_cut_along(task, node, feature)?;
        (score == best).then_some(cut)
    })
}

/// The highest score of any cut in any order that begins with what is `left`.
fn highest_score(task: &Task<'_>, total: Draws, left: Draws, rest: Vec<Draws>) -> f64 {
    if rest.len() < 2 {
        return f64::NEG_INFINITY;
    }
    let after = |next: usize| {
        let (mut left, mut rest) = (left, rest.clone());
        left += rest.swap_remove(next);
        task.score(left, total).max(highest_score(task, total, left, rest))
    };
    (0..rest.len()).map(after).fold(f64::NEG_INFINITY, f64::max)
}

/// The best cut of a node along a feature, and its score.
pub(super) fn best_cut_along(task: &Task<'_>, node: &Node, feature: usize) -> Option<(Cut, f64)> {
    let values = task.features.column(feature);
    let mut samples: Vec<(Sample, Draws)> = node.samples.clone();
    samples.sort_by(|(a, _), (b, _)| values[usize::from(*a)].total_cmp(&values[usize::from(*b)]));
    let mut left = Draws::default();
    let mut best = None;
    for (before, pair) in samples.windows(2).enumerate() {
        left += pair[0].1;
        let score = task.score(left, node.total);
        if best.is_none_or(|(_, best)| score > best)
            && let Some(cut) = task.cut(feature, [pair[0].0, pair[1].0], before + 1, samples.len())
        {
            best = Some((cut, score));
        }
    }
    best
}
