//! Networks whose kernels run on the CPU, against plain double precision.

mod support;

use std::sync::Arc;

use cuda::{
    CudaError, Labels, Maps, Network, Sources, Spec, Step,
    machine::{Launch, Limits, Machine, Node, Recorded},
    oracle,
    spec::{Branch, Cleaning, CycleFilter, Input, Precision, Rule, Shape},
};
use support::{ADAM, emulator::Emulator, error, formula_weights, in_double, standard, troubled_maps};

fn branch(name: &str, input: Input, head: usize, weight: f64) -> Branch {
    Branch { name: name.to_owned(), input, head, weight }
}

fn batlinet(shape: Shape, cleaning: Cleaning, precision: Precision) -> Spec {
    let inter = Input::ToReference { cleaning, filter_target: true };
    Spec {
        shape,
        branches: vec![branch("intra", Input::ToBase(9, cleaning), 0, 0.6), branch("inter", inter, 0, 0.4)],
        heads: vec!["head".to_owned()],
        head_bias: false,
        optimiser: ADAM,
        precision,
        collapsed: 0.0,
    }
}

/// Inputs of a branch for these pairs, by the oracle.
fn seen(spec: &Spec, branch: usize, maps: &[f32], others: &[f32], pairs: &[(usize, usize)]) -> Vec<Vec<f32>> {
    let at = |maps: &[f32], cell: usize| maps[cell * spec.shape.len()..][..spec.shape.len()].to_vec();
    let input = spec.branches[branch].input;
    pairs.iter().map(|&(cell, other)| oracle::input(&at(maps, cell), &at(others, other), spec.shape, input)).collect()
}

struct Case {
    spec: Spec,
    maps: Vec<f32>,
    labels: Vec<f64>,
    targets: Vec<usize>,
    references: Vec<usize>,
}

impl Case {
    fn new(spec: Spec, cells: usize, targets: Vec<usize>, references: Vec<usize>) -> Self {
        let Shape { channels, height, width } = spec.shape;
        let maps = troubled_maps(cells, (channels, height, width), 7);
        let labels = (0..cells).map(|cell| (1.7 * cell as f64).sin()).collect();
        Self { spec, maps, labels, targets, references }
    }

    fn per_target(&self) -> usize {
        self.references.len() / self.targets.len()
    }

    fn network(&self) -> (Network, Sources) {
        self.network_on(Emulator::machine())
    }

    fn network_on(&self, machine: Arc<dyn Machine>) -> (Network, Sources) {
        let maps = Maps::new(&machine, self.spec.shape, &self.maps).unwrap();
        let sources = Sources::alone(maps);
        let mut network = Network::new(machine, self.spec.clone(), &formula_weights(&self.spec)).unwrap();
        let labels = Labels { cells: &self.labels, references: &self.labels };
        let of_branches = vec![(sources.clone(), labels); self.spec.branches.len()];
        network.prepare(&of_branches, self.targets.len(), self.per_target().max(1)).unwrap();
        (network, sources)
    }

    fn pairs(&self, branch: usize) -> Vec<(usize, usize)> {
        if self.spec.branches[branch].input.has_references() {
            let of = self.references.chunks(self.per_target());
            self.targets.iter().zip(of).flat_map(|(&cell, of)| of.iter().map(move |&other| (cell, other))).collect()
        } else {
            self.targets.iter().map(|&cell| (cell, cell)).collect()
        }
    }

    /// Per branch, inputs and what is wanted.
    fn batch(&self) -> Vec<(Vec<Vec<f32>>, Vec<f64>)> {
        let of = |branch: usize| {
            let pairs = self.pairs(branch);
            let inputs = seen(&self.spec, branch, &self.maps, &self.maps, &pairs);
            let per_target = pairs.len() / self.targets.len();
            let known = |pairs: &[(usize, usize)]| {
                let has = self.spec.branches[branch].input.has_references();
                if has {
                    pairs.iter().map(|&(_, other)| self.labels[other]).sum::<f64>() / pairs.len() as f64
                } else {
                    0.0
                }
            };
            let wanted = pairs.chunks(per_target).map(|pairs| self.labels[pairs[0].0] - known(pairs)).collect();
            (inputs, wanted)
        };
        (0..self.spec.branches.len()).map(of).collect()
    }

