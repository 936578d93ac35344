//! Training one network on cells or on pairs of cells.

use baselines::{
    Context, FitSummary, ModelError, NetworkEngine, Weights,
    convolutional::{Convolution, ConvolutionalNetwork, View},
    engine::{Labels, Lesson, Maps, Step},
};
use cuda::spec::{Cleaning, CycleFilter, Input, Rule};

use super::{
    inputs::{Differences, MapsAndLives},
    pairs::CellPairs,
    parameters::{Budget, PairBudget, Preset, TransferParameters},
    scale::Scale,
};

/// What every training of a procedure shares.
pub struct Trainer<'a> {
    /// Hyper-parameters.
    pub parameters: &'a TransferParameters,
    /// Makes the inputs.
    pub differences: Differences,
    /// Streams, device, threads.
    pub context: &'a Context<'a>,
}

/// What a network is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// The difference of a cell's map to its own base cycle.
    Cells,
    /// The difference of a target cell's map to a source cell's.
    Pairs,
}

/// What the network is that is trained on this.
pub fn convolution(parameters: &TransferParameters, differences: Differences, sees: Sees) -> Convolution {
    let Differences { shape, base, limit } = differences;
    let cleaning = Cleaning { rule: Rule::Limit(limit), filter: CycleFilter::Off };
    let (input, view): (Input, View) = match sees {
        Sees::Cells => (
            Input::ToBase(base, cleaning),
            Box::new(move |maps, (cell, _), input| differences.to_base(maps.cells, cell, input)),
        ),
        Sees::Pairs => (
            Input::ToReference { cleaning, filter_target: false },
            Box::new(move |maps, (cell, other), input| {
                differences.between((maps.cells, cell), (maps.references, other), input);
            }),
        ),
    };
    let (optimiser, precision) = (parameters.optimiser(), parameters.precision);
    Convolution { shape, optimiser, input, view, precision, is_guarded: false }
}

impl Trainer<'_> {
    /// A network with weights drawn from the stream `purpose`.
    ///
    /// # Errors
    /// As [`Trainer::network`].
    pub fn initial(&self, purpose: &str, sees: Sees) -> Result<Box<dyn NetworkEngine>, ModelError> {
        let mut random = self.context.streams.stream(purpose);
        self.network(&ConvolutionalNetwork::initial(self.differences.shape, &mut random), sees)
    }

    /// A network with these weights and a fresh optimiser.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit; what the device says.
    pub fn network(&self, weights: &Weights, sees: Sees) -> Result<Box<dyn NetworkEngine>, ModelError> {
        convolution(self.parameters, self.differences, sees).build(weights, self.context)
    }

    /// Trains on the differences of every cell to its own base cycle.
    ///
    /// # Errors
    /// [`ModelError`] if training diverges or is interrupted.
    pub fn on_cells(
        &self,
        network: &mut dyn NetworkEngine,
        budget: Budget,
        cells: MapsAndLives<'_>,
        Scale { mean, deviation }: Scale,
    ) -> Result<FitSummary, ModelError> {
        let labels = Labels { cells: cells.lives, references: &[], mean, deviation };
        let lesson = Lesson { maps: Maps::alone(cells.maps), labels };
        network.begin(&lesson, budget.batch.min(cells.lives.len()), 0)?;
        let at_once = network.epochs_at_once();
        let summary = budget.schedule().run(cells.lives.len(), self.context, at_once, |batches| {
            let step = |batch: &&[usize]| Step { targets: batch.to_vec(), references: Vec::new() };
            Ok(network.train(&lesson, &batches.iter().map(step).collect::<Vec<_>>())?.losses)
        })?;
        network.end()?;
        Ok(summary)
    }

    /// Trains on pairs until the validation error has not fallen for some epochs, and gives the network with the
    /// weights of its least validation error. The notebook means to do so too, but keeps a reference to the weights
    /// instead of a copy, so that its best weights are the last ones.
    ///
    /// # Errors
    /// As [`Trainer::on_cells`].
    pub fn on_pairs(
        &self,
        network: &mut dyn NetworkEngine,
        budget: &PairBudget,
        pairs: &CellPairs<'_>,
        scale: Scale,
    ) -> Result<FitSummary, ModelError> {
        let order = pairs.training();
        let lesson = pairs.lesson(scale);
        let mut epochs = budget.schedule().epochs(order.len(), self.context);
        let mut best = (f64::INFINITY, network.weights()?);
        let mut waited = 0;
        network.begin(&lesson, budget.batch.min(order.len()), 1)?;
        let mut train = |network: &mut dyn NetworkEngine| {
            epochs.train(1, |batches| {
                let step = |batch: &&[usize]| pairs.step(batch.iter().map(|&position| order[position]));
                Ok(network.train(&lesson, &batches.iter().map(step).collect::<Vec<_>>())?.losses)
            })
        };
        while waited < budget.patience && train(network)? {
            let error = self.validation_error(network, pairs, scale)?;
            if error < best.0 {
                best = (error, network.weights()?);
                waited = 0;
            } else {
                waited += 1;
            }
        }
        if self.parameters.preset == Preset::Paper {
            network.restart(&best.1)?;
        }
        network.end()?;
        Ok(epochs.summary())
    }

    /// Mean squared error on the validation pairs: of scaled differences, or, in the notebook, of scaled outputs
    /// against differences in cycles.
    fn validation_error(
        &self,
        network: &dyn NetworkEngine,
        pairs: &CellPairs<'_>,
        scale: Scale,
    ) -> Result<f64, ModelError> {
        let label = |&pair: &usize| match self.parameters.preset {
            Preset::Paper => scale.forward(pairs.difference(pair)),
            Preset::Code => pairs.difference(pair),
        };
        let asked: Vec<(usize, usize)> = pairs.validation().iter().map(|&pair| pairs.cells(pair)).collect();
        let outputs = network.outputs(0, pairs.lesson(scale).maps, &asked)?;
        let squares = outputs.iter().zip(pairs.validation()).map(|(output, pair)| (output - label(pair)).powi(2));
        Ok(squares.sum::<f64>() / outputs.len() as f64)
    }
}
