//! A network on the processor, or on whatever libtorch computes.

use baselines::{Context, ModelError, Weights, encoder::EncoderShape};
use ndarray::Array2;

use super::{
    cleaning::Cleaning,
    engine::{Answers, Engine, Lesson, Step},
    inputs::Inputs,
    network::{MapsAndLabels, Network},
    pairs::References,
    parameters::BatLiNetParameters,
};

/// See the module.
pub(super) struct OnProcessor {
    parameters: BatLiNetParameters,
    network: Network,
    threads: usize,
    /// Made with the first step.
    inputs: Option<Inputs>,
}

impl OnProcessor {
    pub(super) fn new(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        context: &Context<'_>,
    ) -> Result<Self, ModelError> {
        let network = Network::new(parameters, shape, weights, context)?;
        Ok(Self { parameters: parameters.clone(), network, threads: context.threads, inputs: None })
    }

    fn inputs(&self, lesson: Lesson<'_>) -> Inputs {
        let mut inputs = Inputs::new(&self.parameters, self.network.shape(), self.threads);
        if self.parameters.intra_cell && self.parameters.intra_cleaning == Cleaning::Hampel {
            inputs.keep_intra(lesson.cells.maps);
        }
        inputs
    }
}

impl Engine for OnProcessor {
    fn epochs_at_once(&self) -> usize {
        1
    }

    fn train(&mut self, lesson: Lesson<'_>, steps: &[Step]) -> Result<Vec<f64>, ModelError> {
        let mut inputs = self.inputs.take().unwrap_or_else(|| self.inputs(lesson));
        let mut losses = Vec::with_capacity(steps.len());
        for Step { targets, references } in steps {
            let loss = self.network.accumulate((lesson.cells, targets), (lesson.support, references), &mut inputs)?;
            self.network.step();
            losses.push(loss);
        }
        self.inputs = Some(inputs);
        Ok(losses)
    }

    fn answers(
        &self,
        maps: &[f32],
        support: MapsAndLabels<'_>,
        asked: &References,
        threads: usize,
    ) -> Result<Answers, ModelError> {
        let shape = self.network.shape();
        let mut inputs = Inputs::new(&self.parameters, shape, threads);
        let intra = self.network.intra(maps, &mut inputs)?;
        if !self.parameters.inter_cell {
            return Ok(Answers { intra, inter: None });
        }
        let mut inter = Array2::from_elem((maps.len() / shape.input_len(), support.labels.len()), f64::NAN);
        for (cell, map) in maps.chunks_exact(shape.input_len()).enumerate() {
            let outputs = self.network.inter(map, support, asked.of(cell), &mut inputs)?;
            for (&reference, output) in asked.of(cell).iter().zip(outputs.into_iter().flatten()) {
                inter[[cell, reference]] = output;
            }
        }
        Ok(Answers { intra, inter: Some(inter) })
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(self.network.weights())
    }
}
