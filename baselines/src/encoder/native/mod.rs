//! The encoder on our own kernels, for CPUs.
//!
//! libtorch moves the activations of a layer through memory three times (convolution, ReLU, pooling); here a pooling
//! window is computed in registers and only its average is written, with nine bits per channel that tell the way back
//! which pixels the ReLU let through. See `docs/performance.md` for what that brings.
//!
//! * [`lanes`], sixteen f32 at once · [`kernels`]: the inner loops · [`winograd`]: those of the second convolution, in a
//!   third of the multiplications · [`dispatch`]: per instruction set
//! * [`layout`], the order of weights · [`layers`]: one input through the convolutions and back
//!
//! Results do not depend on the number of threads: inputs are worked on apart, their gradients added in order.

mod dispatch;
mod kernels;
mod lanes;
mod layers;
mod layout;
mod winograd;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) use dispatch::INSTRUCTIONS_VARIABLE;
pub use dispatch::InstructionSet;
use kernels::FEATURES;
use layers::{Activations, Convolutions, Gradients, Scratch};

use super::{Encoder, EncoderShape};
use crate::{
    model::ModelError,
    optimiser::{AdamParameters, Parameter},
    parallel::in_parallel,
    weights::{NamedTensor, Weights},
};

/// An [`Encoder`] on our own kernels.
pub struct NativeEncoder {
    shape: EncoderShape,
    set: InstructionSet,
    threads: usize,
    /// In the order of [`EncoderShape::parameters`], packed as in [`layout`].
    parameters: [Parameter; 6],
    /// The second convolution's weights in [transformed](winograd) space, `[25][in][out]` and `[25][out][in]`.
    convolution: [Vec<f32>; 2],
    projection_transposed: Vec<f32>,
    buffers: Mutex<Buffers>,
}

/// Memory that is kept from call to call.
#[derive(Default)]
struct Buffers {
    activations: Vec<Activations>,
    gradients: Vec<Gradients>,
    scratch: Vec<Scratch>,
}

impl Buffers {
    fn reserve(&mut self, shape: &EncoderShape, inputs: usize, threads: usize, backward: bool) {
        let missing = inputs.saturating_sub(self.activations.len());
        self.activations.extend((0..missing).map(|_| Activations::new(shape)));
        if backward {
            let missing = inputs.saturating_sub(self.gradients.len());
            self.gradients.extend((0..missing).map(|_| Gradients::new(shape)));
        }
        let missing = threads.saturating_sub(self.scratch.len());
        self.scratch.extend((0..missing).map(|_| Scratch::new(shape)));
    }
}

impl NativeEncoder {
    /// Whether this engine can be used for `shape`: it has 32 hidden channels.
    pub fn supports(shape: &EncoderShape) -> bool {
        shape.features == FEATURES
    }

    /// Packs `weights` for the kernels of `set`, to be worked on by `threads` threads.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit `shape`.
    ///
    /// # Panics
    /// If `shape` is not supported or `set` not available.
    pub fn new(
        shape: EncoderShape,
        weights: &Weights,
        optimiser: AdamParameters,
        threads: usize,
        set: InstructionSet,
    ) -> Result<Self, ModelError> {
        assert!(Self::supports(&shape), "the native engine has 32 hidden channels");
        assert!(InstructionSet::available().contains(&set), "{} is not available here", set.name());
        let mut parameters = Vec::with_capacity(6);
        for (name, dimensions, _) in shape.parameters() {
            let values = weights.values(name, &dimensions)?;
            let values = match packing(name, &dimensions) {
                Some((rows, columns, swap)) => layout::pack(values, rows, columns, swap),
                None => values.to_vec(),
            };
            parameters.push(Parameter::new(values, optimiser));
        }
        let Ok(parameters) = <[Parameter; 6]>::try_from(parameters) else { unreachable!("there are six tensors") };
        let mut encoder = Self {
            shape,
            set,
            threads: threads.max(1),
            convolution: [(); 2].map(|()| vec![0.0; winograd::WEIGHTS]),
            projection_transposed: vec![0.0; parameters[4].values.len()],
            parameters,
            buffers: Mutex::default(),
        };
        encoder.derive();
        Ok(encoder)
    }

    /// What follows from the weights and is kept beside them.
    fn derive(&mut self) {
        let [transformed, transposed] = &mut self.convolution;
        winograd::transform_weights(&self.parameters[2].values, transformed);
        layout::transpose_points(transformed, transposed);
        layout::transpose_projection(&self.parameters[4].values, &mut self.projection_transposed);
    }

