//! Additive Gaussian processes against NumPy and SciPy (`scripts/oracle/additive_gp.py`), and what must hold for any.

use super::common::{DataSet, in_context};
use baselines::additive_gp::{AdditiveGp, AdditiveGpParameters, Prior};
use baselines::{Fitted as _, Model as _};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn means_deviations_and_kernels_are_those_of_scipy() {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/additive_gp.json")).unwrap();
    for case in fixture["cases"].as_array().unwrap() {
        let data = DataSet::named(case["data"].as_str().unwrap());
        let parameters: AdditiveGpParameters = serde_json::from_value(case["parameters"].clone()).unwrap();
        in_context("test", |context| {
            let model = AdditiveGp::new(parameters).unwrap();
            let (fitted, _) = model.fit(data.features.view().into_dyn(), &data.labels, context).unwrap();
            let near = |ours: &[f64], theirs: &[f64], tolerance: f64, what: &str| {
                assert_eq!(ours.len(), theirs.len());
                for (ours, theirs) in ours.iter().zip(theirs) {
                    assert!((ours - theirs).abs() < tolerance * theirs.abs().max(1.0), "{what}: {ours} {theirs}");
                }
            };
            // where the density is flat, a search may end anywhere near
            for (ours, theirs) in fitted.kernels().iter().zip(case["kernels"].as_array().unwrap()) {
                let logarithms = |kernel: &[f64]| kernel.iter().map(|value| value.ln()).collect::<Vec<_>>();
                near(&logarithms(ours), &logarithms(&numbers(theirs)), 1e-3, "kernel");
            }
            let questions = data.questions.view().into_dyn();
            near(&fitted.predict(questions.clone(), context).unwrap(), &numbers(&case["predictions"]), 1e-4, "mean");
            let deviations = fitted.deviations(questions, context).unwrap().unwrap();
            near(&deviations, &numbers(&case["deviations"]), 1e-4, "deviation");
        });
    }
}

#[test]
fn scales_of_columns_and_labels_change_nothing_but_the_unit() {
    let data = DataSet::named("narrow");
    let parameters =
        AdditiveGpParameters { curves: vec![vec![0]], capacities: vec![vec![1, 2]], priors: vec![Prior::Mid] };
    in_context("test", |context| {
        let ask = |scale: f32, unit: f64| {
            let model = AdditiveGp::new(parameters.clone()).unwrap();
            let labels: Vec<f64> = data.labels.iter().map(|label| unit * label + 7.0).collect();
            let (features, questions) = (&data.features * scale, &data.questions * scale);
            let (fitted, _) = model.fit(features.view().into_dyn(), &labels, context).unwrap();
            let questions = questions.view().into_dyn();
            let means = fitted.predict(questions.clone(), context).unwrap();
            (means, fitted.deviations(questions, context).unwrap().unwrap())
        };
        let (plain, scaled) = (ask(1.0, 1.0), ask(4.0, 10.0));
        for place in 0..plain.0.len() {
            assert!((10.0 * (plain.0[place] - 7.0) - (scaled.0[place] - 7.0)).abs() < 1e-6);
            assert!((10.0 * plain.1[place] - scaled.1[place]).abs() < 1e-6);
        }
    });
}

#[test]
fn far_from_all_cells_the_process_is_less_sure() {
    let data = DataSet::named("narrow");
    let model = AdditiveGp::new(AdditiveGpParameters {
        curves: vec![vec![0]],
        capacities: vec![vec![1, 2]],
        priors: vec![Prior::Loose, Prior::Mid],
    });
    in_context("test", |context| {
        let (fitted, _) = model.unwrap().fit(data.features.view().into_dyn(), &data.labels, context).unwrap();
        let of =
            |features: &ndarray::Array2<f32>| fitted.deviations(features.view().into_dyn(), context).unwrap().unwrap();
        let (near, far) = (of(&data.features), of(&(&data.features * 20.0)));
        assert!(near.iter().zip(&far).all(|(near, far)| near < far));
    });
}

#[test]
fn senseless_columns_are_refused() {
    let refused = |curves: &[&[usize]], part: &str| {
        let curves = curves.iter().map(|set| set.to_vec()).collect();
        let model = AdditiveGp::new(AdditiveGpParameters { curves, ..AdditiveGpParameters::default() });
        let message = match model {
            Err(problem) => problem.to_string(),
            Ok(model) => in_context("test", |context| {
                let data = DataSet::named("narrow");
                model.fit(data.features.view().into_dyn(), &data.labels, context).unwrap_err().to_string()
            }),
        };
        assert!(message.contains(part), "{message}");
    };
    refused(&[], "there must be a set of columns");
    refused(&[&[0], &[]], "there must be a set of columns");
    refused(&[&[1, 1]], "named twice");
    refused(&[&[0]], "[samples, 20 or more]");
}

#[test]
fn a_column_in_which_no_training_sample_differs_says_nothing_of_others() {
    let data = DataSet::named("narrow");
    let parameters =
        AdditiveGpParameters { curves: vec![vec![0]], capacities: vec![vec![1, 2]], priors: vec![Prior::Loose] };
    in_context("test", |context| {
        let mut features = data.features.clone();
        features.column_mut(2).fill(0.0);
        let mut questions = data.questions.clone();
        questions.column_mut(2).fill(0.0);
        let model = AdditiveGp::new(parameters).unwrap();
        let (fitted, _) = model.fit(features.view().into_dyn(), &data.labels, context).unwrap();
        let ask = |questions: &ndarray::Array2<f32>| {
            let view = questions.view().into_dyn();
            (fitted.predict(view.clone(), context).unwrap(), fitted.deviations(view, context).unwrap().unwrap())
        };
        let same = ask(&questions);
        // as the rise of capacity, which is 0 of all but a few cells
        questions.column_mut(2).fill(1.1e-4);
        assert_eq!(ask(&questions), same);
    });
}
