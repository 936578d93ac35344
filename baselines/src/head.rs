//! The linear layer that turns feature vectors into one number each.

use crate::{
    model::ModelError,
    optimiser::{AdamParameters, Parameter},
    random::ChaCha8Rng,
    weights::{NamedTensor, Weights},
};

/// A linear layer from `features` numbers to one, with or without a bias, and its optimiser.
#[derive(Clone, Debug)]
pub struct LinearHead {
    weight: Parameter,
    bias: Option<Parameter>,
}

impl LinearHead {
    /// Initial weights `weight` `[1, features]` and, if asked for, `bias` `[1]`.
    pub fn initial(features: usize, with_bias: bool, random: &mut ChaCha8Rng) -> Weights {
        let mut weights = vec![NamedTensor::uniform("weight", &[1, features], features, random)];
        if with_bias {
            weights.push(NamedTensor::uniform("bias", &[1], features, random));
        }
        Weights(weights)
    }

    /// The names of its tensors.
    pub fn names(with_bias: bool) -> &'static [&'static str] {
        if with_bias { &["weight", "bias"] } else { &["weight"] }
    }

    /// A head with these weights.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit.
    pub fn new(
        features: usize,
        with_bias: bool,
        weights: &Weights,
        optimiser: AdamParameters,
    ) -> Result<Self, ModelError> {
        let weight = Parameter::new(weights.values("weight", &[1, features])?.to_vec(), optimiser);
        let bias = with_bias.then(|| weights.values("bias", &[1])).transpose()?;
        Ok(Self { weight, bias: bias.map(|values| Parameter::new(values.to_vec(), optimiser)) })
    }

    /// One output per feature vector; `features` is n × features, row-major.
    pub fn outputs(&self, features: &[f32]) -> Vec<f32> {
        let bias = self.bias.as_ref().map_or(0.0, |bias| bias.values[0]);
        let dot = |vector: &[f32]| vector.iter().zip(&self.weight.values).map(|(x, w)| x * w).sum::<f32>() + bias;
        features.chunks_exact(self.weight.values.len()).map(dot).collect()
    }

    /// Adds to the gradients, given the derivative of the loss by each output, and writes its derivative by each
    /// feature.
    pub fn backward(&mut self, features: &[f32], by_output: &[f32], by_feature: &mut [f32]) {
        let length = self.weight.values.len();
        let vectors = features.chunks_exact(length).zip(by_feature.chunks_exact_mut(length));
        for ((vector, by_vector), &slope) in vectors.zip(by_output) {
            for (gradient, x) in self.weight.gradient.iter_mut().zip(vector) {
                *gradient += slope * x;
            }
            for (by_x, w) in by_vector.iter_mut().zip(&self.weight.values) {
                *by_x = slope * w;
            }
            if let Some(bias) = &mut self.bias {
                bias.gradient[0] += slope;
            }
        }
    }

    /// From the next step on, steps are of this size.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.weight.set_learning_rate(learning_rate);
        self.bias.iter_mut().for_each(|bias| bias.set_learning_rate(learning_rate));
    }

    /// One optimiser step along the accumulated gradients, which are then zero again.
    pub fn step(&mut self) {
        self.weight.step();
        if let Some(bias) = &mut self.bias {
            bias.step();
        }
    }

    /// The weights.
    pub fn weights(&self) -> Weights {
        self.named(|parameter| &parameter.values)
    }

    /// The gradients accumulated since the last step.
    pub fn gradients(&self) -> Weights {
        self.named(|parameter| &parameter.gradient)
    }

    fn named(&self, values: impl Fn(&Parameter) -> &Vec<f32>) -> Weights {
        let tensor = |name: &str, shape: &[usize], parameter: &Parameter| NamedTensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: values(parameter).clone(),
        };
        let mut tensors = vec![tensor("weight", &[1, self.weight.values.len()], &self.weight)];
        tensors.extend(self.bias.as_ref().map(|bias| tensor("bias", &[1], bias)));
        Weights(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    #[test]
    fn gradients_agree_with_finite_differences() {
        let mut random = Streams::new("head").stream("init");
        let initial = LinearHead::initial(3, true, &mut random);
        let features = [0.5_f32, -1.0, 2.0, 1.5, 0.25, -0.75];
        let slopes = [2.0_f32, -3.0];
        // a linear function: L = Σ slope × output
        let loss = |weights: &Weights, features: &[f32]| -> f32 {
            let head = LinearHead::new(3, true, weights, AdamParameters::adam(0.1)).unwrap();
            head.outputs(features).iter().zip(slopes).map(|(output, slope)| output * slope).sum()
        };
        let mut head = LinearHead::new(3, true, &initial, AdamParameters::adam(0.1)).unwrap();
        let mut by_feature = vec![0.0; 6];
        head.backward(&features, &slopes, &mut by_feature);
        let close = |a: f32, b: f32| (a - b).abs() < 2e-3;
        for (tensor, gradient) in head.gradients().0.iter().enumerate() {
            for (position, &ours) in gradient.values.iter().enumerate() {
                let mut moved = initial.clone();
                moved.0[tensor].values[position] += 0.01;
                assert!(close(ours, (loss(&moved, &features) - loss(&initial, &features)) / 0.01));
            }
        }
        for position in 0..6 {
            let mut moved = features;
            moved[position] += 0.01;
            assert!(close(by_feature[position], (loss(&initial, &moved) - loss(&initial, &features)) / 0.01));
        }
    }

    #[test]
    fn a_step_moves_against_the_gradient_and_clears_it() {
        let initial = LinearHead::initial(2, false, &mut Streams::new("a").stream("init"));
        let mut head = LinearHead::new(2, false, &initial, AdamParameters::adam(0.1)).unwrap();
        head.backward(&[1.0, -1.0], &[1.0], &mut [0.0; 2]);
        head.step();
        let moved = head.weights();
        assert!(moved.0[0].values[0] < initial.0[0].values[0] && moved.0[0].values[1] > initial.0[0].values[1]);
        assert_eq!(head.gradients().0[0].values, [0.0, 0.0]);
        assert_eq!(moved.0.len(), 1, "no bias was asked for");
    }
}
