//! Convolutional baseline: the encoder and a linear head on the voltage-capacity matrix (method §7.1).

use cuda::spec::Input;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    convolutional::{Convolution, ConvolutionalNetwork, View},
    encoder::EncoderShape,
    engine::NetworkEngine,
    model::{AnyModel, Context, ModelError},
    network::{self, Architecture, network_model},
    optimiser::AdamParameters,
    precision::Precision,
    random::ChaCha8Rng,
    row::{self, Described, Engine, ModelRow},
    weights::Weights,
};

/// Hyper-parameters, with the authors' values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.1"))]
pub struct CnnParameters {
    /// Passes over the training cells.
    pub epochs: usize,
    /// Cells per optimiser step.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// Hidden channels of the encoder.
    pub channels: usize,
    /// On a card: `exact` or `fast`.
    #[serde(skip_serializing_if = "Precision::is_exact")]
    #[schemars(skip_serializing_if = "crate::precision::never")]
    pub precision: Precision,
}

impl Default for CnnParameters {
    fn default() -> Self {
        Self { epochs: 1000, batch: 128, learning_rate: 1e-3, channels: 32, precision: Precision::Exact }
    }
}

/// The CNN baseline; features are [samples, cycles, grid points].
pub struct Cnn {
    parameters: CnnParameters,
}

impl Cnn {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: CnnParameters) -> Result<Self, ModelError> {
        network::check(&parameters)?;
        Ok(Self { parameters })
    }
}

network_model!(Cnn);

impl Described for CnnParameters {
    fn row(&self) -> ModelRow {
        // 2: the second convolution is computed in transformed space, which rounds otherwise
        ModelRow { training_version: 2, ..ModelRow::network("cnn", Engine::Encoder) }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Cnn::new(self.clone())?))
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        self.shape(row::matrix(shape)?).map(drop).map_err(|error| error.to_string())
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn check_card(&self, shape: &[usize]) -> Result<(), String> {
        self.convolution(row::matrix(shape)?).map_err(|error| error.to_string())?.check_card()
    }
}

impl CnnParameters {
    fn shape(&self, [height, width]: [usize; 2]) -> Result<EncoderShape, ModelError> {
        EncoderShape::new(1, height, width, self.channels)
    }

    /// The network of matrices of these dimensions.
    ///
    /// # Errors
    /// [`ModelError::Shape`] if they are too small.
    pub fn convolution(&self, inner: [usize; 2]) -> Result<Convolution, ModelError> {
        let (shape, optimiser) = (self.shape(inner)?, AdamParameters::adam(self.learning_rate));
        let view: View = Box::new(|maps, (cell, _), input| from_memory(maps.cells)(cell, input));
        Ok(Convolution { shape, optimiser, input: Input::Map, view, precision: self.precision, is_guarded: true })
    }
}

impl Architecture for CnnParameters {
    fn epochs_and_batch(&self) -> (usize, usize) {
        (self.epochs, self.batch)
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn initial(&self, inner: [usize; 2], random: &mut ChaCha8Rng) -> Result<Weights, ModelError> {
        Ok(ConvolutionalNetwork::initial(self.shape(inner)?, random))
    }

    fn network(
        &self,
        inner: [usize; 2],
        weights: &Weights,
        optimiser: AdamParameters,
        context: &Context<'_>,
    ) -> Result<Box<dyn NetworkEngine>, ModelError> {
        Convolution { optimiser, ..self.convolution(inner)? }.build(weights, context)
    }
}

/// Copies sample `sample` out of all samples, which lie one after the other.
fn from_memory(samples: &[f32]) -> impl Fn(usize, &mut [f32]) {
    |sample, input| input.copy_from_slice(&samples[sample * input.len()..][..input.len()])
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::{
        Silent, Streams,
        encoder::{Encoder, InstructionSet, NativeEncoder, TorchEncoder},
        engine::{Labels, Lesson, Maps, Step},
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
        let cnn = CnnParameters::default();
        let lesson = Lesson { maps: Maps::alone(&case.inputs), labels: Labels::plain(&case.labels, &[]) };
        let batch: Vec<usize> = (0..samples).collect();
        for (bias, expected) in [(0.0, true), (0.9e-5, true), (-0.9e-5, true), (1.1e-5, false), (-1.1e-5, false)] {
            let mut weights = ConvolutionalNetwork::initial(shape, &mut streams.stream("init"));
            for tensor in weights.0.iter_mut().filter(|tensor| tensor.name.starts_with("head")) {
                tensor.values.fill(if tensor.name == "head.bias" { bias } else { 0.0 });
            }
            let mut network = cnn.network([height, width], &weights, adam(), &context).unwrap();
            network.begin(&lesson, samples, 0).unwrap();
            let step = Step { targets: batch.clone(), references: Vec::new() };
            let done = network.train(&lesson, &[step.clone(), step]).unwrap();
            assert_eq!(done.collapsed, expected, "bias {bias}");
            assert_eq!(done.losses.len(), if expected { 1 } else { 2 }, "no step follows a collapse");
            assert_eq!(network.weights().unwrap() == weights, expected, "a network that has collapsed makes no step");
        }
    }
}
