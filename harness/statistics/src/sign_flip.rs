//! Does it matter which of two models a cell's error is of? A permutation test over cells.
//!
//! If both models were equally good for every cell, the labels a and b of a cell's errors could be exchanged (Fisher 1935;
//! Pesarin & Salmaso 2010, §1.9). An RMSE is no mean over cells, so it is not differences that change their sign: labels
//! are exchanged cell by cell and the measure of both sides is computed anew. Of several seeds a cell has one loss, the mean
//! over seeds, so the test is of these seeds, and an RMSE is here the root of the mean over seeds and cells.

use rand::Rng as _;

use crate::{Bootstrap, contrast::Losses, measure::Shape};

/// Up to so many cells, all exchanges are tried.
const EXACT: usize = 12;
/// Else so many, drawn.
const FLIPS: usize = 9_999;

/// Two-sided p value; 1 where both sides are the same.
pub(crate) fn p_value(a: &Losses, b: &Losses, bootstrap: &Bootstrap) -> f64 {
    let mut sides = Sides::new(a, b);
    let cells = sides.a.len();
    let words = cells.div_ceil(64);
    let observed = sides.difference(&vec![0; words]).abs();
    if observed == 0.0 {
        return 1.0;
    }
    // what rounding leaves of an exchange that is as large is not less than what was observed
    let least = observed * (1.0 - 1e-12);
    if cells <= EXACT {
        let count = (0..1_u64 << cells).filter(|&flips| sides.difference(&[flips]).abs() >= least).count();
        return count as f64 / (1_u64 << cells) as f64;
    }
    let mut random = bootstrap.random("sign-flip");
    let mut flips = vec![0_u64; words];
    let mut as_large = || {
        flips.fill_with(|| random.next_u64());
        sides.difference(&flips).abs() >= least
    };
    // the labels as they are count as one of the exchanges (Phipson & Smyth 2010, doi 10.2202/1544-6115.1585)
    let count = (0..FLIPS).filter(|_| as_large()).count();
    (count + 1) as f64 / (FLIPS + 1) as f64
}

/// One loss per cell and side.
struct Sides {
    shape: Shape,
    a: Vec<f64>,
    b: Vec<f64>,
    /// Of eight cells each, what every set of exchanges adds to the sum of a and takes from that of b.
    moved: Vec<[f64; 256]>,
    exchanged: [Vec<f64>; 2],
}

impl Sides {
    fn new(a: &Losses, b: &Losses) -> Self {
        let (shape, a, b) = (a.shape(), a.per_cell(), b.per_cell());
        let gains: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        let sums = |gains: &[f64]| {
            std::array::from_fn(|set: usize| {
                gains.iter().enumerate().map(|(cell, gain)| if set >> cell & 1 == 1 { *gain } else { 0.0 }).sum()
            })
        };
        let moved = gains.chunks(8).map(sums).collect();
        Self { shape, a, b, moved, exchanged: [Vec::new(), Vec::new()] }
    }

    /// b − a with the labels of those cells exchanged whose bits are set.
    fn difference(&mut self, flips: &[u64]) -> f64 {
        if self.shape == Shape::Median {
            return self.difference_of_medians(flips);
        }
        let bytes = flips.iter().flat_map(|word| word.to_le_bytes());
        let moved: f64 = self.moved.iter().zip(bytes).map(|(sums, byte)| sums[usize::from(byte)]).sum();
        let cells = self.a.len() as f64;
        let a = ((self.a.iter().sum::<f64>() + moved) / cells).max(0.0);
        let b = ((self.b.iter().sum::<f64>() - moved) / cells).max(0.0);
        if self.shape == Shape::Root { b.sqrt() - a.sqrt() } else { b - a }
    }

    fn difference_of_medians(&mut self, flips: &[u64]) -> f64 {
        let [left, right] = &mut self.exchanged;
        left.clear();
        right.clear();
        for (cell, (&a, &b)) in self.a.iter().zip(&self.b).enumerate() {
            let (a, b) = if flips[cell / 64] >> (cell % 64) & 1 == 1 { (b, a) } else { (a, b) };
            left.push(a);
            right.push(b);
        }
        middle(right) - middle(left)
    }
}

/// The median, in place.
fn middle(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if is_even { f64::midpoint(below.iter().copied().fold(f64::NEG_INFINITY, f64::max), *upper) } else { *upper }
}
