//! Looks at a card: are its numbers right, the same every time, and how fast does it make them?
//!
//! `cuda_check [FOLDER] [SECTION,…]` writes `cuda_check.csv` there; 0 if all is well. Sections: facts parity steps same times
//! inference kernels errors.

mod speed;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use cuda::{
    Card, CudaError, Maps, Network, Queue, Sources, Step, Tensor,
    machine::{Machine, Memory},
    made::{self, Training, batlinet, cleaning, drawn, training, weights},
    oracle,
    spec::{Cleaning, CycleFilter, Precision, Rule, Shape},
};

const MATR: Shape = Shape { channels: 6, height: 100, width: 1000 };
const PRECISIONS: [Precision; 2] = [Precision::Exact, Precision::Fast];

type Outcome = Result<(), CudaError>;

/// What has been found so far.
struct Check {
    card: Arc<Card>,
    begun: Instant,
    csv: String,
    is_well: bool,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let sections = arguments.next();
    let card = match Card::open(0) {
        Ok(card) => card,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let csv = "work,precision,what,value,unit\n".to_owned();
    let mut check = Check { card, begun: Instant::now(), csv, is_well: true };
    type Section = fn(&mut Check) -> Outcome;
    let all: [(&str, Section); 8] = [
        ("facts", facts),
        ("parity", parity),
        ("same", same),
        ("times", speed::times),
        ("kernels", speed::kernels),
        ("inference", speed::inference),
        ("errors", errors),
        ("steps", steps),
    ];
    for (name, section) in all {
        if sections.as_ref().is_some_and(|asked| !asked.split(',').any(|asked| asked == name)) {
            continue;
        }
        println!("[{:6.2}] == {name}", check.begun.elapsed().as_secs_f64());
        if let Err(error) = section(&mut check) {
            println!("FAILED: {error}");
            check.is_well = false;
        }
        // what has been found is kept whatever comes
        if let Err(error) = std::fs::write(folder.join("cuda_check.csv"), &check.csv) {
            println!("cannot write to {}: {error}", folder.display());
        }
    }
    println!(
        "[{:6.2}] {}",
        check.begun.elapsed().as_secs_f64(),
        if check.is_well { "all is well" } else { "NOT WELL" }
    );
    if check.is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Check {
    fn machine(&self) -> Result<(Queue, Arc<dyn Machine>), CudaError> {
        let queue = self.card.queue()?;
        Ok((queue.clone(), Arc::new(queue)))
    }

    fn found(&mut self, work: &str, precision: &str, what: &str, value: f64, unit: &str) {
        println!("{work:34} {precision:6} {what:34} {value:12.5e} {unit}");
        writeln!(self.csv, "{work},{precision},{what},{value:.6e},{unit}").expect("memory takes text");
    }

    /// Notes an error and whether it is below a limit.
    fn error(&mut self, work: &str, precision: Precision, what: &str, value: f64, limit: f64) {
        self.found(work, precision.name(), what, value, "");
        // NaN is no small error
        if !matches!(value.partial_cmp(&limit), Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)) {
            println!("    ABOVE {limit:e}");
            self.is_well = false;
        }
    }
}

// --- what is computed --------------------------------------------------------------------------------------------

fn in_double(tensors: &[Tensor]) -> oracle::Tensors {
    let values = |tensor: &Tensor| tensor.values.iter().map(|&value| f64::from(value)).collect();
    tensors.iter().map(|tensor| (tensor.name.clone(), values(tensor))).collect()
}

fn distance(ours: impl Iterator<Item = f64>, exact: &[f64]) -> f64 {
    let squares: f64 = ours.zip(exact).map(|(ours, exact)| (ours - exact).powi(2)).sum();
    (squares / exact.iter().map(|value| value * value).sum::<f64>().max(1e-300)).sqrt()
}

fn error(ours: &[f32], exact: &[f64]) -> f64 {
    distance(ours.iter().map(|&value| f64::from(value)), exact)
}

fn seconds(work: impl FnOnce() -> Outcome) -> Result<f64, CudaError> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}

// --- sections ----------------------------------------------------------------------------------------------------

fn facts(check: &mut Check) -> Outcome {
    let facts = check.card.facts().clone();
    println!(
        "{facts}; {} multiprocessors, {} KiB of shared memory a block",
        facts.multiprocessors,
        facts.shared_per_block >> 10
    );
    check.found("driver", "", "CUDA", f64::from(facts.driver.0) + f64::from(facts.driver.1) / 10.0, "");
    check.found("opening", "", "card and kernels", check.begun.elapsed().as_secs_f64(), "s");
    Ok(())
}

