//! What the benches of BatLiNet work on: maps of synthetic cells, those of `scripts/oracle/bench.py`, and an epoch's time.

use std::{mem::MaybeUninit, sync::Mutex, time::Instant};

use baselines::{Context, Fitted as _, Model as _, Progress, Silent, Streams};
use batlinet::{BatLiNet, BatLiNetParameters, FittedBatLiNet};
use cells::cell::Cell;
use features::feature::{CapacityMap, FeatureSpec};
use ndarray::{Array4, ArrayView3, ArrayView4, Axis, Ix3};
use testing::formula::Formula;

/// Grid points of a map.
pub(crate) const POINTS: usize = 1000;

/// Samples in each half of a cycle.
const SAMPLES: usize = 500;

/// A cell to build a feature of.
pub(crate) fn cell(cycles: usize) -> Cell {
    Formula { samples: SAMPLES, fade: 0.002, seed: 0.0 }.cell(cycles)
}

/// Six-channel maps of cells that differ in fade and in a ripple of their voltage, and their labels.
pub(crate) fn maps(cells: usize, cycles: usize) -> (Array4<f32>, Vec<f64>) {
    let mut maps = Array4::zeros((cells, 6, cycles, POINTS));
    let spec = FeatureSpec::CapacityMap(CapacityMap { cycles, ..CapacityMap::default() });
    for (index, mut map) in maps.outer_iter_mut().enumerate() {
        let index = index as f64;
        let cell = Formula { samples: SAMPLES, fade: 0.001 + 0.00005 * index, seed: index }.cell(cycles);
        let made = spec.extract(&cell).expect("a whole cell");
        map.assign(&made.into_dimensionality::<Ix3>().expect("channels, cycles, grid points"));
    }
    let step = 3.0 / (cells - 1) as f64;
    (maps, (0..cells).map(|index| step * index as f64 - 1.5).collect())
}

/// What a work took, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// On the clock.
    pub(crate) clock: f64,
    /// Of this process's threads, together: other work on the machine changes it little.
    pub(crate) processor: f64,
}

/// When something was, on the clock and in processor time.
pub(crate) struct Moment {
    clock: Instant,
    processor: f64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { clock: Instant::now(), processor: processor_time() }
    }

    pub(crate) fn until(&self, later: &Self) -> Cost {
        Cost { clock: (later.clock - self.clock).as_secs_f64(), processor: later.processor - self.processor }
    }
}

/// Seconds of this process so far.
fn processor_time() -> f64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the call fills the struct, which may hold any bits
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `work` with so many threads.
fn on_threads<T>(threads: usize, progress: &dyn Progress, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let streams = Streams::new("bench");
    work(&Context { streams: &streams, device: tch::Device::Cpu, threads, progress })
}

/// When epochs ended.
#[derive(Default)]
struct Stopwatch(Mutex<Vec<Moment>>);

impl Progress for Stopwatch {
    fn epoch(&self, _done: usize, _total: usize, _loss: f64) -> bool {
        self.0.lock().expect("nothing panics while it is held").push(Moment::now());
        true
    }
}

/// Times `epochs` epochs, after one that warms up.
pub(crate) fn time_epochs(
    threads: usize,
    parameters: &BatLiNetParameters,
    maps: &Array4<f32>,
    labels: &[f64],
    epochs: usize,
) -> Vec<Cost> {
    let stopwatch = Stopwatch::default();
    let parameters = BatLiNetParameters { epochs: epochs + 1, ..parameters.clone() };
    let model = BatLiNet::new(parameters).expect("the parameters are valid");
    on_threads(threads, &stopwatch, |context| model.fit(maps.view().into_dyn(), labels, context))
        .expect("it can be fitted");
    let ends = stopwatch.0.into_inner().expect("nothing panicked while it was held");
    ends.windows(2).map(|pair| pair[0].until(&pair[1])).collect()
}

/// A fitted model that asks this many references.
pub(crate) fn fitted(maps: &Array4<f32>, labels: &[f64], references_test: usize) -> FittedBatLiNet<'static> {
    let parameters = BatLiNetParameters { epochs: 1, references_test, ..BatLiNetParameters::default() };
    let model = BatLiNet::new(parameters).expect("the parameters are valid");
    on_threads(cores(), &Silent, |context| model.fit(maps.view().into_dyn(), labels, context))
        .expect("it can be fitted")
        .0
}

/// The prediction for one cell.
pub(crate) fn predict(threads: usize, model: &FittedBatLiNet<'_>, map: ArrayView3<'_, f32>) -> f64 {
    predict_all(threads, model, map.insert_axis(Axis(0)))[0]
}

/// The prediction for each cell.
pub(crate) fn predict_all(threads: usize, model: &FittedBatLiNet<'_>, maps: ArrayView4<'_, f32>) -> Vec<f64> {
    on_threads(threads, &Silent, |context| model.predict(maps.into_dyn(), context)).expect("a fitted model predicts")
}
