//! NVIDIA cards for kernels of our own: whether there is one, and what it is.

use cuda::{Card, CardFacts, CudaError};

use crate::{encoder, model::ModelError};

impl From<CudaError> for ModelError {
    fn from(error: CudaError) -> Self {
        match error {
            CudaError::Weights(what) => Self::Weights(what),
            error @ CudaError::Lost { .. } => Self::Lost(error.to_string()),
            error => Self::Device(error.to_string()),
        }
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

/// How many cards this machine has; 0 without a driver.
pub fn count() -> usize {
    cuda::card::cards()
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
    let CardFacts { name, architecture: (major, minor), .. } = card.facts();
    Ok(format!("{name}, sm_{major}{minor}"))
}
