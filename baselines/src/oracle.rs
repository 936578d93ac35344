//! What the tests of the networks compare with: ten steps in PyTorch (`scripts/oracle/torch_networks.py`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::weights::Weights;

/// One network of the fixture.
pub(crate) struct Case {
    name: &'static str,
    /// Samples, cycles, grid points.
    pub(crate) shape: [usize; 3],
    /// `inputs` of the fixture.
    pub(crate) inputs: Vec<f32>,
    pub(crate) labels: Vec<f64>,
    answer: Value,
}

/// How many steps the fixture has.
pub(crate) const STEPS: usize = 10;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../tests/fixtures/networks.json")).expect("a sound fixture")
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).expect("a list of numbers")
}

/// The number of parameters at 1000 grid points in PyTorch.
pub(crate) fn parameter_count(name: &str) -> u64 {
    fixture()["parameters_at_1000_points"][name].as_u64().expect("a count")
}

impl Case {
    pub(crate) fn named(name: &'static str) -> Self {
        let fixture = fixture();
        let answer = fixture[name].clone();
        let shape: [usize; 3] = serde_json::from_value(answer["shape"].clone()).expect("three lengths");
        let [samples, cycles, points] = shape;
        let value = |i: usize, h: usize, w: usize| {
            let (i, h, w) = (i as f64, h as f64, w as f64);
            ((0.1 * w + 0.3 * i).sin() + 0.1 * h * (0.05 * w + i).cos()) as f32
        };
        let row = |k: usize| (k / cycles, k % cycles);
        let inputs =
            (0..samples * cycles).map(row).flat_map(|(i, h)| (0..points).map(move |w| value(i, h, w))).collect();
        Self { name, shape, inputs, labels: numbers(&fixture["labels"]), answer }
    }

    /// `initial_weights` of the fixture, in the place of these.
    pub(crate) fn weights(&self, mut weights: Weights) -> Weights {
        for (t, tensor) in weights.0.iter_mut().enumerate() {
            let count = tensor.values.len();
            let fan = if tensor.shape.len() > 1 { count / tensor.shape[0] } else { count };
            for (k, value) in tensor.values.iter_mut().enumerate() {
                *value = ((0.37 * k as f64 + t as f64).sin() / (fan as f64).sqrt()) as f32;
            }
        }
        weights
    }

    /// Outputs with the initial weights.
    pub(crate) fn check_outputs(&self, ours: &[f64]) {
        let theirs = numbers(&self.answer["initial_outputs"]);
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() <= 1e-5 * theirs.abs().max(0.1), "{}: {ours}, PyTorch {theirs}", self.name);
        }
    }

    /// The loss before a step, the first being 0, and the weights after it.
    pub(crate) fn check_step(&self, step: usize, loss: f64, weights: &Weights) {
        let name = self.name;
        let expected = numbers(&self.answer["losses"])[step];
        assert!((loss - expected).abs() <= 1e-5 * expected, "{name}, step {step}: loss {loss}, PyTorch {expected}");
        let Some(expected) = self.answer.get(format!("after_{}", step + 1)) else { return };
        let expected: BTreeMap<String, (f64, f64)> = serde_json::from_value(expected.clone()).expect("pairs by name");
        assert_eq!(weights.0.len(), expected.len(), "{name} has the tensors of PyTorch");
        for tensor in &weights.0 {
            let values = || tensor.values.iter().map(|&value| f64::from(value));
            let norm = values().map(|value| value * value).sum::<f64>().sqrt();
            let cosine_sum: f64 = values().enumerate().map(|(index, value)| value * (index as f64).cos()).sum();
            let (expected_norm, expected_sum) = expected[&tensor.name];
            let error = (norm - expected_norm).abs().max((cosine_sum - expected_sum).abs()) / expected_norm;
            assert!(error <= 1e-5, "{name}, {} after {} steps: off by {error:.1e} of its norm", tensor.name, step + 1);
        }
    }
}
