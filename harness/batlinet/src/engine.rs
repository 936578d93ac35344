//! What trains a network and asks it: the processor, or a card. Inputs, cleaning, branches and heads are its business; which
//! references a cell has, the schedule and what becomes of answers are not.

use baselines::{Context, ModelError, Weights, card, encoder::EncoderShape};
use ndarray::Array2;

use super::{
    network::MapsAndLabels, on_card::OnCard, on_processor::OnProcessor, pairs::References,
    parameters::BatLiNetParameters,
};

/// One training step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Cells of [`Lesson::cells`].
    pub targets: Vec<usize>,
    /// Cells of [`Lesson::support`]: those of the first target, then of the second …, in equal numbers.
    pub references: Vec<usize>,
}

/// What a network learns from.
#[derive(Clone, Copy)]
pub struct Lesson<'a> {
    /// The training cells.
    pub cells: MapsAndLabels<'a>,
    /// The cells that are references.
    pub support: MapsAndLabels<'a>,
    /// Targets of a step, at most.
    pub batch: usize,
    /// References of each.
    pub references: usize,
}

/// What the branches say: the intra-cell branch of each cell; the inter-cell branch of each cell (row) with each reference
/// (column), the reference's label added, NaN where it was not asked. `None` of a branch that is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Of the intra-cell branch.
    pub intra: Option<Vec<f64>>,
    /// Of the inter-cell branch.
    pub inter: Option<Array2<f64>>,
}

/// A network on one device.
pub trait Engine: Send {
    /// Epochs to be drawn ahead and handed in at once: as many as keep the device busy.
    fn epochs_at_once(&self) -> usize;

    /// Makes these steps, one after the other, and gives the loss of each before it was made. The lesson is the same in every
    /// call.
    ///
    /// # Errors
    /// What the device says.
    fn train(&mut self, lesson: Lesson<'_>, steps: &[Step]) -> Result<Vec<f64>, ModelError>;

    /// Asks about cells with their references, which are cells of `support` and each there once.
    ///
    /// # Errors
    /// What the device says.
    fn answers(
        &self,
        maps: &[f32],
        support: MapsAndLabels<'_>,
        asked: &References,
        threads: usize,
    ) -> Result<Answers, ModelError>;

    /// The weights, named as in [`super::network::Network::initial`].
    ///
    /// # Errors
    /// What the device says.
    fn weights(&self) -> Result<Weights, ModelError>;
}

/// A network with these weights on the device of `context`.
///
/// # Errors
/// [`ModelError::Weights`] if they are those of another architecture; what the device says.
pub fn build(
    parameters: &BatLiNetParameters,
    shape: EncoderShape,
    weights: &Weights,
    context: &Context<'_>,
) -> Result<Box<dyn Engine>, ModelError> {
    Ok(match card::of(context.device) {
        Some(index) => Box::new(OnCard::new(parameters, shape, weights, card::machine(index)?)?),
        None => Box::new(OnProcessor::new(parameters, shape, weights, context)?),
    })
}