    fn step(&self) -> Step<'_> {
        Step { targets: &self.targets, references: &self.references }
    }

    /// Inputs, outputs, loss and gradients.
    fn check(&self, tolerance: f64) {
        self.check_on(self.network(), tolerance);
    }

    fn check_on(&self, (mut network, sources): (Network, Sources), tolerance: f64) {
        let weights = in_double(&formula_weights(&self.spec));
        let batch = self.batch();
        for (branch, (inputs, _)) in batch.iter().enumerate() {
            let pairs = self.pairs(branch);
            let name = &self.spec.branches[branch].name;
            for (ours, exact) in network.inputs(branch, &sources, &pairs).unwrap().iter().zip(inputs) {
                let differing = ours.iter().zip(exact).filter(|(ours, exact)| (**ours == 0.0) != (**exact == 0.0));
                assert_eq!(differing.count(), 0, "values of {name} that are 0 and should not be, or the other way");
                let exact: Vec<f64> = exact.iter().map(|&value| f64::from(value)).collect();
                assert!(error(ours, &exact) < 0.3 * tolerance, "{name}: {:e}", error(ours, &exact));
            }
            let outputs = network.outputs(branch, &sources, &pairs).unwrap();
            let exact = oracle::outputs(&self.spec, &weights, branch, inputs);
            println!("outputs of {name}: {:.1e}", error(&outputs, &exact));
            assert!(error(&outputs, &exact) < tolerance, "outputs of {name}: {:e}", error(&outputs, &exact));
        }
        let (loss, gradients) = network.gradients(&self.step()).unwrap();
        let (exact_loss, exact) = oracle::gradients(&self.spec, &weights, &batch);
        assert!((loss - exact_loss).abs() < tolerance * exact_loss, "loss {loss}, {exact_loss}");
        for tensor in &gradients {
            let error = error(&tensor.values, oracle::tensor(&exact, &tensor.name));
            println!("gradient of {}: {error:.1e}", tensor.name);
            assert!(error < 100.0 * tolerance, "gradient of {}: {error:e}", tensor.name);
        }
    }
}

#[test]
fn both_branches_of_six_channels_are_exact() {
    let shape = Shape { channels: 6, height: 20, width: 1000 };
    let spec = batlinet(shape, standard(CycleFilter::PerChannel), Precision::Exact);
    Case::new(spec, 3, vec![2, 0], vec![1, 2]).check(5e-6);
}

#[test]
fn one_channel_and_an_odd_number_of_references_are_exact() {
    let shape = Shape { channels: 1, height: 31, width: 1000 };
    let cleaning =
        Cleaning { rule: Rule::Standard { glitch_width: 5, glitch_wrap: false }, filter: CycleFilter::WholeCycle };
    Case::new(batlinet(shape, cleaning, Precision::Exact), 4, vec![1, 3], vec![0, 2, 1, 3, 0, 0]).check(5e-6);
}

#[test]
fn half_precision_is_near() {
    let shape = Shape { channels: 2, height: 25, width: 1000 };
    let spec = batlinet(shape, standard(CycleFilter::PerChannel), Precision::Fast);
    Case::new(spec, 3, vec![0, 1, 2], vec![1, 2, 0]).check(2e-3);
}

#[test]
fn a_batch_in_parts_on_a_small_card_is_the_same_batch() {
    let shape = Shape { channels: 3, height: 17, width: 100 };
    let cleaning = Cleaning { rule: Rule::Limit(1.0), filter: CycleFilter::PerChannel };
    let case = Case::new(
        batlinet(shape, cleaning, Precision::Exact),
        4,
        vec![1, 3, 0, 2, 1],
        vec![0, 2, 1, 3, 0, 0, 3, 2, 2, 1],
    );
    // four inputs at once: of the second branch two targets, then two, then one
    let limits = Limits { shared_per_block: 99 << 10, blocks: 3, portion: 4 };
    case.check_on(case.network_on(Emulator::with(limits)), 5e-6);
}

#[test]
fn a_network_on_maps_as_they_are_has_a_biased_head_and_can_start_again() {
    let shape = Shape { channels: 1, height: 20, width: 60 };
    let spec = Spec {
        branches: vec![branch("encoder", Input::Map, 0, 1.0)],
        head_bias: true,
        collapsed: 1e-5,
        ..batlinet(shape, standard(CycleFilter::Off), Precision::Exact)
    };
    let mut case = Case::new(spec, 4, vec![2, 0, 3], Vec::new());
    case.check(5e-6);

    // a network that answers 0 has collapsed, at once; one that starts again is as good as new
    let (mut network, _) = case.network();
    let step = case.step();
    let losses = network.train(&[step; 3]).unwrap();
    assert!(!losses.collapsed && losses.losses.len() == 3);
    let trained = network.weights().unwrap();
    let mut dead = formula_weights(&case.spec);
    dead.iter_mut().filter(|tensor| tensor.name.starts_with("head")).for_each(|tensor| tensor.values.fill(0.0));
    network.restart(&dead).unwrap();
    let collapsed = network.train(&[step; 3]).unwrap();
    assert!(collapsed.collapsed && collapsed.losses.len() == 1, "{collapsed:?}");
    network.restart(&formula_weights(&case.spec)).unwrap();
    assert_eq!(network.train(&[step]).unwrap().losses, losses.losses[..1]);
    assert_eq!(network.train(&[step; 2]).unwrap().losses, losses.losses[1..]);
    assert_eq!(network.weights().unwrap(), trained);

    // weights of another network are refused, by name
    case.spec.head_bias = false;
    let error = network.restart(&formula_weights(&case.spec)).unwrap_err().to_string();
    assert!(error.contains("'head.bias'"), "{error}");
}

