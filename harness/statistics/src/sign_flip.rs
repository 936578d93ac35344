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
/// Else they are drawn until so many are as large, which leaves 3 % of p to chance (Besag & Clifford 1991,
/// doi 10.1093/biomet/78.2.301),
const ENOUGH: usize = 1_000;
/// or until so many are drawn, since a correction for many comparisons rests on small p.
const MOST: usize = 199_999;
/// The same of a median, which takes a hundred times as long.
const MOST_MEDIANS: usize = 9_999;

/// What rounding leaves of a difference, as a part of both sides together.
const ROUNDING: f64 = 1e-12;

/// Two-sided p value; 1 where both sides are the same, but for rounding.
pub(crate) fn p_value(a: &Losses, b: &Losses, bootstrap: &Bootstrap) -> f64 {
    let mut sides = Sides::new(a, b);
    let cells = sides.a.len();
    let words = cells.div_ceil(64);
    let [left, right] = sides.measures(&vec![0; words]);
    // an exchange that is as large may come out less by what rounding leaves of it, which is a part of the sides and not of their
    // difference: all labels exchanged, say, where the models are all but the same
    let least = (right - left).abs() - ROUNDING * (right.abs() + left.abs());
    if least <= 0.0 {
        return 1.0;
    }
    if cells <= EXACT {
        let count = (0..1_u64 << cells).filter(|&flips| sides.difference(&[flips]).abs() >= least).count();
        return count as f64 / (1_u64 << cells) as f64;
    }
    let most = if sides.shape == Shape::Median { MOST_MEDIANS } else { MOST };
    let mut random = bootstrap.random("sign-flip");
    let mut flips = vec![0_u64; words];
    let mut as_large = || {
        flips.fill_with(|| random.next_u64());
        sides.difference(&flips).abs() >= least
    };
    let mut found = 0;
    for drawn in 1..=most {
        found += usize::from(as_large());
        if found == ENOUGH {
            return ENOUGH as f64 / drawn as f64;
        }
    }
    // the labels as they are count as one of the exchanges (Phipson & Smyth 2010, doi 10.2202/1544-6115.1585), and so do all exchanged
    ((found + 1) as f64 / (most + 1) as f64).max((1.0 - cells as f64).exp2())
}

/// One loss per cell and side.
struct Sides {
    shape: Shape,
    a: Vec<f64>,
    b: Vec<f64>,
    /// Over all cells.
    sums: [f64; 2],
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
        let sums = [a.iter().sum(), b.iter().sum()];
        Self { shape, a, b, sums, moved, exchanged: [Vec::new(), Vec::new()] }
    }

    /// b − a with the labels of those cells exchanged whose bits are set.
    fn difference(&mut self, flips: &[u64]) -> f64 {
        let [a, b] = self.measures(flips);
        b - a
    }

    /// a and b.
    fn measures(&mut self, flips: &[u64]) -> [f64; 2] {
        if self.shape == Shape::Median {
            return self.medians(flips);
        }
        let bytes = flips.iter().flat_map(|word| word.to_le_bytes());
        let moved: f64 = self.moved.iter().zip(bytes).map(|(sums, byte)| sums[usize::from(byte)]).sum();
        let cells = self.a.len() as f64;
        let sums = self.sums;
        // what is left of a side without errors would grow in the root
        let nothing = ROUNDING * (sums[0] + sums[1]);
        let mean = |sum: f64| if sum > nothing { sum / cells } else { 0.0 };
        let [a, b] = [sums[0] + moved, sums[1] - moved].map(mean);
        if self.shape == Shape::Root { [a.sqrt(), b.sqrt()] } else { [a, b] }
    }

    fn medians(&mut self, flips: &[u64]) -> [f64; 2] {
        let [left, right] = &mut self.exchanged;
        left.clear();
        right.clear();
        for (cell, (&a, &b)) in self.a.iter().zip(&self.b).enumerate() {
            let (a, b) = if flips[cell / 64] >> (cell % 64) & 1 == 1 { (b, a) } else { (a, b) };
            left.push(a);
            right.push(b);
        }
        [middle(left), middle(right)]
    }
}

