//! A mean over seeds of a measure, or the difference of two, with cells and seeds counted as often as a draw says.
//!
//! Everything here is linear in the losses but for the root of an RMSE, so that a draw costs two products of a matrix (seed ×
//! cell) with a vector.

use ndarray::Array2;

use crate::{Measure, Predictions, measure::Shape};

/// One number per seed and cell, and how a measure comes from them.
pub(crate) struct Losses {
    shape: Shape,
    /// seed × cell
    values: Array2<f64>,
    /// Of a median: the cells of each seed by loss.
    order: Vec<Vec<usize>>,
}

impl Losses {
    pub(crate) fn new(predictions: &Predictions, measure: Measure) -> Self {
        let observed = predictions.observed();
        let predicted = predictions.predicted();
        let values = Array2::from_shape_fn(predicted.dim(), |(seed, cell)| {
            measure.loss(observed[cell], predicted[(seed, cell)])
        });
        let shape = measure.shape();
        let sorted = |row: ndarray::ArrayView1<'_, f64>| {
            let mut cells: Vec<usize> = (0..row.len()).collect();
            cells.sort_by(|&a, &b| row[a].total_cmp(&row[b]));
            cells
        };
        let order = if shape == Shape::Median { values.rows().into_iter().map(sorted).collect() } else { Vec::new() };
        Self { shape, values, order }
    }

    pub(crate) fn seeds(&self) -> usize {
        self.values.nrows()
    }

    pub(crate) fn cells(&self) -> usize {
        self.values.ncols()
    }

    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// Of each cell, the mean over seeds.
    pub(crate) fn per_cell(&self) -> Vec<f64> {
        self.values.columns().into_iter().map(|column| column.sum() / column.len() as f64).collect()
    }

    fn row(&self, seed: usize) -> &[f64] {
        let cells = self.cells();
        &self.values.as_slice().expect("losses are made in standard order")[seed * cells..(seed + 1) * cells]
    }

    /// The measure of one seed, each cell counted `counts` times, `total` in all.
    fn of_seed(&self, seed: usize, counts: &[f64], total: f64) -> f64 {
        match self.shape {
            Shape::Mean => product(counts, self.row(seed)) / total,
            Shape::Root => (product(counts, self.row(seed)) / total).sqrt(),
            Shape::Median => self.median(seed, counts, total),
        }
    }

    /// The mean of the middle two for an even count.
    fn median(&self, seed: usize, counts: &[f64], total: f64) -> f64 {
        let row = self.row(seed);
        let (mut below, mut lower) = (0.0, None);
        for &cell in &self.order[seed] {
            below += counts[cell];
            if 2.0 * below > total {
                return lower.map_or(row[cell], |lower: f64| f64::midpoint(lower, row[cell]));
            }
            if 2.0 * below == total && counts[cell] > 0.0 {
                lower = Some(row[cell]);
            }
        }
        f64::NAN
    }

    /// Adds to `influences` what each cell more moves the mean over seeds: the derivative of the measure by the share
    /// of that cell (Efron & Tibshirani 1993, §21.3).
    fn add_influences(&self, sign: f64, per_seed: &[f64], seeds: &[f64], influences: &mut [f64]) {
        let all: f64 = seeds.iter().sum();
        let mut constant = 0.0;
        for (seed, (&value, &count)) in per_seed.iter().zip(seeds).enumerate() {
            // d√m = dm / (2 √m); a seed without error has nothing to move
            let (slope, mean) = match self.shape {
                Shape::Root if value > 0.0 => (0.5 / value, value * value),
                Shape::Root => continue,
                _ => (1.0, value),
            };
            let weight = sign * count / all * slope;
            if weight != 0.0 {
                constant += weight * mean;
                influences.iter_mut().zip(self.row(seed)).for_each(|(sum, loss)| *sum += weight * loss);
            }
        }
        influences.iter_mut().for_each(|sum| *sum -= constant);
    }
}

/// A term of a contrast: losses with a sign, whose seeds are drawn with those of its family.
struct Term<'a> {
    sign: f64,
    losses: &'a Losses,
    family: usize,
}

/// How often each cell and, per family, each seed counts.
pub(crate) struct Counts {
    pub(crate) cells: Vec<f64>,
    pub(crate) seeds: Vec<Vec<f64>>,
}

/// The value of a contrast and the variance of that value over cells and seeds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    pub(crate) value: f64,
    pub(crate) variance: f64,
}

/// A signed sum of means over seeds.
pub(crate) struct Contrast<'a> {
    terms: Vec<Term<'a>>,
    /// Seeds per family.
    families: Vec<usize>,
    cells: usize,
}