#[test]
fn what_there_are_no_kernels_for_is_named() {
    let refused = |shape: Shape, cleaning: Cleaning| {
        let spec = batlinet(shape, cleaning, Precision::Fast);
        let outcome = Network::new(Emulator::machine(), spec.clone(), &formula_weights(&spec));
        outcome.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let plain = Cleaning { rule: Rule::Nothing, filter: CycleFilter::Off };
    let hampel = Cleaning { rule: Rule::Hampel, filter: CycleFilter::Off };
    assert!(refused(Shape { channels: 9, height: 20, width: 100 }, plain).contains("9 channels"));
    assert!(refused(Shape { channels: 1, height: 20, width: 101 }, plain).contains("101 grid points"));
    assert!(refused(Shape { channels: 1, height: 20, width: 50 }, hampel).contains("Hampel"));
    assert!(refused(Shape { channels: 1, height: 2000, width: 100 }, plain).contains("2000 cycles"));
    assert_eq!(refused(Shape { channels: 8, height: 20, width: 100 }, plain), "");
}

#[test]
fn half_precision_of_many_channels_is_near() {
    let shape = Shape { channels: 4, height: 23, width: 102 };
    let cleaning = Cleaning { rule: Rule::Nothing, filter: CycleFilter::WholeCycle };
    Case::new(batlinet(shape, cleaning, Precision::Fast), 3, vec![0, 1, 2], vec![1, 2, 0]).check(2e-3);
}

#[test]
fn what_is_timed_runs_and_is_named_once() {
    let mut works = Vec::new();
    let sizes = cuda::bench::Sizes::tiny();
    cuda::bench::run(&Emulator::machine(), &sizes, |work, precision, seconds| {
        assert!(seconds > 0.0, "{work}");
        works.push((work.to_owned(), precision.name()));
    })
    .unwrap();
    let named: std::collections::BTreeSet<_> = works.iter().collect();
    assert_eq!(named.len(), works.len());
    for work in ["epoch_matr1_6ch", "inference_1refs", "inference_1refs_uncleaned", "clean_pair", "forward", "backward"]
    {
        assert!(["exact", "fast"].into_iter().all(|precision| works.contains(&(work.to_owned(), precision))), "{work}");
    }
}

/// A machine that has no room for anything larger than this.
struct Small(Arc<dyn Machine>, usize);

impl Machine for Small {
    fn allocate(&self, bytes: usize, what: &str) -> Result<u64, CudaError> {
        let (card, what) = ("a small card".to_owned(), what.to_owned());
        if bytes > self.1 {
            return Err(CudaError::OutOfMemory { card, what, asked: bytes, free: self.1, total: self.1 });
        }
        self.0.allocate(bytes, &what)
    }
    fn free(&self, address: u64) {
        self.0.free(address);
    }
    fn upload(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError> {
        self.0.upload(address, bytes)
    }
    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<(), CudaError> {
        self.0.download(address, bytes)
    }
    fn run(&self, launches: &[Launch]) -> Result<(), CudaError> {
        self.0.run(launches)
    }
    fn record(&self, nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError> {
        self.0.record(nodes)
    }
    fn finish(&self) -> Result<(), CudaError> {
        self.0.finish()
    }
    fn limits(&self) -> Limits {
        self.0.limits()
    }
}

#[test]
fn what_has_no_room_leaves_out_itself_alone() {
    let mut sizes = cuda::bench::Sizes::tiny();
    // the maps of many cells are the largest thing there is
    sizes.epochs.insert(1, ("epoch_of_many", 200, 17, 6));
    let mut works = Vec::new();
    let machine: Arc<dyn Machine> = Arc::new(Small(Emulator::machine(), 4 * 100 * 6 * 17 * 60));
    let error = cuda::bench::run(&machine, &sizes, |work, _, _| works.push(work.to_owned())).unwrap_err();
    assert!(matches!(error, CudaError::OutOfMemory { .. }), "{error}");
    assert!(!works.iter().any(|work| work == "epoch_of_many"));
    for work in ["epoch_matr1_6ch", "epoch_matr1_1ch", "inference_1refs", "clean_pair", "forward", "backward"] {
        assert_eq!(works.iter().filter(|known| *known == work).count(), 2, "{work}");
    }
}
