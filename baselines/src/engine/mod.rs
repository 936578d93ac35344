//! A network on one device, from maps to outputs: what the models above it ask, whatever computes.
//!
//! A [`NetworkEngine`] makes its inputs (differences of maps, cleaned or not), owns the branches and heads that read them,
//! and learns. Which cells meet in a step, in which order and for how long, is the models' business, and written once.
//!
//! * [`card`], on an NVIDIA card, with nothing but its driver
//! * `shared`, maps on cards, once for all runs
//!
//! On the CPU each model has the engine that its inputs need: [`crate::convolutional`] and BatLiNet's on the convolutional
//! [encoder](crate::encoder), whose own engines are smaller, and `torch_network` on libtorch.

pub mod card;
mod shared;

use crate::{convolutional::BatchLoss, model::ModelError, weights::Weights};

/// Maps of some cells, each [channels, height, width], one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Maps<'a> {
    /// Of the cells that are asked about.
    pub cells: &'a [f32],
    /// Of those that they are compared with; empty where no branch compares.
    pub references: &'a [f32],
}

impl<'a> Maps<'a> {
    /// Of cells that are compared with no others.
    pub fn alone(cells: &'a [f32]) -> Self {
        Self { cells, references: &[] }
    }
}

/// What is to be learnt of cells: their labels, or by how much these exceed the labels of references; minus `mean`, divided
/// by `deviation`.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// One per cell.
    pub cells: &'a [f64],
    /// One per reference.
    pub references: &'a [f64],
    /// Subtracted.
    pub mean: f64,
    /// Divided by.
    pub deviation: f64,
}

impl<'a> Labels<'a> {
    /// Labels as they are.
    pub fn plain(cells: &'a [f64], references: &'a [f64]) -> Self {
        Self { cells, references, mean: 0.0, deviation: 1.0 }
    }

    /// What is to be learnt of a cell, or of it and one reference.
    pub fn of(&self, cell: usize, reference: Option<usize>) -> f64 {
        let known = reference.map(|reference| self.references[reference]);
        (known.map_or(self.cells[cell], |known| self.cells[cell] - known) - self.mean) / self.deviation
    }
}

/// Cells to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// Their maps.
    pub maps: Maps<'a>,
    /// Their labels.
    pub labels: Labels<'a>,
}

/// One training step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Cells.
    pub targets: Vec<usize>,
    /// Those of the first target, then of the second …, in equal numbers; none where no branch compares.
    pub references: Vec<usize>,
}

/// What came of some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The loss of each, up to and with one that is not finite or whose network had collapsed.
    pub losses: Vec<f64>,
    /// Whether that was so with the last of them. The network is then to be [restarted](NetworkEngine::restart).
    pub collapsed: bool,
}

/// A network with its inputs and its optimiser on one device.
pub trait NetworkEngine: Send {
    /// How many epochs are best drawn ahead and handed in at once.
    fn epochs_at_once(&self) -> usize {
        1
    }

    /// Prepares for steps on this lesson of at most `batch` targets with `references` each.
    ///
    /// # Errors
    /// What the device says, such as that it has no memory left.
    fn begin(&mut self, lesson: &Lesson<'_>, batch: usize, references: usize) -> Result<(), ModelError>;

    /// Makes these steps, one after the other, on the lesson that it [began](NetworkEngine::begin) with.
    ///
    /// # Errors
    /// What the device says.
    fn train(&mut self, lesson: &Lesson<'_>, steps: &[Step]) -> Result<Trained, ModelError>;

    /// Lets go of what only training needs.
    ///
    /// # Errors
    /// What the device says.
    fn end(&mut self) -> Result<(), ModelError>;

    /// Starts again with these weights and a fresh optimiser, on the same lesson.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit.
    fn restart(&mut self, weights: &Weights) -> Result<(), ModelError>;

    /// The outputs of a branch for pairs of a cell and a reference; of a branch that compares nothing the second is not
    /// looked at. The label of a reference is not in them.
    ///
    /// # Errors
    /// What the device says.
    fn outputs(&self, branch: usize, maps: Maps<'_>, pairs: &[(usize, usize)]) -> Result<Vec<f64>, ModelError>;

    /// The weights, on the CPU.
    ///
    /// # Errors
    /// What the device says, while it trains.
    fn weights(&self) -> Result<Weights, ModelError>;
}

/// Makes steps one by one, until the loss of one is not finite or its network has collapsed.
///
/// # Errors
/// What `make` says.
pub fn one_by_one(
    steps: &[Step],
    mut make: impl FnMut(&Step) -> Result<BatchLoss, ModelError>,
) -> Result<Trained, ModelError> {
    let mut losses = Vec::with_capacity(steps.len());
    for step in steps {
        let BatchLoss { loss, collapsed } = make(step)?;
        losses.push(loss);
        if collapsed || !loss.is_finite() {
            return Ok(Trained { losses, collapsed });
        }
    }
    Ok(Trained { losses, collapsed: false })
}

/// Every cell with nothing to compare it with, as [`NetworkEngine::outputs`] asks for them.
pub fn each(cells: usize) -> Vec<(usize, usize)> {
    (0..cells).map(|cell| (cell, cell)).collect()
}
