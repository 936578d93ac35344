//! What must hold of the classical models whatever the data: identities and symmetries.

use super::common::{self, DataSet, answers, distance, in_context};
use baselines::forest::{Forest, ForestParameters};
use baselines::gp::{GaussianProcess, GpParameters};
use baselines::linear::LeastSquares;
use baselines::mean::Mean;
use baselines::pcr::{Pcr, PcrParameters};
use baselines::pls::{Pls, PlsParameters};
use baselines::ridge::{Ridge, RidgeParameters};
use baselines::svm::{Svm, SvmParameters};
use baselines::{AnyModel, Context, Fitted as _, Model as _};
use ndarray::{Array2, Axis};

fn ridge(alpha: f64) -> Ridge {
    Ridge::new(RidgeParameters { alpha }).unwrap()
}

pub(super) fn pcr(components: usize) -> Pcr {
    Pcr::new(PcrParameters { components }).unwrap()
}

pub(super) fn pls(components: usize, scale: bool) -> Pls {
    Pls::new(PlsParameters { components, scale }).unwrap()
}

fn svm(c: f64, epsilon: f64) -> Svm {
    Svm::new(SvmParameters { c, epsilon, tolerance: 1e-10, ..SvmParameters::default() }).unwrap()
}

fn forest(trees: usize, bootstrap: bool) -> Forest {
    Forest::new(ForestParameters { trees, bootstrap, ..ForestParameters::default() }).unwrap()
}

fn gp() -> GaussianProcess {
    GaussianProcess::new(GpParameters::default()).unwrap()
}

pub(super) fn every_model() -> Vec<(&'static str, Box<dyn AnyModel>)> {
    vec![
        ("mean", Box::new(Mean::new())),
        ("linear", Box::new(LeastSquares::new())),
        ("ridge", Box::new(ridge(1.0))),
        ("pcr", Box::new(pcr(2))),
        ("pls", Box::new(pls(2, false))),
        ("pls, scaled", Box::new(pls(2, true))),
        ("svm", Box::new(svm(10.0, 0.1))),
        ("forest", Box::new(forest(10, true))),
        ("gp", Box::new(gp())),
    ]
}

#[track_caller]
fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    assert!(distance(a, b) <= tolerance, "{:.1e} apart", distance(a, b));
}

/// Predictions for the test features.
fn tested(model: &dyn AnyModel, data: &DataSet) -> Vec<f64> {
    answers(model, &data.features, &data.labels, &data.questions)
}

/// Predictions for the training features.
fn fitted(model: &dyn AnyModel, data: &DataSet) -> Vec<f64> {
    answers(model, &data.features, &data.labels, &data.features)
}

#[test]
fn the_mean_is_the_mean() {
    let mut data = DataSet::named("narrow");
    data.labels = (0..common::TRAIN).map(|i| i as f64).collect();
    assert_eq!(tested(&Mean::new(), &data), vec![20.0; common::TEST]);
}

#[test]
fn least_squares_leaves_residuals_orthogonal_to_the_features() {
    let data = DataSet::named("narrow");
    let predictions = fitted(&LeastSquares::new(), &data);
    let residuals: Vec<f64> =
        data.labels.iter().zip(&predictions).map(|(label, prediction)| label - prediction).collect();
    assert!(residuals.iter().sum::<f64>().abs() < 1e-10);
    for column in data.features.columns() {
        let product: f64 = column.iter().zip(&residuals).map(|(&x, residual)| f64::from(x) * residual).sum();
        assert!(product.abs() < 1e-10, "{product}");
    }
}

#[test]
fn least_squares_of_smallest_norm_shares_a_slope_between_equal_columns() {
    let data = DataSet::named("narrow");
    let single = tested(&LeastSquares::new(), &data);
    let twice = |features: &Array2<f32>| ndarray::concatenate![Axis(1), *features, *features];
    let (features, questions) = (twice(&data.features), twice(&data.questions));
    let fit =
        |context: &Context<'_>| LeastSquares::new().fit(features.view().into_dyn(), &data.labels, context).unwrap().0;
    let model = in_context("test", fit);
    let doubled = in_context("test", |context| model.predict(questions.view().into_dyn(), context).unwrap());
    assert_close(&single, &doubled, 1e-12);
    // of all fits, the one of smallest norm splits the slope evenly: either copy alone gives half of the slopes
    let half =
        |features: &Array2<f32>| ndarray::concatenate![Axis(1), *features, Array2::<f32>::zeros(features.raw_dim())];
    let zeros = Array2::<f32>::zeros((1, 6));
    let (halved, intercept) = in_context("test", |context| {
        let ask = |features: Array2<f32>| model.predict(features.into_dyn().view(), context).unwrap();
        (ask(half(&data.questions)), ask(zeros)[0])
    });
    let expected: Vec<f64> = single.iter().map(|prediction| intercept + (prediction - intercept) / 2.0).collect();
    assert_close(&halved, &expected, 1e-12);
}

