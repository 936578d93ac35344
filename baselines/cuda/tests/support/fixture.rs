//! BatLiNet and every arm of the authors' branch ablation on maps by formula, and what PyTorch made of them
//! (`scripts/oracle/torch_fixture.py`).

use std::collections::BTreeMap;

use cuda::{
    Spec, Tensor,
    spec::{Branch, Cleaning, CycleFilter, Input, Precision, Rule, Shape},
};
use serde_json::Value;

use super::ADAM;

pub(crate) const CELLS: usize = 5;
pub(crate) const SHAPE: Shape = Shape { channels: 6, height: 20, width: 100 };

pub(crate) fn fixture() -> Value {
    let text =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../harness/batlinet/tests/fixtures/batlinet_steps.json"));
    serde_json::from_str(text).unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// `maps` of the fixture.
pub(crate) fn maps() -> Vec<f32> {
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
pub(crate) fn spec(parameters: &Value) -> Spec {
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
pub(crate) fn same(tensors: &[Tensor], expected: &Value, what: &str) {
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

/// References of each step, `count` per cell.
pub(crate) fn references(fixture: &Value, count: usize) -> Vec<Vec<usize>> {
    let of_cell = |of_cell: &Value| numbers(of_cell)[..count].iter().map(|&cell| cell as usize).collect::<Vec<_>>();
    let of_step = |step: &Value| step.as_array().unwrap().iter().flat_map(of_cell).collect();
    fixture["references"].as_array().unwrap().iter().map(of_step).collect()
}

/// How many references an arm trains with.
pub(crate) fn references_train(arm: &Value) -> usize {
    arm["parameters"].get("references_train").map_or(2, |value| value.as_u64().unwrap()) as usize
}
