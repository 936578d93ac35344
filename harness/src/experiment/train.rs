//! One run: transform, fit, predict, transform back.

use std::{borrow::Cow, time::Instant};

use baselines::{Context, FitSummary, Model, ModelError, Progress, Weights};
use ndarray::ArrayD;
use thiserror::Error;

use super::entry::{Entry, ModelSpec};
use crate::{
    failure::Failure,
    record::Seconds,
    samples::{FeatureTransformation, FittedFeatureTransformation, Part, Samples},
    transfer::Transfer,
};

/// What a run came out with.
pub struct Outcome {
    /// Predicted lives of the test cells, in cycles, in the order of the samples.
    pub predicted: Vec<f64>,
    /// What the fit told.
    pub fit: FitSummary,
    /// The trained tensors, for models that have any.
    pub weights: Option<Weights>,
    /// Wall times.
    pub seconds: Seconds,
}

/// Why a run has no numbers.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The model could not be fitted or asked.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A transformation could not be fitted to the training cells.
    #[error(transparent)]
    Transformation(#[from] Failure),
}

/// Fits the model of `entry` to the training part and predicts the test part. Transformations see training cells only.
/// `source` are the cells that a transfer learns from beside those of its target.
///
/// # Errors
/// [`TrainError`], whose text goes into the record.
pub fn train(
    entry: &Entry,
    samples: &Samples,
    source: Option<&Part>,
    seed: u64,
    device: tch::Device,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Outcome, TrainError> {
    let transformation = entry.feature_transformation.fit(&samples.train.features)?;
    let transformed = |features| transformed(entry.feature_transformation, &transformation, features);
    let labels = entry.label_transformation.fit(&samples.train.lives)?;
    let streams = entry.model.streams(seed);
    let device = if entry.model.is_network() { device } else { tch::Device::Cpu };
    let context = Context { streams: &streams, device, threads, progress };
    let mut model: Box<dyn Model + '_> = match (&entry.model, source) {
        (ModelSpec::Transfer(parameters), Some(source)) => {
            Box::new(Transfer::new(parameters.clone())?.with_source(&source.features, &source.lives)?)
        }
        (model, _) => model.build()?,
    };

    let start = Instant::now();
    let fit =
        model.fit(transformed(&samples.train.features).view(), &labels.forward(&samples.train.lives), &context)?;
    let fitted = start.elapsed();
    let start = Instant::now();
    let predicted = model.predict(transformed(&samples.test.features).view(), &context)?;
    let seconds = Seconds { fit: fitted.as_secs_f64(), predict: start.elapsed().as_secs_f64() };
    Ok(Outcome { predicted: labels.inverse(&predicted), fit, weights: model.weights(), seconds })
}

/// Copies only what is changed: a capacity map of hundreds of cells is most of a gigabyte.
fn transformed<'a>(
    transformation: FeatureTransformation,
    fitted: &FittedFeatureTransformation,
    features: &'a ArrayD<f32>,
) -> Cow<'a, ArrayD<f32>> {
    if transformation == FeatureTransformation::None {
        return Cow::Borrowed(features);
    }
    let mut features = features.clone();
    fitted.apply(&mut features);
    Cow::Owned(features)
}
