//! What no classical model takes: data without sense, hyper-parameters without meaning.

use super::common::{DataSet, in_context, labels, noise};
use super::identities::{every_model, pcr, pls};
use baselines::forest::{Forest, ForestParameters};
use baselines::gp::{GaussianProcess, GpParameters};
use baselines::pcr::{Pcr, PcrParameters};
use baselines::pls::{Pls, PlsParameters};
use baselines::ridge::{Ridge, RidgeParameters};
use baselines::svm::{Gamma, Svm, SvmParameters};
use baselines::{AnyModel, FitSummary, Fitted as _, Model as _, ModelError};
use ndarray::{Array2, Axis, s};

/// The error of a fit that must be refused.
#[track_caller]
fn refused<F>(fit: Result<(F, FitSummary), ModelError>, why: &str) -> ModelError {
    fit.map(|(_, summary)| summary).expect_err(why)
}

#[test]
fn a_failed_fit_gives_no_model() {
    let data = DataSet::named("narrow");
    for (name, model) in every_model().into_iter().filter(|(name, _)| *name != "mean") {
        in_context("test", |context| {
            let mut broken = data.features.clone();
            broken[[5, 1]] = f32::NAN;
            let error = refused(model.fit(broken.view().into_dyn(), &data.labels, context), "NaN is refused");
            assert_eq!(error.to_string(), "a feature of sample 5 is not finite", "{name}");
        });
    }
}

#[test]
fn unfit_input_is_refused_by_every_model() {
    let data = DataSet::named("narrow");
    for (name, model) in every_model() {
        in_context("test", |context| {
            let features = data.features.view().into_dyn();
            let error = refused(model.fit(features.clone(), &data.labels[1..], context), "a label is missing");
            assert!(matches!(error, ModelError::Length { features: 41, labels: 40 }), "{name}: {error}");
            let none = data.features.slice(s![..0, ..]).into_dyn();
            let error = refused(model.fit(none, &[], context), "no samples");
            assert!(matches!(error, ModelError::TooFewSamples { got: 0, .. }), "{name}: {error}");
            let mut labels = data.labels.clone();
            labels[7] = f64::INFINITY;
            let error = refused(model.fit(features.clone(), &labels, context), "an infinite label");
            assert_eq!(error.to_string(), "the label of sample 7 is not finite", "{name}");
            let (fitted, _) = model.fit(features, &data.labels, context).expect("the data are fine");
            let wider = noise(4, 5, 1);
            if name != "mean" {
                let error = fitted.predict(wider.view().into_dyn(), context).expect_err("five columns");
                assert!(matches!(error, ModelError::Shape { .. }), "{name}: {error}");
            }
        });
    }
}

#[test]
fn hyperparameters_without_meaning_are_refused_by_name() {
    let text = |error: Option<ModelError>| error.expect("must be refused").to_string();
    assert_eq!(
        text(Ridge::new(RidgeParameters { alpha: 0.0 }).err()),
        "hyper-parameter alpha = 0: must be a positive number (least squares is the model without a penalty)"
    );
    assert!(text(Ridge::new(RidgeParameters { alpha: f64::NAN }).err()).contains("alpha = NaN"));
    assert!(text(Pcr::new(PcrParameters { components: 0 }).err()).contains("components = 0"));
    assert!(text(Pls::new(PlsParameters { components: 0, scale: true }).err()).contains("components = 0"));
    for parameters in [
        SvmParameters { c: 0.0, ..SvmParameters::default() },
        SvmParameters { epsilon: -0.1, ..SvmParameters::default() },
        SvmParameters { gamma: Gamma::Value(-1.0), ..SvmParameters::default() },
        SvmParameters { tolerance: f64::INFINITY, ..SvmParameters::default() },
    ] {
        assert!(text(Svm::new(parameters).err()).contains("must be a positive number"));
    }
    for parameters in [
        ForestParameters { trees: 0, ..ForestParameters::default() },
        ForestParameters { max_features: Some(0), ..ForestParameters::default() },
        ForestParameters { min_samples_leaf: 0, ..ForestParameters::default() },
    ] {
        assert!(text(Forest::new(parameters).err()).contains("= 0: must be at least 1"));
    }
    for parameters in [
        GpParameters { sigma_0: 0.0, ..GpParameters::default() },
        GpParameters { length_scale: 1e6, ..GpParameters::default() },
        GpParameters { jitter: -1e-10, ..GpParameters::default() },
    ] {
        assert!(text(GaussianProcess::new(parameters).err()).starts_with("hyper-parameter"));
    }
}

#[test]
fn more_components_than_the_data_have_are_refused() {
    let refusal = |model: &dyn AnyModel, features: &Array2<f32>| {
        let labels = labels(features, 9);
        let fit = in_context("test", |context| model.fit_any(features.view().into_dyn(), &labels, context));
        refused(fit, "more components than directions").to_string()
    };
    let narrow = noise(41, 3, 1);
    assert_eq!(
        refusal(&pcr(4), &narrow),
        "hyper-parameter components = 4: 41 training samples of 3 features have only 3 principal components"
    );
    assert_eq!(
        refusal(&pls(4, false), &narrow),
        "hyper-parameter components = 4: 41 training samples of 3 features support only 3 components"
    );
    let few = noise(5, 1000, 1);
    assert!(refusal(&pcr(5), &few).contains("have only 4 principal components"));
    assert!(refusal(&pls(5, true), &few).contains("support only 4 components"));
    // a column twice adds no direction
    let twice = ndarray::concatenate![Axis(1), narrow, narrow];
    assert!(refusal(&pcr(4), &twice).contains("have only 3 principal components"));
    assert!(refusal(&pls(4, false), &twice).contains("support only 3 components"));
}

#[test]
fn parameters_are_read_as_they_are_written() {
    let read = |text: &str| serde_json::from_str::<SvmParameters>(text);
    assert_eq!(read("{}").unwrap(), SvmParameters::default());
    assert_eq!(read(r#"{"gamma": "auto"}"#).unwrap().gamma, Gamma::Auto);
    assert_eq!(read(r#"{"gamma": 2}"#).unwrap().gamma, Gamma::Value(2.0));
    let error = read(r#"{"gamma": "wide"}"#).expect_err("no such gamma").to_string();
    assert!(error.contains("expected scale, auto or a positive number"), "{error}");
    assert!(read(r#"{"cost": 1}"#).expect_err("no such parameter").to_string().contains("unknown field `cost`"));
    let parameters = SvmParameters { gamma: Gamma::Value(0.25), ..SvmParameters::default() };
    assert_eq!(read(&serde_json::to_string(&parameters).unwrap()).unwrap(), parameters);
    let forest: ForestParameters = serde_json::from_str(r#"{"trees": 5, "max_features": null}"#).unwrap();
    assert_eq!(forest, ForestParameters { trees: 5, ..ForestParameters::default() });
}
