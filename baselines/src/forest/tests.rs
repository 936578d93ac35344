//! The quick ways to the best cuts, against the plain one: every feature looked at, sample by sample.

use ndarray::Array2;
use rand::RngExt as _;

use super::{
    batch::Batch,
    cut::{Cut, Draws, Task},
    features::{Sample, SortedFeatures},
    few::{FEW, best_cut_along, lucky_cut},
    node::Node,
    screen::LANES,
};
use crate::random::{ChaCha8Rng, Streams};

/// Features of `levels` different values, and labels about `offset`.
fn made(samples: usize, columns: usize, levels: u32, offset: f64) -> (SortedFeatures, Vec<f64>) {
    let mut random = Streams::new("test").stream(&format!("{samples} {levels} {offset}"));
    let values = Array2::from_shape_simple_fn((samples, columns), || f64::from(random.random_range(0..levels)));
    let labels = (0..samples).map(|_| offset + random.random_range(-1.0..1.0)).collect();
    (SortedFeatures::new(&values).unwrap(), labels)
}

/// Some of the samples: n draws of them, each at least once.
fn some_node(labels: &[f64], size: usize, random: &mut ChaCha8Rng) -> Node {
    let mut samples: Vec<usize> = (0..labels.len()).collect();
    while samples.len() > size {
        samples.remove(random.random_range(0..samples.len()));
    }
    let mut counts = vec![1; size];
    (size..labels.len()).for_each(|_| counts[random.random_range(0..size)] += 1);
    let drawn = |(sample, count)| (sample as Sample, Draws { count, sum: count as f64 * labels[sample] });
    Node::new(0, 0, samples.into_iter().zip(counts).map(drawn).collect())
}

/// The best cuts, by looking at every feature.
fn plain(task: &Task<'_>, node: &Node) -> Vec<Cut> {
    let cuts: Vec<_> = (0..task.features.count()).filter_map(|feature| best_cut_along(task, node, feature)).collect();
    let best = cuts.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
    cuts.into_iter().filter(|(_, score)| *score == best).map(|(cut, _)| cut).collect()
}

#[test]
fn the_screen_turns_away_nothing_that_is_best() {
    let mut random = Streams::new("test").stream("nodes");
    for (samples, levels) in [(4, 2), (12, 3), (41, 1000), (41, 4), (200, 1 << 30)] {
        // labels far from zero lose digits in single precision, and at last in double precision, too
        for offset in [0.0, 7.0, 1e4, 1e9, 1e14] {
            let (features, labels) = made(samples, 60, levels, offset);
            for min_samples_leaf in [1, 3] {
                let task = Task::new(&features, &labels, min_samples_leaf);
                let nodes: Vec<Node> = (0..LANES)
                    .map(|_| some_node(&labels, random.random_range(2..=samples), &mut random))
                    .filter(|node| node.may_split(&labels, min_samples_leaf))
                    .collect();
                let nodes: Vec<&Node> = nodes.iter().collect();
                let mut batch = Batch::new(&task, &nodes);
                (0..60).for_each(|feature| batch.try_feature(feature));
                for (node, cuts) in nodes.iter().zip(batch.best_cuts()) {
                    assert_eq!(cuts, plain(&task, node), "{samples} samples, {levels} values, labels about {offset}");
                }
            }
        }
    }
}

#[test]
fn luck_finds_a_best_cut_or_none() {
    let mut random = Streams::new("test").stream("lucky nodes");
    let mut found = 0;
    for levels in [2, 4, 1 << 30] {
        let (features, labels) = made(20, 300, levels, 5.0);
        let task = Task::new(&features, &labels, 1);
        for size in (2..=FEW).flat_map(|size| [size; 50]) {
            let node = some_node(&labels, size, &mut random);
            if let Some(cut) = lucky_cut(&task, &node, &mut random) {
                assert!(plain(&task, &node).contains(&cut), "{size} samples, {levels} values");
                found += 1;
            }
        }
    }
    assert!(found > 300, "luck found {found} of 600");
}

#[test]
fn luck_chooses_evenly_among_the_best() {
    let (features, labels) = made(20, 12, 1 << 30, 5.0);
    let task = Task::new(&features, &labels, 1);
    let mut random = Streams::new("test").stream("even");
    let node = some_node(&labels, 2, &mut random);
    let best = plain(&task, &node);
    assert!(best.len() > 2);
    let mut times = vec![0.0; best.len()];
    for _ in 0..3000 {
        let cut = lucky_cut(&task, &node, &mut random).expect("some of twelve features are best");
        times[best.iter().position(|other| *other == cut).expect("a best cut")] += 1.0;
    }
    // χ² with fewer than 12 degrees of freedom exceeds 31 in one case of a thousand
    let expected = 3000.0 / best.len() as f64;
    let chi_squared: f64 = times.iter().map(|times: &f64| (times - expected).powi(2) / expected).sum();
    assert!(chi_squared < 31.0, "{times:?}");
}
