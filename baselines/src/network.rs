//! What every network baseline does, whatever it is made of: schedule, batches, losses, restarts, and weights put back.

use ndarray::ArrayViewD;

use crate::{
    engine::{Labels, Lesson, Maps, NetworkEngine, Step, each},
    maps,
    model::{Context, FitSummary, Fitted, ModelError},
    optimiser::AdamParameters,
    random::ChaCha8Rng,
    training::{Order, Schedule},
    weights::Weights,
};

/// Hyper-parameters that make a network of matrices [rows, columns].
pub(crate) trait Architecture {
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
    ) -> Result<Box<dyn NetworkEngine>, ModelError>;
}

/// A trained network and the dimensions of its inputs.
struct FittedNetwork {
    network: Box<dyn NetworkEngine>,
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
    let mut fresh = || architecture.initial(inner, &mut random);
    let mut network = architecture.network(inner, &fresh()?, optimiser(architecture), context)?;
    let lesson = Lesson { maps: Maps::alone(&samples), labels: Labels::plain(labels, &[]) };
    let (schedule, mut restarts) = (schedule(architecture), 0);
    network.begin(&lesson, schedule.batch.min(labels.len()), 0)?;
    let mut summary = schedule.run(labels.len(), context, network.epochs_at_once(), |batches| {
        let step = |batch: &&[usize]| Step { targets: batch.to_vec(), references: Vec::new() };
        let steps: Vec<Step> = batches.iter().map(step).collect();
        let mut losses = Vec::with_capacity(steps.len());
        while losses.len() < steps.len() {
            let trained = network.train(&lesson, &steps[losses.len()..])?;
            losses.extend(trained.losses);
            if trained.collapsed {
                // such a network never recovers, a new one may
                restarts += 1;
                network.restart(&fresh()?)?;
            } else {
                break;
            }
        }
        Ok(losses)
    })?;
    network.end()?;
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

impl Fitted for FittedNetwork {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let samples = maps::prediction_maps(features, self.inner)?;
        let cells = samples.len() / self.inner.iter().product::<usize>();
        self.network.outputs(0, Maps::alone(&samples), &each(cells))
    }

    fn weights(&self) -> Option<Weights> {
        self.network.weights().ok()
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
