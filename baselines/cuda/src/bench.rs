//! What is timed on a card beside PyTorch: `scripts/oracle/bench_cuda.py` does the same work.
//!
//! | work | what is timed, from maps on the card to numbers in memory |
//! |---|---|
//! | `epoch_matr1_6ch`, `epoch_hust_6ch` … | an epoch of BatLiNet with 2 references a cell, batches of 128; `_1ch` on one channel |
//! | `inference_64refs`, `inference_64refs_uncleaned` … | the prediction of a cell, of 83 asked together, with so many references; one that is drawn twice is looked at once, as `predict` does |
//! | `clean_pair` | the cleaned difference of two maps, of 512 |
//! | `clean_forward_pair` | the same and its output |
//! | `forward` | the output of a difference that nobody cleans, of 512 |
//! | `backward` | loss and gradients of a batch of MATR-1 |

use std::{sync::Arc, time::Instant};

use crate::{
    batch::Step,
    error::CudaError,
    machine::Machine,
    made::{self, Random, Training},
    maps::Maps,
    network::{Network, Sources},
    spec::{Cleaning, CycleFilter, Precision, Rule, Shape, Spec},
};

/// How much of it.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Scenarios by name: training cells, cycles of a map, channels.
    pub epochs: Vec<(&'static str, usize, usize, usize)>,
    /// Grid points.
    pub width: usize,
    /// Epochs of which a mean is taken, of some cells; fewer of more.
    pub repeats: usize,
    /// Cells that are asked together.
    pub asked: usize,
    /// References of each.
    pub references: Vec<usize>,
    /// Differences that are made together.
    pub pairs: usize,
}

/// Cells of a step.
const BATCH: usize = 128;
/// Training cells of MATR-1, which are references.
const SUPPORT: usize = 41;

impl Sizes {
    /// The five scenarios, and the paper's numbers of references.
    pub fn full() -> Self {
        Self {
            epochs: vec![
                ("epoch_matr1_6ch", 41, 100, 6),
                ("epoch_matr1_1ch", 41, 100, 1),
                ("epoch_matr2_6ch", 41, 100, 6),
                ("epoch_hust_6ch", 55, 100, 6),
                ("epoch_mix100_6ch", 205, 100, 6),
                ("epoch_mix20_6ch", 207, 20, 6),
            ],
            width: 1000,
            repeats: 100,
            asked: 83,
            references: vec![1, 2, 4, 8, 16, 32, 64],
            pairs: 512,
        }
    }

    /// So little that a CPU does it: whether it runs at all.
    pub fn tiny() -> Self {
        Self {
            epochs: vec![("epoch_matr1_6ch", 2, 17, 6), ("epoch_matr1_1ch", 2, 17, 1)],
            width: 60,
            repeats: 1,
            asked: 1,
            references: vec![1],
            pairs: 2,
        }
    }

    fn matr(&self) -> (usize, Shape) {
        let (_, cells, height, channels) = self.epochs[0];
        (cells.min(SUPPORT), Shape { channels, height, width: self.width })
    }
}

/// Times all works; `found` gets each with its seconds. One that fails, such as for want of memory, leaves out itself alone.
///
/// # Errors
/// What the machine said first, when all others are done; at once if it is lost.
pub fn run(
    machine: &Arc<dyn Machine>,
    sizes: &Sizes,
    mut found: impl FnMut(&str, Precision, f64),
) -> Result<(), CudaError> {
    let mut outcome: Result<(), CudaError> = Ok(());
    let mut note = |done: Result<(), CudaError>| match done {
        Err(lost @ CudaError::Lost { .. }) => Err(lost),
        Err(error) if outcome.is_ok() => {
            outcome = Err(error);
            Ok(())
        }
        _ => Ok(()),
    };
    for precision in [Precision::Exact, Precision::Fast] {
        for &(name, cells, height, channels) in &sizes.epochs {
            let shape = Shape { channels, height, width: sizes.width };
            let took = epoch(machine, sizes, (shape, cells), precision);
            note(took.map(|seconds| found(name, precision, seconds)))?;
        }
        for (suffix, cleaning) in [("", made::cleaning()), ("_uncleaned", uncleaned())] {
            let spec = made::batlinet(sizes.matr().1, cleaning, precision);
            note(inference(machine, sizes, spec, |references, seconds| {
                found(&format!("inference_{references}refs{suffix}"), precision, seconds);
            }))?;
        }
        note(pairs(machine, sizes, precision, &mut found))?;
        note(backward(machine, sizes, precision).map(|seconds| found("backward", precision, seconds)))?;
    }
    outcome
}

fn uncleaned() -> Cleaning {
    Cleaning { rule: Rule::Nothing, filter: CycleFilter::Off }
}

