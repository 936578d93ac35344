//! Every classical model against scikit-learn, on the data sets of `scripts/oracle/made_data.py`.

use super::common::{DataSet, answers, distance, in_context};
use baselines::forest::{Forest, ForestParameters};
use baselines::gp::{FittedProcess, GaussianProcess, GpParameters};
use baselines::linear::LeastSquares;
use baselines::pcr::Pcr;
use baselines::pls::Pls;
use baselines::ridge::Ridge;
use baselines::svm::{Svm, SvmParameters};
use baselines::{AnyModel, Fitted as _, Model as _, ModelError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
struct Fixture {
    /// Sums of the training features, the training labels and the test features.
    checksums: std::collections::BTreeMap<String, [f64; 3]>,
    cases: Vec<Case>,
    forests: Vec<ForestCase>,
}

#[derive(Deserialize)]
struct Case {
    data: String,
    model: String,
    parameters: Value,
    predictions: Vec<f64>,
    log_marginal_likelihood: Option<f64>,
    /// With scikit-learn's own settings: one start, and a tolerance that stops early.
    log_marginal_likelihood_of_one_start: Option<f64>,
}

/// Forests of many seeds: their mean prediction, and how far each seed is from the mean of the others.
#[derive(Deserialize)]
struct ForestCase {
    data: String,
    parameters: Value,
    seeds: usize,
    mean: Vec<f64>,
    distances: Vec<f64>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/classical.json")).expect("the fixture is well formed")
}

fn build<P: DeserializeOwned, M>(parameters: &Value, new: impl Fn(P) -> Result<M, ModelError>) -> M {
    new(serde_json::from_value(parameters.clone()).expect("known parameters")).expect("valid parameters")
}

/// Asserts agreement to `tolerance` relative, and in units of the largest prediction where one is close to zero.
fn assert_agrees(ours: &[f64], case: &Case, tolerance: f64) {
    assert_eq!(ours.len(), case.predictions.len());
    let mean = case.predictions.iter().map(|x| x.abs()).sum::<f64>() / ours.len() as f64;
    for (sample, (ours, theirs)) in ours.iter().zip(&case.predictions).enumerate() {
        let off = (ours - theirs).abs() / theirs.abs().max(mean);
        assert!(
            off <= tolerance,
            "{} {} on {}, sample {sample}: {ours} is {off:.1e} from {theirs}",
            case.model,
            case.parameters,
            case.data
        );
    }
}

fn check(model: &str, tolerance: f64, new: impl Fn(&Case) -> Box<dyn AnyModel>) {
    let fixture = fixture();
    let cases: Vec<_> = fixture.cases.iter().filter(|case| case.model == model).collect();
    assert!(cases.len() >= 3, "the fixture has {} cases of {model}", cases.len());
    for case in cases {
        let data = DataSet::named(&case.data);
        let ours = answers(new(case).as_ref(), &data.features, &data.labels, &data.questions);
        assert_agrees(&ours, case, tolerance);
    }
}

#[test]
fn both_sides_make_the_same_data() {
    for (name, sums) in fixture().checksums {
        let data = DataSet::named(&name);
        let sum = |values: &ndarray::Array2<f32>| values.iter().map(|&value| f64::from(value)).sum::<f64>();
        let ours = [sum(&data.features), data.labels.iter().sum(), sum(&data.questions)];
        for (ours, theirs) in ours.iter().zip(sums) {
            assert!((ours - theirs).abs() < 1e-9, "{name}: {ours} {theirs}");
        }
    }
}

#[test]
fn linear() {
    check("linear", 1e-9, |_| Box::new(LeastSquares::new()));
}

#[test]
fn ridge() {
    check("ridge", 1e-9, |case| Box::new(build(&case.parameters, Ridge::new)));
}

#[test]
fn pcr() {
    check("pcr", 1e-9, |case| Box::new(build(&case.parameters, Pcr::new)));
}

#[test]
fn pls() {
    check("pls", 1e-9, |case| Box::new(build(&case.parameters, Pls::new)));
}

#[test]
fn svm_at_a_tight_tolerance() {
    check("svm", 1e-6, |case| {
        let mut parameters: SvmParameters = serde_json::from_value(case.parameters.clone()).expect("known parameters");
        parameters.tolerance = 1e-10;
        Box::new(Svm::new(parameters).expect("valid parameters"))
    });
}

#[test]
fn svm_at_the_default_tolerance() {
    check("svm", 1e-6, |case| Box::new(build(&case.parameters, Svm::new)));
}

/// The process given the training samples.
fn fitted(gp: &GaussianProcess, data: &DataSet) -> FittedProcess {
    in_context("test", |context| gp.fit(data.features.view().into_dyn(), &data.labels, context).unwrap().0)
}

#[test]
fn gaussian_process_with_a_fixed_kernel() {
    let fixture = fixture();
    for case in fixture.cases.iter().filter(|case| case.model == "gp" && case.parameters["optimise"] == false) {
        let data = DataSet::named(&case.data);
        let gp = fitted(&build(&case.parameters, GaussianProcess::new), &data);
        let ours = in_context("test", |context| gp.predict(data.questions.view().into_dyn(), context).unwrap());
        assert_agrees(&ours, case, 1e-6);
        let (ours, theirs) = (gp.log_marginal_likelihood(), case.log_marginal_likelihood.unwrap());
        assert!((ours - theirs).abs() <= 1e-6 * theirs.abs(), "{}: {ours} {theirs}", case.data);
    }
}

#[test]
fn gaussian_process_finds_the_most_likely_kernel() {
    let fixture = fixture();
    let (mut same_optimum, mut misled) = (Vec::new(), 0);
    for case in fixture.cases.iter().filter(|case| case.model == "gp" && case.parameters["optimise"].is_null()) {
        let data = DataSet::named(&case.data);
        let gp = fitted(&build(&case.parameters, GaussianProcess::new), &data);
        let ours = in_context("test", |context| gp.predict(data.questions.view().into_dyn(), context).unwrap());
        let (likelihood, theirs) = (gp.log_marginal_likelihood(), case.log_marginal_likelihood.unwrap());
        let of_one_start = case.log_marginal_likelihood_of_one_start.unwrap();
        eprintln!("{}: {:?} {likelihood} {theirs} {of_one_start}", case.data, gp.kernel());
        // theirs is the best of many starts: no start of scikit-learn finds a likelier kernel
        assert!(likelihood >= theirs.max(of_one_start) - 1e-7 * theirs.abs(), "{}: {likelihood} < {theirs}", case.data);
        if (likelihood - theirs).abs() < 1e-6 * theirs.abs() {
            assert_agrees(&ours, case, 1e-4);
            same_optimum.push(&case.data);
        }
        misled += usize::from(of_one_start < theirs - 1e-3);
        // a search that begins at the ends of the line arrives at the same place
        for length_scale in [1e-5, 1e5] {
            let gp = GaussianProcess::new(GpParameters { length_scale, ..GpParameters::default() }).unwrap();
            let from_there = fitted(&gp, &data).log_marginal_likelihood();
            assert!((from_there - likelihood).abs() < 1e-7 * theirs.abs(), "{}: {from_there}", case.data);
        }
    }
    assert!(same_optimum.len() >= 4, "only on {same_optimum:?} the optimum is scikit-learn's");
    assert!(misled >= 1, "no data set misleads a search from one start");
}

#[test]
fn forests_are_spread_as_scikit_learn_spreads_over_seeds() {
    for case in fixture().forests {
        let data = DataSet::named(&case.data);
        let seeds = case.seeds;
        let ours: Vec<Vec<f64>> = (0..seeds)
            .map(|seed| {
                let parameters: ForestParameters = serde_json::from_value(case.parameters.clone()).unwrap();
                let forest = Forest::new(parameters).unwrap();
                in_context(&format!("seed {seed}"), |context| {
                    let (fitted, _) = forest.fit(data.features.view().into_dyn(), &data.labels, context).unwrap();
                    fitted.predict(data.questions.view().into_dyn(), context).unwrap()
                })
            })
            .collect();
        let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let mean: Vec<f64> = (0..data.questions.nrows())
            .map(|sample| ours.iter().map(|seed| seed[sample]).sum::<f64>() / seeds as f64)
            .collect();
        let distances: Vec<f64> = ours.iter().map(|seed| distance(seed, &case.mean)).collect();
        let (theirs, largest) = (average(&case.distances), case.distances.iter().copied().fold(0.0, f64::max));
        let name = format!("{} {}", case.data, case.parameters);
        eprintln!(
            "{name}: {:.4} of {theirs:.4} {largest:.4}, means {:.4}",
            average(&distances),
            distance(&mean, &case.mean)
        );
        // a seed of ours is as far from their mean as a seed of theirs …
        assert!(average(&distances) <= 1.1 * theirs && average(&distances) >= 0.9 * theirs, "{name}: {distances:?}");
        assert!(distances.iter().all(|&distance| distance <= 1.5 * largest), "{name}: {distances:?}");
        // … and the means over seeds differ by what two means of so many seeds do (√(2/20) = 0.32)
        assert!(distance(&mean, &case.mean) <= 0.5 * theirs, "{name}");
    }
}
