//! Graphics cards for kernels of our own, and weights on their way there and back.

use std::sync::Arc;

use cuda::{Card, CudaError, Tensor, machine::Machine};

use crate::{
    encoder,
    model::ModelError,
    weights::{NamedTensor, Weights},
};

impl From<CudaError> for ModelError {
    fn from(error: CudaError) -> Self {
        Self::Device(error.to_string())
    }
}

/// The number of the card on which our kernels compute for a run on this device; `None` on the CPU, where libtorch was asked
/// for, and on a card or with a driver that is too old for them.
pub fn of(device: tch::Device) -> Option<usize> {
    match device {
        tch::Device::Cuda(index) if !encoder::is_torch_asked() => Card::open(index).is_ok().then_some(index),
        _ => None,
    }
}

/// Name, architecture and memory of card number `index`, as a person reads them.
///
/// # Errors
/// What is missing: a driver, a card, a newer one of either.
pub fn described(index: usize) -> Result<String, ModelError> {
    Ok(Card::open(index)?.facts().to_string())
}

/// Name and architecture of card number `index`: what the last digits of a result depend on.
///
/// # Errors
/// As [`described`].
pub fn named(index: usize) -> Result<String, ModelError> {
    let card = Card::open(index)?;
    let cuda::CardFacts { name, architecture: (major, minor), .. } = card.facts();
    Ok(format!("{name}, sm_{major}{minor}"))
}

/// A queue of its own on card number `index`.
///
/// # Errors
/// As [`described`].
pub fn machine(index: usize) -> Result<Arc<dyn Machine>, ModelError> {
    Ok(Arc::new(Card::open(index)?.queue()?))
}

/// Weights as a card takes them.
pub fn tensors(weights: &Weights) -> Vec<Tensor> {
    let tensor = |tensor: &NamedTensor| Tensor {
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        values: tensor.values.clone(),
    };
    weights.0.iter().map(tensor).collect()
}

/// Weights as a card gives them.
pub fn weights(tensors: Vec<Tensor>) -> Weights {
    Weights(tensors.into_iter().map(|Tensor { name, shape, values }| NamedTensor { name, shape, values }).collect())
}
