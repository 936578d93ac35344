//! Training and asking BatLiNet.

use baselines::{
    Context, FitSummary, Model, ModelError, Weights,
    encoder::EncoderShape,
    maps,
    random::ChaCha8Rng,
    training::{Order, Schedule},
};
use ndarray::ArrayViewD;
use rand::RngExt as _;

use super::{
    cleaning::{Cleaning, HAMPEL_WINDOW},
    inputs::Inputs,
    network::{Cells, Network},
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

/// Draws `count` of `cells` cells with replacement, leaving out `excluded`.
fn draw(count: usize, cells: usize, excluded: Option<usize>, random: &mut ChaCha8Rng) -> impl Iterator<Item = usize> {
    (0..count).map(move |_| match excluded {
        None => random.random_range(0..cells),
        Some(excluded) => {
            let drawn = random.random_range(0..cells - 1);
            drawn + usize::from(drawn >= excluded)
        }
    })
}

/// PyTorch's median: the lower of the two middle values of an even number.
fn lower_median(values: &mut [f64]) -> f64 {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
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
        let Fitted { network, support_maps, support_labels } = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let shape = network.shape();
        let maps = maps::prediction_maps(features, [shape.channels, shape.height, shape.width])?;
        let mut inputs = Inputs::new(&self.parameters, shape, context.threads);
        let (intra_weight, inter_weight) = self.parameters.branch_weights();
        let intra = network.intra(&maps, &mut inputs)?;
        let support = Cells { maps: support_maps, labels: support_labels };
        let mut random = context.streams.stream("references-test");
        let mut predictions = Vec::new();
        for (cell, map) in maps.chunks_exact(shape.input_len()).enumerate() {
            let references: Vec<usize> =
                draw(self.parameters.references_test, support_labels.len(), None, &mut random).collect();
            // a reference drawn twice answers twice, but is asked once
            let mut distinct = references.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let inter = network.inter(map, support, &distinct, &mut inputs)?.map(|outputs| {
                let answer = |reference| outputs[distinct.partition_point(|other| other < reference)];
                references.iter().map(answer).collect::<Vec<f64>>()
            });
            let from_itself = intra.as_ref().map_or(0.0, |outputs| intra_weight * outputs[cell]);
            let from_references = inter.map_or(0.0, |mut outputs| inter_weight * lower_median(&mut outputs));
            predictions.push(from_itself + from_references);
        }
        Ok(predictions)
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

#[cfg(test)]
mod tests {
    use baselines::Streams;

    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_the_lower_one() {
        assert_eq!(lower_median(&mut [4.0, 1.0, 3.0, 2.0]), 2.0);
        assert_eq!(lower_median(&mut [5.0, 1.0, 3.0]), 3.0);
        assert_eq!(lower_median(&mut [7.0]), 7.0);
    }

    #[test]
    fn references_are_drawn_from_all_cells_or_all_others() {
        let mut random = Streams::new("draw").stream("references-train");
        let mut counts = [0; 5];
        draw(5000, 5, None, &mut random).for_each(|cell| counts[cell] += 1);
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
        let mut counts = [0; 5];
        draw(4000, 5, Some(2), &mut random).for_each(|cell| counts[cell] += 1);
        assert_eq!(counts[2], 0);
        assert!(counts.iter().filter(|&&count| (850..1150).contains(&count)).count() == 4, "{counts:?}");
    }
}
