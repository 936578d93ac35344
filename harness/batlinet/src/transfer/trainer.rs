//! Training one network on cells or on pairs of cells.

use baselines::{
    Context, FitSummary, ModelError, Weights,
    convolutional::{BatchLoss, ConvolutionalNetwork},
};

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

impl Trainer<'_> {
    /// A network with weights drawn from the stream `purpose`.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn initial(&self, purpose: &str) -> Result<ConvolutionalNetwork, ModelError> {
        let mut random = self.context.streams.stream(purpose);
        self.network(&ConvolutionalNetwork::initial(self.differences.shape, &mut random))
    }

    /// A network with these weights and a fresh optimiser.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit.
    pub fn network(&self, weights: &Weights) -> Result<ConvolutionalNetwork, ModelError> {
        ConvolutionalNetwork::new(self.differences.shape, weights, self.parameters.optimiser(), self.context)
    }

    /// Trains on the differences of every cell to its own base cycle.
    ///
    /// # Errors
    /// [`ModelError`] if training diverges or is interrupted.
    pub fn on_cells(
        &self,
        network: &mut ConvolutionalNetwork,
        budget: Budget,
        cells: MapsAndLives<'_>,
        scale: Scale,
    ) -> Result<FitSummary, ModelError> {
        budget.schedule().run(cells.lives.len(), self.context, |batch| {
            let input = |cell, input: &mut [f32]| self.differences.to_base(cells.maps, cell, input);
            let BatchLoss { loss, .. } = network.accumulate(batch, input, |cell| scale.forward(cells.lives[cell]))?;
            network.step();
            Ok(loss)
        })
    }

    /// Trains on pairs until the validation error has not fallen for some epochs, and gives the network with the
    /// weights of its least validation error. The notebook means to do so too, but keeps a reference to the weights
    /// instead of a copy, so that its best weights are the last ones.
    ///
    /// # Errors
    /// As [`Trainer::on_cells`].
    pub fn on_pairs(
        &self,
        mut network: ConvolutionalNetwork,
        budget: &PairBudget,
        pairs: &CellPairs<'_>,
        scale: Scale,
    ) -> Result<(ConvolutionalNetwork, FitSummary), ModelError> {
        let order = pairs.training();
        let mut epochs = budget.schedule().epochs(order.len(), self.context);
        let mut best = (f64::INFINITY, network.weights());
        let mut waited = 0;
        while waited < budget.patience
            && epochs.train_one(|batch| {
                let batch: Vec<usize> = batch.iter().map(|&position| order[position]).collect();
                let input = |pair, input: &mut [f32]| pairs.input(pair, &self.differences, input);
                let BatchLoss { loss, .. } =
                    network.accumulate(&batch, input, |pair| scale.forward(pairs.difference(pair)))?;
                network.step();
                Ok(loss)
            })?
        {
            let error = self.validation_error(&network, pairs, scale)?;
            if error < best.0 {
                best = (error, network.weights());
                waited = 0;
            } else {
                waited += 1;
            }
        }
        let summary = epochs.summary();
        match self.parameters.preset {
            Preset::Paper => Ok((self.network(&best.1)?, summary)),
            Preset::Code => Ok((network, summary)),
        }
    }

    /// Mean squared error on the validation pairs: of scaled differences, or, in the notebook, of scaled outputs
    /// against differences in cycles.
    fn validation_error(
        &self,
        network: &ConvolutionalNetwork,
        pairs: &CellPairs<'_>,
        scale: Scale,
    ) -> Result<f64, ModelError> {
        let label = |&pair: &usize| match self.parameters.preset {
            Preset::Paper => scale.forward(pairs.difference(pair)),
            Preset::Code => pairs.difference(pair),
        };
        let outputs = network.outputs(pairs.validation(), |pair, input| pairs.input(pair, &self.differences, input))?;
        let squares = outputs.iter().zip(pairs.validation()).map(|(output, pair)| (output - label(pair)).powi(2));
        Ok(squares.sum::<f64>() / outputs.len() as f64)
    }
}
