//! What the tests of networks share.
#![allow(dead_code, reason = "every test takes what it needs")]

pub(crate) mod emulator;
pub(crate) mod fixture;
mod library;

use cuda::{
    Spec, Tensor,
    oracle::Tensors,
    spec::{Adam, Cleaning, CycleFilter, Rule},
};

pub(crate) const ADAM: Adam = Adam { learning_rate: 1e-3, betas: (0.9, 0.999), epsilon: 1e-8, weight_decay: 0.01 };

pub(crate) fn standard(filter: CycleFilter) -> Cleaning {
    Cleaning { rule: Rule::Standard { glitch_width: 25, glitch_wrap: true }, filter }
}

/// Tensor t, flat index k: sin(0.37 k + t) / √fan, the fan of a bias being its length.
pub(crate) fn formula_weights(spec: &Spec) -> Vec<Tensor> {
    let tensor = |(t, (name, shape)): (usize, (String, Vec<usize>))| {
        let count: usize = shape.iter().product();
        let fan = if shape.len() > 1 { count / shape[0] } else { count };
        let value = |k: usize| ((0.37 * k as f64 + t as f64).sin() / (fan as f64).sqrt()) as f32;
        Tensor { name, shape, values: (0..count).map(value).collect() }
    };
    spec.tensors().into_iter().enumerate().map(tensor).collect()
}

pub(crate) fn in_double(tensors: &[Tensor]) -> Tensors {
    let double = |tensor: &Tensor| (tensor.name.clone(), tensor.values.iter().map(|&value| f64::from(value)).collect());
    tensors.iter().map(double).collect()
}

/// Norm of the difference over the norm.
pub(crate) fn error(ours: &[f32], exact: &[f64]) -> f64 {
    assert_eq!(ours.len(), exact.len());
    let squares = ours.iter().zip(exact).map(|(ours, exact)| (f64::from(*ours) - exact).powi(2));
    let norm = exact.iter().map(|value| value * value).sum::<f64>();
    (squares.sum::<f64>() / norm.max(1e-300)).sqrt()
}

/// Smooth maps with noise, spikes, glitches, jumps at the edges and rows out of line.
pub(crate) fn troubled_maps(cells: usize, (channels, height, width): (usize, usize, usize), seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let mut maps = Vec::with_capacity(cells * channels * height * width);
    for cell in 0..cells {
        for channel in 0..channels {
            let a = cell as f32 / cells as f32 + 0.1 * channel as f32;
            for row in 0..height {
                let h = row as f32 / height as f32;
                let offset = if random() < 0.02 { 6.0 } else { 0.0 };
                let begin = maps.len();
                for column in 0..width {
                    let w = column as f32 / width as f32;
                    let smooth = (3.0 * w + 6.0 * a).sin() * (0.5 + a) - 0.4 * h * w * w * a;
                    let spike = if random() < 0.001 { 2.0 * random() - 1.0 } else { 0.0 };
                    maps.push(smooth + 0.002 * (random() - 0.5) + spike + offset);
                }
                if random() < 0.1 {
                    let (from, length) = ((random() * width as f32 * 0.9) as usize, (random() * 40.0) as usize);
                    maps[begin..].iter_mut().skip(from).take(length).for_each(|value| *value += 1.5);
                }
                if random() < 0.05 {
                    maps[begin..begin + 5].iter_mut().for_each(|value| *value += 3.0);
                }
            }
        }
    }
    maps
}
