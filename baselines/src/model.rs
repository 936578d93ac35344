//! The traits of a model and of a fitted one, and what a model may say and be told while it is fitted.

use ndarray::ArrayViewD;

pub use crate::error::ModelError;
use crate::{random::Streams, weights::Weights};

/// A regression model with its hyper-parameters: what gives a [`Fitted`] one.
///
/// Features are arrays whose axis 0 is the sample; the other axes are the model's own (p numbers for the classical
/// models, (H, W) for the networks, (C, H, W) for BatLiNet). Labels are one finite number per sample.
pub trait Model: Send {
    /// What a fit gives.
    type Fitted: Fitted;

    /// Fits the model. The same inputs and streams give the same fit: bit for bit on one machine with one engine,
    /// elsewhere to the last digits.
    ///
    /// # Errors
    /// [`ModelError`], when the input is unfit for this model, training diverges or the user interrupts it.
    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError>;

    /// The fit that left these weights behind. `features` and `labels` are those of the training samples: they give the
    /// dimensions, and BatLiNet its references.
    ///
    /// # Errors
    /// [`ModelError::Weights`] when they do not fit this model, or it has none.
    fn restore(
        &self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<Self::Fitted, ModelError> {
        let _ = (weights, features, labels, context);
        Err(ModelError::Weights("this model has no tensors: fit it again, that takes no time".to_owned()))
    }
}

/// A model that has been fitted, and can be asked.
pub trait Fitted: Send {
    /// Predicts one label per sample.
    ///
    /// # Errors
    /// [`ModelError::Shape`] for features of another shape than fitted.
    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError>;

    /// How unsure the model is of each prediction, for models that know: a standard deviation in the unit of the labels.
    ///
    /// # Errors
    /// As [`Fitted::predict`].
    fn deviations(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Option<Vec<f64>>, ModelError> {
        let _ = (features, context);
        Ok(None)
    }

    /// The trained tensors, for models that have any.
    fn weights(&self) -> Option<Weights> {
        None
    }
}

impl<F: Fitted + ?Sized> Fitted for Box<F> {
    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        (**self).predict(features, context)
    }

    fn deviations(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Option<Vec<f64>>, ModelError> {
        (**self).deviations(features, context)
    }

    fn weights(&self) -> Option<Weights> {
        (**self).weights()
    }
}

/// Some [`Model`] or other, for lists of them: a box of it is a model.
pub trait AnyModel: Send {
    /// As [`Model::fit`].
    ///
    /// # Errors
    /// As there.
    fn fit_any(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Box<dyn Fitted>, FitSummary), ModelError>;

    /// As [`Model::restore`].
    ///
    /// # Errors
    /// As there.
    fn restore_any(
        &self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<Box<dyn Fitted>, ModelError>;
}

impl<M: Model<Fitted: 'static>> AnyModel for M {
    fn fit_any(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Box<dyn Fitted>, FitSummary), ModelError> {
        let (fitted, summary) = self.fit(features, labels, context)?;
        Ok((Box::new(fitted), summary))
    }

    fn restore_any(
        &self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        Ok(Box::new(self.restore(weights, features, labels, context)?))
    }
}

impl Model for Box<dyn AnyModel> {
    type Fitted = Box<dyn Fitted>;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        (**self).fit_any(features, labels, context)
    }

    fn restore(
        &self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<Self::Fitted, ModelError> {
        (**self).restore_any(weights, features, labels, context)
    }
}

/// What a model is given besides its data.
pub struct Context<'a> {
    /// Random streams of this run.
    pub streams: &'a Streams,
    /// Where tensors live; the classical models always compute on the CPU.
    pub device: tch::Device,
    /// Threads that this run may use on the CPU; they change how long it takes and nothing else.
    pub threads: usize,
    /// Told after every epoch; may ask to stop.
    pub progress: &'a dyn Progress,
}

impl<'a> Context<'a> {
    /// A context in which everything computes on the CPU.
    pub fn on_cpu(streams: &'a Streams, threads: usize, progress: &'a dyn Progress) -> Self {
        Self { streams, device: tch::Device::Cpu, threads, progress }
    }
}

/// Told about training as it goes.
pub trait Progress: Sync {
    /// `done` of `total` epochs are over, the last with training loss `loss` (in label units squared).
    /// Returns `false` to stop training: the fit then ends with [`ModelError::Interrupted`].
    fn epoch(&self, done: usize, total: usize, loss: f64) -> bool;
}

/// A [`Progress`] that says nothing and never stops.
pub struct Silent;

impl Progress for Silent {
    fn epoch(&self, _done: usize, _total: usize, _loss: f64) -> bool {
        true
    }
}

/// What a fit has to tell for the record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FitSummary {
    /// Epochs trained, for iterative models.
    pub epochs: Option<usize>,
    /// Training loss of the last epoch.
    pub final_loss: Option<f64>,
    /// Mean training loss of every epoch, for iterative models; of one that is trained in stages, of the last one.
    pub losses: Vec<f64>,
    /// How often the network was initialised again because it had collapsed.
    pub restarts: usize,
}
