//! Training and asking BatLiNet.

use std::slice;

use baselines::{
    Context, FitSummary, Model, ModelError, Weights,
    encoder::EncoderShape,
    maps,
    training::{Order, Schedule},
};
use ndarray::{Array2, ArrayViewD};

use super::{
    cleaning::{Cleaning, HAMPEL_WINDOW},
    inputs::Inputs,
    network::{Cells, Network},
    pairs::{PairMatrix, References, draw},
    parameters::BatLiNetParameters,
};

/// BatLiNet; features are capacity maps [samples, channels, cycles, grid points].
///
/// The training cells stay with the model: they are the references of every prediction.
pub struct BatLiNet {
    parameters: BatLiNetParameters,
    fitted: Option<Fitted>,
}

struct Fitted {
    network: Network,
    support_maps: Vec<f32>,
    support_labels: Vec<f64>,
}

impl BatLiNet {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: BatLiNetParameters) -> Result<Self, ModelError> {
        parameters.check()?;
        schedule(&parameters).check()?;
        Ok(Self { parameters, fitted: None })
    }

    /// The answers of the branches for the cells of `features` and these references of theirs, each computed once.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn pairs(
        &self,
        features: ArrayViewD<'_, f32>,
        references: &References,
        context: &Context<'_>,
    ) -> Result<PairMatrix, ModelError> {
        let Fitted { network, support_maps, support_labels } = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let shape = network.shape();
        let maps = maps::prediction_maps(features, [shape.channels, shape.height, shape.width])?;
        let mut inputs = Inputs::new(&self.parameters, shape, context.threads);
        let intra = network.intra(&maps, &mut inputs)?;
        let inter = if self.parameters.inter_cell {
            let support = Cells { maps: support_maps, labels: support_labels };
            // a reference drawn twice answers twice, but is asked once
            let asked = References::union(slice::from_ref(references));
            let mut answers = Array2::from_elem((maps.len() / shape.input_len(), support_labels.len()), f64::NAN);
            for (cell, map) in maps.chunks_exact(shape.input_len()).enumerate() {
                let outputs = network.inter(map, support, asked.of(cell), &mut inputs)?;
                for (&reference, output) in asked.of(cell).iter().zip(outputs.into_iter().flatten()) {
                    answers[[cell, reference]] = output;
                }
            }
            Some(answers)
        } else {
            None
        };
        Ok(PairMatrix { intra, inter, branch_weights: self.parameters.branch_weights() })
    }

    fn shape(&self, [channels, height, width]: [usize; 3]) -> Result<EncoderShape, ModelError> {
        let shape = EncoderShape::new(channels, height, width, self.parameters.channels)?;
        if self.parameters.intra_cell && self.parameters.base >= height {
            return Err(ModelError::Hyperparameter {
                name: "base",
                value: self.parameters.base.to_string(),
                reason: format!("the maps have {height} cycles, positions 0 to {}", height - 1),
            });
        }
        if self.parameters.has_hampel() && width < HAMPEL_WINDOW {
            return Err(ModelError::Shape {
                expected: format!("[samples, channels, cycles, grid points ≥ {HAMPEL_WINDOW}] for its Hampel filter"),
                got: vec![channels, height, width],
            });
        }
        Ok(shape)
    }

    fn keep(&mut self, network: Network, maps: &[f32], labels: &[f64]) {
        // without an inter-cell branch nothing is compared with the training cells
        let support_maps = if self.parameters.inter_cell { maps.to_vec() } else { Vec::new() };
        self.fitted = Some(Fitted { network, support_maps, support_labels: labels.to_vec() });
    }
}

fn schedule(parameters: &BatLiNetParameters) -> Schedule {
    Schedule { epochs: parameters.epochs, batch: parameters.batch, order: Order::AsGiven }
}

impl Model for BatLiNet {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let (maps, inner) = maps::training_maps::<3>(features, labels)?;
        let shape = self.shape(inner)?;
        let initial = Network::initial(&self.parameters, shape, &mut context.streams.stream("init"));
        let mut network = Network::new(&self.parameters, shape, &initial, context)?;
        let mut inputs = Inputs::new(&self.parameters, shape, context.threads);
        if self.parameters.intra_cell && self.parameters.intra_cleaning == Cleaning::Hampel {
            inputs.keep_intra(&maps);
        }
        let mut random = context.streams.stream("references-train");
        let cells = Cells { maps: &maps, labels };
        let BatLiNetParameters { references_train, self_reference, .. } = self.parameters;
        let summary = schedule(&self.parameters).run(labels.len(), context, |batch| {
            let references: Vec<usize> = batch
                .iter()
                .flat_map(|&target| {
                    let excluded = (!self_reference).then_some(target);
                    draw(references_train, labels.len(), excluded, &mut random).collect::<Vec<_>>()
                })
                .collect();
            let loss = network.accumulate(cells, batch, &references, &mut inputs)?;
            network.step();
            Ok(loss)
        })?;
        self.keep(network, &maps, labels);
        Ok(summary)
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let training = self.fitted.as_ref().ok_or(ModelError::NotFitted)?.support_labels.len();
        let cells = features.shape().first().copied().unwrap_or(0);
        let references = References::drawn(self.parameters.references_test, cells, training, context.streams);
        Ok(self.pairs(features, &references, context)?.predict(&references))
    }

    fn weights(&self) -> Option<Weights> {
        self.fitted.as_ref().map(|fitted| fitted.network.weights())
    }

    fn restore(
        &mut self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(), ModelError> {
        let (maps, inner) = maps::training_maps::<3>(features, labels)?;
        let network = Network::new(&self.parameters, self.shape(inner)?, weights, context)?;
        self.keep(network, &maps, labels);
        Ok(())
    }
}
