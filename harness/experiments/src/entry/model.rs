//! What is known of a model by its hyper-parameters alone.

use baselines::{AnyModel, Engine, ModelError, ModelRow, Streams};
use serde_json::{Map, Value};

use super::ModelSpec;
use crate::seed;
use record::Precision;

impl ModelSpec {
    /// The names of all models, in the order of the tables: a procedure of transfer goes by the name of another model.
    pub const NAMES: [&'static str; Self::KEYS.len() - 1] = {
        let mut names = [""; Self::KEYS.len() - 1];
        let mut index = 0;
        while index < names.len() {
            names[index] = Self::KEYS[index];
            index += 1;
        }
        names
    };

    /// What is known of the model whatever its hyper-parameters.
    pub fn row(&self) -> ModelRow {
        self.described().row()
    }

    /// The name in files and tables.
    pub fn name(&self) -> &'static str {
        self.described().name()
    }

    /// A model ready to be fitted; a transfer needs its source cells too.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        self.described().build()
    }

    /// The names of the hyper-parameters that change nothing beside the others.
    pub fn unused(&self) -> Vec<&'static str> {
        self.described().unused()
    }

    /// As [`ModelSpec::parameters`], with the default in the place of what changes nothing: what keys are made of, so
    /// that nothing is trained again for it.
    pub fn effective_parameters(&self) -> Map<String, Value> {
        let fields = |model: &Self| match model.parameters() {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let mut parameters = fields(self);
        let unused = self.unused();
        if !unused.is_empty() {
            let mut defaults = fields(&self.default_of());
            for name in unused {
                parameters.remove(name);
                parameters.extend(defaults.remove_entry(name));
            }
        }
        parameters
    }

    /// Whether the model can read a feature of this shape per cell.
    ///
    /// # Errors
    /// What it needs, as a fragment.
    pub fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        self.described().check_feature(shape)
    }

    /// The key that holds the hyper-parameters in an entry of a file.
    pub fn key(&self) -> &'static str {
        self.row().name
    }

    /// Whether the seed can change the result; where it cannot, the model runs once.
    pub fn is_seeded(&self) -> bool {
        self.row().is_seeded
    }

    /// Position of the cycle that it subtracts from the others of a map, if it does.
    pub fn base(&self) -> Option<usize> {
        self.described().base()
    }

    /// The version of how a trained model is asked, where more than its test cells decides it.
    pub fn asking_version(&self) -> Option<u32> {
        self.described().asking_version()
    }

    /// Which random streams it draws from: models that share them begin with the same weights.
    pub fn streams(&self, seed: u64) -> Streams {
        // by its own name: the average of two networks has one in common with direct learning
        seed::streams(self.row().name, seed)
    }

    /// Where it computes on features of this shape per cell when this device was chosen.
    pub fn device(&self, shape: Option<&[usize]>, chosen: tch::Device) -> tch::Device {
        self.described().device(shape, chosen)
    }

    /// How exactly our kernels on a card multiply for it.
    pub fn precision(&self) -> Precision {
        match self.described().precision() {
            baselines::Precision::Exact => Precision::Exact,
            baselines::Precision::Fast => Precision::Fast,
        }
    }

    /// Whether our kernels for cards know it on features of this shape per cell.
    ///
    /// # Errors
    /// What they do not know, as a sentence.
    pub fn check_card(&self, shape: &[usize]) -> Result<(), String> {
        self.described().check_card(shape)
    }

    /// Whether the model computes on the chosen device; the others stay on the CPU.
    pub fn is_network(&self) -> bool {
        self.row().engine != Engine::Cpu
    }

    /// Whether it is built on the convolutional encoder, for which there are kernels of our own.
    pub fn has_encoder(&self) -> bool {
        self.row().engine == Engine::Encoder
    }
}
