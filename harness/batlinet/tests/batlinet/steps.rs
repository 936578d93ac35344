//! Ten steps of training against PyTorch (`scripts/oracle/torch_fixture.py`), of BatLiNet and of every arm of the
//! authors' branch ablation, on every engine; and what the arms' options do to the inputs.

use std::collections::BTreeMap;

use baselines::{
    ModelError, Weights,
    encoder::{Encoder, EncoderShape, InstructionSet, NativeEncoder, TorchEncoder},
    optimiser::AdamParameters,
    random::Streams,
};
use batlinet::{
    BatLiNetParameters,
    inputs::Inputs,
    network::{MapsAndLabels, Network},
};
use serde::Deserialize;

const CELLS: usize = 5;

#[derive(Deserialize)]
struct Fixture {
    labels: Vec<f64>,
    /// Per step and cell.
    references: Vec<Vec<Vec<usize>>>,
    arms: BTreeMap<String, Arm>,
}

#[derive(Deserialize)]
struct Arm {
    parameters: BatLiNetParameters,
    /// Number of zeros, Euclidean norm, sum of value × cos(index).
    intra_input: Option<(usize, f64, f64)>,
    inter_input: Option<(usize, f64, f64)>,
    /// y_intra per cell, y_inter per cell and reference; empty without the branch.
    initial_outputs: (Vec<f64>, Vec<Vec<f64>>),
    losses: Vec<f64>,
    after_1: BTreeMap<String, (f64, f64)>,
    after_10: BTreeMap<String, (f64, f64)>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/batlinet_steps.json")).unwrap()
}

fn shape() -> EncoderShape {
    EncoderShape::new(6, 20, 100, 32).unwrap()
}

/// `maps` of the fixture.
fn maps() -> Vec<f32> {
    let shape = shape();
    let mut maps = Vec::new();
    for b in 0..CELLS {
        for c in 0..shape.channels {
            for h in 0..shape.height {
                for w in 0..shape.width {
                    let fault = (29 * b + 5 * c + 13 * h + 7 * w).is_multiple_of(211);
                    let [b_, c_, h_, w_] = [b, c, h, w].map(|index| index as f64);
                    let value = (0.01 * w_ * (1.0 + 0.1 * c_) + 0.3 * b_).sin()
                        + 0.05 * h_ * (0.004 * w_ + b_).cos()
                        + 0.2 * c_;
                    let mut value = value as f32;
                    value += if fault { 3.0 } else { 0.0 };
                    value += if h == 4 + b && c == 2 { 40.0 } else { 0.0 };
                    maps.push(if h == 12 { 9.0 * value } else { value });
                }
            }
        }
    }
    maps
}

/// `initial_weights` of the fixture.
fn weights(parameters: &BatLiNetParameters) -> Weights {
    let mut weights = Network::initial(parameters, shape(), &mut Streams::new("steps").stream("init"));
    for (t, tensor) in weights.0.iter_mut().enumerate() {
        let fan = if tensor.shape.len() > 1 { tensor.values.len() / tensor.shape[0] } else { tensor.values.len() };
        for (k, value) in tensor.values.iter_mut().enumerate() {
            *value = ((0.37 * k as f64 + t as f64).sin() / (fan as f64).sqrt()) as f32;
        }
    }
    weights
}

/// Euclidean norm and sum of value × cos(index).
fn numbers(values: &[f32]) -> (f64, f64) {
    let values = || values.iter().map(|&value| f64::from(value));
    let norm = values().map(|value| value * value).sum::<f64>().sqrt();
    (norm, values().enumerate().map(|(index, value)| value * (index as f64).cos()).sum())
}

/// Within 1e-5 of the norm.
fn same(ours: &[f32], (norm, cosine_sum): (f64, f64), what: &str) {
    let (our_norm, our_sum) = numbers(ours);
    let error = (our_norm - norm).abs().max((our_sum - cosine_sum).abs());
    assert!(error <= 1e-5 * norm, "{what}: off by {:.1e} of its norm", error / norm);
}

