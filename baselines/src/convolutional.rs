//! One number from one array of maps: the encoder and a linear head, for samples that need not lie in memory.

use cuda::spec::{Branch, Input, Spec};

use crate::{
    encoder::{self, Encoder, EncoderShape},
    engine::{Lesson, Maps, NetworkEngine, Step, Trained, card, one_by_one},
    head::LinearHead,
    model::{Context, ModelError},
    optimiser::AdamParameters,
    precision::Precision,
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
        Self::placed(shape, weights, optimiser, (context.device, context.threads))
    }

    fn placed(
        shape: EncoderShape,
        weights: &Weights,
        optimiser: AdamParameters,
        (device, threads): (tch::Device, usize),
    ) -> Result<Self, ModelError> {
        // before the encoder is built, so that weights of another model are called so
        Self::check(shape, weights)?;
        let encoder = encoder::build(shape, &weights.below("encoder"), optimiser, device, threads)?;
        Self::on(encoder, weights, optimiser)
    }

    fn check(shape: EncoderShape, weights: &Weights) -> Result<(), ModelError> {
        let of_encoder = shape.parameters().map(|(name, _, _)| format!("encoder.{name}"));
        let of_head = LinearHead::names(true).iter().map(|name| format!("head.{name}"));
        weights.check_names(&of_encoder.into_iter().chain(of_head).collect::<Vec<_>>())
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

/// Writes on the CPU what a network sees of a cell, or of a cell and a reference.
pub type View = Box<dyn Fn(Maps<'_>, (usize, usize), &mut [f32]) + Send>;

/// What tells one convolutional network from another.
pub struct Convolution {
    /// Of a sample and of the feature vector.
    pub shape: EncoderShape,
    /// Of all tensors.
    pub optimiser: AdamParameters,
    /// What the network sees, as cards know it.
    pub input: Input,
    /// The same on the CPU.
    pub view: View,
    /// Of our kernels on a card.
    pub precision: Precision,
    /// Whether a network that has collapsed is stopped.
    pub is_guarded: bool,
}

impl Convolution {
    /// The network with these weights, named as in [`ConvolutionalNetwork::initial`], on the device of `context`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they are those of another architecture; what the device says.
    pub fn build(self, weights: &Weights, context: &Context<'_>) -> Result<Box<dyn NetworkEngine>, ModelError> {
        ConvolutionalNetwork::check(self.shape, weights)?;
        if let Some(network) = card::build(self.shape.features, self.spec(), weights, context)? {
            return Ok(network);
        }
        let network = ConvolutionalNetwork::new(self.shape, weights, self.optimiser, context)?;
        Ok(Box::new(OnCpu { network, kind: self, place: (context.device, context.threads) }))
    }

    /// Whether our kernels for cards know it.
    ///
    /// # Errors
    /// What they do not know, as a sentence.
    pub fn check_card(&self) -> Result<(), String> {
        card::check(self.shape.features, &self.spec()).map_err(|error| error.to_string())
    }

    /// The network as cards know it.
    pub fn spec(&self) -> Spec {
        let branch = Branch { name: "encoder".to_owned(), input: self.input, head: 0, weight: 1.0 };
        Spec {
            shape: card::shape(self.shape),
            branches: vec![branch],
            heads: vec!["head".to_owned()],
            head_bias: true,
            optimiser: card::adam(self.optimiser),
            precision: self.precision.into(),
            collapsed: if self.is_guarded { COLLAPSED } else { 0.0 },
        }
    }
}

/// A convolutional network with its inputs, on the CPU or on libtorch.
struct OnCpu {
    network: ConvolutionalNetwork,
    kind: Convolution,
    /// Device that was asked for, threads.
    place: (tch::Device, usize),
}

impl NetworkEngine for OnCpu {
    fn begin(&mut self, _lesson: &Lesson<'_>, _batch: usize, _references: usize) -> Result<(), ModelError> {
        Ok(())
    }

    fn train(&mut self, lesson: &Lesson<'_>, steps: &[Step]) -> Result<Trained, ModelError> {
        let Self { network, kind, .. } = self;
        one_by_one(steps, |Step { targets, references }| {
            let all: Vec<usize> = (0..targets.len()).collect();
            let reference = |place: usize| references.get(place).copied();
            let input = |place: usize, input: &mut [f32]| {
                let target = targets[place];
                (kind.view)(lesson.maps, (target, reference(place).unwrap_or(target)), input);
            };
            let label = |place: usize| lesson.labels.of(targets[place], reference(place));
            let BatchLoss { loss, collapsed } = network.accumulate(&all, input, label)?;
            let collapsed = collapsed && kind.is_guarded;
            // all ReLUs of the last layer are dead in a network that has collapsed
            if !collapsed {
                network.step();
            }
            Ok(BatchLoss { loss, collapsed })
        })
    }

    fn end(&mut self) -> Result<(), ModelError> {
        Ok(())
    }

    fn restart(&mut self, weights: &Weights) -> Result<(), ModelError> {
        let Convolution { shape, optimiser, .. } = self.kind;
        let (device, threads) = self.place;
        self.network = ConvolutionalNetwork::placed(shape, weights, optimiser, (device, threads))?;
        Ok(())
    }

    fn outputs(&self, _branch: usize, maps: Maps<'_>, pairs: &[(usize, usize)]) -> Result<Vec<f64>, ModelError> {
        let all: Vec<usize> = (0..pairs.len()).collect();
        self.network.outputs(&all, |place, input| (self.kind.view)(maps, pairs[place], input))
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(self.network.weights())
    }
}
