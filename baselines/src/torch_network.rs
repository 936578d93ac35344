//! What the small libtorch networks share: named parameters, their optimiser, and steps down the mean squared error.

use tch::{Device, Kind, Tensor, nn, nn::OptimizerConfig as _};

use crate::{
    convolutional::BatchLoss,
    engine::{Lesson, Maps, NetworkEngine, Step, Trained, one_by_one},
    model::{Context, ModelError},
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

    /// From the next step on, steps are of this size.
    pub(crate) fn set_learning_rate(&mut self, learning_rate: f64) {
        self.optimiser.set_lr(learning_rate);
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
pub(crate) trait Forward: Clone + Send + 'static {
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
    inner: [usize; 2],
    layers: Layers,
    optimiser: AdamParameters,
    device: Device,
    /// The generator that dropout draws from: our own, since libtorch's is shared by all threads of the process.
    dropout: ChaCha8Rng,
    /// Inputs and targets on the device, while it trains.
    lesson: Option<(Tensor, Tensor)>,
}

impl<F: Forward> TorchNetwork<F> {
    /// A network with these weights and a fresh optimiser.
    pub(crate) fn new(
        forward: &F,
        inner: [usize; 2],
        weights: &Weights,
        optimiser: AdamParameters,
        context: &Context<'_>,
    ) -> Result<Self, ModelError> {
        let device = context.device;
        let layers = Layers::new(&forward.shapes(inner), weights, optimiser, device)?;
        let dropout = context.streams.stream("dropout");
        Ok(Self { forward: forward.clone(), inner, layers, optimiser, device, dropout, lesson: None })
    }

    fn input(&self, samples: &[f32]) -> Result<Tensor, ModelError> {
        let size = self.forward.input_size(self.inner);
        Ok(Tensor::from_slice(samples).f_view(size.as_slice())?.f_to_device(self.device)?)
    }
}

impl<F: Forward> NetworkEngine for TorchNetwork<F> {
    fn begin(&mut self, lesson: &Lesson<'_>, _batch: usize, _references: usize) -> Result<(), ModelError> {
        let labels: Vec<f64> = (0..lesson.labels.cells.len()).map(|cell| lesson.labels.of(cell, None)).collect();
        let targets = Tensor::from_slice(&labels).f_to_kind(Kind::Float)?.f_to_device(self.device)?;
        self.lesson = Some((self.input(lesson.maps.cells)?, targets));
        Ok(())
    }

    fn train(&mut self, _lesson: &Lesson<'_>, steps: &[Step]) -> Result<Trained, ModelError> {
        let Self { forward, layers, device, dropout, lesson, .. } = self;
        let (inputs, targets) = lesson.as_ref().expect("it began");
        one_by_one(steps, |step| {
            let index = Layers::index(&step.targets, *device)?;
            let outputs = forward.forward(layers, &inputs.f_index_select(0, &index)?, Some(dropout))?;
            let loss = layers.descend(&outputs, &targets.f_index_select(0, &index)?)?;
            Ok(BatchLoss { loss, collapsed: false })
        })
    }

    fn end(&mut self) -> Result<(), ModelError> {
        self.lesson = None;
        Ok(())
    }

    fn restart(&mut self, weights: &Weights) -> Result<(), ModelError> {
        let shapes = self.forward.shapes(self.inner);
        self.layers = Layers::new(&shapes, weights, self.optimiser, self.device)?;
        Ok(())
    }

    fn outputs(&self, _branch: usize, maps: Maps<'_>, pairs: &[(usize, usize)]) -> Result<Vec<f64>, ModelError> {
        let length = self.inner.iter().product::<usize>();
        let samples: Vec<f32> =
            pairs.iter().flat_map(|&(cell, _)| &maps.cells[cell * length..][..length]).copied().collect();
        let inputs = self.input(&samples)?;
        Layers::numbers(&tch::no_grad(|| self.forward.forward(&self.layers, &inputs, None))?)
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(self.layers.weights())
    }
}
