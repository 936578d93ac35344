//! Convolutional baseline: the encoder and a linear head on the voltage-capacity matrix (spec §5.3).

use ndarray::ArrayViewD;
use serde::{Deserialize, Serialize};

use crate::{
    encoder::{self, Encoder, EncoderShape},
    head::LinearHead,
    maps,
    model::{Context, FitSummary, Model, ModelError},
    optimiser::AdamParameters,
    random::ChaCha8Rng,
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
    fitted: Option<Network>,
}

struct Network {
    encoder: Box<dyn Encoder>,
    head: LinearHead,
}

/// Samples that go through the encoder together: enough to fill its kernels, few enough to stay small.
const PORTION: usize = 16;

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

    fn network(&self, shape: EncoderShape, weights: &Weights, context: &Context<'_>) -> Result<Network, ModelError> {
        let of_encoder = shape.parameters().map(|(name, _, _)| format!("encoder.{name}"));
        let of_head = LinearHead::names(true).iter().map(|name| format!("head.{name}"));
        weights.check_names(&of_encoder.into_iter().chain(of_head).collect::<Vec<_>>())?;
        let optimiser = AdamParameters::adam(self.parameters.learning_rate);
        let encoder = encoder::build(shape, &weights.below("encoder"), optimiser, context.device, context.threads)?;
        let head = LinearHead::new(shape.features, true, &weights.below("head"), optimiser)?;
        Ok(Network { encoder, head })
    }
}

fn schedule(parameters: &CnnParameters) -> Schedule {
    Schedule { epochs: parameters.epochs, batch: parameters.batch, order: Order::Shuffled }
}

fn initial(shape: EncoderShape, random: &mut ChaCha8Rng) -> Weights {
    let mut weights = shape.initial(random).under("encoder");
    weights.0.extend(LinearHead::initial(shape.features, true, random).under("head").0);
    weights
}

impl Network {
    /// Gradients of the mean squared error over `batch`; returns that error, and whether all predictions are so close
    /// to zero that the network has collapsed.
    fn train(&mut self, batch: &[usize], samples: &[f32], labels: &[f64]) -> Result<(f64, bool), ModelError> {
        let length = self.encoder.shape().input_len();
        let Self { encoder, head } = self;
        let (mut loss, mut collapsed) = (0.0, true);
        let mut inputs = Vec::with_capacity(PORTION * length);
        for portion in batch.chunks(PORTION) {
            inputs.clear();
            portion.iter().for_each(|&sample| inputs.extend_from_slice(&samples[sample * length..][..length]));
            encoder.accumulate(&inputs, &mut |features, by_feature| {
                let outputs = head.outputs(features);
                let mut by_output = Vec::with_capacity(outputs.len());
                for (output, &sample) in outputs.iter().zip(portion) {
                    let residual = f64::from(*output) - labels[sample];
                    loss += residual * residual / batch.len() as f64;
                    collapsed &= output.abs() < COLLAPSED;
                    by_output.push((2.0 * residual / batch.len() as f64) as f32);
                }
                head.backward(features, &by_output, by_feature);
            })?;
        }
        Ok((loss, collapsed))
    }

    fn weights(&self) -> Weights {
        let mut weights = self.encoder.weights().under("encoder");
        weights.0.extend(self.head.weights().under("head").0);
        weights
    }

    fn step(&mut self) {
        self.encoder.step();
        self.head.step();
    }
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
        let mut network = self.network(shape, &initial(shape, &mut random), context)?;
        let mut restarts = 0;
        let mut summary = schedule(&self.parameters).run(labels.len(), context, |batch| {
            let (loss, collapsed) = network.train(batch, &samples, labels)?;
            if collapsed {
                // all ReLUs of the last layer are dead: such a network never recovers, a new one may
                restarts += 1;
                network = self.network(shape, &initial(shape, &mut random), context)?;
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
        let shape = network.encoder.shape();
        let samples = maps::prediction_maps(features, [shape.height, shape.width])?;
        let mut predictions = Vec::new();
        for portion in samples.chunks(PORTION * shape.input_len()) {
            let outputs = network.head.outputs(&network.encoder.encode(portion)?);
            predictions.extend(outputs.into_iter().map(f64::from));
        }
        Ok(predictions)
    }

    fn weights(&self) -> Option<Weights> {
        self.fitted.as_ref().map(Network::weights)
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
        encoder::{InstructionSet, NativeEncoder, TorchEncoder},
        oracle,
    };

    fn adam() -> AdamParameters {
        AdamParameters::adam(1e-3)
    }

    /// The network of the fixture on every engine.
    fn networks(case: &oracle::Case) -> Vec<(&'static str, Network)> {
        let [_, height, width] = case.shape;
        let shape = EncoderShape::new(1, height, width, 32).unwrap();
        let weights = case.weights(initial(shape, &mut Streams::new("a").stream("init")));
        let network = |encoder: Box<dyn Encoder>| {
            let head = LinearHead::new(32, true, &weights.below("head"), adam()).unwrap();
            Network { encoder, head }
        };
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
            let outputs = network.head.outputs(&network.encoder.encode(&case.inputs).unwrap());
            case.check_outputs(&outputs.into_iter().map(f64::from).collect::<Vec<_>>());
            for step in 0..oracle::STEPS {
                let (loss, collapsed) = network.train(&batch, &case.inputs, &case.labels).unwrap();
                assert!(!collapsed);
                network.step();
                case.check_step(step, loss, &network.weights());
            }
        }
    }

    #[test]
    fn parameter_counts_are_those_of_the_paper() {
        for (height, name, count) in [(100, "cnn", 1_136_033), (20, "cnn20", 122_273)] {
            let shape = EncoderShape::new(1, height, 1000, 32).unwrap();
            let weights = initial(shape, &mut Streams::new("a").stream("init"));
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
            let mut weights = initial(shape, &mut streams.stream("init"));
            for tensor in weights.0.iter_mut().filter(|tensor| tensor.name.starts_with("head")) {
                tensor.values.fill(if tensor.name == "head.bias" { bias } else { 0.0 });
            }
            let mut network = cnn.network(shape, &weights, &context).unwrap();
            let (_, collapsed) = network.train(&batch, &case.inputs, &case.labels).unwrap();
            assert_eq!(collapsed, expected, "bias {bias}");
        }
    }
}
