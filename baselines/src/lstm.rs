//! Recurrent baseline: an LSTM over the cycles of the voltage-capacity matrix (method §7.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::{
    engine::NetworkEngine,
    model::{AnyModel, Context, ModelError},
    network::{self, Architecture, network_model},
    optimiser::AdamParameters,
    random::ChaCha8Rng,
    row::{self, Described, Engine, ModelRow},
    torch_network::{Forward, LayerShape, Layers, TorchNetwork},
    weights::Weights,
};

/// Hyper-parameters, with the authors' values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.1"))]
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
}

/// Tensors of one recurrent layer: input and hidden weights and their biases.
const TENSORS: usize = 4;

impl Lstm {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: LstmParameters) -> Result<Self, ModelError> {
        network::check(&parameters)?;
        for (name, value) in [("layers", parameters.layers), ("hidden", parameters.hidden)] {
            if value == 0 {
                let reason = "at least 1 is needed".to_owned();
                return Err(ModelError::Hyperparameter { name, value: "0".to_owned(), reason });
            }
        }
        Ok(Self { parameters })
    }
}

network_model!(Lstm);

impl Described for LstmParameters {
    fn row(&self) -> ModelRow {
        // 2: all steps are multiplied by the input weights at once, which rounds otherwise
        ModelRow { training_version: 2, ..ModelRow::network("lstm", Engine::Libtorch) }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Lstm::new(self.clone())?))
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        row::matrix(shape).map(drop)
    }
}

impl Architecture for LstmParameters {
    fn epochs_and_batch(&self) -> (usize, usize) {
        (self.epochs, self.batch)
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn initial(&self, inner: [usize; 2], random: &mut ChaCha8Rng) -> Result<Weights, ModelError> {
        Ok(Layers::initial(&self.shapes(inner), random))
    }

    fn network(
        &self,
        inner: [usize; 2],
        weights: &Weights,
        optimiser: AdamParameters,
        context: &Context<'_>,
    ) -> Result<Box<dyn NetworkEngine>, ModelError> {
        Ok(Box::new(TorchNetwork::new(self, inner, weights, optimiser, context)?))
    }
}

impl Forward for LstmParameters {
    fn shapes(&self, [_, width]: [usize; 2]) -> Vec<LayerShape> {
        let LstmParameters { layers, hidden, .. } = *self;
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

    fn input_size(&self, [cycles, width]: [usize; 2]) -> Vec<i64> {
        vec![-1, cycles as i64, width as i64]
    }

    /// `input` is `[samples, cycles, width]`; gives `[samples]`.
    ///
    /// The input weights of the first layer are wide, and libtorch's recurrence would go through them at every step. So
    /// all steps are multiplied by them ahead of it, in one product; what the recurrence sees are four gates as input
    /// and the unit matrix as input weights. An epoch of 41 × 99 × 1000 takes less than half of the time, and the
    /// numbers are the same.
    fn forward(&self, layers: &Layers, input: &Tensor, dropout: Option<&mut ChaCha8Rng>) -> Result<Tensor, ModelError> {
        let LstmParameters { layers: depth, hidden, .. } = *self;
        let kind = (Kind::Float, input.device());
        let (recurrent, head) = layers.parameters().split_at(depth * TENSORS);
        let gates = input.f_linear(&recurrent[0], None::<Tensor>)?;
        let mut weights = vec![Tensor::f_eye(4 * hidden as i64, kind)?];
        weights.extend(recurrent[1..].iter().map(Tensor::shallow_clone));
        let zeros = Tensor::f_zeros([depth as i64, input.size()[0], hidden as i64], kind)?;
        let state = [zeros.shallow_clone(), zeros];
        // nothing is dropped either way, but on a card libtorch keeps what the way back needs in training only
        let trains = dropout.is_some();
        let (outputs, _, _) = gates.f_lstm(&state, &weights, true, depth as i64, 0.0, trains, false, true)?;
        let last = outputs.f_select(1, -1)?;
        Ok(last.f_linear(&head[0], Some(&head[1]))?.f_view([-1])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;

    #[test]
    fn the_parameter_count_is_that_of_the_paper() {
        let lstm = LstmParameters::default();
        let count = lstm.shapes([100, 1000]).iter().map(LayerShape::len).sum::<usize>();
        assert_eq!(count, 140_833);
        assert_eq!(count as u64, oracle::parameter_count("lstm"));
    }

    #[test]
    fn ten_steps_are_those_of_pytorch() {
        let case = oracle::Case::named("lstm");
        let [_, cycles, points] = case.shape;
        let lstm = LstmParameters::default();
        let shapes = lstm.shapes([cycles, points]);
        let initial = case.weights(Layers::initial(&shapes, &mut crate::Streams::new("a").stream("init")));
        let mut layers = Layers::new(&shapes, &initial, AdamParameters::adam(1e-3), tch::Device::Cpu).unwrap();
        let inputs = Tensor::from_slice(&case.inputs).view([-1, cycles as i64, points as i64]);
        let targets = Tensor::from_slice(&case.labels).to_kind(Kind::Float);
        let mut dropout = crate::Streams::new("a").stream("dropout");
        case.check_outputs(&Layers::numbers(&lstm.forward(&layers, &inputs, None).unwrap()).unwrap());
        for step in 0..oracle::STEPS {
            let outputs = lstm.forward(&layers, &inputs, Some(&mut dropout)).unwrap();
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
