//! Recurrent baseline: an LSTM over the cycles of the voltage-capacity matrix (spec §5.3).

use ndarray::ArrayViewD;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::{
    maps,
    model::{Context, FitSummary, Model, ModelError},
    optimiser::AdamParameters,
    torch_network::{LayerShape, Layers},
    training::{Order, Schedule},
    weights::Weights,
};

/// Hyper-parameters, with the authors' values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmParameters {
    /// Passes over the training cells.
    pub epochs: usize,
    /// Cells per optimiser step.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// Stacked recurrent layers.
    pub layers: usize,
    /// Units of each.
    pub hidden: usize,
}

impl Default for LstmParameters {
    fn default() -> Self {
        Self { epochs: 1000, batch: 128, learning_rate: 1e-3, layers: 2, hidden: 32 }
    }
}

/// The LSTM baseline; features are [samples, cycles, grid points], a cycle is one step of the sequence. The last hidden
/// state of the upper layer goes through a linear layer.
pub struct Lstm {
    parameters: LstmParameters,
    fitted: Option<(Layers, [usize; 2])>,
}

/// Tensors of one recurrent layer: input and hidden weights and their biases.
const TENSORS: usize = 4;

impl Lstm {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: LstmParameters) -> Result<Self, ModelError> {
        schedule(&parameters).check()?;
        for (name, value) in [("layers", parameters.layers), ("hidden", parameters.hidden)] {
            if value == 0 {
                let reason = "at least 1 is needed".to_owned();
                return Err(ModelError::Hyperparameter { name, value: "0".to_owned(), reason });
            }
        }
        Ok(Self { parameters, fitted: None })
    }

    fn shapes(&self, width: usize) -> Vec<LayerShape> {
        let LstmParameters { layers, hidden, .. } = self.parameters;
        // the four gates of a layer are stacked; PyTorch scales all of its weights by the hidden size
        let gates = 4 * hidden;
        let recurrent = (0..layers).flat_map(|layer| {
            let input = if layer == 0 { width } else { hidden };
            [
                LayerShape::new(format!("lstm.weight_ih_l{layer}"), &[gates, input], hidden),
                LayerShape::new(format!("lstm.weight_hh_l{layer}"), &[gates, hidden], hidden),
                LayerShape::new(format!("lstm.bias_ih_l{layer}"), &[gates], hidden),
                LayerShape::new(format!("lstm.bias_hh_l{layer}"), &[gates], hidden),
            ]
        });
        let head = [
            LayerShape::new("head.weight".to_owned(), &[1, hidden], hidden),
            LayerShape::new("head.bias".to_owned(), &[1], hidden),
        ];
        recurrent.chain(head).collect()
    }

    /// `input` is [samples, cycles, width]; gives [samples].
    fn forward(&self, layers: &Layers, input: &Tensor) -> Result<Tensor, ModelError> {
        let LstmParameters { layers: depth, hidden, .. } = self.parameters;
        let (recurrent, head) = layers.parameters().split_at(depth * TENSORS);
        let zeros = Tensor::f_zeros([depth as i64, input.size()[0], hidden as i64], (Kind::Float, input.device()))?;
        let state = [zeros.shallow_clone(), zeros];
        let (outputs, _, _) = input.f_lstm(&state, recurrent, true, depth as i64, 0.0, false, false, true)?;
        let last = outputs.f_select(1, -1)?;
        Ok(last.f_linear(&head[0], Some(&head[1]))?.f_view([-1])?)
    }

    fn layers(&self, width: usize, weights: &Weights, device: tch::Device) -> Result<Layers, ModelError> {
        Layers::new(&self.shapes(width), weights, AdamParameters::adam(self.parameters.learning_rate), device)
    }
}

fn schedule(parameters: &LstmParameters) -> Schedule {
    Schedule { epochs: parameters.epochs, batch: parameters.batch, order: Order::Shuffled }
}

fn tensor(samples: &[f32], [cycles, width]: [usize; 2], device: tch::Device) -> Result<Tensor, ModelError> {
    Ok(Tensor::from_slice(samples).f_view([-1, cycles as i64, width as i64])?.f_to_device(device)?)
}

impl Model for Lstm {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        let (samples, inner) = maps::training_maps(features, labels)?;
        let initial = Layers::initial(&self.shapes(inner[1]), &mut context.streams.stream("init"));
        let mut layers = self.layers(inner[1], &initial, context.device)?;
        let inputs = tensor(&samples, inner, context.device)?;
        let targets = Tensor::from_slice(labels).f_to_kind(Kind::Float)?.f_to_device(context.device)?;
        let summary = schedule(&self.parameters).run(labels.len(), context, |batch| {
            let index = Layers::index(batch, context.device)?;
            let outputs = self.forward(&layers, &inputs.f_index_select(0, &index)?)?;
            layers.descend(&outputs, &targets.f_index_select(0, &index)?)
        })?;
        self.fitted = Some((layers, inner));
        Ok(summary)
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let (layers, inner) = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let samples = maps::prediction_maps(features, *inner)?;
        let inputs = tensor(&samples, *inner, context.device)?;
        Layers::numbers(&tch::no_grad(|| self.forward(layers, &inputs))?)
    }

    fn weights(&self) -> Option<Weights> {
        self.fitted.as_ref().map(|(layers, _)| layers.weights())
    }

    fn restore(
        &mut self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(), ModelError> {
        let (_, inner) = maps::training_maps(features, labels)?;
        self.fitted = Some((self.layers(inner[1], weights, context.device)?, inner));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_count_is_that_of_the_paper() {
        let lstm = Lstm::new(LstmParameters::default()).unwrap();
        assert_eq!(lstm.shapes(1000).iter().map(LayerShape::len).sum::<usize>(), 140_833);
    }

    #[test]
    fn no_layers_is_refused() {
        let none = Lstm::new(LstmParameters { layers: 0, ..LstmParameters::default() });
        assert!(matches!(none, Err(ModelError::Hyperparameter { name: "layers", .. })));
    }
}
