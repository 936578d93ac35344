//! How the trees of a forest are grown: all of them together, level by level.
//!
//! The best cuts of a level are looked for in batches of nodes, of whatever trees, so that a feature's sorted samples
//! are read once for many nodes. A tree does not depend on which others are grown beside it.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::{
    ForestParameters, Tree, TreeNode,
    batch::Batch,
    cut::{Cut, Draws, Task},
    features::{Sample, SortedFeatures},
    few::{FEW, lucky_cut},
    node::Node,
    screen::LANES,
};
use crate::random::{ChaCha8Rng, Streams};

/// Grows the trees of a forest on sorted features and one label per sample.
pub(super) fn grow(
    features: &SortedFeatures,
    labels: &[f64],
    parameters: &ForestParameters,
    streams: &Streams,
) -> Vec<Tree> {
    let task = Task::new(features, labels, parameters.min_samples_leaf);
    let may_split = |node: &Node| node.may_split(labels, parameters.min_samples_leaf);
    let roots = (0..parameters.trees).map(|tree| root(tree, labels, parameters.bootstrap, streams));
    let (mut trees, mut level): (Vec<Tree>, Vec<Node>) =
        roots.map(|root| (Tree { nodes: vec![TreeNode::Leaf { mean: root.total.mean() }] }, root)).unzip();
    level.retain(may_split);
    while !level.is_empty() {
        // nodes with like labels have like samples
        level.sort_by(|a, b| a.total.mean().total_cmp(&b.total.mean()));
        let cuts = best_cuts(&task, &level, parameters.max_features, streams);
        let mut next = Vec::new();
        for (node, cut) in level.into_iter().zip(cuts) {
            let Some(cut) = cut else { continue };
            let (tree, position, nodes) = (node.tree, node.position, &mut trees[node.tree].nodes);
            let (left, right) = (nodes.len(), nodes.len() + 1);
            nodes[position] = TreeNode::Split { feature: cut.feature, threshold: cut.threshold(), left, right };
            for (position, samples) in [left, right].into_iter().zip(node.part(features, cut)) {
                let child = Node::new(tree, position, samples);
                nodes.push(TreeNode::Leaf { mean: child.total.mean() });
                next.extend(Some(child).filter(may_split));
            }
        }
        level = next;
    }
    trees
}

/// All samples, or a bootstrap of them.
fn root(tree: usize, labels: &[f64], bootstrap: bool, streams: &Streams) -> Node {
    let mut counts = vec![1; labels.len()];
    if bootstrap {
        let mut random = streams.stream(&format!("forest/{tree}"));
        counts.fill(0);
        (0..labels.len()).for_each(|_| counts[random.random_range(0..labels.len())] += 1);
    }
    let drawn = counts.iter().zip(labels).map(|(&count, label)| Draws { count, sum: count as f64 * label });
    Node::new(tree, 0, (0..).zip(drawn).filter(|(_, draws): &(Sample, Draws)| draws.count > 0).collect())
}

/// The best cut of each node; `None` for a leaf.
fn best_cuts(task: &Task<'_>, nodes: &[Node], max_features: Option<usize>, streams: &Streams) -> Vec<Option<Cut>> {
    match max_features {
        Some(tried) if tried < task.features.count() => {
            nodes.iter().map(|node| best_of_some_features(task, node, tried, streams)).collect()
        }
        _ => best_of_all_features(task, nodes, streams),
    }
}

fn best_of_all_features(task: &Task<'_>, nodes: &[Node], streams: &Streams) -> Vec<Option<Cut>> {
    let luck = |node: &Node| {
        (node.samples.len() <= FEW).then(|| lucky_cut(task, node, &mut random(node, "luck", streams))).flatten()
    };
    let mut cuts: Vec<Option<Cut>> = nodes.iter().map(luck).collect();
    let open: Vec<usize> = (0..nodes.len()).filter(|&node| cuts[node].is_none()).collect();
    for open in open.chunks(LANES) {
        let nodes: Vec<&Node> = open.iter().map(|&node| &nodes[node]).collect();
        let mut batch = Batch::new(task, &nodes);
        (0..task.features.count()).for_each(|feature| batch.try_feature(feature));
        for ((&at, node), best) in open.iter().zip(&nodes).zip(batch.best_cuts()) {
            cuts[at] = choose(node, &best, streams);
        }
    }
    cuts
}

/// The best cut along `tried` features that are drawn for this node.
fn best_of_some_features(task: &Task<'_>, node: &Node, tried: usize, streams: &Streams) -> Option<Cut> {
    let mut features: Vec<usize> = (0..task.features.count()).collect();
    features.shuffle(&mut random(node, "features", streams));
    let alone = [node];
    let mut batch = Batch::new(task, &alone);
    for (visited, &feature) in features.iter().enumerate() {
        // constant features count as tried, but one that can be split is looked for to the end
        if visited >= tried && batch.has_cut() {
            break;
        }
        batch.try_feature(feature);
    }
    batch.best_cuts().find_map(|cuts| choose(node, &cuts, streams))
}

/// One of equally good cuts: scikit-learn visits the features in random order and keeps the first.
fn choose(node: &Node, cuts: &[Cut], streams: &Streams) -> Option<Cut> {
    match cuts.len() {
        0 | 1 => cuts.first().copied(),
        several => Some(cuts[random(node, "tie", streams).random_range(0..several)]),
    }
}

/// Every node has streams of its own, so that it matters to none in which order nodes are split.
fn random(node: &Node, purpose: &str, streams: &Streams) -> ChaCha8Rng {
    streams.stream(&format!("forest/{}/{}/{purpose}", node.tree, node.position))
}
