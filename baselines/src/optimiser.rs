//! Adam and AdamW on plain slices.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

/// Hyper-parameters of Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), with PyTorch's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamParameters {
    /// Step size.
    pub learning_rate: f64,
    /// Decay rates of the first and second moment estimates.
    pub betas: (f64, f64),
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled decay (AdamW): every step first scales a weight by 1 - learning_rate × weight_decay. 0 gives Adam.
    pub weight_decay: f64,
}

impl AdamParameters {
    /// Adam: no weight decay.
    pub fn adam(learning_rate: f64) -> Self {
        Self::adamw(learning_rate, 0.0)
    }

    /// AdamW.
    pub fn adamw(learning_rate: f64, weight_decay: f64) -> Self {
        Self { learning_rate, betas: (0.9, 0.999), epsilon: 1e-8, weight_decay }
    }

    /// Checks that every step can be computed in single precision, in which weights and moments are: libtorch panics at
    /// a number that is out of its range, and our own optimiser would go on with an infinity.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for a learning rate that is not positive, a weight decay that is negative, and
    /// either of them out of range.
    pub fn check(&self) -> Result<(), ModelError> {
        let refused = |name, value: f64, reason: &str| {
            // in plain digits, what is very small or large would fill lines
            let is_plain = value == 0.0 || (1e-6..1e6).contains(&value.abs());
            let value = if is_plain { value.to_string() } else { format!("{value:e}") };
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        let Self { learning_rate, weight_decay, .. } = *self;
        if learning_rate.is_nan() || learning_rate <= 0.0 {
            return refused("learning_rate", learning_rate, "a positive number is needed");
        }
        // ten times as much is the first step, and must be a single-precision number too
        if !(1e-37..=3.4e37).contains(&learning_rate) {
            return refused("learning_rate", learning_rate, "a number from 1e-37 to 3.4e37 is needed");
        }
        if weight_decay.is_nan() || weight_decay < 0.0 {
            return refused("weight_decay", weight_decay, "0 or a positive number is needed");
        }
        if weight_decay > 1e38 || learning_rate * weight_decay > 1e38 {
            return refused(
                "weight_decay",
                weight_decay,
                "it must be below 1e38, and so must the learning rate times it",
            );
        }
        Ok(())
    }
}

/// The learning rate of step number `step` of `steps`, from 0, as it falls from `first` to 0 along half a cosine: that of
/// PyTorch's `CosineAnnealingLR` that is told of every step.
pub fn cosine(first: f64, step: usize, steps: usize) -> f64 {
    first * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos()) / 2.0
}

/// The moment estimates of one parameter tensor.
#[derive(Clone, Debug)]
pub struct Adam {
    parameters: AdamParameters,
    first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

impl Adam {
    /// Fresh moments for a tensor of `len` scalars.
    pub fn new(parameters: AdamParameters, len: usize) -> Self {
        Self { parameters, first: vec![0.0; len], second: vec![0.0; len], steps: 0 }
    }

    /// From the next step on, steps are of this size.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.parameters.learning_rate = learning_rate;
    }

    /// One step along `gradients`, in the order of operations of PyTorch's single-tensor implementation.
    ///
    /// # Panics
    /// If the lengths differ from the one given to [`Adam::new`].
    pub fn step(&mut self, weights: &mut [f32], gradients: &[f32]) {
        assert_eq!(weights.len(), self.first.len(), "weights and moments pair up");
        assert_eq!(gradients.len(), self.first.len(), "gradients and moments pair up");
        self.steps += 1;
        let AdamParameters { learning_rate, betas: (beta1, beta2), epsilon, weight_decay } = self.parameters;
        let step_size = (learning_rate / (1.0 - beta1.powi(self.steps))) as f32;
        let root_correction = (1.0 - beta2.powi(self.steps)).sqrt() as f32;
        let shrink = (1.0 - learning_rate * weight_decay) as f32;
        let (keep1, take1) = (beta1 as f32, (1.0 - beta1) as f32);
        let (keep2, take2) = (beta2 as f32, (1.0 - beta2) as f32);
        let epsilon = epsilon as f32;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((weight, &gradient), (first, second)) in weights.iter_mut().zip(gradients).zip(moments) {
            *first = keep1 * *first + take1 * gradient;
            *second = keep2 * *second + take2 * gradient * gradient;
            *weight = *weight * shrink - step_size * *first / (second.sqrt() / root_correction + epsilon);
        }
    }
}

