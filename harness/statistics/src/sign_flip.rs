//! Does it matter which of two models a cell's error is of? A permutation test over cells.
//!
//! If both models were equally good for every cell, the labels a and b of a cell's errors could be exchanged (Fisher 1935;
//! Pesarin & Salmaso 2010, §1.9). An RMSE is no mean over cells, so it is not differences that change their sign: labels
//! are exchanged cell by cell and the measure of both sides is computed anew. Of several seeds a cell has one loss, the mean
//! over seeds, so the test is of these seeds, and an RMSE is here the root of the mean over seeds and cells.

use rand::Rng as _;

use crate::{Bootstrap, contrast::Losses, measure::Shape, median};

/// Up to so many cells, all exchanges are tried.
const EXACT: usize = 12;
/// Else so many, drawn.
const FLIPS: usize = 9_999;

/// Two-sided p value; 1 where both sides are the same.
pub(crate) fn p_value(a: &Losses, b: &Losses, bootstrap: &Bootstrap) -> f64 {
    let sides = Sides { shape: a.shape(), a: a.per_cell(), b: b.per_cell() };
    let cells = sides.a.len();
    let observed = sides.difference(|_| false).abs();
    // what rounding leaves of an equal exchange is not less than what was observed
    let least = observed * (1.0 - 1e-12);
    if observed == 0.0 {
        return 1.0;
    }
    if cells <= EXACT {
        let count = (0..1_u32 << cells).filter(|flips| sides.difference(|cell| flips >> cell & 1 == 1).abs() >= least);
        return count.count() as f64 / f64::from(1_u32 << cells);
    }
    let mut random = bootstrap.random("sign-flip");
    let mut bits = vec![0_u64; cells.div_ceil(64)];
    let mut as_large = || {
        bits.fill_with(|| random.next_u64());
        sides.difference(|cell| bits[cell / 64] >> (cell % 64) & 1 == 1).abs() >= least
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
}

impl Sides {
    /// b − a with the labels of those cells exchanged.
    fn difference(&self, is_exchanged: impl Fn(usize) -> bool) -> f64 {
        let cells = self.a.len();
        let pair = |cell: usize| {
            if is_exchanged(cell) { (self.b[cell], self.a[cell]) } else { (self.a[cell], self.b[cell]) }
        };
        if self.shape == Shape::Median {
            let (a, b): (Vec<f64>, Vec<f64>) = (0..cells).map(pair).unzip();
            return median(&b).unwrap_or(f64::NAN) - median(&a).unwrap_or(f64::NAN);
        }
        let (mut sum_a, mut sum_b) = (0.0, 0.0);
        for cell in 0..cells {
            let (a, b) = pair(cell);
            sum_a += a;
            sum_b += b;
        }
        let (a, b) = (sum_a / cells as f64, sum_b / cells as f64);
        if self.shape == Shape::Root { b.sqrt() - a.sqrt() } else { b - a }
    }
}
