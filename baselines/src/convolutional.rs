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
        let encoder = encoder::build(shape, &weights.below("encoder"), optimiser, context.device, context.threads)?;
        let head = LinearHead::new(shape.features, &weights.below("head"), optimiser)?;
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

    /// Adds the gradients of the mean squared error over `batch`; returns that error and the largest |output|.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn accumulate(
        &mut self,
        batch: &[usize],
        mut input: impl FnMut(usize, &mut [f32]),
        label: impl Fn(usize) -> f64,
    ) -> Result<(f64, f32), ModelError> {
        let Self { encoder, head } = self;
        let length = encoder.shape().input_len();
        let (mut loss, mut largest) = (0.0, 0.0_f32);
        let mut inputs = vec![0.0; PORTION.min(batch.len()) * length];
        for portion in batch.chunks(PORTION) {
            let inputs = &mut inputs[..portion.len() * length];
            inputs.chunks_exact_mut(length).zip(portion).for_each(|(values, &sample)| input(sample, values));
            encoder.accumulate(inputs, &mut |features, by_feature| {
                let outputs = head.outputs(features);
                let mut by_output = Vec::with_capacity(outputs.len());
                for (output, &sample) in outputs.iter().zip(portion) {
                    let residual = f64::from(*output) - label(sample);
                    loss += residual * residual / batch.len() as f64;
                    largest = largest.max(output.abs());
                    by_output.push((2.0 * residual / batch.len() as f64) as f32);
                }
                head.backward(features, &by_output, by_feature);
            })?;
        }
        Ok((loss, largest))
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