    fn convolutions(&self) -> Convolutions<'_> {
        Convolutions {
            set: self.set,
            shape: self.shape,
            weight1: &self.parameters[0].values,
            bias1: &self.parameters[1].values,
            weight2: &self.convolution[0],
            weight2_transposed: &self.convolution[1],
            bias2: &self.parameters[3].values,
        }
    }

    /// Feature vectors of `inputs`; leaves their activations in the first of the buffers.
    fn forward(&self, inputs: &[f32], Buffers { activations, scratch, .. }: &mut Buffers) -> Vec<f32> {
        let length = self.shape.input_len();
        let convolutions = self.convolutions();
        let pairs: Vec<_> = inputs.chunks_exact(length).zip(&mut *activations).collect();
        in_parallel(scratch, pairs, |scratch, (input, activations)| convolutions.forward(input, scratch, activations));
        let count = inputs.len() / length;
        let projected: Vec<*const f32> = activations[..count].iter().map(|one| one.pool2.as_ptr()).collect();
        let mut outputs = vec![0.0; count * FEATURES];
        // SAFETY: every pool2 has as many values as the projection has terms; outputs has 32 for each.
        unsafe {
            dispatch::project(
                self.set,
                &projected,
                self.parameters[4].values.as_ptr(),
                self.parameters[5].values.as_ptr(),
                self.terms(),
                outputs.as_mut_ptr(),
            );
        }
        // a NaN passes, so that it shows in the loss
        outputs.iter_mut().filter(|output| **output <= 0.0).for_each(|output| *output = 0.0);
        outputs
    }

    fn terms(&self) -> usize {
        self.parameters[4].values.len() / FEATURES
    }

    fn named(&self, values: impl Fn(&Parameter) -> &[f32]) -> Weights {
        let tensors = self.shape.parameters().into_iter().zip(&self.parameters).map(|((name, shape, _), parameter)| {
            let packed = values(parameter);
            let values = match packing(name, &shape) {
                Some((rows, columns, swap)) => layout::unpack(packed, rows, columns, swap),
                None => packed.to_vec(),
            };
            NamedTensor { name: name.to_owned(), shape, values }
        });
        Weights(tensors.collect())
    }
}

/// Input channels, positions and whether positions come first, of a tensor with more than one axis.
fn packing(name: &str, dimensions: &[usize]) -> Option<(usize, usize, bool)> {
    match *dimensions {
        [_, channels, height, width] => Some((channels, height * width, name.starts_with("projection"))),
        _ => None,
    }
}

fn lock(buffers: &Mutex<Buffers>) -> MutexGuard<'_, Buffers> {
    // the buffers are overwritten before they are read, whatever state a panic left them in
    buffers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Encoder for NativeEncoder {
    fn shape(&self) -> EncoderShape {
        self.shape
    }

    fn encode(&self, inputs: &[f32]) -> Result<Vec<f32>, ModelError> {
        let count = inputs.len() / self.shape.input_len();
        let mut buffers = lock(&self.buffers);
        buffers.reserve(&self.shape, count, self.threads, false);
        Ok(self.forward(inputs, &mut buffers))
    }

    fn accumulate(&mut self, inputs: &[f32], gradient: &mut dyn FnMut(&[f32], &mut [f32])) -> Result<(), ModelError> {
        let length = self.shape.input_len();
        let count = inputs.len() / length;
        let mut buffers = std::mem::take(&mut *lock(&self.buffers));
        buffers.reserve(&self.shape, count, self.threads, true);
        let features = self.forward(inputs, &mut buffers);
        let mut by_feature = vec![0.0; features.len()];
        gradient(&features, &mut by_feature);
        by_feature
            .iter_mut()
            .zip(&features)
            .filter(|(_, feature)| **feature == 0.0)
            .for_each(|(slope, _)| *slope = 0.0);

        let projected: Vec<*const f32> = buffers.activations[..count].iter().map(|one| one.pool2.as_ptr()).collect();
        let terms = self.terms();
        let [.., weight3, bias3] = &mut self.parameters;
        // SAFETY: `weight3.gradient` is [terms][32]; every pool2 has as many values as terms.
        unsafe {
            let slopes = by_feature.as_ptr();
            dispatch::projection_gradient(self.set, &projected, slopes, 0, terms, weight3.gradient.as_mut_ptr());
        }
        for vector in by_feature.chunks_exact(FEATURES) {
            bias3.gradient.iter_mut().zip(vector).for_each(|(sum, slope)| *sum += slope);
        }

        let by_pool2: Vec<*mut f32> =
            buffers.gradients[..count].iter_mut().map(|one| one.by_pool2.as_mut_ptr()).collect();
        // SAFETY: the transposed weights are [32][terms]; every by_pool2 has one value per term.
        unsafe {
            let transposed = self.projection_transposed.as_ptr();
            dispatch::projection_input_gradient(self.set, by_feature.as_ptr(), transposed, terms, &by_pool2);
        }
        let convolutions = self.convolutions();
        let jobs: Vec<_> =
            inputs.chunks_exact(length).zip(buffers.activations.iter().zip(&mut buffers.gradients)).collect();
        in_parallel(&mut buffers.scratch, jobs, |scratch, (input, (activations, gradients))| {
            convolutions.backward(input, activations, scratch, gradients);
        });
        let [weight1, bias1, weight2, bias2, ..] = &mut self.parameters;
        for one in &buffers.gradients[..count] {
            add(&mut weight1.gradient, &one.weight1);
            add(&mut bias1.gradient, &one.bias1);
            add(&mut weight2.gradient, &one.weight2);
            add(&mut bias2.gradient, &one.bias2);
        }
        *lock(&self.buffers) = buffers;
        Ok(())
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.parameters.iter_mut().for_each(|parameter| parameter.set_learning_rate(learning_rate));
    }

    fn step(&mut self) {
        self.parameters.iter_mut().for_each(Parameter::step);
        self.derive();
    }

    fn gradients(&self) -> Weights {
        self.named(|parameter| &parameter.gradient)
    }

    fn weights(&self) -> Weights {
        self.named(|parameter| &parameter.values)
    }
}

fn add(sum: &mut [f32], one: &[f32]) {
    sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
}
