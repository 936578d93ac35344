//! Our side of `make bench-compare`: prints CSV `work,ours_s,ours_core_s`: the median time on the clock of several runs after
//! one to warm up, on all cores, and the least processor time on one.
//!
//! The works are those of `scripts/oracle/bench.py`, on the same inputs. BatLiNet trains and predicts on all cores,
//! pairs are cleaned and maps built on all cores too, as in a run (the time is that of one among many); one classical model
//! is fitted on one.

use std::hint::black_box;

use baselines::{
    AnyModel, Context, Fitted as _, Model as _, Silent, Streams,
    encoder::EncoderShape,
    forest::{Forest, ForestParameters},
    parallel::in_parallel,
    pcr::{Pcr, PcrParameters},
    pls::{Pls, PlsParameters},
    ridge::{Ridge, RidgeParameters},
    svm::{Svm, SvmParameters},
};
use batlinet::{BatLiNetParameters, inputs::Inputs};
use features::feature::{CapacityMap, FeatureSpec};
use made::{Cost, Moment, cores};
use ndarray::{Axis, s};

#[path = "../../../baselines/tests/baselines/common/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod common;
mod made;

fn main() {
    // cargo adds options of its own
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|work| work == name);
    println!("work,ours_s,ours_core_s");
    let works = batlinet_works().into_iter().chain(classical_works());
    for (name, mut work) in works.filter(|(name, _)| is_wanted(name)) {
        println!("{name},{:.7},{:.7}", work(cores()).clock, work(1).processor);
    }
}

/// A name, and what measures it on so many threads.
type Work = (&'static str, Box<dyn FnMut(usize) -> Cost>);

/// What `runs` calls of `work` took, after one to warm up.
fn time<T>(runs: usize, mut work: impl FnMut() -> T) -> Cost {
    black_box(work());
    of_many((0..runs).map(|_| {
        let start = Moment::now();
        black_box(work());
        start.until(&Moment::now())
    }))
}

/// The median time on the clock, and the least of the processor.
fn of_many(costs: impl IntoIterator<Item = Cost>) -> Cost {
    let costs: Vec<Cost> = costs.into_iter().collect();
    let mut clock: Vec<f64> = costs.iter().map(|cost| cost.clock).collect();
    clock.sort_by(f64::total_cmp);
    Cost { clock: clock[clock.len() / 2], processor: costs.iter().map(|cost| cost.processor).fold(f64::MAX, f64::min) }
}

/// The cost of one among `count`.
fn one_of(count: usize, all: Cost) -> Cost {
    Cost { clock: all.clock / count as f64, processor: all.processor / count as f64 }
}

fn batlinet_works() -> Vec<Work> {
    const CELLS: usize = 41;
    /// References of a prediction, in the paper.
    const PAIRS: usize = 32;
    // 41 training cells, and one to predict
    let made = || {
        let (maps, mut labels) = made::maps(CELLS + 1, 100);
        labels.truncate(CELLS);
        let question = maps.index_axis(Axis(0), CELLS).to_owned();
        (maps.slice(s![..CELLS, .., .., ..]).to_owned(), labels, question)
    };
    let epoch = move |threads| {
        let (maps, labels, _) = made();
        of_many(made::time_epochs(threads, &BatLiNetParameters::default(), &maps, &labels, 9))
    };
    let inference = move |threads| {
        let (maps, labels, question) = made();
        let model = made::fitted(&maps, &labels, 64);
        time(9, || made::predict(threads, &model, question.view()))
    };
    let clean_pair = move |threads| {
        let (maps, _, question) = made();
        let maps: Vec<Vec<f32>> = maps.outer_iter().map(|map| map.iter().copied().collect()).collect();
        let references: Vec<&[f32]> = maps[..PAIRS].iter().map(Vec::as_slice).collect();
        let target = question.into_raw_vec_and_offset().0;
        let shape = EncoderShape::new(6, 100, made::POINTS, 32).expect("the published shape");
        let mut inputs = Inputs::new(&BatLiNetParameters::default(), shape, threads);
        let pairs = time(50, || {
            black_box(inputs.inter(black_box(&[&target]), &references));
        });
        one_of(PAIRS, pairs)
    };
    let capacity_map = |threads| {
        let cell = made::cell(100);
        let spec = FeatureSpec::CapacityMap(CapacityMap::default());
        // each thread has room for one map, which the next one overwrites: the oracle does not keep its maps either
        let worker = || (spec.extractor(), vec![0.0; spec.shape().iter().product()]);
        let mut workers: Vec<_> = (0..threads).map(|_| worker()).collect();
        let all = time(20, || {
            in_parallel(&mut workers, vec![(); CELLS], |(extractor, map), ()| {
                extractor.extract(black_box(&cell), map).expect("a whole cell");
                black_box(map);
            });
        });
        one_of(CELLS, all)
    };
    vec![
        ("epoch_matr1_6ch", Box::new(epoch)),
        ("inference_64refs", Box::new(inference)),
        ("clean_pair", Box::new(clean_pair)),
        ("capacity_map", Box::new(capacity_map)),
    ]
}

fn classical_works() -> Vec<Work> {
    let valid = "the default parameters are valid";
    let models: [(_, Box<dyn AnyModel>); 5] = [
        ("ridge", Box::new(Ridge::new(RidgeParameters::default()).expect(valid))),
        ("pcr", Box::new(Pcr::new(PcrParameters::default()).expect(valid))),
        ("pls", Box::new(Pls::new(PlsParameters::default()).expect(valid))),
        ("svm", Box::new(Svm::new(SvmParameters::default()).expect(valid))),
        ("forest", Box::new(Forest::new(ForestParameters::default()).expect(valid))),
    ];
    models.into_iter().map(|(name, model)| (name, fit_predict(model))).collect()
}

fn fit_predict(model: Box<dyn AnyModel>) -> Box<dyn FnMut(usize) -> Cost> {
    let features = common::noise(41, 1000, 1);
    let labels = common::labels(&features, 2);
    let questions = common::noise(40, 1000, 3);
    Box::new(move |_| {
        let streams = Streams::new("bench");
        let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
        time(50, || {
            let (fitted, _) =
                model.fit(features.view().into_dyn(), &labels, &context).expect("the model can be fitted");
            fitted.predict(questions.view().into_dyn(), &context).expect("a fitted model predicts")
        })
    })
}
