//! Multilayer perceptron on one row of the voltage-capacity matrix (method §7.1).

use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

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

/// Hyper-parameters, with the authors' values (the number of epochs differs between scenarios).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.1"))]
pub struct MlpParameters {
    /// Passes over the training cells.
    pub epochs: usize,
    /// Cells per optimiser step.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// Chance of a hidden unit to be dropped in training.
    pub dropout: f64,
    /// Units of the first and the last hidden layer.
    pub hidden: usize,
}

impl Default for MlpParameters {
    fn default() -> Self {
        Self { epochs: 2000, batch: 128, learning_rate: 1e-3, dropout: 0.05, hidden: 32 }
    }
}

/// The MLP baseline; features are [samples, 1, grid points].
///
/// The authors chain four blocks of linear layer, tanh and dropout (grid → hidden → 1 → 1 → hidden) and a linear layer
/// hidden → 1: the two layers in the middle mix channels and cycles, of which there is one each. So a scalar bottleneck
/// stands in the middle; it is theirs, and kept.
pub struct Mlp {
    parameters: MlpParameters,
}

impl Mlp {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: MlpParameters) -> Result<Self, ModelError> {
        network::check(&parameters)?;
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        if !(0.0..1.0).contains(&parameters.dropout) {
            return refused("dropout", parameters.dropout.to_string(), "a chance from 0 to below 1");
        }
        if parameters.hidden == 0 {
            return refused("hidden", "0".to_owned(), "at least 1 is needed");
        }
        Ok(Self { parameters })
    }
}

network_model!(Mlp);

impl Described for MlpParameters {
    fn row(&self) -> ModelRow {
        ModelRow::network("mlp", Engine::Libtorch)
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Mlp::new(self.clone())?))
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        row::matrix(shape).map(drop)
    }
}

impl Architecture for MlpParameters {
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

impl Forward for MlpParameters {
    fn shapes(&self, inner: [usize; 2]) -> Vec<LayerShape> {
        let sizes = [inner.iter().product(), self.hidden, 1, 1, self.hidden, 1];
        let linear = |(index, pair): (usize, &[usize])| {
            let [input, output] = pair else { unreachable!("windows of two") };
            [
                LayerShape::new(format!("linear{}.weight", index + 1), &[*output, *input], *input),
                LayerShape::new(format!("linear{}.bias", index + 1), &[*output], *input),
            ]
        };
        sizes.windows(2).enumerate().flat_map(linear).collect()
    }

    fn input_size(&self, inner: [usize; 2]) -> Vec<i64> {
        vec![-1, inner.iter().product::<usize>() as i64]
    }

    /// Dropout thins the hidden layers.
    fn forward(
        &self,
        layers: &Layers,
        input: &Tensor,
        mut dropout: Option<&mut ChaCha8Rng>,
    ) -> Result<Tensor, ModelError> {
        let parameters = layers.parameters();
        let mut hidden = input.shallow_clone();
        for (index, layer) in parameters.chunks_exact(2).enumerate() {
            hidden = hidden.f_linear(&layer[0], Some(&layer[1]))?;
            if 2 * (index + 1) < parameters.len() {
                hidden = hidden.f_tanh()?;
                if let Some(random) = dropout.as_mut().filter(|_| self.dropout > 0.0) {
                    let keep = (1.0 / (1.0 - self.dropout)) as f32;
                    let mut kept = || if random.random::<f64>() < self.dropout { 0.0 } else { keep };
                    let mask: Vec<f32> = (0..hidden.numel()).map(|_| kept()).collect();
                    let mask = Tensor::from_slice(&mask).f_to_device(hidden.device())?.f_view_as(&hidden)?;
                    hidden = hidden.f_mul(&mask)?;
                }
            }
        }
        Ok(hidden.f_view([-1])?)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::oracle;

    #[test]
    fn the_parameter_count_is_that_of_the_paper() {
        let mlp = MlpParameters::default();
        let count: usize = mlp.shapes([1, 1000]).iter().map(LayerShape::len).sum();
        assert_eq!(count, 32_164);
        assert_eq!(count as u64, oracle::parameter_count("mlp"));
    }

    #[test]
    fn ten_steps_are_those_of_pytorch() {
        let case = oracle::Case::named("mlp");
        let [samples, cycles, points] = case.shape;
        let mlp = MlpParameters::default();
        let shapes = mlp.shapes([cycles, points]);
        let initial = case.weights(Layers::initial(&shapes, &mut crate::Streams::new("a").stream("init")));
        let mut layers = Layers::new(&shapes, &initial, AdamParameters::adam(1e-3), Device::Cpu).unwrap();
        let inputs = Tensor::from_slice(&case.inputs).view([samples as i64, -1]);
        let targets = Tensor::from_slice(&case.labels).to_kind(Kind::Float);
        case.check_outputs(&Layers::numbers(&mlp.forward(&layers, &inputs, None).unwrap()).unwrap());
        for step in 0..oracle::STEPS {
            let outputs = mlp.forward(&layers, &inputs, None).unwrap();
            let loss = layers.descend(&outputs, &targets).unwrap();
            case.check_step(step, loss, &layers.weights());
        }
    }

    #[test]
    fn meaningless_hyper_parameters_are_refused() {
        for parameters in [
            MlpParameters { dropout: 1.0, ..MlpParameters::default() },
            MlpParameters { epochs: 0, ..MlpParameters::default() },
            MlpParameters { hidden: 0, ..MlpParameters::default() },
        ] {
            assert!(matches!(Mlp::new(parameters), Err(ModelError::Hyperparameter { .. })));
        }
    }

    #[test]
    fn dropout_keeps_the_mean() {
        let mlp = MlpParameters::default();
        let streams = crate::Streams::new("dropout");
        let initial = Layers::initial(&mlp.shapes([1, 4]), &mut streams.stream("init"));
        let layers = Layers::new(&mlp.shapes([1, 4]), &initial, AdamParameters::adam(1e-3), Device::Cpu).unwrap();
        let input = Tensor::ones([4000, 4], (Kind::Float, Device::Cpu));
        let plain = Layers::numbers(&mlp.forward(&layers, &input, None).unwrap()).unwrap();
        let mut random = streams.stream("dropout");
        let thinned = Layers::numbers(&mlp.forward(&layers, &input, Some(&mut random)).unwrap()).unwrap();
        assert!(thinned.iter().any(|value| value != &plain[0]));
        let mean = thinned.iter().sum::<f64>() / 4000.0;
        assert!((mean - plain[0]).abs() < 0.02, "{mean} {}", plain[0]);
    }
}