impl<'a> Contrast<'a> {
    /// The mean over seeds.
    pub(crate) fn one(losses: &'a Losses) -> Self {
        let terms = vec![Term { sign: 1.0, losses, family: 0 }];
        Self { terms, families: vec![losses.seeds()], cells: losses.cells() }
    }

    /// b − a. Where seeds are `paired`, a draw takes the same ones of both; else each side has its own.
    pub(crate) fn difference(a: &'a Losses, b: &'a Losses, paired: bool) -> Self {
        let family = usize::from(!paired);
        let terms = vec![Term { sign: -1.0, losses: a, family: 0 }, Term { sign: 1.0, losses: b, family }];
        let families = if paired { vec![a.seeds()] } else { vec![a.seeds(), b.seeds()] };
        Self { terms, families, cells: a.cells() }
    }

    pub(crate) fn families(&self) -> &[usize] {
        &self.families
    }

    /// Every cell and seed once.
    pub(crate) fn all(&self) -> Counts {
        let seeds = self.families.iter().map(|&seeds| vec![1.0; seeds]).collect();
        Counts { cells: vec![1.0; self.cells], seeds }
    }

    /// The value alone.
    pub(crate) fn value(&self, counts: &Counts) -> f64 {
        let total = counts.cells.iter().sum();
        let mean = |term: &Term<'_>| {
            let seeds = &counts.seeds[term.family];
            let of = |(seed, &count): (usize, &f64)| {
                if count == 0.0 { 0.0 } else { count * term.losses.of_seed(seed, &counts.cells, total) }
            };
            term.sign * seeds.iter().enumerate().map(of).sum::<f64>() / seeds.iter().sum::<f64>()
        };
        self.terms.iter().map(mean).sum()
    }

    /// Value and variance. The variance is that of the influences over cells plus that of the seeds' values; what both
    /// share, cells that err differently by seed, is counted twice, which errs on the safe side by a share of 1 / seeds of it.
    pub(crate) fn moments(&self, counts: &Counts, scratch: &mut Scratch) -> Moments {
        let total: f64 = counts.cells.iter().sum();
        scratch.influences.clear();
        scratch.influences.resize(self.cells, 0.0);
        let mut value = 0.0;
        let mut variance = 0.0;
        for (family, seeds) in counts.seeds.iter().enumerate() {
            let all: f64 = seeds.iter().sum();
            scratch.seeds.clear();
            scratch.seeds.resize(seeds.len(), 0.0);
            for term in self.terms.iter().filter(|term| term.family == family) {
                scratch.values.clear();
                let of = |(seed, &count): (usize, &f64)| {
                    if count == 0.0 { 0.0 } else { term.losses.of_seed(seed, &counts.cells, total) }
                };
                scratch.values.extend(seeds.iter().enumerate().map(of));
                scratch.seeds.iter_mut().zip(&scratch.values).for_each(|(sum, value)| *sum += term.sign * value);
                term.losses.add_influences(term.sign, &scratch.values, seeds, &mut scratch.influences);
            }
            let mean = product(seeds, &scratch.seeds) / all;
            value += mean;
            if all > 1.0 {
                let square = |(value, count): (&f64, &f64)| count * (value - mean).powi(2);
                variance += scratch.seeds.iter().zip(seeds).map(square).sum::<f64>() / (all * (all - 1.0));
            }
        }
        let square = |(influence, count): (&f64, &f64)| count * influence * influence;
        variance += scratch.influences.iter().zip(&counts.cells).map(square).sum::<f64>() / (total * (total - 1.0));
        Moments { value, variance }
    }

    /// The value without each cell in turn.
    pub(crate) fn jackknife(&self) -> Vec<f64> {
        let mut counts = self.all();
        let without = |cell: usize| {
            counts.cells[cell] = 0.0;
            let value = self.value(&counts);
            counts.cells[cell] = 1.0;
            value
        };
        (0..self.cells).map(without).collect()
    }
}

/// Room for the numbers of one draw.
#[derive(Default)]
pub(crate) struct Scratch {
    influences: Vec<f64>,
    seeds: Vec<f64>,
    values: Vec<f64>,
}

/// Scalar product in eight sums, which the compiler turns into wide registers and every machine adds in the same order.
fn product(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (wide_a, rest_a) = a.as_chunks::<8>();
    let (wide_b, rest_b) = b.as_chunks::<8>();
    for (a, b) in wide_a.iter().zip(wide_b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f64>()
}
