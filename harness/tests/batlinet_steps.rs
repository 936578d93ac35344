//! Ten steps of training against PyTorch (`scripts/oracle/torch_fixture.py`), on every engine.

use std::collections::BTreeMap;

use baselines::{
    ModelError, Weights,
    encoder::{Encoder, EncoderShape, InstructionSet, NativeEncoder, TorchEncoder},
    optimiser::AdamParameters,
    weights::NamedTensor,
};
use harness::batlinet::{
    BatLiNetParameters,
    inputs::Inputs,
    network::{Cells, Network},
};
use serde::Deserialize;

const CELLS: usize = 5;

#[derive(Deserialize)]
struct Fixture {
    labels: Vec<f64>,
    /// Per step and cell.
    references: Vec<Vec<Vec<usize>>>,
    losses: Vec<f64>,
    /// Per number of steps and tensor: the Euclidean norm, and the sum of value × cos(index).
    norm_and_cosine_sum_after_steps: BTreeMap<usize, BTreeMap<String, (f64, f64)>>,
}

/// `maps` of the fixture.
fn maps(shape: &EncoderShape) -> Vec<f32> {
    let mut maps = Vec::new();
    for b in (0..CELLS).map(|b| b as f64) {
        for c in (0..shape.channels).map(|c| c as f64) {
            for h in (0..shape.height).map(|h| h as f64) {
                for w in (0..shape.width).map(|w| w as f64) {
                    let value = (0.01 * w * (1.0 + 0.1 * c) + 0.3 * b).sin() + 0.05 * h * (0.004 * w + b).cos();
                    maps.push((value + 0.2 * c) as f32);
                }
            }
        }
    }
    maps
}

/// `initial_weights` of the fixture, and under which names PyTorch has them.
fn weights(shape: &EncoderShape) -> (Weights, Vec<String>) {
    let modules = ["0.conv1.weight", "0.conv1.bias", "0.conv2.weight", "0.conv2.bias", "1.weight", "1.bias"];
    let (mut tensors, mut names) = (Vec::new(), Vec::new());
    for (branch, torch) in [("intra", "ori_module"), ("inter", "sup_module")] {
        for ((name, dimensions, _), module) in shape.parameters().into_iter().zip(modules) {
            tensors.push((format!("{branch}.{name}"), dimensions));
            names.push(format!("{torch}.{module}"));
        }
    }
    tensors.push(("head.weight".to_owned(), vec![1, shape.features]));
    names.push("fc.weight".to_owned());
    let formula = |(t, (name, shape)): (usize, (String, Vec<usize>))| {
        let count: usize = shape.iter().product();
        let fan = if shape.len() > 1 { count / shape[0] } else { count };
        let value = |k: usize| ((0.37 * k as f64 + t as f64).sin() / (fan as f64).sqrt()) as f32;
        NamedTensor { name, values: (0..count).map(value).collect(), shape }
    };
    (Weights(tensors.into_iter().enumerate().map(formula).collect()), names)
}

fn agrees(
    engine: &str,
    build: impl Fn(EncoderShape, &Weights, AdamParameters) -> Result<Box<dyn Encoder>, ModelError>,
) {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/batlinet_steps.json")).unwrap();
    let shape = EncoderShape::new(6, 20, 100, 32).unwrap();
    let parameters = BatLiNetParameters { base: 0, ..BatLiNetParameters::default() };
    let (weights, names) = weights(&shape);
    let mut network =
        Network::on(&parameters, shape, &weights, |weights, optimiser| build(shape, weights, optimiser)).unwrap();
    let mut inputs = Inputs::new(&parameters, shape, 2);
    let maps = maps(&shape);
    let cells = Cells { maps: &maps, labels: &fixture.labels };
    let targets: Vec<usize> = (0..CELLS).collect();
    for (step, (references, expected)) in fixture.references.iter().zip(&fixture.losses).enumerate() {
        let loss = network.accumulate(cells, &targets, &references.concat(), &mut inputs).unwrap();
        assert!((loss - expected).abs() <= 1e-5 * expected, "{engine}, step {step}: loss {loss}, PyTorch {expected}");
        network.step();
        let Some(expected) = fixture.norm_and_cosine_sum_after_steps.get(&(step + 1)) else { continue };
        for (tensor, name) in network.weights().0.iter().zip(&names) {
            let values = || tensor.values.iter().map(|&value| f64::from(value));
            let norm = values().map(|value| value * value).sum::<f64>().sqrt();
            let cosine_sum: f64 = values().enumerate().map(|(index, value)| value * (index as f64).cos()).sum();
            let (expected_norm, expected_sum) = expected[name];
            let error = (norm - expected_norm).abs().max((cosine_sum - expected_sum).abs());
            let what = format!("{engine}, {name} after {} steps", step + 1);
            assert!(error <= 1e-5 * expected_norm, "{what}: off by {:.1e} of its norm", error / expected_norm);
        }
    }
}

#[test]
fn ten_steps_on_libtorch_are_those_of_pytorch() {
    agrees("libtorch", |shape, weights, optimiser| {
        Ok(Box::new(TorchEncoder::new(shape, weights, optimiser, tch::Device::Cpu)?))
    });
}

#[test]
fn ten_steps_on_our_kernels_are_those_of_pytorch() {
    for set in InstructionSet::available() {
        agrees(set.name(), |shape, weights, optimiser| {
            Ok(Box::new(NativeEncoder::new(shape, weights, optimiser, 2, set)?))
        });
    }
}