/// A parameter tensor with its gradient and its moments.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The scalars, in whatever order their owner keeps them.
    pub values: Vec<f32>,
    /// The derivative of the loss by each, added up since the last step.
    pub gradient: Vec<f32>,
    adam: Adam,
}

impl Parameter {
    /// A parameter at rest.
    pub fn new(values: Vec<f32>, optimiser: AdamParameters) -> Self {
        Self { gradient: vec![0.0; values.len()], adam: Adam::new(optimiser, values.len()), values }
    }

    /// From the next step on, steps are of this size.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.adam.set_learning_rate(learning_rate);
    }

    /// One step along the gradient, which is then zero again.
    pub fn step(&mut self) {
        self.adam.step(&mut self.values, &self.gradient);
        self.gradient.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor, nn, nn::OptimizerConfig as _};

    /// libtorch is the oracle: ten steps down a quadratic whose gradient is weight - target.
    fn torch(parameters: AdamParameters, start: &[f32], target: &[f32], rate: impl Fn(usize) -> f64) -> Vec<f32> {
        let store = nn::VarStore::new(tch::Device::Cpu);
        let mut weight = store.root().zeros("w", &[start.len() as i64]);
        tch::no_grad(|| weight.copy_(&Tensor::from_slice(start)));
        let config = nn::AdamW {
            beta1: parameters.betas.0,
            beta2: parameters.betas.1,
            wd: parameters.weight_decay,
            eps: parameters.epsilon,
            amsgrad: false,
        };
        let mut optimiser = config.build(&store, parameters.learning_rate).unwrap();
        for step in 0..10 {
            optimiser.set_lr(rate(step));
            let loss = ((&weight - Tensor::from_slice(target)).square() * 0.5).sum(Kind::Float);
            optimiser.backward_step(&loss);
        }
        Vec::try_from(weight.detach()).unwrap()
    }

    #[test]
    fn ten_steps_agree_with_libtorch() {
        let start = [0.3_f32, -1.5, 2.0, 1e-3];
        let target = [1.0_f32, -1.5001, -3.0, 0.0];
        for parameters in [AdamParameters::adam(0.01), AdamParameters::adamw(0.05, 0.1)] {
            for falls in [false, true] {
                let first = parameters.learning_rate;
                let rate = |step| if falls { cosine(first, step, 10) } else { first };
                let mut weights = start.to_vec();
                let mut adam = Adam::new(parameters, start.len());
                for step in 0..10 {
                    let gradients: Vec<f32> =
                        weights.iter().zip(&target).map(|(weight, target)| weight - target).collect();
                    if falls {
                        adam.set_learning_rate(rate(step));
                    }
                    adam.step(&mut weights, &gradients);
                }
                for (ours, theirs) in weights.iter().zip(torch(parameters, &start, &target, rate)) {
                    assert!((ours - theirs).abs() < 2e-6, "{ours} {theirs}");
                }
            }
        }
    }

    #[test]
    fn a_cosine_begins_at_the_whole_rate_is_half_in_the_middle_and_falls_to_nothing() {
        assert_eq!(cosine(0.3, 0, 10), 0.3);
        assert!((cosine(0.3, 5, 10) - 0.15).abs() < 1e-15 && cosine(0.3, 10, 10).abs() < 1e-15);
        assert!((0..10).all(|step| cosine(1.0, step + 1, 10) < cosine(1.0, step, 10)));
    }
}
