//! Networks as cards have them against those on the CPU, with the kernels emulated: what BatLiNet, the CNN and the transfer
//! procedures declare is the network that they are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use baselines::{
    Context, ModelError, NetworkEngine, Silent, Streams, Weights,
    cnn::CnnParameters,
    convolutional::{Convolution, ConvolutionalNetwork},
    encoder::EncoderShape,
    engine::{Labels, Lesson, Maps, Step, card::CardNetwork},
};
use batlinet::{
    BatLiNetParameters,
    cleaning::{Cleaning, CycleFilter},
    engine,
    network::Network,
    transfer::{
        TransferParameters,
        inputs::Differences,
        trainer::{self, Sees},
    },
};
use cuda::{
    CudaError, Spec,
    machine::{Launch, Limits, Machine, Node, Recorded},
};

#[path = "../../../../baselines/cuda/tests/support/emulator.rs"]
#[allow(dead_code, reason = "other tests take what these do not")]
mod emulator;
#[path = "../../../../baselines/cuda/tests/support/library.rs"]
mod library;

const CELLS: usize = 4;
const SOURCES: usize = 3;

fn shape(channels: usize) -> EncoderShape {
    EncoderShape::new(channels, 20, 60, 32).unwrap()
}

/// Maps with a jump, a glitch and a cycle out of line; channels are of other sizes.
fn maps(shape: EncoderShape, cells: usize, shift: f64) -> Vec<f32> {
    let EncoderShape { channels, height, width, .. } = shape;
    let mut maps = Vec::new();
    for cell in (0..cells).map(|cell| cell as f64) {
        for place in 0..channels * height * width {
            let (row, w) = (place / width, 60.0 * (place % width) as f64 / width as f64);
            let channel = row / height;
            let smooth = (0.05 * w * (1.0 + 0.1 * shift) + 0.3 * cell).sin() + 0.02 * (row % height) as f64 * shift;
            let offset = if row % height == 7 && channel == 0 { 4.0 } else { 0.0 };
            let jump = if row % height == 11 && w > 57.0 { 2.0 } else { 0.0 };
            maps.push(((smooth + offset + jump) * (1.0 + 0.2 * channel as f64)) as f32);
        }
    }
    maps
}

fn labels(cells: usize, shift: f64) -> Vec<f64> {
    (0..cells).map(|cell| (1.7 * cell as f64 + shift).sin()).collect()
}

fn on_card(spec: Spec, weights: &Weights) -> Box<dyn NetworkEngine> {
    Box::new(CardNetwork::new(0, emulator::Emulator::machine(), spec, weights).unwrap())
}

fn assert_close(ours: &[f64], expected: &[f64], what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (ours, expected) in ours.iter().zip(expected) {
        assert!((ours - expected).abs() <= 2e-5 * expected.abs().max(0.1), "{what}: {ours}, on the CPU {expected}");
    }
}

/// Pairs of every cell with two references.
fn pairs() -> Vec<(usize, usize)> {
    (0..2 * CELLS).map(|k| (k / 2, (k + k / 2) % SOURCES)).collect()
}

fn answers(network: &dyn NetworkEngine, lesson: &Lesson<'_>, branches: usize) -> Vec<f64> {
    (0..branches).flat_map(|branch| network.outputs(branch, lesson.maps, &pairs()).unwrap()).collect()
}

/// Three steps, outputs before and after, and once more from the beginning.
fn agree(
    what: &str,
    [card, cpu]: [&mut dyn NetworkEngine; 2],
    initial: &Weights,
    lesson: &Lesson<'_>,
    (per_target, branches): (usize, usize),
) {
    let step = |number: usize, targets: &[usize]| Step {
        targets: targets.to_vec(),
        references: (0..targets.len() * per_target).map(|k| (k * 2 + number) % SOURCES).collect(),
    };
    let steps = [step(0, &[0, 1, 2]), step(1, &[3]), step(2, &[2, 0, 1])];
    assert_close(
        &answers(card, lesson, branches),
        &answers(cpu, lesson, branches),
        &format!("{what}, initial outputs"),
    );
    let mut trained = Vec::new();
    for network in [&mut *card, cpu] {
        network.begin(lesson, 3, per_target).unwrap();
        let first = network.train(lesson, &steps).unwrap();
        assert!(!first.collapsed && first.losses.len() == steps.len());
        network.restart(initial).unwrap();
        let again = network.train(lesson, &steps[..2]).unwrap();
        assert_eq!(again.losses, first.losses[..2], "{what}: a new beginning is one");
        let last = network.train(lesson, &steps[2..]).unwrap();
        assert_eq!(last.losses, first.losses[2..], "{what}: no matter which steps are handed in together");
        network.end().unwrap();
        trained.push(first.losses);
    }
    assert_close(&trained[0], &trained[1], &format!("{what}, losses"));
    let (ours, expected) = (card.weights().unwrap(), cpu.weights().unwrap());
    assert!(ours.0.iter().map(|tensor| &tensor.name).eq(expected.0.iter().map(|tensor| &tensor.name)), "{what}");
    assert_ne!(ours, *initial);
    // steps of Adam are long where gradients are next to nothing, so weights say less than what they answer
    for (ours, expected) in answers(card, lesson, branches).iter().zip(answers(cpu, lesson, branches)) {
        assert!((ours - expected).abs() <= 1e-3, "{what}, trained outputs: {ours}, on the CPU {expected}");
    }
}

