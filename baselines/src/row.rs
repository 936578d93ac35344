//! What whoever runs a model must know of it, said once, beside the model.

use crate::{
    card, device,
    model::{AnyModel, ModelError},
    precision::Precision,
};

/// The facts of a model that do not depend on its hyper-parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelRow {
    /// What it is called in files and tables; also the key of its hyper-parameters.
    pub name: &'static str,
    /// Raised by hand when the same training gives other results on purpose: all that was trained before is then stale.
    pub training_version: u32,
    /// Whether the seed can change the result; where it cannot, the model runs once.
    pub is_seeded: bool,
    /// What it computes on.
    pub engine: Engine,
    /// The hyper-parameters that matter only when the trained model is asked.
    pub evaluation_only: &'static [&'static str],
    /// Whether it reads features; the training mean reads none.
    pub reads_features: bool,
    /// Whether lives and maps go in as they are, because it scales them itself.
    pub scales_itself: bool,
}

/// What a model computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The CPU, whatever device is chosen.
    Cpu,
    /// libtorch, on the chosen device.
    Libtorch,
    /// Convolutional encoders, on the chosen device: there are kernels of our own for the CPU and for cards.
    Encoder,
}

impl ModelRow {
    /// A model that computes on the CPU, draws no random numbers and was never changed.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            training_version: 1,
            is_seeded: false,
            engine: Engine::Cpu,
            evaluation_only: &[],
            reads_features: true,
            scales_itself: false,
        }
    }

    /// A network: its result may change with the seed.
    pub const fn network(name: &'static str, engine: Engine) -> Self {
        Self { is_seeded: true, engine, ..Self::new(name) }
    }
}

/// Hyper-parameters that say of which model they are, and what follows from them.
pub trait Described {
    /// The facts of the model.
    fn row(&self) -> ModelRow;

    /// The model, ready to be fitted.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for one without a meaning.
    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError>;

    /// Whose row of the tables it fills: a procedure of several models may fill that of another.
    fn name(&self) -> &'static str {
        self.row().name
    }

    /// The names of those that change nothing beside the others.
    fn unused(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// How exactly our kernels on a card multiply for it.
    fn precision(&self) -> Precision {
        Precision::Exact
    }

    /// Whether our kernels for cards know it on features of this shape per cell.
    ///
    /// # Errors
    /// What they do not know, as a sentence.
    fn check_card(&self, shape: &[usize]) -> Result<(), String> {
        let _ = shape;
        Ok(())
    }

    /// Where it computes on features of this shape when this device was chosen. On the CPU, if nobody has kernels for it there:
    /// of libtorch these need its CUDA half.
    fn device(&self, shape: Option<&[usize]>, chosen: tch::Device) -> tch::Device {
        match self.row().engine {
            Engine::Cpu => tch::Device::Cpu,
            Engine::Encoder if card::of(chosen).is_some() => {
                let is_known = shape.is_none_or(|shape| self.check_card(shape).is_ok());
                if is_known { chosen } else { tch::Device::Cpu }
            }
            Engine::Encoder | Engine::Libtorch => device::of_libtorch(chosen),
        }
    }

    /// Whether the model can read a feature of this shape per cell.
    ///
    /// # Errors
    /// What it needs, as a fragment.
    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        let _ = shape;
        Ok(())
    }

    /// Position of the cycle that it subtracts from the others of a map, if it does.
    fn base(&self) -> Option<usize> {
        None
    }

    /// The version of how a trained model is asked, where more than its test cells decides it.
    fn asking_version(&self) -> Option<u32> {
        None
    }

    /// Whether it learns from source cells too, those of another chemistry, in an experiment that has some.
    fn needs_source(&self) -> bool {
        false
    }
}

/// The dimensions of a feature that is to be maps, as [`Described::check_feature`] reads them.
///
/// # Errors
/// What it would have to be.
pub fn maps(shape: &[usize]) -> Result<[usize; 3], String> {
    shape
        .try_into()
        .map_err(|_| format!("it reads [channels, cycles, grid points], as capacity_map gives, and this is {shape:?}"))
}

/// The dimensions of a feature that is to be a matrix, as [`Described::check_feature`] reads them.
///
/// # Errors
/// What it would have to be.
pub fn matrix(shape: &[usize]) -> Result<[usize; 2], String> {
    shape
        .try_into()
        .map_err(|_| format!("it reads [cycles, grid points], as voltage_capacity gives, and this is {shape:?}"))
}
