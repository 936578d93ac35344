//! What the small libtorch networks share: named parameters, their optimiser, and steps down the mean squared error.

use tch::{Device, Kind, Tensor, nn, nn::OptimizerConfig as _};

use crate::{
    convolutional::BatchLoss,
    model::{Context, ModelError},
    network::Network,
    optimiser::AdamParameters,
    random::ChaCha8Rng,
    weights::{NamedTensor, Weights},
};

/// Name, dimensions and fan-in of one parameter tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerShape {
    name: String,
    shape: Vec<usize>,
    fan_in: usize,
}

impl LayerShape {
    pub(crate) fn new(name: String, shape: &[usize], fan_in: usize) -> Self {
        Self { name, shape: shape.to_vec(), fan_in }
    }

    /// Number of scalars.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

impl From<(&'static str, Vec<usize>, usize)> for LayerShape {
    fn from((name, shape, fan_in): (&'static str, Vec<usize>, usize)) -> Self {
        Self { name: name.to_owned(), shape, fan_in }
    }
}

/// Parameter tensors on a device, with their optimiser.
pub(crate) struct Layers {
    shapes: Vec<LayerShape>,
    parameters: Vec<Tensor>,
    optimiser: nn::Optimizer,
    // keeps the variables that the optimiser refers to
    _store: nn::VarStore,
}

impl Layers {
    /// Initial weights with PyTorch's default distribution.
    pub(crate) fn initial(shapes: &[LayerShape], random: &mut ChaCha8Rng) -> Weights {
        Weights(
            shapes
                .iter()
                .map(|layer| NamedTensor::uniform(layer.name.clone(), &layer.shape, layer.fan_in, random))
                .collect(),
        )
    }

    /// Copies `weights` to `device`.
    pub(crate) fn new(
        shapes: &[LayerShape],
        weights: &Weights,
        optimiser: AdamParameters,
        device: Device,
    ) -> Result<Self, ModelError> {
        weights.check_names(&shapes.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>())?;
        let store = nn::VarStore::new(device);
        let mut parameters = Vec::with_capacity(shapes.len());
        for layer in shapes {
            let values = weights.values(&layer.name, &layer.shape)?;
            let size: Vec<i64> = layer.shape.iter().map(|&length| length as i64).collect();
            // a dot would open a nested path in the store
            let mut parameter = store.root().f_zeros(&layer.name.replace('.', "_"), &size)?;
            let source = Tensor::from_slice(values).f_view(size.as_slice())?;
            tch::no_grad(|| parameter.f_copy_(&source))?;
            parameters.push(parameter);
        }
        let config = nn::AdamW {
            beta1: optimiser.betas.0,
            beta2: optimiser.betas.1,
            wd: optimiser.weight_decay,
            eps: optimiser.epsilon,
            amsgrad: false,
        };
        let optimiser = config.build(&store, optimiser.learning_rate)?;
        Ok(Self { shapes: shapes.to_vec(), parameters, optimiser, _store: store })
    }

    /// The parameter tensors, in the order of the shapes.
    pub(crate) fn parameters(&self) -> &[Tensor] {
        &self.parameters
    }

    /// One step down the mean squared error between `outputs` and `targets`, which is returned.
    pub(crate) fn descend(&mut self, outputs: &Tensor, targets: &Tensor) -> Result<f64, ModelError> {
        let loss = outputs.f_mse_loss(targets, tch::Reduction::Mean)?;
        loss.f_backward()?;
        self.step();
        Ok(loss.double_value(&[]))
    }

    /// One step along the accumulated gradients, which are then zero again.
    pub(crate) fn step(&mut self) {
        self.optimiser.step();
        self.optimiser.zero_grad();
    }

    /// The weights, on the CPU.
    pub(crate) fn weights(&self) -> Weights {
        self.named(Tensor::shallow_clone)
    }

    /// The accumulated gradients, on the CPU.
    pub(crate) fn gradients(&self) -> Weights {
        self.named(|parameter| {
            let gradient = parameter.grad();
            if gradient.defined() { gradient } else { parameter.zeros_like() }
        })
    }

    fn named(&self, values: impl Fn(&Tensor) -> Tensor) -> Weights {
        let tensors = self.shapes.iter().zip(&self.parameters).map(|(layer, parameter)| {
            let flat = values(parameter).detach().to_device(Device::Cpu).to_kind(Kind::Float).contiguous().view([-1]);
            let values = Vec::try_from(flat).expect("a flat f32 tensor on the CPU converts to a vector");
            NamedTensor { name: layer.name.clone(), shape: layer.shape.clone(), values }
        });
        Weights(tensors.collect())
    }

    /// Sample indices as a tensor.
    pub(crate) fn index(batch: &[usize], device: Device) -> Result<Tensor, ModelError> {
        let indices: Vec<i64> = batch.iter().map(|&sample| sample as i64).collect();
        Ok(Tensor::from_slice(&indices).f_to_device(device)?)
    }

    /// The values of a tensor of one axis.
    pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f64>, ModelError> {
        Ok(Vec::try_from(tensor.detach().f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?)?)
    }
}

/// What tells one libtorch network from another.
pub(crate) trait Forward: Clone + Send {
    /// The parameter tensors for matrices of these dimensions.
    fn shapes(&self, inner: [usize; 2]) -> Vec<LayerShape>;

    /// The dimensions of an input of so many rows and columns, the number of samples left open as -1.
    fn input_size(&self, inner: [usize; 2]) -> Vec<i64>;

    /// The outputs `[samples]` for inputs `[samples, …]`. `dropout` is there in training only.
    fn forward(&self, layers: &Layers, input: &Tensor, dropout: Option<&mut ChaCha8Rng>) -> Result<Tensor, ModelError>;
}

/// Layers, and how numbers go through them.
pub(crate) struct TorchNetwork<F> {
    forward: F,
    layers: Layers,
}

impl<F: Forward> TorchNetwork<F> {
    /// A network with these weights and a fresh optimiser.
    pub(crate) fn new(
        forward: &F,
        inner: [usize; 2],
        weights: &Weights,
        optimiser: AdamParameters,
        device: Device,
    ) -> Result<Self, ModelError> {
        let layers = Layers::new(&forward.shapes(inner), weights, optimiser, device)?;
        Ok(Self { forward: forward.clone(), layers })
    }

    fn input(&self, samples: &[f32], inner: [usize; 2], device: Device) -> Result<Tensor, ModelError> {
        Ok(Tensor::from_slice(samples).f_view(self.forward.input_size(inner).as_slice())?.f_to_device(device)?)
    }
}

/// Training samples on a device, and the generator that dropout draws from: our own, since libtorch's is shared by all
/// threads of the process.
pub(crate) struct TorchLesson {
    inputs: Tensor,
    targets: Tensor,
    dropout: ChaCha8Rng,
    device: Device,
}

impl<F: Forward> Network for TorchNetwork<F> {
    type Lesson<'a> = TorchLesson;

    fn lesson<'a>(
        &self,
        samples: &'a [f32],
        inner: [usize; 2],
        labels: &'a [f64],
        context: &Context<'_>,
    ) -> Result<TorchLesson, ModelError> {
        Ok(TorchLesson {
            inputs: self.input(samples, inner, context.device)?,
            targets: Tensor::from_slice(labels).f_to_kind(Kind::Float)?.f_to_device(context.device)?,
            dropout: context.streams.stream("dropout"),
            device: context.device,
        })
    }

    fn descend(&mut self, batch: &[usize], lesson: &mut TorchLesson) -> Result<BatchLoss, ModelError> {
        let index = Layers::index(batch, lesson.device)?;
        let inputs = lesson.inputs.f_index_select(0, &index)?;
        let outputs = self.forward.forward(&self.layers, &inputs, Some(&mut lesson.dropout))?;
        let loss = self.layers.descend(&outputs, &lesson.targets.f_index_select(0, &index)?)?;
        Ok(BatchLoss { loss, collapsed: false })
    }

    fn answers(&self, samples: &[f32], inner: [usize; 2], context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let inputs = self.input(samples, inner, context.device)?;
        Layers::numbers(&tch::no_grad(|| self.forward.forward(&self.layers, &inputs, None))?)
    }

    fn trained(&self) -> Weights {
        self.layers.weights()
    }
}