/// Every arm of the branch ablation, and what else a file may ask for, with the channels that it is tried on.
fn arms() -> Vec<(&'static str, usize, BatLiNetParameters)> {
    let base = BatLiNetParameters { alpha: 0.3, glitch_width: 5, ..BatLiNetParameters::default() };
    vec![
        ("default", 2, base.clone()),
        ("intra only", 6, BatLiNetParameters { inter_cell: false, head_bias: true, ..base.clone() }),
        ("inter only", 1, BatLiNetParameters { intra_cell: false, filter_target: false, ..base.clone() }),
        ("no filter", 1, BatLiNetParameters { filter_cycles: false, glitch_wrap: false, base: 3, ..base.clone() }),
        (
            "naive ensemble",
            2,
            BatLiNetParameters {
                separate_heads: true,
                head_bias: true,
                intra_cleaning: Cleaning::Hampel,
                inter_cleaning: Cleaning::None,
                cycle_filter: CycleFilter::WholeCycle,
                ..base
            },
        ),
    ]
}

#[test]
fn batlinet_with_every_option_is_the_same_network_on_a_card() {
    let streams = Streams::new("card");
    let context = Context::on_cpu(&streams, 2, &Silent);
    let (own, known) = (labels(CELLS, 0.0), labels(SOURCES, 1.0));
    for (name, channels, parameters) in arms() {
        let shape = shape(channels);
        let (cells, references) = (maps(shape, CELLS, 0.0), maps(shape, SOURCES, 1.0));
        let maps = Maps { cells: &cells, references: &references };
        let lesson = Lesson { maps, labels: Labels::plain(&own, &known) };
        let weights = Network::initial(&parameters, shape, &mut streams.stream("init"));
        let mut card = on_card(engine::spec(&parameters, shape), &weights);
        let mut cpu = engine::build(&parameters, shape, &weights, &context).unwrap();
        let branches = usize::from(parameters.intra_cell) + usize::from(parameters.inter_cell);
        agree(name, [card.as_mut(), cpu.as_mut()], &weights, &lesson, (2, branches));
    }
}

/// The grid of the scenarios, on which one kernel makes inputs, and values of which none fits into half precision.
#[test]
fn maps_of_a_thousand_points_and_of_large_values_are_answered_alike() {
    let streams = Streams::new("card");
    let context = Context::on_cpu(&streams, 2, &Silent);
    let parameters = BatLiNetParameters::default();
    for (channels, size) in [(1, 1.0), (6, 1.0), (2, 1e7)] {
        let shape = EncoderShape::new(channels, 20, 1000, 32).unwrap();
        let [cells, references] = [(CELLS, 0.0), (SOURCES, 1.0)]
            .map(|(count, shift)| maps(shape, count, shift).into_iter().map(|value| value * size).collect::<Vec<_>>());
        let maps = Maps { cells: &cells, references: &references };
        let weights = Network::initial(&parameters, shape, &mut streams.stream("init"));
        let card = on_card(engine::spec(&parameters, shape), &weights);
        let cpu = engine::build(&parameters, shape, &weights, &context).unwrap();
        for branch in 0..2 {
            let asked = &pairs()[..3];
            let [ours, expected] = [&card, &cpu].map(|network| network.outputs(branch, maps, asked).unwrap());
            let unit = f64::from(size);
            let scaled = |answers: Vec<f64>| answers.into_iter().map(|answer| answer / unit).collect::<Vec<_>>();
            assert_close(&scaled(ours), &scaled(expected), &format!("{channels} channels, times {size}"));
        }
    }
}

/// The transfer networks and the CNN, each with what it sees and whether it compares.
fn convolutions() -> Vec<(&'static str, Convolution, usize)> {
    let parameters = TransferParameters::default();
    let differences = Differences { shape: shape(2), base: 2, limit: 0.9 };
    let transfer = |sees| trainer::convolution(&parameters, differences, sees);
    let cnn = CnnParameters::default().convolution([20, 60]).unwrap();
    vec![("cells", transfer(Sees::Cells), 0), ("pairs", transfer(Sees::Pairs), 1), ("cnn", cnn, 0)]
}

#[test]
fn networks_of_one_branch_are_the_same_on_a_card_and_so_are_their_scaled_labels() {
    let streams = Streams::new("card");
    let context = Context::on_cpu(&streams, 2, &Silent);
    let (own, known) = (labels(CELLS, 0.0), labels(SOURCES, 1.0));
    for (name, convolution, per_target) in convolutions() {
        let shape = convolution.shape;
        let (cells, others) = (maps(shape, CELLS, 0.0), maps(shape, SOURCES, 1.0));
        let (references, known): (&[f32], &[f64]) = if per_target > 0 { (&others, &known) } else { (&[], &[]) };
        let labels = Labels { cells: &own, references: known, mean: 0.3, deviation: 1.4 };
        let lesson = Lesson { maps: Maps { cells: &cells, references }, labels };
        let weights = ConvolutionalNetwork::initial(shape, &mut streams.stream("init"));
        let mut card = on_card(convolution.spec(), &weights);
        let mut cpu = convolution.build(&weights, &context).unwrap();
        agree(name, [card.as_mut(), cpu.as_mut()], &weights, &lesson, (per_target, 1));
    }
}

