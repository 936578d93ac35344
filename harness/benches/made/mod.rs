//! What the benches of BatLiNet work on: maps of synthetic cells, those of `scripts/oracle/bench.py`, and an epoch's time.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use baselines::{Context, Model as _, Progress, Silent, Streams};
use harness::{
    batlinet::{BatLiNet, BatLiNetParameters},
    cell::Cell,
    feature::{CapacityMap, FeatureSpec},
};
use ndarray::{Array4, ArrayView3, ArrayView4, Axis, Ix3};

#[path = "../../tests/synthetic/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod synthetic;

/// Grid points of a map.
pub(crate) const POINTS: usize = 1000;

/// Samples in each half of a cycle.
const SAMPLES: usize = 500;

/// A cell to build a feature of.
pub(crate) fn cell(cycles: usize) -> Cell {
    synthetic::Formula { samples: SAMPLES, fade: 0.002, seed: 0.0 }.cell(cycles)
}

/// Six-channel maps of cells that differ in fade and in a ripple of their voltage, and their labels.
pub(crate) fn maps(cells: usize, cycles: usize) -> (Array4<f32>, Vec<f64>) {
    let mut maps = Array4::zeros((cells, 6, cycles, POINTS));
    let spec = FeatureSpec::CapacityMap(CapacityMap { cycles, ..CapacityMap::default() });
    for (index, mut map) in maps.outer_iter_mut().enumerate() {
        let index = index as f64;
        let cell = synthetic::Formula { samples: SAMPLES, fade: 0.001 + 0.00005 * index, seed: index }.cell(cycles);
        let made = spec.extract(&cell).expect("a whole cell");
        map.assign(&made.into_dimensionality::<Ix3>().expect("channels, cycles, grid points"));
    }
    let step = 3.0 / (cells - 1) as f64;
    (maps, (0..cells).map(|index| step * index as f64 - 1.5).collect())
}

/// Runs `work` with as many threads as there are cores.
pub(crate) fn on_all_cores<T>(progress: &dyn Progress, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let streams = Streams::new("bench");
    work(&Context { streams: &streams, device: tch::Device::Cpu, threads, progress })
}

/// When epochs ended.
#[derive(Default)]
struct Stopwatch(Mutex<Vec<Instant>>);

impl Progress for Stopwatch {
    fn epoch(&self, _done: usize, _total: usize, _loss: f64) -> bool {
        self.0.lock().expect("nothing panics while it is held").push(Instant::now());
        true
    }
}

/// Times `epochs` epochs, after one that warms up.
pub(crate) fn time_epochs(
    parameters: &BatLiNetParameters,
    maps: &Array4<f32>,
    labels: &[f64],
    epochs: usize,
) -> Vec<Duration> {
    let stopwatch = Stopwatch::default();
    let parameters = BatLiNetParameters { epochs: epochs + 1, ..parameters.clone() };
    let mut model = BatLiNet::new(parameters).expect("the parameters are valid");
    on_all_cores(&stopwatch, |context| model.fit(maps.view().into_dyn(), labels, context)).expect("it can be fitted");
    let ends = stopwatch.0.into_inner().expect("nothing panicked while it was held");
    ends.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// A fitted model that asks this many references.
pub(crate) fn fitted(maps: &Array4<f32>, labels: &[f64], references_test: usize) -> BatLiNet<'static> {
    let parameters = BatLiNetParameters { epochs: 1, references_test, ..BatLiNetParameters::default() };
    let mut model = BatLiNet::new(parameters).expect("the parameters are valid");
    on_all_cores(&Silent, |context| model.fit(maps.view().into_dyn(), labels, context)).expect("it can be fitted");
    model
}

/// The prediction for one cell.
pub(crate) fn predict(model: &BatLiNet, map: ArrayView3<'_, f32>) -> f64 {
    predict_all(model, map.insert_axis(Axis(0)))[0]
}

/// The prediction for each cell.
pub(crate) fn predict_all(model: &BatLiNet, maps: ArrayView4<'_, f32>) -> Vec<f64> {
    on_all_cores(&Silent, |context| model.predict(maps.into_dyn(), context)).expect("a fitted model predicts")
}
