//! Training against PyTorch (`scripts/oracle/torch_fixture.py`), of BatLiNet and of every arm of the authors' branch
//! ablation, with the kernels running on the CPU: ten steps of BatLiNet, one of each arm, since the emulator takes its time.

mod support;

use cuda::{Labels, Maps, Network, Sources, Step};
use support::{
    emulator::Emulator,
    fixture::{CELLS, SHAPE, fixture, maps, numbers, references, references_train, same, spec},
    formula_weights,
};

fn agrees(arm: &str, count: usize) {
    let (fixture, maps) = (fixture(), maps());
    let of_arm = &fixture["arms"][arm];
    let spec = spec(&of_arm["parameters"]);
    let references_train = references_train(of_arm);
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
    let references = references(&fixture, references_train);
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
    // a card refuses a loss of what the branches say differently
    let is_known = |(_, arm): &(&String, &serde_json::Value)| arm["parameters"]["consistency"].is_null();
    let arms = fixture["arms"].as_object().unwrap().iter().filter(is_known);
    let mut arms: Vec<&str> = arms.map(|(name, _)| name.as_str()).collect();
    arms.sort_unstable();
    let mut tested =
        ["batlinet", "cycle_diff_only", "cell_diff_only", "naive_ensemble", "crossed", "separate_without_bias"];
    tested.sort_unstable();
    assert_eq!(arms, tested);
}
