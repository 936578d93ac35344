//! Convolutional baseline: the encoder and a linear head on the voltage-capacity matrix (spec §5.3).

use ndarray::ArrayViewD;
use serde::{Deserialize, Serialize};

use crate::{
    convolutional::{BatchLoss, ConvolutionalNetwork},
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

impl Cnn {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: CnnParameters) -> Result<Self, ModelError> {
        schedule(&parameters).check()?;
        optimiser(&parameters).check()?;
        Ok(Self { parameters, fitted: None })
    }

    fn network(
        &self,
        shape: EncoderShape,
        weights: &Weights,
        context: &Context<'_>,
    ) -> Result<ConvolutionalNetwork, ModelError> {
        ConvolutionalNetwork::new(shape, weights, optimiser(&self.parameters), context)
    }
}

fn optimiser(parameters: &CnnParameters) -> AdamParameters {
    AdamParameters::adam(parameters.learning_rate)
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
        self.fitted = None;
        let (samples, [height, width]) = maps::training_maps(features, labels)?;
        let shape = EncoderShape::new(1, height, width, self.parameters.channels)?;
        let mut random = context.streams.stream("init");
        let mut network = self.network(shape, &ConvolutionalNetwork::initial(shape, &mut random), context)?;
        let mut restarts = 0;
        let mut summary = schedule(&self.parameters).run(labels.len(), context, |batch| {
            let BatchLoss { loss, collapsed } =
                network.accumulate(batch, from_memory(&samples), |sample| labels[sample])?;
            if collapsed {
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

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::{
        Silent, Streams,
        encoder::{Encoder, InstructionSet, NativeEncoder, TorchEncoder},
        oracle,
    };

    fn adam() -> AdamParameters {
        AdamParameters::adam(1e-3)
    }

    /// The network of the fixture on every engine.
    fn networks(case: &oracle::Case) -> Vec<(&'static str, ConvolutionalNetwork)> {
        let [_, height, width] = case.shape;
        let shape = EncoderShape::new(1, height, width, 32).unwrap();
        let weights = case.weights(ConvolutionalNetwork::initial(shape, &mut Streams::new("a").stream("init")));
        let network = |encoder: Box<dyn Encoder>| ConvolutionalNetwork::on(encoder, &weights, adam()).unwrap();
        let below = weights.below("encoder");
        let torch = TorchEncoder::new(shape, &below, adam(), Device::Cpu).unwrap();
        let native = |set| NativeEncoder::new(shape, &below, adam(), 2, set).unwrap();
        std::iter::once(("libtorch", network(Box::new(torch))))
            .chain(InstructionSet::available().into_iter().map(|set| (set.name(), network(Box::new(native(set))))))
            .collect()
    }

    #[test]
    fn ten_steps_are_those_of_pytorch_on_every_engine() {
        let case = oracle::Case::named("cnn");
        let batch: Vec<usize> = (0..case.shape[0]).collect();
        for (_, mut network) in networks(&case) {
            case.check_outputs(&network.outputs(&batch, from_memory(&case.inputs)).unwrap());
            for step in 0..oracle::STEPS {
                let label = |sample: usize| case.labels[sample];
                let done = network.accumulate(&batch, from_memory(&case.inputs), label).unwrap();
                assert!(!done.collapsed);
                network.step();
                case.check_step(step, done.loss, &network.weights());
            }
        }
    }

    #[test]
    fn parameter_counts_are_those_of_the_paper() {
        for (height, name, count) in [(100, "cnn", 1_136_033), (20, "cnn20", 122_273)] {
            let shape = EncoderShape::new(1, height, 1000, 32).unwrap();
            let weights = ConvolutionalNetwork::initial(shape, &mut Streams::new("a").stream("init"));
            assert_eq!(weights.parameter_count(), count);
            assert_eq!(count as u64, oracle::parameter_count(name));
        }
    }

    #[test]
    fn a_network_has_collapsed_if_all_predictions_of_a_batch_are_nearly_zero() {
        let case = oracle::Case::named("cnn");
        let [samples, height, width] = case.shape;
        let shape = EncoderShape::new(1, height, width, 32).unwrap();
        let streams = Streams::new("collapse");
        let context = Context { streams: &streams, device: Device::Cpu, threads: 1, progress: &Silent };
        let cnn = Cnn::new(CnnParameters::default()).unwrap();
        let batch: Vec<usize> = (0..samples).collect();
        for (bias, expected) in [(0.0, true), (0.9e-5, true), (-0.9e-5, true), (1.1e-5, false), (-1.1e-5, false)] {
            let mut weights = ConvolutionalNetwork::initial(shape, &mut streams.stream("init"));
            for tensor in weights.0.iter_mut().filter(|tensor| tensor.name.starts_with("head")) {
                tensor.values.fill(if tensor.name == "head.bias" { bias } else { 0.0 });
            }
            let mut network = cnn.network(shape, &weights, &context).unwrap();
            let label = |sample: usize| case.labels[sample];
            let done = network.accumulate(&batch, from_memory(&case.inputs), label).unwrap();
            assert_eq!(done.collapsed, expected, "bias {bias}");
        }
    }
}