#[test]
fn a_network_that_has_collapsed_or_diverged_says_so_and_counts_no_later_step() {
    let streams = Streams::new("card");
    let convolution = CnnParameters::default().convolution([20, 60]).unwrap();
    let shape = convolution.shape;
    let (cells, own) = (maps(shape, CELLS, 0.0), labels(CELLS, 0.0));
    let weights = ConvolutionalNetwork::initial(shape, &mut streams.stream("init"));
    let mut dead = weights.clone();
    dead.0.iter_mut().filter(|tensor| tensor.name.starts_with("head")).for_each(|tensor| tensor.values.fill(0.0));
    let mut network = on_card(convolution.spec(), &dead);
    let step = Step { targets: vec![0, 1, 2], references: Vec::new() };
    let steps = [step.clone(), step.clone(), step];

    let lesson = Lesson { maps: Maps::alone(&cells), labels: Labels::plain(&own, &[]) };
    network.begin(&lesson, 3, 0).unwrap();
    let trained = network.train(&lesson, &steps).unwrap();
    assert!(trained.collapsed && trained.losses.len() == 1);
    network.restart(&weights).unwrap();
    let trained = network.train(&lesson, &steps[1..]).unwrap();
    assert!(!trained.collapsed && trained.losses.len() == 2);

    let endless = vec![f64::INFINITY; CELLS];
    let lesson = Lesson { labels: Labels::plain(&endless, &[]), ..lesson };
    network.begin(&lesson, 3, 0).unwrap();
    network.restart(&weights).unwrap();
    let trained = network.train(&lesson, &steps).unwrap();
    assert!(!trained.collapsed && trained.losses.len() == 1 && !trained.losses[0].is_finite(), "{trained:?}");
    // what the last step has left is no reason to fail: predictions say it
    network.end().unwrap();
}

/// An emulated card with so much memory, which is lost after so many reads.
struct Failing {
    card: Arc<dyn Machine>,
    memory: usize,
    reads: AtomicUsize,
}

impl Failing {
    fn machine(memory: usize, reads: usize) -> Arc<dyn Machine> {
        Arc::new(Self { card: emulator::Emulator::machine(), memory, reads: AtomicUsize::new(reads) })
    }
}

impl Machine for Failing {
    fn allocate(&self, bytes: usize, what: &str) -> Result<u64, CudaError> {
        if bytes > self.memory {
            let (card, what) = ("a small card".to_owned(), what.to_owned());
            return Err(CudaError::OutOfMemory { card, what, asked: bytes, free: self.memory, total: self.memory });
        }
        self.card.allocate(bytes, what)
    }

    fn free(&self, address: u64) {
        self.card.free(address);
    }

    fn upload(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError> {
        self.card.upload(address, bytes)
    }

    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<(), CudaError> {
        if self.reads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            let (card, what) = ("a card".to_owned(), "computing".to_owned());
            return Err(CudaError::Lost { card, what, reason: "it has fallen off the bus".to_owned() });
        }
        self.card.download(address, bytes)
    }

    fn run(&self, launches: &[Launch]) -> Result<(), CudaError> {
        self.card.run(launches)
    }

    fn record(&self, nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError> {
        self.card.record(nodes)
    }

    fn finish(&self) -> Result<(), CudaError> {
        self.card.finish()
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }
}

#[test]
fn a_card_that_is_full_or_lost_says_so() {
    let streams = Streams::new("card");
    let convolution = CnnParameters::default().convolution([20, 60]).unwrap();
    let shape = convolution.shape;
    let (cells, own) = (maps(shape, CELLS, 0.0), labels(CELLS, 0.0));
    let weights = ConvolutionalNetwork::initial(shape, &mut streams.stream("init"));
    let lesson = Lesson { maps: Maps::alone(&cells), labels: Labels::plain(&own, &[]) };
    // no card of these numbers is used elsewhere, so that maps are theirs
    let mut network = CardNetwork::new(7001, Failing::machine(100_000, 99), convolution.spec(), &weights).unwrap();
    match network.begin(&lesson, 3, 0) {
        Err(ModelError::Device(text)) => {
            assert!(text.contains("a small card has no") && text.contains("--jobs"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    let mut network = CardNetwork::new(7002, Failing::machine(usize::MAX, 1), convolution.spec(), &weights).unwrap();
    network.begin(&lesson, 3, 0).unwrap();
    let steps = [Step { targets: vec![0, 1, 2], references: Vec::new() }];
    network.train(&lesson, &steps).unwrap();
    match network.train(&lesson, &steps) {
        Err(ModelError::Lost(text)) => assert!(text.contains("fallen off the bus"), "{text}"),
        other => panic!("{other:?}"),
    }
}
