//! Features that a training step leaves out by chance.

use baselines::random::ChaCha8Rng;
use rand::Rng as _;

/// Draws which features of which vector a step leaves out.
pub(super) struct Dropout {
    rate: f64,
    random: ChaCha8Rng,
}

impl Dropout {
    /// Leaves out the part `rate` of all features, 0 to below 1.
    pub(super) fn new(rate: f64, random: ChaCha8Rng) -> Self {
        Self { rate, random }
    }

    /// Of so many features, which are kept: a factor of 1 / (1 - rate) for these, so that the mean of what follows is what it is
    /// without, and 0 for the others.
    fn draw(&mut self, features: usize) -> Mask {
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        // the part of all 32-bit numbers below the rate
        let bound = self.rate * 2f64.powi(32);
        Mask((0..features).map(|_| if f64::from(self.random.next_u32()) < bound { 0.0 } else { kept }).collect())
    }
}

/// A factor for each feature of each vector of a step; none where all stay as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mask(Vec<f32>);

impl Mask {
    /// A mask for so many features, of nothing where there is no dropout.
    pub(super) fn of(dropout: Option<&mut Dropout>, features: usize) -> Self {
        dropout.map(|dropout| dropout.draw(features)).unwrap_or_default()
    }

    /// That of `count` features from feature number `first` on.
    pub(super) fn part(&self, first: usize, count: usize) -> &[f32] {
        if self.0.is_empty() { &[] } else { &self.0[first..first + count] }
    }
}

/// The features that are left, by factors of [`Mask::part`].
pub(super) fn masked(features: &[f32], factors: &[f32]) -> Vec<f32> {
    let mut masked = features.to_vec();
    mask(&mut masked, factors);
    masked
}

/// Multiplies by these factors, if there are any.
pub(super) fn mask(values: &mut [f32], factors: &[f32]) {
    values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
}

#[cfg(test)]
mod tests {
    use baselines::Streams;

    use super::*;

    #[test]
    fn the_part_is_left_out_and_the_mean_stays() {
        let mut dropout = Dropout::new(0.3, Streams::new("dropout").stream("dropout"));
        let mask = Mask::of(Some(&mut dropout), 100_000);
        let left_out = mask.0.iter().filter(|factor| **factor == 0.0).count() as f64;
        // five standard deviations of a binomial count
        assert!((left_out - 30_000.0).abs() < 5.0 * (100_000.0_f64 * 0.3 * 0.7).sqrt(), "{left_out}");
        assert!(mask.0.iter().all(|&factor| factor == 0.0 || (factor - 1.0 / 0.7).abs() < 1e-6));
        assert_ne!(mask, Mask::of(Some(&mut dropout), 100_000), "each step draws anew");
    }

    #[test]
    fn without_dropout_all_stays() {
        let mask = Mask::of(None, 6);
        assert_eq!(masked(&[1.0, -2.0, 3.0], mask.part(3, 3)), [1.0, -2.0, 3.0]);
    }
}
