//! Networks on an NVIDIA card: the crate `cuda` in the words of the models.

use std::sync::Arc;

use cuda::{
    Card, CudaError, Network, Sources, Spec, Tensor,
    machine::Machine,
    spec::{Adam, FEATURES, Shape},
};

use super::{Labels, Lesson, Maps, NetworkEngine, Step, Trained, shared::uploaded};
use crate::{
    card,
    encoder::EncoderShape,
    model::{Context, ModelError},
    optimiser::AdamParameters,
    weights::{NamedTensor, Weights},
};

/// Epochs whose steps go up together: a second of work or less, since an interrupt waits for them.
const EPOCHS_AT_ONCE: usize = 50;

/// A network on a card.
pub struct CardNetwork {
    card: usize,
    machine: Arc<dyn Machine>,
    network: Network,
    /// As they are when it does not train.
    weights: Weights,
    /// What it learns from, while it does.
    lesson: Option<Place>,
    /// The maps that it learnt from stay, since it is likely to be asked about them.
    held: Option<Sources>,
}

/// Address and length of the maps of a lesson: what is borrowed for it is what it was as long as it lasts.
type Place = [(usize, usize); 2];

/// The dimensions of a map.
pub fn shape(shape: EncoderShape) -> Shape {
    Shape { channels: shape.channels, height: shape.height, width: shape.width }
}

/// The optimiser.
pub fn adam(AdamParameters { learning_rate, betas, epsilon, weight_decay }: AdamParameters) -> Adam {
    Adam { learning_rate, betas, epsilon, weight_decay }
}

/// Whether there are kernels for such a network, whatever the card; `features` is the length of its feature vectors.
///
/// # Errors
/// For what there are none.
pub fn check(features: usize, spec: &Spec) -> Result<(), CudaError> {
    if features == FEATURES {
        return spec.check();
    }
    Err(CudaError::Unsupported(format!("encoders of {features} hidden channels ({FEATURES})")))
}

/// The network on the card of `context`; none where the CPU is to compute, or libtorch.
///
/// # Errors
/// [`ModelError::Weights`] if the weights do not fit; what the card says, such as that it has no kernels for this.
pub fn build(
    features: usize,
    spec: Spec,
    weights: &Weights,
    context: &Context<'_>,
) -> Result<Option<Box<dyn NetworkEngine>>, ModelError> {
    let Some(card) = card::of(context.device) else { return Ok(None) };
    check(features, &spec)?;
    let machine = Arc::new(Card::open(card)?.queue()?);
    Ok(Some(Box::new(CardNetwork::new(card, machine, spec, weights)?)))
}

impl CardNetwork {
    /// A network with these weights and a fresh optimiser, on card number `card`, which `machine` is a queue of.
    ///
    /// # Errors
    /// As [`cuda::Network::new`].
    pub fn new(card: usize, machine: Arc<dyn Machine>, spec: Spec, weights: &Weights) -> Result<Self, CudaError> {
        let network = Network::new(machine.clone(), spec, &tensors(weights))?;
        Ok(Self { card, machine, network, weights: weights.clone(), lesson: None, held: None })
    }

    fn compares(&self) -> bool {
        self.network.spec().branches.iter().any(|branch| branch.input.has_references())
    }

    fn sources(&self, maps: Maps<'_>, compares: bool) -> Result<Sources, CudaError> {
        if let (Some(lesson), Some(held)) = (&self.lesson, &self.held)
            && *lesson == place(maps)
        {
            return Ok(held.clone());
        }
        let there = |values| uploaded(self.card, &self.machine, self.network.spec().shape, values);
        let cells = there(maps.cells)?;
        Ok(if compares { Sources { references: there(maps.references)?, cells } } else { Sources::alone(cells) })
    }
}

fn place(maps: Maps<'_>) -> Place {
    [maps.cells, maps.references].map(|values| (values.as_ptr().addr(), values.len()))
}

impl NetworkEngine for CardNetwork {
    fn epochs_at_once(&self) -> usize {
        EPOCHS_AT_ONCE
    }

    fn begin(&mut self, lesson: &Lesson<'_>, batch: usize, references: usize) -> Result<(), ModelError> {
        let all = self.sources(lesson.maps, self.compares())?;
        let Labels { cells, references: known, mean, deviation } = lesson.labels;
        let cells: Vec<f64> = cells.iter().map(|label| (label - mean) / deviation).collect();
        let known: Vec<f64> = known.iter().map(|label| label / deviation).collect();
        let labels = cuda::Labels { cells: &cells, references: &known };
        let of_branch = |branch: &cuda::spec::Branch| {
            let compares = branch.input.has_references();
            (if compares { all.clone() } else { Sources::alone(all.cells.clone()) }, labels)
        };
        let sources: Vec<_> = self.network.spec().branches.iter().map(of_branch).collect();
        self.network.prepare(&sources, batch, references)?;
        (self.lesson, self.held) = (Some(place(lesson.maps)), Some(all));
        Ok(())
    }

    fn train(&mut self, _lesson: &Lesson<'_>, steps: &[Step]) -> Result<Trained, ModelError> {
        let compares = self.compares();
        let step = |step| {
            let Step { targets, references }: &Step = step;
            cuda::Step { targets, references: if compares { references } else { &[] } }
        };
        let cuda::Trained { mut losses, collapsed } =
            self.network.train(&steps.iter().map(step).collect::<Vec<_>>())?;
        match losses.iter().position(|loss| !loss.is_finite()) {
            None => Ok(Trained { losses, collapsed }),
            Some(last) => {
                losses.truncate(last + 1);
                Ok(Trained { losses, collapsed: false })
            }
        }
    }

    fn end(&mut self) -> Result<(), ModelError> {
        self.weights = self.weights()?;
        self.lesson = None;
        match Network::new(self.machine.clone(), self.network.spec().clone(), &tensors(&self.weights)) {
            Ok(network) => self.network = network,
            // the last step may leave weights that are not finite: what they answer says so
            Err(CudaError::Weights(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn restart(&mut self, weights: &Weights) -> Result<(), ModelError> {
        self.network.restart(&tensors(weights))?;
        self.weights = weights.clone();
        Ok(())
    }

    fn outputs(&self, branch: usize, maps: Maps<'_>, pairs: &[(usize, usize)]) -> Result<Vec<f64>, ModelError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let sources = self.sources(maps, self.network.spec().branches[branch].input.has_references())?;
        Ok(self.network.outputs(branch, &sources, pairs)?.into_iter().map(f64::from).collect())
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        if self.lesson.is_none() {
            return Ok(self.weights.clone());
        }
        let tensor = |Tensor { name, shape, values }| NamedTensor { name, shape, values };
        Ok(Weights(self.network.weights()?.into_iter().map(tensor).collect()))
    }
}

fn tensors(weights: &Weights) -> Vec<Tensor> {
    let tensor = |NamedTensor { name, shape, values }: &NamedTensor| Tensor {
        name: name.clone(),
        shape: shape.clone(),
        values: values.clone(),
    };
    weights.0.iter().map(tensor).collect()
}
