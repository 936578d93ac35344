//! How long the features of an experiment take, and how much memory: the figures in `docs/performance.md`.
//!
//! ```sh
//! cargo run --release --example build_features -- make experiments/mix-100.yaml map cells    # virtual cells, on disk
//! cargo run --release --example build_features -- time experiments/mix-100.yaml map cells
//! ```

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{env, fs, thread};

use cells::source::CellSource as _;
use cells::split::Split;
use cells::store::Store;
use experiments::read;
use features::samples;
use lab::VirtualLab;
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [verb, file, name, folder] = &arguments[..] else {
        return Err("usage: build_features make|time EXPERIMENT FEATURE FOLDER".into());
    };
    let experiment = read::read(Path::new(file), "paper", &[])?.experiment;
    let feature = experiment.feature(name).ok_or("the experiment has no such feature")?;
    let split = Split::read(&experiment.train_test_split)?;
    match verb.as_str() {
        "make" => make(&split, feature.cycles_needed(), Path::new(folder)),
        "time" => {
            let store = Store::open(Path::new(folder))?;
            let workers = thread::available_parallelism().map_or(1, usize::from);
            let start = Instant::now();
            let samples = samples::build(&store, &split, &experiment.label, std::slice::from_ref(feature), workers)?;
            let cells = samples[0].train.ids.len() + samples[0].test.ids.len();
            println!(
                "{cells} cells x {:?} in {:.1} s on {workers} workers, {} at most",
                samples[0].feature_shape,
                start.elapsed().as_secs_f64(),
                most_memory()?
            );
            Ok(())
        }
        other => Err(format!("{other} is neither make nor time").into()),
    }
}

/// The virtual cells of the split with so many cycles, but their whole life record.
fn make(split: &Split, cycles: usize, folder: &Path) -> Result<(), Box<dyn Error>> {
    let lab = VirtualLab::new();
    let ids: Vec<&String> = split.train.iter().chain(&split.test).collect();
    let cells = ids.into_par_iter().map(|id| lab.cell(id, cycles));
    Ok(Store::create(folder)?.write_all(cells)?)
}

/// The most memory that this process has had, as Linux counts it.
fn most_memory() -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    let kibibytes: f64 = line.split_whitespace().nth(1).ok_or("VmHWM without a number")?.parse()?;
    Ok(format!("{:.2} GiB", kibibytes / 1024.0 / 1024.0))
}