#[test]
fn without_its_restriction_every_linear_model_is_least_squares() {
    let data = DataSet::named("narrow");
    let least_squares = tested(&LeastSquares::new(), &data);
    assert_close(&tested(&ridge(1e-10), &data), &least_squares, 1e-9);
    assert_close(&tested(&pcr(3), &data), &least_squares, 1e-12);
    assert_close(&tested(&pls(3, false), &data), &least_squares, 1e-12);
    assert_close(&tested(&pls(3, true), &data), &least_squares, 1e-12);
    assert!(distance(&tested(&pls(1, false), &data), &least_squares) > 1e-3);
    assert!(distance(&tested(&pcr(1), &data), &least_squares) > 1e-3);
}

#[test]
fn with_more_features_than_samples_they_interpolate() {
    let data = DataSet::named("wide");
    let rank = common::TRAIN - 1;
    let models: [Box<dyn AnyModel>; 4] =
        [Box::new(LeastSquares::new()), Box::new(ridge(1e-8)), Box::new(pcr(rank)), Box::new(pls(rank - 10, false))];
    let predictions: Vec<Vec<f64>> = models
        .into_iter()
        .map(|model| {
            assert_close(&fitted(model.as_ref(), &data), &data.labels, 1e-6);
            tested(model.as_ref(), &data)
        })
        .collect();
    // and all by the interpolation of smallest norm
    for prediction in &predictions {
        assert_close(prediction, &predictions[0], 1e-6);
    }
}

#[test]
fn an_overwhelming_penalty_leaves_the_mean() {
    let data = DataSet::named("wide");
    assert_close(&tested(&ridge(1e12), &data), &tested(&Mean::new(), &data), 1e-6);
}

#[test]
fn the_narrow_and_the_wide_form_of_ridge_agree() {
    // as many features as samples + 1 takes the dual form, one column of zeros fewer the primal one
    let padded = |columns: usize, features: &Array2<f32>| {
        let zeros = Array2::<f32>::zeros((features.nrows(), columns - features.ncols()));
        ndarray::concatenate![Axis(1), *features, zeros]
    };
    let data = DataSet::named("narrow");
    let predict = |columns| {
        let (features, questions) = (padded(columns, &data.features), padded(columns, &data.questions));
        answers(&ridge(0.5), &features, &data.labels, &questions)
    };
    assert_close(&predict(common::TRAIN), &predict(common::TRAIN + 1), 1e-12);
}

#[test]
fn constant_columns_change_nothing() {
    let data = DataSet::named("narrow");
    // 0.1 is no binary fraction: the mean of 41 of them is not quite 0.1
    let with_constant = |features: &Array2<f32>| {
        ndarray::concatenate![Axis(1), *features, Array2::from_elem((features.nrows(), 1), 0.1_f32)]
    };
    let models: [Box<dyn AnyModel>; 5] = [
        Box::new(LeastSquares::new()),
        Box::new(ridge(1.0)),
        Box::new(pcr(2)),
        Box::new(pls(2, false)),
        Box::new(pls(2, true)),
    ];
    for model in models {
        let plain = tested(model.as_ref(), &data);
        let padded =
            answers(model.as_ref(), &with_constant(&data.features), &data.labels, &with_constant(&data.questions));
        assert_close(&plain, &padded, 1e-12);
    }
}

#[test]
fn labels_that_are_moved_move_the_predictions() {
    for name in ["narrow", "curves"] {
        let data = DataSet::named(name);
        let mut moved = DataSet::named(name);
        moved.labels.iter_mut().for_each(|label| *label += 8.0);
        // the prior of a Gaussian process has mean zero, and in a forest rounding decides between equally good splits
        for (name, model) in every_model().into_iter().filter(|(name, _)| !["gp", "forest"].contains(name)) {
            let expected: Vec<f64> = tested(model.as_ref(), &data).iter().map(|prediction| prediction + 8.0).collect();
            let off = distance(&tested(model.as_ref(), &moved), &expected);
            assert!(off < 1e-8, "{name}: {off:.1e}");
        }
    }
}

#[test]
fn features_that_are_moved_change_nothing() {
    let data = DataSet::named("narrow");
    let mut moved = DataSet::named("narrow");
    // a multiple of 2⁻²² survives the addition of 2 exactly, so that all are the same data but for the shift
    let coarse = |features: &Array2<f32>| features.mapv(|x| (x * 4096.0).round() / 4096.0);
    let data = DataSet { features: coarse(&data.features), questions: coarse(&data.questions), ..data };
    moved.features = &data.features + 2.0;
    moved.questions = &data.questions + 2.0;
    for (name, model) in every_model().into_iter().filter(|(name, _)| *name != "gp") {
        let off = distance(&tested(model.as_ref(), &data), &tested(model.as_ref(), &moved));
        assert!(off < 1e-8, "{name}: {off:.1e}");
    }
}

#[test]
fn a_single_tree_on_all_samples_interpolates() {
    let data = DataSet::named("wide");
    assert_close(&fitted(&forest(1, false), &data), &data.labels, 0.0);
    // each leaf holds one label: nothing else is ever predicted
    assert!(tested(&forest(1, false), &data).iter().all(|prediction| data.labels.contains(prediction)));
}

