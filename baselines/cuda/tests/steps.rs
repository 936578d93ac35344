//! Training against PyTorch (`scripts/oracle/torch_fixture.py`), of BatLiNet and of every arm of the authors' branch
//! ablation, with the kernels running on the CPU: ten steps of BatLiNet, one of each arm, since the emulator takes its time.

mod support;

use std::collections::BTreeMap;

use cuda::{
    Labels, Maps, Network, Sources, Spec, Step, Tensor,
    spec::{Branch, Cleaning, CycleFilter, Input, Precision, Rule, Shape},
};
use serde_json::Value;
use support::{ADAM, emulator::Emulator, formula_weights};

const CELLS: usize = 5;
const SHAPE: Shape = Shape { channels: 6, height: 20, width: 100 };

fn fixture() -> Value {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../harness/tests/fixtures/batlinet_steps.json"));
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// `maps` of the fixture.
fn maps() -> Vec<f32> {
    let mut maps = Vec::new();
    for b in 0..CELLS {
        for c in 0..SHAPE.channels {
            for h in 0..SHAPE.height {
                for w in 0..SHAPE.width {
                    let [b_, c_, h_, w_] = [b, c, h, w].map(|index| index as f64);
                    let smooth = (0.01 * w_ * (1.0 + 0.1 * c_) + 0.3 * b_).sin()
                        + 0.05 * h_ * (0.004 * w_ + b_).cos()
                        + 0.2 * c_;
                    let mut value = smooth as f32;
                    value += if (29 * b + 5 * c + 13 * h + 7 * w).is_multiple_of(211) { 3.0 } else { 0.0 };
                    value += if h == 4 + b && c == 2 { 40.0 } else { 0.0 };
                    maps.push(if h == 12 { 9.0 * value } else { value });
                }
            }
        }
    }
    maps
}

/// The network of an arm, its parameters being those of `BatLiNetParameters`.
fn spec(parameters: &Value) -> Spec {
    let flag = |name: &str, default: bool| parameters.get(name).map_or(default, |value| value.as_bool().unwrap());
    let number = |name: &str, default: f64| parameters.get(name).map_or(default, |value| value.as_f64().unwrap());
    let text = |name: &str| parameters.get(name).map_or("", |value| value.as_str().unwrap());
    let filter = if text("cycle_filter") == "whole_cycle" { CycleFilter::WholeCycle } else { CycleFilter::PerChannel };
    let cleaning = |name: &str| Cleaning {
        rule: match text(name) {
            "hampel" => Rule::Hampel,
            "none" => Rule::Nothing,
            _ => Rule::Standard {
                glitch_width: number("glitch_width", 25.0) as usize,
                glitch_wrap: flag("glitch_wrap", true),
            },
        },
        filter,
    };
    let (intra, inter) = (flag("intra_cell", true), flag("inter_cell", true));
    let alpha = if intra && inter { number("alpha", 0.5) } else { f64::from(u8::from(inter)) };
    let separate = flag("separate_heads", false);
    let branch = |name: &str, input, head, weight| Branch { name: name.to_owned(), input, head, weight };
    let to_base = Input::ToBase(number("base", 9.0) as usize, cleaning("intra_cleaning"));
    let filter_target = flag("filter_target", true);
    let to_reference = Input::ToReference { cleaning: cleaning("inter_cleaning"), filter_target };
    let mut branches = Vec::new();
    branches.extend(intra.then(|| branch("intra", to_base, 0, 1.0 - alpha)));
    branches.extend(inter.then(|| branch("inter", to_reference, usize::from(separate), alpha)));
    let heads: &[&str] = if separate { &["intra_head", "inter_head"] } else { &["head"] };
    Spec {
        shape: SHAPE,
        branches,
        heads: heads.iter().map(|&head| head.to_owned()).collect(),
        head_bias: flag("head_bias", false),
        optimiser: ADAM,
        precision: Precision::Exact,
        collapsed: 0.0,
    }
}

/// Euclidean norm and sum of value × cos(index), both within 3e-5 of the norm.
fn same(tensors: &[Tensor], expected: &Value, what: &str) {
    let expected: BTreeMap<String, (f64, f64)> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(tensors.len(), expected.len(), "{what} has the tensors of PyTorch");
    for tensor in tensors {
        let values = || tensor.values.iter().map(|&value| f64::from(value));
        let norm = values().map(|value| value * value).sum::<f64>().sqrt();
        let cosine_sum: f64 = values().enumerate().map(|(index, value)| value * (index as f64).cos()).sum();
        let (expected_norm, expected_sum) = expected[&tensor.name];
        let error = (norm - expected_norm).abs().max((cosine_sum - expected_sum).abs()) / expected_norm;
        assert!(error <= 3e-5, "{what}, {}: off by {error:.1e} of its norm", tensor.name);
    }
}

fn agrees(arm: &str, count: usize) {
    let (fixture, maps) = (fixture(), maps());
    let of_arm = &fixture["arms"][arm];
    let spec = spec(&of_arm["parameters"]);
    let references_train =
        of_arm["parameters"].get("references_train").map_or(2, |value| value.as_u64().unwrap()) as usize;
    let labels = numbers(&fixture["labels"]);
    let close = |ours: f64, expected: f64, what: &str| {
        let error = (ours - expected).abs() / expected.abs().max(0.1);
        assert!(error <= 1e-5, "{arm}: {what} {ours}, PyTorch {expected}");
    };

    let machine = Emulator::machine();
    let sources = Sources::alone(Maps::new(&machine, SHAPE, &maps).unwrap());
    let mut network = Network::new(machine, spec.clone(), &formula_weights(&spec)).unwrap();
    let outputs = &of_arm["initial_outputs"];
    for (number, branch) in spec.branches.iter().enumerate() {
        if branch.input.has_references() {
            let pairs: Vec<(usize, usize)> = (0..4 * CELLS).map(|k| (k / 4, (2 * (k / 4) + k % 4) % CELLS)).collect();
            let expected = outputs[1].as_array().unwrap().iter().flat_map(numbers);
            let ours = network.outputs(number, &sources, &pairs).unwrap();
            for ((ours, &(_, reference)), expected) in ours.iter().zip(&pairs).zip(expected) {
                close(f64::from(*ours) + labels[reference], expected, "y_inter");
            }
        } else {
            let cells: Vec<(usize, usize)> = (0..CELLS).map(|cell| (cell, cell)).collect();
            let ours = network.outputs(number, &sources, &cells).unwrap();
            let pairs = ours.iter().zip(numbers(&outputs[0]));
            pairs.for_each(|(ours, expected)| close(f64::from(*ours), expected, "y_intra"));
        }
    }

    let of = Labels { cells: &labels, references: &labels };
    network.prepare(&vec![(sources, of); spec.branches.len()], CELLS, references_train).unwrap();
    let targets: Vec<usize> = (0..CELLS).collect();
    let references: Vec<Vec<usize>> = fixture["references"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let of_cells = step.as_array().unwrap().iter();
            of_cells
                .flat_map(|of_cell| numbers(of_cell)[..references_train].to_vec())
                .map(|cell| cell as usize)
                .collect()
        })
        .collect();
    let steps: Vec<Step<'_>> =
        references[..count].iter().map(|references| Step { targets: &targets, references }).collect();
    let mut losses = network.train(&steps[..1]).unwrap().losses;
    same(&network.weights().unwrap(), &of_arm["after_1"], &format!("{arm} after one step"));
    if count == 10 {
        // the others in one go
        losses.extend(network.train(&steps[1..]).unwrap().losses);
        same(&network.weights().unwrap(), &of_arm["after_10"], &format!("{arm} after ten steps"));
    }
    for (step, (ours, expected)) in losses.iter().zip(numbers(&of_arm["losses"])).enumerate() {
        close(*ours, expected, &format!("loss of step {step}"));
    }
}

macro_rules! arms {
    ($($name:ident $steps:literal),*) => {$(
        #[test]
        fn $name() {
            agrees(stringify!($name), $steps);
        }
    )*};
}

arms!(batlinet 10, cycle_diff_only 1, cell_diff_only 1, naive_ensemble 1, crossed 1, separate_without_bias 1);

#[test]
fn every_arm_has_a_test() {
    let fixture = fixture();
    let mut arms: Vec<&str> = fixture["arms"].as_object().unwrap().keys().map(String::as_str).collect();
    arms.sort_unstable();
    let mut tested =
        ["batlinet", "cycle_diff_only", "cell_diff_only", "naive_ensemble", "crossed", "separate_without_bias"];
    tested.sort_unstable();
    assert_eq!(arms, tested);
}