/// Inputs, outputs, loss and gradients against double precision.
fn parity(check: &mut Check) -> Outcome {
    let (_, machine) = check.machine()?;
    let shapes = [
        ("6 channels", MATR, 5),
        ("1 channel", Shape { channels: 1, ..MATR }, 3),
        ("2 channels", Shape { channels: 2, height: 50, ..MATR }, 3),
    ];
    for (name, shape, cells) in shapes {
        let values = made::maps(cells, shape);
        let maps = Maps::new(&machine, shape, &values)?;
        let targets: Vec<usize> = (0..cells).collect();
        let references: Vec<usize> = (0..2 * cells).map(|k| (3 * k + 1) % cells).collect();
        let pairs: Vec<(usize, usize)> = references.iter().enumerate().map(|(k, &other)| (k / 2, other)).collect();
        let own: Vec<(usize, usize)> = targets.iter().map(|&cell| (cell, cell)).collect();
        let map = |cell: usize| &values[cell * shape.len()..][..shape.len()];
        let mut exact = None;
        for precision in PRECISIONS {
            let spec = batlinet(shape, cleaning(), precision);
            let Training { mut network, sources, labels } = training(&machine, &spec, &maps, cells, 2)?;
            let (inputs, outputs, loss, gradients) = exact.get_or_insert_with(|| {
                let inputs = [&own, &pairs].map(|pairs| pairs.clone()).map(|pairs| {
                    let input = spec.branches[usize::from(pairs.len() != cells)].input;
                    pairs
                        .iter()
                        .map(|&(cell, other)| oracle::input(map(cell), map(other), shape, input))
                        .collect::<Vec<_>>()
                });
                let double = in_double(&weights(&spec));
                let outputs = [0, 1].map(|branch| oracle::outputs(&spec, &double, branch, &inputs[branch]));
                let known = |target: usize| (labels[references[2 * target]] + labels[references[2 * target + 1]]) / 2.0;
                let differences = targets.iter().map(|&target| labels[target] - known(target)).collect();
                let [intra, inter] = &inputs;
                let batch = [(intra.clone(), labels.clone()), (inter.clone(), differences)];
                let (loss, gradients) = oracle::gradients(&spec, &double, &batch);
                (inputs, outputs, loss, gradients)
            });
            for (branch, pairs) in [&own, &pairs].into_iter().enumerate() {
                let seen = network.inputs(branch, &sources, pairs)?;
                let values = seen.iter().flatten().zip(inputs[branch].iter().flatten());
                let differing = values.filter(|(ours, exact)| (**ours == 0.0) != (**exact == 0.0)).count();
                let what = format!("{} inputs: zeros that differ", spec.branches[branch].name);
                check.error(name, precision, &what, differing as f64, 0.0);
                let ours = network.outputs(branch, &sources, pairs)?;
                let what = format!("{} outputs", spec.branches[branch].name);
                let limit = if precision == Precision::Exact { 3e-6 } else { 3e-3 };
                check.error(name, precision, &what, error(&ours, &outputs[branch]), limit);
            }
            let (ours, tensors) = network.gradients(&Step { targets: &targets, references: &references })?;
            let (near, close) = if precision == Precision::Exact { (1e-6, 2e-4) } else { (1e-3, 0.1) };
            check.error(name, precision, "loss", (ours / *loss - 1.0).abs(), near);
            for tensor in &tensors {
                let what = format!("gradient {}", tensor.name);
                check.error(
                    name,
                    precision,
                    &what,
                    error(&tensor.values, oracle::tensor(gradients, &tensor.name)),
                    close,
                );
            }
        }
    }
    Ok(())
}

