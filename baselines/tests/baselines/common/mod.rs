//! Data sets made by formula, bit for bit those of `scripts/oracle/made_data.py`, and how a model is run on them.

use baselines::{AnyModel, Context, Fitted as _, Silent, Streams};
use ndarray::{Array2, s};

pub(crate) const TRAIN: usize = 41;
pub(crate) const TEST: usize = 40;

/// Training features and labels, and the features to predict.
pub(crate) struct DataSet {
    pub(crate) features: Array2<f32>,
    pub(crate) labels: Vec<f64>,
    pub(crate) questions: Array2<f32>,
}

impl DataSet {
    pub(crate) fn named(name: &str) -> Self {
        let train = if name == "many" { 205 } else { TRAIN };
        let rows = train + TEST;
        let (features, seed) = match name {
            "narrow" => (noise(rows, 3, 1), 1),
            "wide" => (noise(rows, 1000, 2), 2),
            "curves" => (curves(rows, 200, 3), 3),
            "cells" => (modes(rows, 1000, 4, 0.125), 4),
            "collinear" => (modes(rows, 200, 5, 0.015625), 5),
            "many" => (modes(rows, 1000, 6, 0.125), 6),
            _ => panic!("no data set is called {name}"),
        };
        let mut labels = labels(&features, seed + 100);
        labels.truncate(train);
        let part = |from, to| features.slice(s![from..to, ..]).to_owned();
        Self { features: part(0, train), labels, questions: part(train, rows) }
    }
}

/// Knuth's 64-bit linear congruential generator; the top 24 bits give a uniform number in [-1, 1), exact in f32.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / 8_388_608.0 - 1.0
    }
}

/// Independent uniform columns whose widths grow from 1 to 3 in five steps.
pub(crate) fn noise(samples: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut dice = Dice(seed);
    Array2::from_shape_fn((samples, columns), |(_, j)| (dice.roll() * (1.0 + 0.5 * (j % 5) as f64)) as f32)
}

/// Smooth rows: polynomials of degree 7 with random coefficients and a little noise, as features of a cell are.
pub(crate) fn curves(samples: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut dice = Dice(seed);
    let mut values = Vec::with_capacity(samples * columns);
    for _ in 0..samples {
        let coefficients: Vec<f64> = (0..8).map(|_| dice.roll()).collect();
        for j in 0..columns {
            let t = 2.0 * (j as f64 / 256.0) - 1.0;
            let value = coefficients.iter().fold(0.0, |value, coefficient| value * t + coefficient);
            values.push((value + 0.015625 * dice.roll()) as f32);
        }
    }
    Array2::from_shape_vec((samples, columns), values).expect("one value per cell")
}

/// Rows of the shape that measured ones have: one curve times the amount of the sample, a second and a third curve
/// `spread` and `spread`² as large, and noise `spread`³ as large. With a small spread all are nearly collinear.
fn modes(samples: usize, columns: usize, seed: u64, spread: f64) -> Array2<f32> {
    let mut dice = Dice(seed);
    let mut values = Vec::with_capacity(samples * columns);
    for _ in 0..samples {
        let [one, two, three] = std::array::from_fn(|_| dice.roll());
        let (amount, two, three) = ((1.0 + one) * (1.0 + one), two * spread, three * (spread * spread));
        for j in 0..columns {
            let t = 2.0 * (j as f64 / 1024.0) - 1.0;
            let bend = 1.0 - t * t;
            let noise = dice.roll() * (spread * spread * spread);
            let value = ((amount * (1.0 + bend) + two * (t * bend)) + three * (bend * bend)) + noise;
            values.push(value as f32);
        }
    }
    Array2::from_shape_vec((samples, columns), values).expect("one value per cell")
}

/// A smooth function of the first three columns, and noise.
pub(crate) fn labels(features: &Array2<f32>, seed: u64) -> Vec<f64> {
    let mut dice = Dice(seed);
    let value = |x: f64, y: f64, z: f64, chance: f64| x + 0.5 * y * y - z * x + 0.25 * chance;
    features.outer_iter().map(|row| value(row[0].into(), row[1].into(), row[2].into(), dice.roll())).collect()
}

/// Runs `use_it` in the context of a run called `identity`.
pub(crate) fn in_context<T>(identity: &str, use_it: impl FnOnce(&Context<'_>) -> T) -> T {
    let streams = Streams::new(identity);
    use_it(&Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent })
}

/// Fits `model` and predicts `questions`.
pub(crate) fn answers(
    model: &dyn AnyModel,
    features: &Array2<f32>,
    labels: &[f64],
    questions: &Array2<f32>,
) -> Vec<f64> {
    in_context("test", |context| {
        let (fitted, _) = model.fit_any(features.view().into_dyn(), labels, context).expect("the model can be fitted");
        fitted.predict(questions.view().into_dyn(), context).expect("a fitted model predicts")
    })
}

/// √ mean (a − b)².
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / a.len() as f64).sqrt()
}
