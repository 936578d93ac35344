//! The convolutional encoder that the CNN baseline and both branches of BatLiNet share (method §6.1), and its engines.
//!
//! An [`Encoder`] owns its weights, their gradients and its optimiser's state. It turns inputs into feature vectors;
//! what is done with those (heads, references, losses) is the caller's, who hands back the gradient with respect to
//! them. That keeps the engines small and exchangeable.

mod native;
mod shape;
mod torch;

use native::INSTRUCTIONS_VARIABLE;
pub use native::{InstructionSet, NativeEncoder};
pub use shape::EncoderShape;
pub use torch::TorchEncoder;

use crate::{model::ModelError, optimiser::AdamParameters, weights::Weights};

/// Environment variable that asks for an engine on the CPU by its name.
const ENGINE_VARIABLE: &str = "BATLINET_ENGINE";

/// An encoder on some engine.
///
/// Inputs are `n` row-major (channels, height, width) arrays one after the other; feature vectors are `n` × features.
pub trait Encoder: Send {
    /// Its dimensions.
    fn shape(&self) -> EncoderShape;

    /// Feature vectors of `n` inputs.
    ///
    /// # Errors
    /// [`ModelError::Torch`] if the engine fails (out of memory, for example).
    fn encode(&self, inputs: &[f32]) -> Result<Vec<f32>, ModelError>;

    /// Encodes `n` inputs, asks `gradient` for the derivative of the loss by each feature (it gets the feature vectors
    /// and a zeroed buffer of the same length to fill), and adds the derivative by each weight to the gradients.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    fn accumulate(&mut self, inputs: &[f32], gradient: &mut dyn FnMut(&[f32], &mut [f32])) -> Result<(), ModelError>;

    /// From the next step on, steps are of this size.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// One optimiser step along the accumulated gradients, which are then zero again.
    fn step(&mut self);

    /// The gradients accumulated since the last step, named and shaped as the weights.
    fn gradients(&self) -> Weights;

    /// The weights.
    fn weights(&self) -> Weights;
}

/// Builds the encoder on the engine for `device`, with these initial weights.
///
/// On the CPU that is [`NativeEncoder`] with `threads` threads, where it [supports](NativeEncoder::supports) the shape,
/// unless the environment variable `BATLINET_ENGINE` is `torch`; else [`TorchEncoder`].
///
/// # Errors
/// [`ModelError::Weights`] if the weights do not fit the shape.
pub fn build(
    shape: EncoderShape,
    weights: &Weights,
    optimiser: AdamParameters,
    device: tch::Device,
    threads: usize,
) -> Result<Box<dyn Encoder>, ModelError> {
    Ok(if device == tch::Device::Cpu && NativeEncoder::supports(&shape) && !is_torch_asked() {
        Box::new(NativeEncoder::new(shape, weights, optimiser, threads, InstructionSet::in_use())?)
    } else {
        Box::new(TorchEncoder::new(shape, weights, optimiser, device)?)
    })
}

/// What [`build`] takes on the CPU for shapes that both engines support: `native avx512`, or `libtorch`.
pub fn cpu_engine() -> String {
    if is_torch_asked() { "libtorch".to_owned() } else { format!("native {}", InstructionSet::in_use().name()) }
}

/// Whether [`build`] takes libtorch on the CPU, too, since the environment variable `BATLINET_ENGINE` is `torch`.
pub fn is_torch_asked() -> bool {
    std::env::var(ENGINE_VARIABLE).as_deref() == Ok("torch")
}

/// Looks at the environment variables that choose an engine and its instruction set.
///
/// # Errors
/// One of them asks for what is not here; the sentence says what is. Elsewhere such a variable is as good as unset.
pub fn check_environment() -> Result<(), String> {
    let instructions = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
    for (variable, choices) in [(ENGINE_VARIABLE, vec!["native", "torch"]), (INSTRUCTIONS_VARIABLE, instructions)] {
        let asked = std::env::var_os(variable).filter(|asked| !asked.is_empty());
        if let Some(asked) = asked.filter(|asked| !choices.iter().any(|choice| asked == choice)) {
            return Err(format!(
                "the environment says {variable}={}, but here are only {}; choose one or unset it",
                asked.display(),
                choices.join(", ")
            ));
        }
    }
    Ok(())
}