/// The median, in place.
fn middle(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if is_even { f64::midpoint(below.iter().copied().fold(f64::NEG_INFINITY, f64::max), *upper) } else { *upper }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::{Measure, Predictions};

    fn p_of(a: &[f64], b: &[f64], measure: Measure) -> f64 {
        let observed: Vec<f64> = (0..a.len()).map(|cell| 100.0 + 37.0 * cell as f64).collect();
        let losses = |errors: &[f64]| {
            let cells = (0..errors.len()).map(|cell| format!("c{cell}")).collect();
            let predicted = observed.iter().zip(errors).map(|(life, error)| life + error).collect();
            let predicted = Array2::from_shape_vec((1, errors.len()), predicted).unwrap();
            Losses::new(&Predictions::new(cells, observed.clone(), vec![0], predicted).unwrap(), measure)
        };
        p_value(&losses(a), &losses(b), &Bootstrap::default())
    }

    #[test]
    fn where_one_model_is_better_for_every_cell_two_exchanges_are_as_large_however_little_that_is() {
        let errors: Vec<f64> = (0..5).map(|cell| 10.0 + 7.3 * f64::from(cell)).collect();
        for measure in [Measure::Rmse, Measure::Mae, Measure::Mape] {
            for share in [0.0, 1e-7, 0.3, 1.0 - 1e-7] {
                let better: Vec<f64> = errors.iter().map(|error| share * error).collect();
                assert_eq!(p_of(&errors, &better, measure), 2.0 / 32.0, "{measure}, {share} of the errors");
            }
            let same: Vec<f64> = errors.iter().map(|error| error * (1.0 + 1e-15)).collect();
            assert_eq!(p_of(&errors, &same, measure), 1.0, "{measure}");
        }
    }

    #[test]
    fn no_p_is_below_what_all_exchanges_could_give() {
        for cells in [13, 14, 16, 18, 40] {
            let errors: Vec<f64> = (0..cells).map(|cell| 10.0 + 7.3 * f64::from(cell)).collect();
            let better: Vec<f64> = errors.iter().map(|error| 0.1 * error).collect();
            let p = p_of(&errors, &better, Measure::Rmse);
            let least = (1.0 - f64::from(cells)).exp2();
            assert!(least <= p && p < (1.5 * least).max(1e-4), "{p} of {cells} cells");
        }
    }

    /// The share of all exchanges of the labels that are as large, one by one.
    fn of_all(a: &[f64], b: &[f64]) -> f64 {
        let gains: Vec<f64> = a.iter().zip(b).map(|(a, b)| b.abs() - a.abs()).collect();
        let sum = |flips: u32| -> f64 {
            gains.iter().enumerate().map(|(cell, gain)| if flips >> cell & 1 == 1 { -gain } else { *gain }).sum()
        };
        let least = sum(0).abs() * (1.0 - 1e-12);
        let count = 1_u32 << gains.len();
        f64::from((0..count).filter(|&flips| sum(flips).abs() >= least).count() as u32) / f64::from(count)
    }

    #[test]
    fn drawn_exchanges_are_as_good_as_all_of_them_where_p_is_small_too() {
        let a: Vec<f64> = (0..16).map(|cell| 20.0 + f64::from((cell * 7) % 11)).collect();
        let mut least: f64 = 1.0;
        for better in [0.0, 2.0, 4.0, 6.0, 8.0] {
            let b: Vec<f64> = (0..16).map(|cell| a[cell] - better + ((cell * 5) % 13) as f64 - 6.0).collect();
            let (exact, found) = (of_all(&a, &b), p_of(&a, &b, Measure::Mae));
            // three standard errors of 1000 that are found; of fewer where p is below 0.005
            let part = 3.0 / (1_000.0_f64).min(exact * MOST as f64).sqrt();
            assert!((found / exact - 1.0).abs() < part, "{found} for {exact}");
            least = least.min(exact);
        }
        assert!(least < 1e-3, "{least}");
    }
}
