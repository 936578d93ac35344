//! The mean of the weights that a network has after some of its epochs.

use baselines::Weights;

/// Weights added up in double precision.
#[derive(Default)]
pub(super) struct Average {
    /// The first, for names and dimensions.
    first: Option<Weights>,
    sums: Vec<Vec<f64>>,
    count: usize,
}

impl Average {
    /// Adds weights, the same tensors every time.
    pub(super) fn add(&mut self, weights: Weights) {
        self.sums.resize_with(weights.0.len(), Vec::new);
        for (sum, tensor) in self.sums.iter_mut().zip(&weights.0) {
            sum.resize(tensor.values.len(), 0.0);
            sum.iter_mut().zip(&tensor.values).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        self.count += 1;
        self.first.get_or_insert(weights);
    }

    /// Their mean; none of nothing.
    pub(super) fn weights(self) -> Option<Weights> {
        let mut weights = self.first?;
        for (tensor, sum) in weights.0.iter_mut().zip(&self.sums) {
            let means = sum.iter().map(|sum| (sum / self.count as f64) as f32);
            tensor.values.iter_mut().zip(means).for_each(|(value, mean)| *value = mean);
        }
        Some(weights)
    }
}

#[cfg(test)]
mod tests {
    use baselines::weights::NamedTensor;

    use super::*;

    fn weights(values: [f32; 2]) -> Weights {
        Weights(vec![NamedTensor { name: "w".to_owned(), shape: vec![2], values: values.to_vec() }])
    }

    #[test]
    fn it_is_the_mean_of_what_was_added() {
        let mut average = Average::default();
        for values in [[1.0, -2.0], [2.0, 0.0], [6.0, 8.0]] {
            average.add(weights(values));
        }
        assert_eq!(average.weights(), Some(weights([3.0, 2.0])));
        assert_eq!(Average::default().weights(), None);
    }
}
