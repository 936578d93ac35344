//! Made-up maps, weights and networks, for checks and for what is timed.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    error::CudaError,
    layout::Tensor,
    machine::Machine,
    maps::Maps,
    network::{Labels, Network, Sources},
    spec::{Adam, Branch, Cleaning, CycleFilter, Input, Precision, Rule, Shape, Spec},
};

/// Numbers that look drawn, the same on every machine (xorshift).
pub struct Random(pub u64);

impl Random {
    /// From 0 to below 1.
    pub fn next_unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    /// One of `count`.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.next_unit() * count as f32) as usize).min(count - 1)
    }
}

/// Smooth maps with noise, spikes, glitches, jumps at the edges and rows out of line.
pub fn maps(cells: usize, shape: Shape) -> Vec<f32> {
    let mut random = Random(88172645463325252);
    let mut maps = Vec::with_capacity(cells * shape.len());
    for cell in 0..cells {
        for channel in 0..shape.channels {
            let a = cell as f32 / cells as f32 + 0.1 * channel as f32;
            for row in 0..shape.height {
                let h = row as f32 / shape.height as f32;
                let offset = if random.next_unit() < 0.02 { 6.0 } else { 0.0 };
                let begin = maps.len();
                for column in 0..shape.width {
                    let w = column as f32 / shape.width as f32;
                    let smooth = (3.0 * w + 6.0 * a).sin() * (0.5 + a) - 0.4 * h * w * w * a;
                    let spike = if random.next_unit() < 0.001 { 2.0 * random.next_unit() - 1.0 } else { 0.0 };
                    maps.push(smooth + 0.002 * (random.next_unit() - 0.5) + spike + offset);
                }
                if random.next_unit() < 0.1 {
                    let (from, length) = (random.below(shape.width - 50), random.below(40));
                    maps[begin + from..begin + from + length].iter_mut().for_each(|value| *value += 1.5);
                }
            }
        }
    }
    maps
}

/// The authors' cleaning.
pub fn cleaning() -> Cleaning {
    Cleaning { rule: Rule::Standard { glitch_width: 25, glitch_wrap: true }, filter: CycleFilter::PerChannel }
}

/// BatLiNet with the authors' hyper-parameters; the intra-cell branch subtracts cycle 9.
pub fn batlinet(shape: Shape, cleaning: Cleaning, precision: Precision) -> Spec {
    let branch = |name: &str, input| Branch { name: name.to_owned(), input, head: 0, weight: 0.5 };
    let inter = Input::ToReference { cleaning, filter_target: true };
    Spec {
        shape,
        branches: vec![branch("intra", Input::ToBase(9, cleaning)), branch("inter", inter)],
        heads: vec!["head".to_owned()],
        head_bias: false,
        optimiser: Adam { learning_rate: 1e-3, betas: (0.9, 0.999), epsilon: 1e-8, weight_decay: 0.01 },
        precision,
        collapsed: 0.0,
    }
}

/// The CNN baseline.
pub fn cnn(shape: Shape, precision: Precision) -> Spec {
    Spec {
        shape,
        branches: vec![Branch { name: "encoder".to_owned(), input: Input::Map, head: 0, weight: 1.0 }],
        heads: vec!["head".to_owned()],
        head_bias: true,
        optimiser: Adam { learning_rate: 1e-3, betas: (0.9, 0.999), epsilon: 1e-8, weight_decay: 0.0 },
        precision,
        collapsed: 1e-5,
    }
}

/// Weights of PyTorch's distribution.
pub fn weights(spec: &Spec) -> Vec<Tensor> {
    let mut random = Random(4711);
    let mut fan = 1;
    let tensors = spec.tensors().into_iter().map(|(name, shape)| {
        let count: usize = shape.iter().product();
        if name.ends_with("weight") {
            fan = count / shape[0];
        }
        let bound = 1.0 / (fan as f32).sqrt();
        let values = (0..count).map(|_| bound * (2.0 * random.next_unit() - 1.0)).collect();
        Tensor { name, shape, values }
    });
    tensors.collect()
}

/// A network that is prepared to learn made-up labels.
pub struct Training {
    /// The network.
    pub network: Network,
    /// What it learns from.
    pub sources: Sources,
    /// One per cell.
    pub labels: Vec<f64>,
}

/// A network on these maps, for steps of at most `batch` targets.
///
/// # Errors
/// What the machine says.
pub fn training(
    machine: &Arc<dyn Machine>,
    spec: &Spec,
    maps: &Arc<Maps>,
    batch: usize,
    references: usize,
) -> Result<Training, CudaError> {
    let labels: Vec<f64> = (0..maps.cells()).map(|cell| 1.5 * (0.7 * cell as f64).sin()).collect();
    let mut network = Network::new(machine.clone(), spec.clone(), &weights(spec))?;
    let sources = Sources::alone(maps.clone());
    let of = Labels { cells: &labels, references: &labels };
    network.prepare(&vec![(sources.clone(), of); spec.branches.len()], batch, references)?;
    Ok(Training { network, sources, labels })
}

/// References of some epochs, drawn anew for each.
pub fn drawn(epochs: usize, cells: usize, references: usize) -> Vec<Vec<usize>> {
    let mut random = Random(1234567);
    (0..epochs).map(|_| (0..cells * references).map(|_| random.below(cells)).collect()).collect()
}

/// What predictions ask, as BatLiNet does: each of `cells` cells beside `count` references, drawn with replacement from `support` and
/// looked at once each.
pub fn asked(cells: usize, count: usize, support: usize) -> Vec<(usize, usize)> {
    let mut random = Random(99);
    let of = |cell| {
        let different: BTreeSet<usize> = (0..count).map(|_| random.below(support)).collect();
        different.into_iter().map(move |reference| (cell, reference))
    };
    (0..cells).flat_map(of).collect()
}
