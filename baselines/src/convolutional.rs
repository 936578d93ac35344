//! One number from one array of maps: the encoder and a linear head, for samples that need not lie in memory.

use crate::{
    encoder::{self, Encoder, EncoderShape},
    head::LinearHead,
    model::{Context, ModelError},
    optimiser::AdamParameters,
    random::ChaCha8Rng,
    weights::Weights,
};

/// Samples that go through the encoder together: enough to fill its kernels, few enough to stay small.
const PORTION: usize = 16;

/// Outputs that are all smaller than this are those of a network that has collapsed to zero (authors' guard).
const COLLAPSED: f32 = 1e-5;

/// How the network did on a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchLoss {
    /// Mean squared error.
    pub loss: f64,
    /// Whether all outputs are so close to zero that the network has collapsed.
    pub collapsed: bool,
}

/// The encoder and a linear head with a bias.
///
/// A sample is a number of the caller's, who writes its (channels, height, width) values when they are wanted. So the
/// differences of all pairs of cells can be trained on although only a portion of them exists at a time.
pub struct ConvolutionalNetwork {
    encoder: Box<dyn Encoder>,
    head: LinearHead,
}

impl ConvolutionalNetwork {
    /// Initial weights `encoder.*`, `head.weight` and `head.bias`.
    pub fn initial(shape: EncoderShape, random: &mut ChaCha8Rng) -> Weights {
        let mut weights = shape.initial(random).under("encoder");
        weights.0.extend(LinearHead::initial(shape.features, true, random).under("head").0);
        weights
    }

    /// A network with these weights and a fresh optimiser, on the device and the threads of `context`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they are those of another architecture.
    pub fn new(
        shape: EncoderShape,
        weights: &Weights,
        optimiser: AdamParameters,
        context: &Context<'_>,
    ) -> Result<Self, ModelError> {
        // before the encoder is built, so that weights of another model are called so
        let of_encoder = shape.parameters().map(|(name, _, _)| format!("encoder.{name}"));
        let of_head = LinearHead::names(true).iter().map(|name| format!("head.{name}"));
        weights.check_names(&of_encoder.into_iter().chain(of_head).collect::<Vec<_>>())?;
        let encoder = encoder::build(shape, &weights.below("encoder"), optimiser, context.device, context.threads)?;
        Self::on(encoder, weights, optimiser)
    }

    /// A network on an encoder that has the `encoder.*` of these weights.
    ///
    /// # Errors
    /// As [`ConvolutionalNetwork::new`].
    pub fn on(encoder: Box<dyn Encoder>, weights: &Weights, optimiser: AdamParameters) -> Result<Self, ModelError> {
        let head = LinearHead::new(encoder.shape().features, true, &weights.below("head"), optimiser)?;
        Ok(Self { encoder, head })
    }

    /// The dimensions of a sample and of the feature vector.
    pub fn shape(&self) -> EncoderShape {
        self.encoder.shape()
    }

    /// The weights, named as in [`ConvolutionalNetwork::initial`].
    pub fn weights(&self) -> Weights {
        let mut weights = self.encoder.weights().under("encoder");
        weights.0.extend(self.head.weights().under("head").0);
        weights
    }

    /// Adds the gradients of the mean squared error over `batch`, and returns that error.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn accumulate(
        &mut self,
        batch: &[usize],
        mut input: impl FnMut(usize, &mut [f32]),
        label: impl Fn(usize) -> f64,
    ) -> Result<BatchLoss, ModelError> {
        let Self { encoder, head } = self;
        let length = encoder.shape().input_len();
        let mut sum = BatchLoss { loss: 0.0, collapsed: true };
        let mut inputs = vec![0.0; PORTION.min(batch.len()) * length];
        for portion in batch.chunks(PORTION) {
            let inputs = &mut inputs[..portion.len() * length];
            inputs.chunks_exact_mut(length).zip(portion).for_each(|(values, &sample)| input(sample, values));
            encoder.accumulate(inputs, &mut |features, by_feature| {
                let outputs = head.outputs(features);
                let mut by_output = Vec::with_capacity(outputs.len());
                for (output, &sample) in outputs.iter().zip(portion) {
                    let residual = f64::from(*output) - label(sample);
                    sum.loss += residual * residual / batch.len() as f64;
                    sum.collapsed &= output.abs() < COLLAPSED;
                    by_output.push((2.0 * residual / batch.len() as f64) as f32);
                }
                head.backward(features, &by_output, by_feature);
            })?;
        }
        Ok(sum)
    }

    /// One optimiser step along the accumulated gradients, which are then zero again.
    pub fn step(&mut self) {
        self.encoder.step();
        self.head.step();
    }

    /// The output for every one of `samples`.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn outputs(&self, samples: &[usize], mut input: impl FnMut(usize, &mut [f32])) -> Result<Vec<f64>, ModelError> {
        let length = self.encoder.shape().input_len();
        let mut inputs = vec![0.0; PORTION.min(samples.len()) * length];
        let mut outputs = Vec::with_capacity(samples.len());
        for portion in samples.chunks(PORTION) {
            let inputs = &mut inputs[..portion.len() * length];
            inputs.chunks_exact_mut(length).zip(portion).for_each(|(values, &sample)| input(sample, values));
            outputs.extend(self.head.outputs(&self.encoder.encode(inputs)?).into_iter().map(f64::from));
        }
        Ok(outputs)
    }
}
