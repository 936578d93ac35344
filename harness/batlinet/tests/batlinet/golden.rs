//! BatLiNet against the authors' program: forward pass, prediction, loss and gradients on inputs given by formulas.

use baselines::{Context, Silent, Streams, Weights, encoder::EncoderShape, weights::NamedTensor};
use batlinet::{
    BatLiNetParameters,
    inputs::Inputs,
    network::{MapsAndLabels, Network},
};
use serde_json::Value;

const CELLS: usize = 5;

fn golden() -> Value {
    serde_json::from_str(include_str!("../fixtures/batlinet_forward_h20.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|number| number as usize).collect()
}

/// `raw` of the fixture.
fn maps() -> Vec<f32> {
    let mut maps = Vec::new();
    for b in (0..CELLS).map(|b| b as f64) {
        for c in (0..6).map(f64::from) {
            for h in (0..20).map(f64::from) {
                for w in (0..1000).map(f64::from) {
                    let value = (0.01 * w * (1.0 + 0.1 * c) + 0.3 * b).sin() + 0.05 * h * (0.004 * w + b).cos();
                    maps.push((value + 0.2 * c) as f32);
                }
            }
        }
    }
    maps
}

/// `weights` of the fixture: sin(0.37 k + t) / √fan.
fn weights(shape: &EncoderShape) -> Weights {
    let mut tensors = Vec::new();
    for branch in ["intra", "inter"] {
        for (name, dimensions, _) in shape.parameters() {
            tensors.push((format!("{branch}.{name}"), dimensions));
        }
    }
    tensors.push(("head.weight".to_owned(), vec![1, 32]));
    let formula = |(t, (name, dimensions)): (usize, (String, Vec<usize>))| {
        let count: usize = dimensions.iter().product();
        let fan = if dimensions.len() > 1 { count / dimensions[0] } else { dimensions[0] };
        let value = |k: usize| ((0.37 * k as f64 + t as f64).sin() / (fan as f64).sqrt()) as f32;
        NamedTensor { name, shape: dimensions, values: (0..count).map(value).collect() }
    };
    Weights(tensors.into_iter().enumerate().map(formula).collect())
}

fn close(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() <= 2e-5 * theirs.abs().max(0.1), "{what}: {ours}, the authors have {theirs}");
}

#[test]
fn parameter_counts_are_those_of_the_paper() {
    let count = |parameters: &BatLiNetParameters, cycles: usize| {
        let shape = EncoderShape::new(6, cycles, 1000, 32).unwrap();
        Network::initial(parameters, shape, &mut Streams::new("a").stream("init")).parameter_count()
    };
    let both = BatLiNetParameters::default();
    assert_eq!((count(&both, 100), count(&both, 20)), (2_274_912, 247_392));
    // one encoder and the head (method §6.7); heads of their own with biases
    let (intra, inter) = (
        BatLiNetParameters { inter_cell: false, ..both.clone() },
        BatLiNetParameters { intra_cell: false, ..both.clone() },
    );
    assert_eq!((count(&intra, 100), count(&inter, 100)), (1_137_440 + 32, 1_137_440 + 32));
    let naive = BatLiNetParameters { separate_heads: true, head_bias: true, ..both };
    assert_eq!(count(&naive, 100), 2 * (1_137_440 + 33));
}

#[test]
fn forward_loss_and_gradients_are_the_authors() {
    let golden = golden();
    let parameters = BatLiNetParameters { base: 0, filter_cycles: false, ..BatLiNetParameters::default() };
    assert_eq!(parameters.alpha, golden["alpha"].as_f64().unwrap());
    let shape = EncoderShape::new(6, 20, 1000, 32).unwrap();
    let streams = Streams::new("golden");
    let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
    let mut network = Network::new(&parameters, shape, &weights(&shape), &context).unwrap();
    assert_eq!(network.weights().parameter_count(), 247_392);

    let (maps, labels) = (maps(), numbers(&golden["labels"]));
    let cells = MapsAndLabels { maps: &maps, labels: &labels };
    let mut inputs = Inputs::new(&parameters, shape, context.threads);
    let targets = indices(&golden["targets"]);
    let references: Vec<Vec<usize>> = golden["references"].as_array().unwrap().iter().map(indices).collect();

    let intra = network.intra(&maps, &mut inputs).unwrap().unwrap();
    for (position, &target) in targets.iter().enumerate() {
        close(intra[target], golden["y_intra"][position].as_f64().unwrap(), "intra-cell output");
        let map = &maps[target * shape.input_len()..][..shape.input_len()];
        let inter = network.inter(map, cells, &references[position], &mut inputs).unwrap().unwrap();
        for (ours, theirs) in inter.iter().zip(numbers(&golden["y_inter"][position])) {
            close(*ours, theirs, "inter-cell output");
        }
        let mut sorted = inter.clone();
        sorted.sort_by(f64::total_cmp);
        let prediction = 0.5 * intra[target] + 0.5 * sorted[(sorted.len() - 1) / 2];
        close(prediction, golden["prediction"][position].as_f64().unwrap(), "prediction");
    }

    let loss = network.accumulate((cells, &targets), (cells, &references.concat()), &mut inputs).unwrap();
    close(loss, golden["training_loss_with_these_references"].as_f64().unwrap(), "training loss");
    let gradients = network.gradients();
    let theirs = golden["grad_norms"].as_object().unwrap();
    let order = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "1.weight", "1.bias"];
    for (tensor, gradient) in gradients.0.iter().enumerate() {
        let name = match tensor {
            0..6 => format!("ori_module.{}{}", if tensor < 4 { "0." } else { "" }, order[tensor]),
            6..12 => format!("sup_module.{}{}", if tensor < 10 { "0." } else { "" }, order[tensor - 6]),
            _ => "fc.weight".to_owned(),
        };
        let norm = gradient.values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        let expected = theirs[&name].as_f64().unwrap();
        assert!((norm - expected).abs() <= 1e-4 * expected, "{name}: {norm}, the authors have {expected}");
    }
}