#[test]
fn inputs_are_cleaned_as_each_option_says() {
    let (fixture, maps) = (fixture(), maps());
    let maps: Vec<&[f32]> = maps.chunks_exact(shape().input_len()).collect();
    for (name, arm) in &fixture.arms {
        let mut inputs = Inputs::new(&arm.parameters, shape(), 2);
        let check = |ours: &[f32], expected: (usize, f64, f64), branch: &str| {
            let zeros = ours.iter().filter(|&&value| value == 0.0).count();
            assert_eq!(zeros, expected.0, "zeros of {name}, {branch}");
            same(ours, (expected.1, expected.2), &format!("{name}, {branch}"));
        };
        if let Some(expected) = arm.intra_input {
            check(inputs.intra(&maps), expected, "intra-cell input");
        }
        if let Some(expected) = arm.inter_input {
            let of_cell = |references: &Vec<usize>| references[..arm.parameters.references_train].to_vec();
            let references: Vec<&[f32]> =
                fixture.references[0].iter().flat_map(of_cell).map(|reference| maps[reference]).collect();
            check(inputs.inter(&maps, &references), expected, "inter-cell input");
        }
    }
}

fn agrees(
    engine: &str,
    build: impl Fn(EncoderShape, &Weights, AdamParameters) -> Result<Box<dyn Encoder>, ModelError>,
) {
    // on a busy machine libtorch's threads wait for each other longer than they work
    tch::set_num_threads(1);
    let (fixture, maps, shape) = (fixture(), maps(), shape());
    let cells = MapsAndLabels { maps: &maps, labels: &fixture.labels };
    let targets: Vec<usize> = (0..CELLS).collect();
    for (name, arm) in &fixture.arms {
        let weights = weights(&arm.parameters);
        let mut network =
            Network::on(&arm.parameters, shape, &weights, |weights, optimiser| build(shape, weights, optimiser))
                .unwrap();
        let mut inputs = Inputs::new(&arm.parameters, shape, 2);
        let (intra, inter) = &arm.initial_outputs;
        let close = |ours: f64, expected: f64, what: &str| {
            let error = (ours - expected).abs();
            assert!(error <= 1e-5 * expected.abs().max(0.1), "{engine}, {name}: {what} {ours}, PyTorch {expected}");
        };
        for (ours, expected) in network.intra(&maps, &mut inputs).unwrap().unwrap_or_default().iter().zip(intra) {
            close(*ours, *expected, "y_intra");
        }
        for (cell, expected) in inter.iter().enumerate() {
            let map = &maps[cell * shape.input_len()..][..shape.input_len()];
            let references: Vec<usize> = (0..4).map(|k| (2 * cell + k) % CELLS).collect();
            let ours = network.inter(map, cells, &references, &mut inputs).unwrap().unwrap();
            ours.iter().zip(expected).for_each(|(ours, expected)| close(*ours, *expected, "y_inter"));
        }

        for (step, (references, expected)) in fixture.references.iter().zip(&arm.losses).enumerate() {
            let references: Vec<usize> =
                references.iter().flat_map(|of_cell| &of_cell[..arm.parameters.references_train]).copied().collect();
            let loss = network.accumulate((cells, &targets), (cells, &references), &mut inputs).unwrap();
            close(loss, *expected, &format!("loss of step {step}"));
            network.step();
            let expected = match step + 1 {
                1 => &arm.after_1,
                10 => &arm.after_10,
                _ => continue,
            };
            let trained = network.weights();
            assert!(trained.0.iter().map(|tensor| &tensor.name).eq(weights.0.iter().map(|tensor| &tensor.name)));
            assert_eq!(trained.0.len(), expected.len(), "{name} has the tensors of PyTorch");
            for tensor in &trained.0 {
                let what = format!("{engine}, {name}, {} after {} steps", tensor.name, step + 1);
                same(&tensor.values, expected[&tensor.name], &what);
            }
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
    let available = InstructionSet::available();
    for set in [InstructionSet::Avx512, InstructionSet::Avx2].into_iter().filter(|set| !available.contains(set)) {
        testing::skip(&format!("in part: this processor has no {}", set.name()));
    }
    for set in available {
        agrees(set.name(), |shape, weights, optimiser| {
            Ok(Box::new(NativeEncoder::new(shape, weights, optimiser, 2, set)?))
        });
    }
}
