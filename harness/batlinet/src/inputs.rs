//! What the encoders see: cleaned differences of capacity maps, made on several threads.

use baselines::{Weights, encoder::EncoderShape, parallel::in_parallel};

use super::{cleaning::BranchCleaner, parameters::BatLiNetParameters};

/// Makes inputs, in memory that it keeps from call to call. They do not depend on the number of threads.
pub struct Inputs {
    /// One per thread.
    cleaners: Vec<BranchCleaner>,
    base: usize,
    scales: Scales,
    by_cycle: ByCycle,
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
            scales: Scales::default(),
            by_cycle: ByCycle::new(parameters.late_cycles, shape.height, shape.width),
            length: shape.input_len(),
            rows: shape.channels * shape.height,
            outlying: Vec::new(),
            differences: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// The same, multiplied by these factors after cleaning.
    pub fn scaled(self, scales: Scales) -> Self {
        Self { scales, ..self }
    }

    /// The factors that give the differences of training a standard deviation of `deviation`, branch by branch; no factor
    /// where all differences are equal. Those of the inter-cell branch are taken from each of `cells` with up to
    /// `COMPARED` of `references`: those that follow it, and from the end on the first, so that a cell comes
    /// last of its own references.
    pub fn scales_to(
        &mut self,
        deviation: f64,
        [cells, references]: [&[f32]; 2],
        parameters: &BatLiNetParameters,
    ) -> Scales {
        let [cells, references] = [cells, references].map(|maps| maps.chunks_exact(self.length).collect::<Vec<_>>());
        let (mut intra, mut inter) = (Spread::default(), Spread::default());
        for (number, cell) in cells.iter().enumerate() {
            if parameters.intra_cell {
                intra.add(self.intra(&[cell]));
            }
            if parameters.inter_cell {
                let compared = COMPARED.min(references.len());
                let compared: Vec<&[f32]> =
                    (1..=compared).map(|k| references[(number + k) % references.len()]).collect();
                inter.add(self.inter(&[cell], &compared));
            }
        }
        Scales { intra: intra.factor_to(deviation), inter: inter.factor_to(deviation) }
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
        let Self { cleaners, base, length, differences, scales, by_cycle, .. } = self;
        differences.resize(maps.len() * *length, 0.0);
        let jobs = maps.iter().zip(differences.chunks_exact_mut(*length)).collect();
        in_parallel(cleaners, jobs, |cleaner, (map, difference)| {
            cleaner.intra(map, *base, difference);
            by_cycle.weigh(difference);
            scale(difference, scales.intra);
        });
        differences
    }

    /// The inter-cell inputs of the first target with each of its references, then of the second …; all targets have
    /// equally many references. The outlying cycles of a target are looked for once, whatever their number.
    pub fn inter(&mut self, targets: &[&[f32]], references: &[&[f32]]) -> &[f32] {
        let Self { cleaners, length, rows, outlying, differences, scales, by_cycle, .. } = self;
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
            by_cycle.weigh(difference);
            scale(difference, scales.inter);
        });
        differences
    }
}

/// How much the differences of each cycle count.
struct ByCycle {
    /// One per cycle; none where all count alike.
    factors: Vec<f32>,
    width: usize,
}

impl ByCycle {
    fn new(power: f64, cycles: usize, width: usize) -> Self {
        let factor = |place: usize| (place as f64 / cycles as f64).powf(power) as f32;
        Self { factors: if power > 0.0 { (1..=cycles).map(factor).collect() } else { Vec::new() }, width }
    }

    /// Multiplies the rows of a difference, channel by channel.
    fn weigh(&self, difference: &mut [f32]) {
        if self.factors.is_empty() {
            return;
        }
        let rows = difference.chunks_exact_mut(self.width);
        rows.zip(self.factors.iter().cycle()).for_each(|(row, factor)| scale(row, Some(*factor)));
    }
}

/// References that a cell is compared with to find the factor of the inter-cell branch.
const COMPARED: usize = 8;

/// What the differences of the branches are multiplied by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scales {
    /// Of the intra-cell branch, if they are.
    pub intra: Option<f32>,
    /// Of the inter-cell branch, if they are.
    pub inter: Option<f32>,
}

