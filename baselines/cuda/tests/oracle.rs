//! The oracle against others: PyTorch's ten steps of every arm, and the authors' forward pass.

mod support;

use cuda::{
    Spec, oracle,
    spec::{Branch, Cleaning, CycleFilter, Input, Precision, Rule, Shape},
};
use serde_json::Value;
use support::{
    ADAM,
    fixture::{CELLS, SHAPE, fixture, maps, numbers, references, references_train, spec},
    formula_weights, in_double,
};

fn close(ours: f64, expected: f64, what: &str) {
    let error = (ours - expected).abs() / expected.abs().max(0.1);
    assert!(error <= 1e-5, "{what}: {ours}, expected {expected}");
}

/// Inputs of a branch, and what is wanted of each target.
fn batch(
    spec: &Spec,
    maps: &[f32],
    labels: &[f64],
    targets: &[usize],
    references: &[usize],
) -> Vec<(Vec<Vec<f32>>, Vec<f64>)> {
    let map = |cell: usize| &maps[cell * spec.shape.len()..][..spec.shape.len()];
    let per_target = references.len() / targets.len();
    let of = |branch: &Branch| {
        let input = |cell: usize, other: usize| oracle::input(map(cell), map(other), spec.shape, branch.input);
        if branch.input.has_references() {
            let of_targets = || targets.iter().zip(references.chunks(per_target));
            let known = |of: &[usize]| of.iter().map(|&other| labels[other]).sum::<f64>() / per_target as f64;
            let inputs = of_targets().flat_map(|(&cell, of)| of.iter().map(move |&other| input(cell, other)));
            (inputs.collect(), of_targets().map(|(&cell, of)| labels[cell] - known(of)).collect())
        } else {
            let inputs = targets.iter().map(|&cell| input(cell, cell)).collect();
            (inputs, targets.iter().map(|&cell| labels[cell]).collect())
        }
    };
    spec.branches.iter().map(of).collect()
}

#[test]
fn ten_steps_of_every_arm_are_those_of_pytorch() {
    let (fixture, maps) = (fixture(), maps());
    let labels = numbers(&fixture["labels"]);
    let targets: Vec<usize> = (0..CELLS).collect();
    // a card refuses a loss of what the branches say differently, and so its oracle knows none
    let is_known = |(_, arm): &(&String, &Value)| arm["parameters"]["consistency"].is_null();
    for (name, arm) in fixture["arms"].as_object().unwrap().iter().filter(is_known) {
        let spec = spec(&arm["parameters"]);
        assert_eq!(spec.shape, SHAPE);
        let mut weights = in_double(&formula_weights(&spec));
        let mut moments = oracle::Moments::new(&weights);
        let steps = references(&fixture, references_train(arm));
        for (step, (references, expected)) in steps.iter().zip(numbers(&arm["losses"])).enumerate() {
            let batch = batch(&spec, &maps, &labels, &targets, references);
            let (loss, gradients) = oracle::gradients(&spec, &weights, &batch);
            close(loss, expected, &format!("{name}, loss of step {step}"));
            moments.step(spec.optimiser, &mut weights, &gradients);
        }
    }
}

#[test]
fn forward_loss_and_gradients_are_the_authors() {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../harness/batlinet/tests/fixtures/batlinet_forward_h20.json"
    ));
    let golden: Value = serde_json::from_str(text).unwrap();
    let shape = Shape { channels: 6, height: 20, width: 1000 };
    let rule = Rule::Standard { glitch_width: 25, glitch_wrap: true };
    let cleaning = Cleaning { rule, filter: CycleFilter::Off };
    let branch = |name: &str, input| Branch { name: name.to_owned(), input, head: 0, weight: 0.5 };
    let spec = Spec {
        shape,
        branches: vec![
            branch("intra", Input::ToBase(0, cleaning)),
            branch("inter", Input::ToReference { cleaning, filter_target: true }),
        ],
        heads: vec!["head".to_owned()],
        head_bias: false,
        optimiser: ADAM,
        precision: Precision::Exact,
        collapsed: 0.0,
    };
    let mut maps = Vec::new();
    for b in (0..5).map(f64::from) {
        for c in (0..6).map(f64::from) {
            for h in (0..20).map(f64::from) {
                for w in (0..1000).map(f64::from) {
                    let value = (0.01 * w * (1.0 + 0.1 * c) + 0.3 * b).sin() + 0.05 * h * (0.004 * w + b).cos();
                    maps.push((value + 0.2 * c) as f32);
                }
            }
        }
    }
    let indices = |value: &Value| numbers(value).into_iter().map(|number| number as usize).collect::<Vec<_>>();
    let labels = numbers(&golden["labels"]);
    let targets = indices(&golden["targets"]);
    let references: Vec<usize> = golden["references"].as_array().unwrap().iter().flat_map(indices).collect();
    let weights = in_double(&formula_weights(&spec));
    let batch = batch(&spec, &maps, &labels, &targets, &references);
    let intra = oracle::outputs(&spec, &weights, 0, &batch[0].0);
    let expected = numbers(&golden["y_intra"]);
    intra.iter().zip(expected).for_each(|(ours, expected)| close(*ours, expected, "intra-cell output"));
    let inter = oracle::outputs(&spec, &weights, 1, &batch[1].0);
    let expected = golden["y_inter"].as_array().unwrap().iter().flat_map(numbers);
    for ((ours, &reference), expected) in inter.iter().zip(&references).zip(expected) {
        close(ours + labels[reference], expected, "inter-cell output");
    }
    let (loss, gradients) = oracle::gradients(&spec, &weights, &batch);
    close(loss, golden["training_loss_with_these_references"].as_f64().unwrap(), "loss");
    let order = ["0.conv1.weight", "0.conv1.bias", "0.conv2.weight", "0.conv2.bias", "1.weight", "1.bias"];
    for (tensor, (_, values)) in gradients.iter().enumerate() {
        let name = match tensor {
            0..6 => format!("ori_module.{}", order[tensor]),
            6..12 => format!("sup_module.{}", order[tensor - 6]),
            _ => "fc.weight".to_owned(),
        };
        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        let expected = golden["grad_norms"][&name].as_f64().unwrap();
        assert!((norm - expected).abs() <= 1e-4 * expected, "{name}: {norm}, the authors have {expected}");
    }
}
