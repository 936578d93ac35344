//! BatLiNet at the paper's sizes on all cores: an epoch of every scenario, predictions against 1 to 64 references (the
//! paper's Fig. 5c), and how both grow with cells, references, cycles and pairs.
//!
//! Groups named `…_by_…` have benches named by a size; `scripts/bench_table.py` fits the exponent of their growth.

use std::{hint::black_box, time::Duration};

use batlinet::BatLiNetParameters;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use ndarray::{Axis, s};

#[expect(dead_code, reason = "the comparison with the oracles uses more of it")]
mod made;

/// Criterion's least number of samples, and what it runs to warm up.
const RUNS: usize = 10 + 1;

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_millis(100));
    group
}

fn bench_epoch(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    (cells, cycles): (usize, usize),
    parameters: &BatLiNetParameters,
) {
    let (maps, labels) = made::maps(cells, cycles);
    // one training run serves all samples: each run spends an epoch on warming up
    let mut times = Vec::new();
    let mut next = || {
        if times.is_empty() {
            let epochs = made::time_epochs(made::cores(), parameters, &maps, &labels, RUNS);
            times = epochs.into_iter().map(|epoch| Duration::from_secs_f64(epoch.clock)).collect();
        }
        times.pop().expect("a training run has epochs")
    };
    group.bench_function(id, |bencher| bencher.iter_custom(|epochs| (0..epochs).map(|_| next()).sum()));
}

fn epochs(criterion: &mut Criterion) {
    let common = BatLiNetParameters::default();
    let mut group = group(criterion, "epoch");
    for (scenario, cells, cycles, parameters) in [
        ("matr-1", 41, 100, common.clone()),
        ("matr-2", 41, 100, BatLiNetParameters { references_train: 1, alpha: 0.2, ..common.clone() }),
        ("hust", 55, 100, BatLiNetParameters { base: 10, ..common.clone() }),
        ("mix-100", 205, 100, BatLiNetParameters { base: 10, ..common.clone() }),
        ("mix-20", 207, 20, BatLiNetParameters { base: 0, filter_cycles: false, ..common }),
    ] {
        bench_epoch(&mut group, BenchmarkId::from_parameter(scenario), (cells, cycles), &parameters);
    }
}

fn growth(criterion: &mut Criterion) {
    let common = BatLiNetParameters::default();
    let mut by_cells = group(criterion, "epoch_by_cells");
    for cells in [10, 20, 40, 80] {
        bench_epoch(&mut by_cells, BenchmarkId::from_parameter(cells), (cells, 100), &common);
    }
    by_cells.finish();
    // the intra-cell branch has no references
    let inter = BatLiNetParameters { intra_cell: false, ..common.clone() };
    let mut by_references = group(criterion, "epoch_by_references");
    for references_train in [1, 2, 4, 8] {
        let parameters = BatLiNetParameters { references_train, ..inter.clone() };
        bench_epoch(&mut by_references, BenchmarkId::from_parameter(references_train), (20, 100), &parameters);
    }
    by_references.finish();
    let mut by_cycles = group(criterion, "epoch_by_cycles");
    for cycles in [25, 50, 100, 200] {
        bench_epoch(&mut by_cycles, BenchmarkId::from_parameter(cycles), (20, cycles), &common);
    }
}

fn predictions(criterion: &mut Criterion) {
    let (maps, labels) = made::maps(41, 100);
    let mut group = group(criterion, "predict_by_references");
    for references in [1, 2, 4, 8, 16, 32, 64] {
        let model = made::fitted(&maps, &labels, references);
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(references), |bencher| {
            bencher.iter(|| made::predict(made::cores(), &model, black_box(maps.index_axis(Axis(0), 7))));
        });
    }
    group.finish();
    // pairs of a cell and a reference drawn for it
    const REFERENCES: usize = 16;
    let model = made::fitted(&maps, &labels, REFERENCES);
    let mut group = self::group(criterion, "predict_by_pairs");
    for cells in [1, 2, 4, 8, 16] {
        let pairs = cells * REFERENCES;
        group.throughput(Throughput::Elements(pairs as u64));
        group.bench_function(BenchmarkId::from_parameter(pairs), |bencher| {
            bencher.iter(|| made::predict_all(made::cores(), &model, black_box(maps.slice(s![..cells, .., .., ..]))));
        });
    }
}

criterion_group!(benches, epochs, growth, predictions);
criterion_main!(benches);
