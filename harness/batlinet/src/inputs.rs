//! What the encoders see: cleaned differences of capacity maps, made on several threads.

use baselines::{encoder::EncoderShape, parallel::in_parallel};

use super::{cleaning::BranchCleaner, parameters::BatLiNetParameters};

/// Makes inputs, in memory that it keeps from call to call. They do not depend on the number of threads.
pub struct Inputs {
    /// One per thread.
    cleaners: Vec<BranchCleaner>,
    base: usize,
    length: usize,
    rows: usize,
    outlying: Vec<bool>,
    differences: Vec<f32>,
    kept: Vec<f32>,
}

impl Inputs {
    /// Inputs for encoders of this shape, made by `threads` threads.
    pub fn new(parameters: &BatLiNetParameters, shape: EncoderShape, threads: usize) -> Self {
        let cleaner = BranchCleaner::new(parameters.cleaning(), shape.channels, shape.height, shape.width);
        Self {
            cleaners: vec![cleaner; threads.max(1)],
            base: parameters.base,
            length: shape.input_len(),
            rows: shape.channels * shape.height,
            outlying: Vec::new(),
            differences: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Keeps the intra-cell inputs of these maps for [`Inputs::intra_at`]: for cleaning that takes longer than training.
    pub fn keep_intra(&mut self, maps: &[f32]) {
        let maps: Vec<&[f32]> = maps.chunks_exact(self.length).collect();
        self.intra(&maps);
        self.kept = std::mem::take(&mut self.differences);
    }

    /// The intra-cell inputs of the maps at these positions of `maps`, which are those kept, if any are.
    pub fn intra_at(&mut self, maps: &[f32], cells: &[usize]) -> &[f32] {
        let at = |cell: &usize| cell * self.length..(cell + 1) * self.length;
        if self.kept.is_empty() {
            return self.intra(&cells.iter().map(|cell| &maps[at(cell)]).collect::<Vec<_>>());
        }
        self.differences.clear();
        cells.iter().for_each(|cell| self.differences.extend_from_slice(&self.kept[at(cell)]));
        &self.differences
    }

    /// The intra-cell inputs of these maps, one after the other.
    pub fn intra(&mut self, maps: &[&[f32]]) -> &[f32] {
        let Self { cleaners, base, length, differences, .. } = self;
        differences.resize(maps.len() * *length, 0.0);
        let jobs = maps.iter().zip(differences.chunks_exact_mut(*length)).collect();
        in_parallel(cleaners, jobs, |cleaner, (map, difference)| cleaner.intra(map, *base, difference));
        differences
    }

    /// The inter-cell inputs of the first target with each of its references, then of the second …; all targets have
    /// equally many references. The outlying cycles of a target are looked for once, whatever their number.
    pub fn inter(&mut self, targets: &[&[f32]], references: &[&[f32]]) -> &[f32] {
        let Self { cleaners, length, rows, outlying, differences, .. } = self;
        outlying.resize(targets.len() * *rows, false);
        let jobs = targets.iter().zip(outlying.chunks_exact_mut(*rows)).collect();
        in_parallel(cleaners, jobs, |cleaner, (target, outlying)| cleaner.outlying_cycles(target, outlying));
        let per_target = references.len() / targets.len();
        differences.resize(references.len() * *length, 0.0);
        let targets = targets.iter().zip(outlying.chunks_exact(*rows));
        let pairs = targets.flat_map(|target| std::iter::repeat_n(target, per_target));
        let jobs = pairs.zip(references).zip(differences.chunks_exact_mut(*length)).collect();
        in_parallel(cleaners, jobs, |cleaner, (((target, outlying), reference), difference)| {
            cleaner.inter(target, outlying, reference, difference);
        });
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_do_not_depend_on_the_number_of_threads() {
        let shape = EncoderShape::new(2, 20, 100, 32).unwrap();
        let parameters = BatLiNetParameters::default();
        let maps: Vec<f32> = (0..5 * shape.input_len()).map(|k| (0.37 * k as f32).sin() + (k % 1013) as f32).collect();
        let maps: Vec<&[f32]> = maps.chunks_exact(shape.input_len()).collect();
        let references: Vec<&[f32]> = (0..10).map(|k| maps[k * 3 % 5]).collect();
        let made = |threads| {
            let mut inputs = Inputs::new(&parameters, shape, threads);
            // the second call finds the memory of the first
            (inputs.intra(&maps).to_vec(), inputs.inter(&maps, &references).to_vec(), inputs.intra(&maps[..2]).to_vec())
        };
        let expected = made(1);
        assert_eq!(expected.0[..2 * shape.input_len()], expected.2);
        for threads in [2, 3, 16] {
            assert_eq!(made(threads), expected);
        }
        // kept, they are the same
        let mut inputs = Inputs::new(&parameters, shape, 2);
        let all = maps.concat();
        let made = inputs.intra_at(&all, &[3, 0]).to_vec();
        inputs.keep_intra(&all);
        assert_eq!(inputs.intra_at(&all, &[3, 0]), made);
        assert_eq!(inputs.intra(&[maps[3], maps[0]]), made);
        // and are those of one pair at a time
        let mut cleaner = BranchCleaner::new(parameters.cleaning(), 2, 20, 100);
        let mut outlying = vec![false; 2 * 20];
        cleaner.outlying_cycles(maps[1], &mut outlying);
        let mut difference = vec![0.0; shape.input_len()];
        cleaner.inter(maps[1], &outlying, references[3], &mut difference);
        assert_eq!(expected.1[3 * shape.input_len()..][..shape.input_len()], difference);
    }
}
