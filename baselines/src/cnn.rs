//! Convolutional baseline: the encoder and a linear head on the voltage-capacity matrix (spec §5.3).

use ndarray::ArrayViewD;
use serde::{Deserialize, Serialize};

use crate::{
    convolutional::ConvolutionalNetwork,
    encoder::EncoderShape,
    maps,
    model::{Context, FitSummary, Model, ModelError},
    optimiser::AdamParameters,
    training::{Order, Schedule},
    weights::Weights,
};

/// Hyper-parameters, with the authors' values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CnnParameters {
    /// Passes over the training cells.
    pub epochs: usize,
    /// Cells per optimiser step.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// Hidden channels of the encoder.
    pub channels: usize,
}

impl Default for CnnParameters {
    fn default() -> Self {
        Self { epochs: 1000, batch: 128, learning_rate: 1e-3, channels: 32 }
    }
}

/// The CNN baseline; features are [samples, cycles, grid points].
pub struct Cnn {
    parameters: CnnParameters,
    fitted: Option<ConvolutionalNetwork>,
}

/// A batch whose predictions are all smaller than this has collapsed to zero (authors' guard).
const COLLAPSED: f32 = 1e-5;

impl Cnn {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: CnnParameters) -> Result<Self, ModelError> {
        schedule(&parameters).check()?;
        Ok(Self { parameters, fitted: None })
    }

    fn network(
        &self,
        shape: EncoderShape,
        weights: &Weights,
        context: &Context<'_>,
    ) -> Result<ConvolutionalNetwork, ModelError> {
        ConvolutionalNetwork::new(shape, weights, AdamParameters::adam(self.parameters.learning_rate), context)
    }
}

fn schedule(parameters: &CnnParameters) -> Schedule {
    Schedule { epochs: parameters.epochs, batch: parameters.batch, order: Order::Shuffled }
}

/// Copies sample `sample` out of all samples, which lie one after the other.
fn from_memory(samples: &[f32]) -> impl Fn(usize, &mut [f32]) {
    |sample, input| input.copy_from_slice(&samples[sample * input.len()..][..input.len()])
}

impl Model for Cnn {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        let (samples, [height, width]) = maps::training_maps(features, labels)?;
        let shape = EncoderShape::new(1, height, width, self.parameters.channels)?;
        let mut random = context.streams.stream("init");
        let mut network = self.network(shape, &ConvolutionalNetwork::initial(shape, &mut random), context)?;
        let mut restarts = 0;
        let mut summary = schedule(&self.parameters).run(labels.len(), context, |batch| {
            let (loss, largest) = network.accumulate(batch, from_memory(&samples), |sample| labels[sample])?;
            if largest < COLLAPSED {
                // all ReLUs of the last layer are dead: such a network never recovers, a new one may
                restarts += 1;
                network = self.network(shape, &ConvolutionalNetwork::initial(shape, &mut random), context)?;
            } else {
                network.step();
            }
            Ok(loss)
        })?;
        summary.restarts = restarts;
        self.fitted = Some(network);
        Ok(summary)
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let network = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let shape = network.shape();
        let samples = maps::prediction_maps(features, [shape.height, shape.width])?;
        let all: Vec<usize> = (0..samples.len() / shape.input_len()).collect();
        network.outputs(&all, from_memory(&samples))
    }

    fn weights(&self) -> Option<Weights> {
        self.fitted.as_ref().map(ConvolutionalNetwork::weights)
    }

    fn restore(
        &mut self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(), ModelError> {
        let (_, [height, width]) = maps::training_maps(features, labels)?;
        let shape = EncoderShape::new(1, height, width, self.parameters.channels)?;
        self.fitted = Some(self.network(shape, weights, context)?);
        Ok(())
    }
}
