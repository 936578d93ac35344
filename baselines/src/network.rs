//! What every network baseline does, whatever it is made of: schedule, batches, losses, restarts, and weights put back.

use ndarray::ArrayViewD;

use crate::{
    convolutional::BatchLoss,
    maps,
    model::{Context, FitSummary, Fitted, ModelError},
    optimiser::AdamParameters,
    random::ChaCha8Rng,
    training::{Order, Schedule},
    weights::Weights,
};

/// Hyper-parameters that make a network of matrices [rows, columns].
pub(crate) trait Architecture {
    /// What they make.
    type Network: Network + 'static;

    /// Passes over the training samples, and samples per optimiser step.
    fn epochs_and_batch(&self) -> (usize, usize);

    /// Of Adam.
    fn learning_rate(&self) -> f64;

    /// Initial weights for matrices of these dimensions.
    fn initial(&self, inner: [usize; 2], random: &mut ChaCha8Rng) -> Result<Weights, ModelError>;

    /// A network with these weights and a fresh optimiser.
    fn network(
        &self,
        inner: [usize; 2],
        weights: &Weights,
        optimiser: AdamParameters,
        context: &Context<'_>,
    ) -> Result<Self::Network, ModelError>;
}

/// A network that can take steps.
pub(crate) trait Network: Send + Sized {
    /// Training samples where the network computes, and the random numbers of a training.
    type Lesson<'a>;

    /// Takes row-major samples of dimensions `inner` there.
    fn lesson<'a>(
        &self,
        samples: &'a [f32],
        inner: [usize; 2],
        labels: &'a [f64],
        context: &Context<'_>,
    ) -> Result<Self::Lesson<'a>, ModelError>;

    /// One step down the mean squared error over `batch`; none if the network has collapsed.
    fn descend(&mut self, batch: &[usize], lesson: &mut Self::Lesson<'_>) -> Result<BatchLoss, ModelError>;

    /// The output for each of some row-major samples.
    fn answers(&self, samples: &[f32], inner: [usize; 2], context: &Context<'_>) -> Result<Vec<f64>, ModelError>;

    /// The weights, on the CPU.
    fn trained(&self) -> Weights;
}

/// A trained network and the dimensions of its inputs.
struct FittedNetwork<N> {
    network: N,
    inner: [usize; 2],
}

fn schedule(architecture: &impl Architecture) -> Schedule {
    let (epochs, batch) = architecture.epochs_and_batch();
    Schedule { epochs, batch, order: Order::Shuffled }
}

fn optimiser(architecture: &impl Architecture) -> AdamParameters {
    AdamParameters::adam(architecture.learning_rate())
}

/// Checks what all networks have.
pub(crate) fn check(architecture: &impl Architecture) -> Result<(), ModelError> {
    schedule(architecture).check()?;
    optimiser(architecture).check()
}

/// What `Model::fit` is of every network.
pub(crate) fn fit(
    architecture: &impl Architecture,
    features: ArrayViewD<'_, f32>,
    labels: &[f64],
    context: &Context<'_>,
) -> Result<(Box<dyn Fitted>, FitSummary), ModelError> {
    let (samples, inner) = maps::training_maps(features, labels)?;
    let mut random = context.streams.stream("init");
    let mut fresh = || {
        let initial = architecture.initial(inner, &mut random)?;
        architecture.network(inner, &initial, optimiser(architecture), context)
    };
    let mut network = fresh()?;
    let mut lesson = network.lesson(&samples, inner, labels, context)?;
    let mut restarts = 0;
    let mut summary = schedule(architecture).run(labels.len(), context, |batch| {
        let BatchLoss { loss, collapsed } = network.descend(batch, &mut lesson)?;
        if collapsed {
            // such a network never recovers, a new one may
            restarts += 1;
            network = fresh()?;
        }
        Ok(loss)
    })?;
    summary.restarts = restarts;
    Ok((Box::new(FittedNetwork { network, inner }), summary))
}

/// What `Model::restore` is of every network.
pub(crate) fn restore(
    architecture: &impl Architecture,
    weights: &Weights,
    features: ArrayViewD<'_, f32>,
    labels: &[f64],
    context: &Context<'_>,
) -> Result<Box<dyn Fitted>, ModelError> {
    let (_, inner) = maps::training_maps(features, labels)?;
    let network = architecture.network(inner, weights, optimiser(architecture), context)?;
    Ok(Box::new(FittedNetwork { network, inner }))
}

impl<N: Network> Fitted for FittedNetwork<N> {
    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let samples = maps::prediction_maps(features, self.inner)?;
        self.network.answers(&samples, self.inner, context)
    }

    fn weights(&self) -> Option<Weights> {
        Some(self.network.trained())
    }
}

/// Makes `$model`, whose field `parameters` is an [`Architecture`], a model.
macro_rules! network_model {
    ($model:ident) => {
        impl $crate::model::Model for $model {
            type Fitted = Box<dyn $crate::model::Fitted>;

            fn fit(
                &self,
                features: ndarray::ArrayViewD<'_, f32>,
                labels: &[f64],
                context: &$crate::model::Context<'_>,
            ) -> Result<(Self::Fitted, $crate::model::FitSummary), $crate::model::ModelError> {
                $crate::network::fit(&self.parameters, features, labels, context)
            }

            fn restore(
                &self,
                weights: &$crate::weights::Weights,
                features: ndarray::ArrayViewD<'_, f32>,
                labels: &[f64],
                context: &$crate::model::Context<'_>,
            ) -> Result<Self::Fitted, $crate::model::ModelError> {
                $crate::network::restore(&self.parameters, weights, features, labels, context)
            }
        }
    };
}
pub(crate) use network_model;
