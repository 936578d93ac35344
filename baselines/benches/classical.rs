//! Fit and predict of every classical model at the paper's sizes: 41 training cells (MATR) and 205 (MIX-100), with one
//! row of 1000 voltage points each, and 40 cells to predict.

use std::hint::black_box;
use std::time::Duration;

use baselines::forest::{Forest, ForestParameters};
use baselines::gp::{GaussianProcess, GpParameters};
use baselines::linear::LeastSquares;
use baselines::pcr::{Pcr, PcrParameters};
use baselines::pls::{Pls, PlsParameters};
use baselines::ridge::{Ridge, RidgeParameters};
use baselines::svm::{Svm, SvmParameters};
use baselines::{AnyModel, Context, Fitted as _, Model as _, Silent, Streams};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

#[path = "../tests/baselines/common/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod common;

fn models() -> Vec<(&'static str, Box<dyn AnyModel>)> {
    let valid = "the default parameters are valid";
    vec![
        ("linear", Box::new(LeastSquares::new())),
        ("ridge", Box::new(Ridge::new(RidgeParameters::default()).expect(valid))),
        ("pcr", Box::new(Pcr::new(PcrParameters::default()).expect(valid))),
        ("pls", Box::new(Pls::new(PlsParameters::default()).expect(valid))),
        ("svm", Box::new(Svm::new(SvmParameters::default()).expect(valid))),
        ("forest", Box::new(Forest::new(ForestParameters::default()).expect(valid))),
        ("gp", Box::new(GaussianProcess::new(GpParameters::default()).expect(valid))),
    ]
}

fn classical(criterion: &mut Criterion) {
    let streams = Streams::new("bench");
    let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
    for samples in [41, 205] {
        let features = common::noise(samples, 1000, 1);
        let labels = common::labels(&features, 2);
        let questions = common::noise(40, 1000, 3);
        let mut group = criterion.benchmark_group("fit_predict");
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
        for (name, model) in models() {
            group.bench_function(BenchmarkId::new(name, samples), |bencher| {
                bencher.iter(|| {
                    let (fitted, _) =
                        model.fit(features.view().into_dyn(), &labels, &context).expect("the model can be fitted");
                    black_box(fitted.predict(questions.view().into_dyn(), &context).expect("a fitted model predicts"))
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, classical);
criterion_main!(benches);