impl Scales {
    /// The weights, named as in [`Network::initial`](crate::network::Network::initial), of the network that answers to
    /// differences as they are what that of `weights` answers to scaled ones: the factor goes into the first convolution.
    pub fn folded(self, weights: Weights) -> Weights {
        Self::into_first(weights, self.intra, self.inter)
    }

    /// The way back: of a network that answers to differences as they are, that which answers to scaled ones.
    pub fn unfolded(self, weights: Weights) -> Weights {
        Self::into_first(weights, self.intra.map(f32::recip), self.inter.map(f32::recip))
    }

    /// Multiplies the first convolution of each branch.
    fn into_first(mut weights: Weights, intra: Option<f32>, inter: Option<f32>) -> Weights {
        for (name, factor) in [("intra.conv1.weight", intra), ("inter.conv1.weight", inter)] {
            let tensors = weights.0.iter_mut().filter(|tensor| tensor.name == name);
            tensors.for_each(|tensor| scale(&mut tensor.values, factor));
        }
        weights
    }
}

fn scale(values: &mut [f32], factor: Option<f32>) {
    if let Some(factor) = factor {
        values.iter_mut().for_each(|value| *value *= factor);
    }
}

/// Numbers of which the standard deviation is wanted.
#[derive(Default)]
struct Spread {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, values: &[f32]) {
        self.count += values.len() as f64;
        for value in values.iter().map(|&value| f64::from(value)) {
            self.sum += value;
            self.squares += value * value;
        }
    }

    fn factor_to(&self, deviation: f64) -> Option<f32> {
        let variance = (self.squares - self.sum * self.sum / self.count) / self.count;
        (variance > 0.0).then(|| (deviation / variance.sqrt()) as f32).filter(|factor| factor.is_finite())
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
        // scaled, they have the deviation that is asked for, branch by branch, and are else the same
        let scales = Inputs::new(&parameters, shape, 2).scales_to(0.2, [&all, &all], &parameters);
        let mut scaled = Inputs::new(&parameters, shape, 2).scaled(scales);
        let again = Inputs::new(&parameters, shape, 2).scaled(scales).scales_to(0.2, [&all, &all], &parameters);
        for factor in [again.intra, again.inter] {
            assert!((factor.unwrap() - 1.0).abs() < 1e-4, "{again:?}");
        }
        let (intra, inter) = (scales.intra.unwrap(), scales.inter.unwrap());
        assert!(scaled.intra(&maps).iter().zip(&expected.0).all(|(ours, plain)| *ours == plain * intra));
        assert!(scaled.inter(&maps, &references).iter().zip(&expected.1).all(|(ours, plain)| *ours == plain * inter));
        // weighed by cycle, the last is what it was, and the k-th of 20 so much of it
        let late = BatLiNetParameters { late_cycles: 2.0, ..parameters.clone() };
        let (mut late, plain) = (Inputs::new(&late, shape, 2), &expected.1);
        for (row, (ours, plain)) in late.inter(&maps, &references).chunks(100).zip(plain.chunks(100)).enumerate() {
            let factor = ((row % 20 + 1) as f32 / 20.0).powi(2);
            assert!(ours.iter().zip(plain).all(|(ours, plain)| (ours - plain * factor).abs() <= 1e-6 * plain.abs()));
        }
        // of maps that are all alike there is nothing to scale
        let alike = maps[0].repeat(3);
        let unfiltered = BatLiNetParameters { filter_cycles: false, ..parameters.clone() };
        let alike = Inputs::new(&unfiltered, shape, 2).scales_to(0.2, [&alike, &alike], &unfiltered);
        assert_eq!(alike.inter, None);
        // and are those of one pair at a time
        let mut cleaner = BranchCleaner::new(parameters.cleaning(), 2, 20, 100);
        let mut outlying = vec![false; 2 * 20];
        cleaner.outlying_cycles(maps[1], &mut outlying);
        let mut difference = vec![0.0; shape.input_len()];
        cleaner.inter(maps[1], &outlying, references[3], &mut difference);
        assert_eq!(expected.1[3 * shape.input_len()..][..shape.input_len()], difference);
    }
}
