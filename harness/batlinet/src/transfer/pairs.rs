//! Every target cell against every source cell: what the inter-cell network learns from.

use rand::seq::SliceRandom as _;

use baselines::{
    engine::{Labels, Lesson, Maps, Step},
    random::ChaCha8Rng,
};

use super::{
    inputs::{Differences, MapsAndLives},
    scale::Scale,
};

/// The pairs in a random order, the first of them for training and the others for validation.
///
/// A pair is a number, target cell × source cells + source cell. Its input is made when it is wanted: all of them would
/// fill ten gigabytes.
pub struct CellPairs<'a> {
    target: MapsAndLives<'a>,
    source: MapsAndLives<'a>,
    order: Vec<usize>,
    training: usize,
}

impl<'a> CellPairs<'a> {
    /// All pairs, shuffled; a share `validation` of them, at least one, is kept from training. There must be three.
    pub fn new(target: MapsAndLives<'a>, source: MapsAndLives<'a>, validation: f64, random: &mut ChaCha8Rng) -> Self {
        let mut order: Vec<usize> = (0..target.lives.len() * source.lives.len()).collect();
        order.shuffle(random);
        // of a few pairs, two stay for training, so that their differences have a deviation
        let training = ((order.len() as f64 * (1.0 - validation)) as usize).clamp(2, order.len() - 1);
        Self::in_order(target, source, order, training)
    }

    /// These pairs in this order, the first `training` of them for training.
    pub fn in_order(target: MapsAndLives<'a>, source: MapsAndLives<'a>, order: Vec<usize>, training: usize) -> Self {
        Self { target, source, order, training }
    }

    /// The pairs to train on.
    pub fn training(&self) -> &[usize] {
        &self.order[..self.training]
    }

    /// The others.
    pub fn validation(&self) -> &[usize] {
        &self.order[self.training..]
    }

    /// Mean and standard deviation of the differences of life of the training pairs.
    pub fn scale(&self) -> Scale {
        Scale::of(self.training().iter().map(|&pair| self.difference(pair)))
    }

    /// Life of the target cell minus life of the source cell.
    pub fn difference(&self, pair: usize) -> f64 {
        let (target, source) = self.cells(pair);
        self.target.lives[target] - self.source.lives[source]
    }

    /// Map of the target cell minus map of the source cell.
    pub fn input(&self, pair: usize, differences: &Differences, input: &mut [f32]) {
        let (target, source) = self.cells(pair);
        differences.between((self.target.maps, target), (self.source.maps, source), input);
    }

    /// The maps and lives that they are made of, lives scaled so.
    pub fn lesson(&self, Scale { mean, deviation }: Scale) -> Lesson<'a> {
        let (target, source) = (self.target, self.source);
        let labels = Labels { cells: target.lives, references: source.lives, mean, deviation };
        Lesson { maps: Maps { cells: target.maps, references: source.maps }, labels }
    }

    /// The training step on some of them.
    pub fn step(&self, pairs: impl Iterator<Item = usize>) -> Step {
        let (targets, references) = pairs.map(|pair| self.cells(pair)).unzip();
        Step { targets, references }
    }

    /// Target cell and source cell.
    pub fn cells(&self, pair: usize) -> (usize, usize) {
        (pair / self.source.lives.len(), pair % self.source.lives.len())
    }
}

#[cfg(test)]
mod tests {
    use baselines::{Streams, encoder::EncoderShape};

    use super::*;

    #[test]
    fn the_stream_of_pairs_is_every_target_cell_with_every_source_cell() {
        let shape = EncoderShape::new(1, 17, 17, 4).unwrap();
        let length = shape.input_len();
        let made = |cells: usize, step: f32| (0..cells * length).map(|k| (k as f32 * step).sin()).collect::<Vec<_>>();
        let (target_maps, source_maps) = (made(3, 0.37), made(5, 0.11));
        let target = MapsAndLives { maps: &target_maps, lives: &[300.0, 500.0, 900.0] };
        let source = MapsAndLives { maps: &source_maps, lives: &[150.0, 400.0, 410.0, 2000.0, 650.0] };
        let pairs = CellPairs::new(target, source, 0.2, &mut Streams::new("a").stream("pairs"));
        let differences = Differences { shape, base: 0, limit: 10.0 };

        // the whole set, as the authors hold it in memory
        let mut explicit = Vec::new();
        for (map, life) in target_maps.chunks(length).zip(target.lives) {
            for (other, other_life) in source_maps.chunks(length).zip(source.lives) {
                let difference: Vec<f32> = map.iter().zip(other).map(|(a, b)| a - b).collect();
                explicit.push((difference, life - other_life));
            }
        }
        assert_eq!((pairs.training().len(), pairs.validation().len()), (12, 3));
        let mut all = [pairs.training(), pairs.validation()].concat();
        assert_ne!(all, (0..15).collect::<Vec<_>>(), "shuffled");
        all.sort_unstable();
        assert_eq!(all, (0..15).collect::<Vec<_>>(), "each pair once, in one part");
        let mut input = vec![0.0; length];
        for (pair, (expected, label)) in explicit.iter().enumerate() {
            pairs.input(pair, &differences, &mut input);
            assert_eq!((&input, pairs.difference(pair)), (expected, *label));
        }
        let of_training = Scale::of(pairs.training().iter().map(|&pair| explicit[pair].1));
        assert_eq!(pairs.scale(), of_training, "validation pairs have no part in the scale");
    }

    #[test]
    fn few_pairs_leave_two_for_training_and_one_for_validation() {
        let target = MapsAndLives { maps: &[], lives: &[300.0] };
        for (lives, counts) in [(&[1.0; 3][..], (2, 1)), (&[1.0; 6], (3, 3))] {
            let source = MapsAndLives { maps: &[], lives };
            let pairs = CellPairs::new(target, source, 0.5, &mut Streams::new("a").stream("pairs"));
            assert_eq!((pairs.training().len(), pairs.validation().len()), counts);
        }
    }
}