/// The least of so many, at least one, after one to warm up.
fn least(repeats: usize, mut work: impl FnMut() -> Result<(), CudaError>) -> Result<f64, CudaError> {
    work()?;
    let mut least = f64::INFINITY;
    for _ in 0..repeats {
        let begun = Instant::now();
        work()?;
        least = least.min(begun.elapsed().as_secs_f64());
    }
    Ok(least)
}

fn epoch(
    machine: &Arc<dyn Machine>,
    sizes: &Sizes,
    (shape, cells): (Shape, usize),
    precision: Precision,
) -> Result<f64, CudaError> {
    let maps = Maps::new(machine, shape, &made::maps(cells, shape))?;
    let spec = made::batlinet(shape, made::cleaning(), precision);
    let Training { mut network, .. } = made::training(machine, &spec, &maps, cells.min(BATCH), 2)?;
    let all: Vec<usize> = (0..cells).collect();
    let drawn = made::drawn((sizes.repeats * SUPPORT / cells).clamp(1, sizes.repeats), cells, 2);
    let of_epoch = |references: &'_ Vec<usize>| -> Vec<(Vec<usize>, Vec<usize>)> {
        let parts = all.chunks(BATCH).zip(references.chunks(2 * BATCH));
        parts.map(|(targets, references)| (targets.to_vec(), references.to_vec())).collect()
    };
    let steps: Vec<(Vec<usize>, Vec<usize>)> = drawn.iter().flat_map(of_epoch).collect();
    let steps: Vec<Step<'_>> = steps.iter().map(|(targets, references)| Step { targets, references }).collect();
    Ok(least(sizes.repeats.min(3), || network.train(&steps).map(drop))? / drawn.len() as f64)
}

fn inference(
    machine: &Arc<dyn Machine>,
    sizes: &Sizes,
    spec: Spec,
    mut found: impl FnMut(usize, f64),
) -> Result<(), CudaError> {
    let (support, asked) = (sizes.matr().0, sizes.asked);
    let values = made::maps(asked.max(support), spec.shape);
    let references = Maps::new(machine, spec.shape, &values[..support * spec.shape.len()])?;
    let cells = Maps::new(machine, spec.shape, &values[..asked * spec.shape.len()])?;
    let network = Network::new(machine.clone(), spec.clone(), &made::weights(&spec))?;
    let (own, sources) = (Sources::alone(cells.clone()), Sources { cells, references });
    let alone: Vec<(usize, usize)> = (0..asked).map(|cell| (cell, cell)).collect();
    for &count in &sizes.references {
        let pairs = made::asked(asked, count, support);
        let took = least(sizes.repeats.min(3), || {
            network.outputs(0, &own, &alone)?;
            network.outputs(1, &sources, &pairs).map(drop)
        })?;
        found(count, took / asked as f64);
    }
    Ok(())
}

fn pairs(
    machine: &Arc<dyn Machine>,
    sizes: &Sizes,
    precision: Precision,
    found: &mut impl FnMut(&str, Precision, f64),
) -> Result<(), CudaError> {
    let (cells, shape) = sizes.matr();
    let sources = Sources::alone(Maps::new(machine, shape, &made::maps(cells, shape))?);
    let mut random = Random(17);
    let pairs: Vec<(usize, usize)> = (0..sizes.pairs).map(|k| (k % cells, random.below(cells))).collect();
    let network = |cleaning| {
        let spec = made::batlinet(shape, cleaning, precision);
        Network::new(machine.clone(), spec.clone(), &made::weights(&spec))
    };
    let cleaning = network(made::cleaning())?;
    let per_pair = |seconds: f64| seconds / sizes.pairs as f64;
    found(
        "clean_pair",
        precision,
        per_pair(least(sizes.repeats.min(5), || cleaning.make_inputs(1, &sources, &pairs))?),
    );
    let both = least(sizes.repeats.min(5), || cleaning.outputs(1, &sources, &pairs).map(drop))?;
    found("clean_forward_pair", precision, per_pair(both));
    let plain = network(uncleaned())?;
    found(
        "forward",
        precision,
        per_pair(least(sizes.repeats.min(5), || plain.outputs(1, &sources, &pairs).map(drop))?),
    );
    Ok(())
}

fn backward(machine: &Arc<dyn Machine>, sizes: &Sizes, precision: Precision) -> Result<f64, CudaError> {
    let (cells, shape) = sizes.matr();
    let maps = Maps::new(machine, shape, &made::maps(cells, shape))?;
    let spec = made::batlinet(shape, made::cleaning(), precision);
    let Training { mut network, .. } = made::training(machine, &spec, &maps, cells, 2)?;
    let (targets, references): (Vec<usize>, _) = ((0..cells).collect(), &made::drawn(1, cells, 2)[0]);
    least(sizes.repeats.min(5), || network.gradients(&Step { targets: &targets, references }).map(drop))
}
