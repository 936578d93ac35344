//! Multilayer perceptron on one row of the voltage-capacity matrix (spec §5.3).

use ndarray::ArrayViewD;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::{
    maps,
    model::{Context, FitSummary, Model, ModelError},
    optimiser::AdamParameters,
    random::ChaCha8Rng,
    torch_network::{LayerShape, Layers},
    training::{Order, Schedule},
    weights::Weights,
};

/// Hyper-parameters, with the authors' values (the number of epochs differs between scenarios).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
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
    fitted: Option<(Layers, [usize; 2])>,
}

impl Mlp {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: MlpParameters) -> Result<Self, ModelError> {
        schedule(&parameters).check()?;
        optimiser(&parameters).check()?;
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        if !(0.0..1.0).contains(&parameters.dropout) {
            return refused("dropout", parameters.dropout.to_string(), "a chance from 0 to below 1");
        }
        if parameters.hidden == 0 {
            return refused("hidden", "0".to_owned(), "at least 1 is needed");
        }
        Ok(Self { parameters, fitted: None })
    }

    fn shapes(&self, width: usize) -> Vec<LayerShape> {
        let sizes = [width, self.parameters.hidden, 1, 1, self.parameters.hidden, 1];
        let linear = |(index, pair): (usize, &[usize])| {
            let [input, output] = pair else { unreachable!("windows of two") };
            [
                LayerShape::new(format!("linear{}.weight", index + 1), &[*output, *input], *input),
                LayerShape::new(format!("linear{}.bias", index + 1), &[*output], *input),
            ]
        };
        sizes.windows(2).enumerate().flat_map(linear).collect()
    }
}

fn optimiser(parameters: &MlpParameters) -> AdamParameters {
    AdamParameters::adam(parameters.learning_rate)
}

fn schedule(parameters: &MlpParameters) -> Schedule {
    Schedule { epochs: parameters.epochs, batch: parameters.batch, order: Order::Shuffled }
}

/// `dropout` thins the hidden layers in training; it draws from our own generator, since libtorch's is shared by all
/// threads of the process.
fn forward(layers: &Layers, input: &Tensor, mut dropout: Option<(&mut ChaCha8Rng, f64)>) -> Result<Tensor, ModelError> {
    let parameters = layers.parameters();
    let mut hidden = input.shallow_clone();
    for (index, layer) in parameters.chunks_exact(2).enumerate() {
        hidden = hidden.f_linear(&layer[0], Some(&layer[1]))?;
        if 2 * (index + 1) < parameters.len() {
            hidden = hidden.f_tanh()?;
            if let Some((random, chance)) = &mut dropout {
                let keep = (1.0 / (1.0 - *chance)) as f32;
                let mask: Vec<f32> =
                    (0..hidden.numel()).map(|_| if random.random::<f64>() < *chance { 0.0 } else { keep }).collect();
                hidden = hidden.f_mul(&Tensor::from_slice(&mask).f_to_device(hidden.device())?.f_view_as(&hidden)?)?;
            }
        }
    }
    Ok(hidden.f_view([-1])?)
}

impl Model for Mlp {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let (samples, inner) = maps::training_maps(features, labels)?;
        let width = inner.iter().product();
        let initial = Layers::initial(&self.shapes(width), &mut context.streams.stream("init"));
        let mut layers = Layers::new(&self.shapes(width), &initial, optimiser(&self.parameters), context.device)?;
        let size = [labels.len() as i64, width as i64];
        let inputs = Tensor::from_slice(&samples).f_view(size)?.f_to_device(context.device)?;
        let targets = Tensor::from_slice(labels).f_to_kind(Kind::Float)?.f_to_device(context.device)?;
        let mut dropout = context.streams.stream("dropout");
        let summary = schedule(&self.parameters).run(labels.len(), context, |batch| {
            let index = Layers::index(batch, context.device)?;
            let thinned = (self.parameters.dropout > 0.0).then_some((&mut dropout, self.parameters.dropout));
            let outputs = forward(&layers, &inputs.f_index_select(0, &index)?, thinned)?;
            layers.descend(&outputs, &targets.f_index_select(0, &index)?)
        })?;
        self.fitted = Some((layers, inner));
        Ok(summary)
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let (layers, inner) = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let samples = maps::prediction_maps(features, *inner)?;
        let width = inner.iter().product::<usize>();
        let inputs = Tensor::from_slice(&samples).f_view([-1, width as i64])?.f_to_device(context.device)?;
        Layers::numbers(&tch::no_grad(|| forward(layers, &inputs, None))?)
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
        let shapes = self.shapes(inner.iter().product());
        let layers = Layers::new(&shapes, weights, optimiser(&self.parameters), context.device)?;
        self.fitted = Some((layers, inner));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::oracle;

    #[test]
    fn the_parameter_count_is_that_of_the_paper() {
        let mlp = Mlp::new(MlpParameters::default()).unwrap();
        let count: usize = mlp.shapes(1000).iter().map(LayerShape::len).sum();
        assert_eq!(count, 32_164);
        assert_eq!(count as u64, oracle::parameter_count("mlp"));
    }

    #[test]
    fn ten_steps_are_those_of_pytorch() {
        let case = oracle::Case::named("mlp");
        let [samples, cycles, points] = case.shape;
        let shapes = Mlp::new(MlpParameters::default()).unwrap().shapes(cycles * points);
        let initial = case.weights(Layers::initial(&shapes, &mut crate::Streams::new("a").stream("init")));
        let mut layers = Layers::new(&shapes, &initial, AdamParameters::adam(1e-3), Device::Cpu).unwrap();
        let inputs = Tensor::from_slice(&case.inputs).view([samples as i64, -1]);
        let targets = Tensor::from_slice(&case.labels).to_kind(Kind::Float);
        case.check_outputs(&Layers::numbers(&forward(&layers, &inputs, None).unwrap()).unwrap());
        for step in 0..oracle::STEPS {
            let outputs = forward(&layers, &inputs, None).unwrap();
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
        let mlp = Mlp::new(MlpParameters::default()).unwrap();
        let streams = crate::Streams::new("dropout");
        let initial = Layers::initial(&mlp.shapes(4), &mut streams.stream("init"));
        let layers = Layers::new(&mlp.shapes(4), &initial, AdamParameters::adam(1e-3), Device::Cpu).unwrap();
        let input = Tensor::ones([4000, 4], (Kind::Float, Device::Cpu));
        let plain = Layers::numbers(&forward(&layers, &input, None).unwrap()).unwrap();
        let mut random = streams.stream("dropout");
        let thinned = Layers::numbers(&forward(&layers, &input, Some((&mut random, 0.05))).unwrap()).unwrap();
        assert!(thinned.iter().any(|value| value != &plain[0]));
        let mean = thinned.iter().sum::<f64>() / 4000.0;
        assert!((mean - plain[0]).abs() < 0.02, "{mean} {}", plain[0]);
    }
}