/// Ten steps of AdamW against double precision.
fn steps(check: &mut Check) -> Outcome {
    let (_, machine) = check.machine()?;
    let cells = 5;
    let values = made::maps(cells, MATR);
    let maps = Maps::new(&machine, MATR, &values)?;
    let targets: Vec<usize> = (0..cells).collect();
    let drawn = drawn(10, cells, 2);
    let map = |cell: usize| &values[cell * MATR.len()..][..MATR.len()];
    let mut found = Vec::new();
    for precision in PRECISIONS {
        let spec = batlinet(MATR, cleaning(), precision);
        let Training { mut network, .. } = training(&machine, &spec, &maps, cells, 2)?;
        let steps: Vec<Step<'_>> = drawn.iter().map(|references| Step { targets: &targets, references }).collect();
        let losses = network.train(&steps)?.losses;
        found.push((precision, losses, network.weights()?));
    }
    let spec = batlinet(MATR, cleaning(), Precision::Exact);
    let labels: Vec<f64> = (0..cells).map(|cell| 1.5 * (0.7 * cell as f64).sin()).collect();
    let mut double = in_double(&weights(&spec));
    let mut moments = oracle::Moments::new(&double);
    let intra: Vec<Vec<f32>> =
        targets.iter().map(|&cell| oracle::input(map(cell), map(cell), MATR, spec.branches[0].input)).collect();
    for (step, references) in drawn.iter().enumerate() {
        if check.begun.elapsed() > Duration::from_secs(50) {
            println!("the rest of the steps is left out: it would take too long");
            return Ok(());
        }
        let pair = |(k, &other): (usize, &usize)| oracle::input(map(k / 2), map(other), MATR, spec.branches[1].input);
        let inter: Vec<Vec<f32>> = references.iter().enumerate().map(pair).collect();
        let known = |target: usize| (labels[references[2 * target]] + labels[references[2 * target + 1]]) / 2.0;
        let differences = targets.iter().map(|&target| labels[target] - known(target)).collect();
        let (loss, gradients) =
            oracle::gradients(&spec, &double, &[(intra.clone(), labels.clone()), (inter, differences)]);
        moments.step(spec.optimiser, &mut double, &gradients);
        for (precision, losses, _) in &found {
            let limit = if *precision == Precision::Exact { 3e-3 } else { 0.1 };
            check.error(
                "ten steps",
                *precision,
                &format!("loss of step {}", step + 1),
                (losses[step] / loss - 1.0).abs(),
                limit,
            );
        }
    }
    for (precision, _, tensors) in &found {
        let worst = tensors.iter().map(|tensor| error(&tensor.values, oracle::tensor(&double, &tensor.name)));
        check.found("ten steps", precision.name(), "weights, the worst tensor", worst.fold(0.0, f64::max), "");
    }
    Ok(())
}

/// The same bytes, alone and beside another run.
fn same(check: &mut Check) -> Outcome {
    let cells = 41;
    let (_, machine) = check.machine()?;
    let maps = Maps::new(&machine, MATR, &made::maps(cells, MATR))?;
    let targets: Vec<usize> = (0..cells).collect();
    let drawn = drawn(20, cells, 2);
    for precision in PRECISIONS {
        let spec = batlinet(MATR, cleaning(), precision);
        let train = |is_one_by_one: bool| -> Result<(Vec<f64>, Vec<Tensor>), CudaError> {
            let queue = check.card.queue()?;
            let machine: Arc<dyn Machine> = Arc::new(if is_one_by_one { queue.one_by_one() } else { queue });
            let Training { mut network, .. } = training(&machine, &spec, &maps, cells, 2)?;
            let step = |references| Step { targets: &targets, references };
            // in portions of other sizes, too
            let mut losses = Vec::new();
            for portion in drawn.chunks(7) {
                let steps: Vec<Step<'_>> = portion.iter().map(|references| step(references)).collect();
                losses.extend(network.train(&steps)?.losses);
            }
            Ok((losses, network.weights()?))
        };
        let alone = train(true)?;
        let beside: Vec<_> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| train(false))).collect();
            runs.into_iter().map(|run| run.join().expect("a run that does not panic")).collect()
        });
        for run in beside {
            let other = u32::from(run? != alone);
            check.error("same bytes", precision, "runs that differ", f64::from(other), 0.0);
        }
        check.found("same bytes", precision.name(), "loss of step 20", alone.0[19], "");
    }
    Ok(())
}

/// Sentences for what goes wrong.
fn errors(check: &mut Check) -> Outcome {
    let (_, machine) = check.machine()?;
    let (free, total) = check.card.memory()?;
    match Memory::new(&machine, 2 * total, "a check") {
        Err(error @ CudaError::OutOfMemory { .. }) => println!("{error}"),
        other => {
            println!("too much memory: {:?}", other.map(|memory| memory.bytes()));
            check.is_well = false;
        }
    }
    match Card::open(99) {
        Err(error @ CudaError::NoSuchCard { .. }) => println!("{error}"),
        other => {
            println!("a card that is not there: {:?}", other.map(|card| card.facts().clone()));
            check.is_well = false;
        }
    }
    println!("{} MiB were free", free >> 20);
    Ok(())
}
