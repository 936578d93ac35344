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
        optimiser(&parameters).check()?;
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

    /// `input` is `[samples, cycles, width]`; gives `[samples]`.
    ///
    /// The input weights of the first layer are wide, and libtorch's recurrence would go through them at every step. So
    /// all steps are multiplied by them ahead of it, in one product; what the recurrence sees are four gates as input
    /// and the unit matrix as input weights. An epoch of 41 × 99 × 1000 takes less than half of the time, and the
    /// numbers are the same.
    fn forward(&self, layers: &Layers, input: &Tensor) -> Result<Tensor, ModelError> {
        let LstmParameters { layers: depth, hidden, .. } = self.parameters;
        let kind = (Kind::Float, input.device());
        let (recurrent, head) = layers.parameters().split_at(depth * TENSORS);
        let gates = input.f_linear(&recurrent[0], None::<Tensor>)?;
        let mut weights = vec![Tensor::f_eye(4 * hidden as i64, kind)?];
        weights.extend(recurrent[1..].iter().map(Tensor::shallow_clone));
        let zeros = Tensor::f_zeros([depth as i64, input.size()[0], hidden as i64], kind)?;
        let state = [zeros.shallow_clone(), zeros];
        let (outputs, _, _) = gates.f_lstm(&state, &weights, true, depth as i64, 0.0, false, false, true)?;
        let last = outputs.f_select(1, -1)?;
        Ok(last.f_linear(&head[0], Some(&head[1]))?.f_view([-1])?)
    }

    fn layers(&self, width: usize, weights: &Weights, device: tch::Device) -> Result<Layers, ModelError> {
        Layers::new(&self.shapes(width), weights, optimiser(&self.parameters), device)
    }
}

fn optimiser(parameters: &LstmParameters) -> AdamParameters {
    AdamParameters::adam(parameters.learning_rate)
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
        self.fitted = None;
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
    use crate::oracle;

    #[test]
    fn the_parameter_count_is_that_of_the_paper() {
        let lstm = Lstm::new(LstmParameters::default()).unwrap();
        let count = lstm.shapes(1000).iter().map(LayerShape::len).sum::<usize>();
        assert_eq!(count, 140_833);
        assert_eq!(count as u64, oracle::parameter_count("lstm"));
    }

    #[test]
    fn ten_steps_are_those_of_pytorch() {
        let case = oracle::Case::named("lstm");
        let [_, cycles, points] = case.shape;
        let lstm = Lstm::new(LstmParameters::default()).unwrap();
        let initial = case.weights(Layers::initial(&lstm.shapes(points), &mut crate::Streams::new("a").stream("init")));
        let mut layers = lstm.layers(points, &initial, tch::Device::Cpu).unwrap();
        let inputs = tensor(&case.inputs, [cycles, points], tch::Device::Cpu).unwrap();
        let targets = Tensor::from_slice(&case.labels).to_kind(Kind::Float);
        case.check_outputs(&Layers::numbers(&lstm.forward(&layers, &inputs).unwrap()).unwrap());
        for step in 0..oracle::STEPS {
            let outputs = lstm.forward(&layers, &inputs).unwrap();
            let loss = layers.descend(&outputs, &targets).unwrap();
            case.check_step(step, loss, &layers.weights());
        }
    }

    #[test]
    fn no_layers_is_refused() {
        let none = Lstm::new(LstmParameters { layers: 0, ..LstmParameters::default() });
        assert!(matches!(none, Err(ModelError::Hyperparameter { name: "layers", .. })));
    }
}