#[test]
fn a_tree_splits_midway_between_neighbours() {
    let features = ndarray::array![[0.0_f32], [1.0], [3.0], [4.0]];
    let labels = [1.0, 1.0, 5.0, 5.0];
    let questions = ndarray::array![[1.9_f32], [2.0], [2.1]];
    assert_eq!(answers(&forest(1, false), &features, &labels, &questions), [1.0, 1.0, 5.0]);
}

#[test]
fn forests_average_over_leaves_that_are_large_enough() {
    let data = DataSet::named("narrow");
    let parameters =
        ForestParameters { trees: 1, bootstrap: false, min_samples_leaf: 10, ..ForestParameters::default() };
    let predictions = fitted(&Forest::new(parameters).unwrap(), &data);
    for prediction in &predictions {
        let in_leaf = predictions.iter().filter(|other| *other == prediction).count();
        assert!((10..20).contains(&in_leaf), "{in_leaf} samples in a leaf");
    }
}

#[test]
fn equal_features_or_equal_labels_leave_nothing_to_split() {
    let features = Array2::from_elem((5, 3), 2.0_f32);
    let predictions = answers(&forest(1, false), &features, &[1.0, 2.0, 3.0, 4.0, 5.0], &features);
    assert_eq!(predictions, [3.0; 5]);
    let data = DataSet::named("narrow");
    let predictions = answers(&forest(3, true), &data.features, &[7.5; common::TRAIN], &data.questions);
    assert_eq!(predictions, [7.5; common::TEST]);
}

#[test]
fn one_seed_is_one_forest() {
    let data = DataSet::named("curves");
    let predict = |identity: &str| {
        in_context(identity, |context| {
            let (fitted, _) = forest(10, true).fit(data.features.view().into_dyn(), &data.labels, context).unwrap();
            fitted.predict(data.questions.view().into_dyn(), context).unwrap()
        })
    };
    assert_eq!(predict("seed 1"), predict("seed 1"));
    assert_ne!(predict("seed 1"), predict("seed 2"));
}

#[test]
fn a_small_c_bounds_what_the_svm_can_say() {
    let data = DataSet::named("narrow");
    // |f(x) − b| ≤ Σ|β| k(x, xᵢ) ≤ n C
    let c = 1e-4;
    let predictions = tested(&svm(c, 0.1), &data);
    let (least, most) = predictions.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
    assert!(most - least <= 2.0 * c * common::TRAIN as f64, "{least} to {most}");
}

#[test]
fn an_svm_keeps_its_residuals_in_the_tube_when_it_may_pay_for_it() {
    let data = DataSet::named("narrow");
    let epsilon = 0.1;
    let predictions = fitted(&svm(1e6, epsilon), &data);
    for (prediction, label) in predictions.iter().zip(&data.labels) {
        assert!((prediction - label).abs() <= epsilon + 1e-4, "{prediction} for {label}");
    }
    // a tube as wide as the labels takes no support vectors at all
    let flat = tested(&svm(10.0, 100.0), &data);
    assert!(flat.iter().all(|prediction| *prediction == flat[0]));
}

#[test]
fn an_svm_is_fitted_to_samples_that_are_all_alike() {
    let features = Array2::from_elem((4, 3), 2.0_f32);
    let predictions = answers(&svm(10.0, 0.1), &features, &[1.0, 2.0, 3.0, 4.0], &features);
    assert!(predictions.iter().all(|prediction| (1.9..=3.1).contains(prediction)), "{predictions:?}");
}

#[test]
fn a_gaussian_process_with_little_noise_interpolates() {
    let data = DataSet::named("wide");
    assert_close(&fitted(&gp(), &data), &data.labels, 1e-6);
}

#[test]
fn of_equally_likely_kernels_a_gaussian_process_keeps_the_one_declared() {
    // so far apart that the radial part of any two is 0, whatever the length scale
    let features = Array2::from_shape_fn((5, 1), |(i, _)| 5e6 * (i as f32 - 2.0));
    let labels = [0.5, -1.0, 0.25, 1.0, -0.75];
    for length_scale in [1e-3, 1.0, 3e4] {
        let gp = GaussianProcess::new(GpParameters { length_scale, ..GpParameters::default() }).unwrap();
        let fit = |context: &Context<'_>| gp.fit(features.view().into_dyn(), &labels, context).unwrap().0;
        let (_, found) = in_context("test", fit).kernel();
        assert!((found - length_scale).abs() < 1e-9 * length_scale, "{length_scale} became {found}");
    }
}

#[test]
fn a_refit_forgets() {
    let (data, other) = (DataSet::named("narrow"), DataSet::named("curves"));
    for (name, model) in every_model() {
        let fresh = tested(model.as_ref(), &data);
        tested(model.as_ref(), &other);
        assert_eq!(tested(model.as_ref(), &data), fresh, "{name}");
    }
}
