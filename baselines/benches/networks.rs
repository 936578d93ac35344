//! Training and asking the network baselines at the paper's sizes: 41 cells, Q(V) matrices of 100 cycles and 1000 voltage
//! points (the MLP: one row), one thread as in a run. Throughput is in epochs; the published schedules have 1000 and 2000.

use std::{hint::black_box, time::Duration};

use baselines::{
    AnyModel, Context, Fitted as _, Model as _, Silent, Streams,
    cnn::{Cnn, CnnParameters},
    lstm::{Lstm, LstmParameters},
    mlp::{Mlp, MlpParameters},
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};

#[path = "../tests/baselines/common/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod common;

const SAMPLES: usize = 41;
const POINTS: usize = 1000;
/// Epochs of a training, so few that a sample takes seconds at most.
const EPOCHS: usize = 5;

/// Name, model, rows of its features.
fn models() -> [(&'static str, Box<dyn AnyModel>, usize); 3] {
    let valid = "the default parameters are valid";
    let mlp = MlpParameters { epochs: EPOCHS, ..MlpParameters::default() };
    let lstm = LstmParameters { epochs: EPOCHS, ..LstmParameters::default() };
    let cnn = CnnParameters { epochs: EPOCHS, ..CnnParameters::default() };
    [
        ("mlp", Box::new(Mlp::new(mlp).expect(valid)), 1),
        ("lstm", Box::new(Lstm::new(lstm).expect(valid)), 100),
        ("cnn", Box::new(Cnn::new(cnn).expect(valid)), 100),
    ]
}

/// Smooth rows, one sample after the other.
fn matrices(samples: usize, rows: usize) -> ArrayD<f32> {
    let values = common::curves(samples * rows, POINTS, 4).into_raw_vec_and_offset().0;
    ArrayD::from_shape_vec(IxDyn(&[samples, rows, POINTS]), values).expect("one value per element")
}

fn networks(criterion: &mut Criterion) {
    tch::set_num_threads(1);
    let streams = Streams::new("bench");
    let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
    let mut group = criterion.benchmark_group("train_predict");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(EPOCHS as u64));
    for (name, model, rows) in models() {
        let features = matrices(SAMPLES, rows);
        let labels: Vec<f64> = (0..SAMPLES).map(|sample| (sample as f64 * 2.4).sin()).collect();
        group.bench_function(BenchmarkId::new(name, SAMPLES), |bencher| {
            bencher.iter(|| {
                let (fitted, _) = model.fit(features.view(), &labels, &context).expect("the model can be fitted");
                black_box(fitted.predict(features.view(), &context).expect("a fitted model predicts"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, networks);
criterion_main!(benches);
