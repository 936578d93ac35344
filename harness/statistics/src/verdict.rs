//! From a difference to one of four words, and many p values beside one another.

use std::fmt;

use serde::Serialize;

use crate::Difference;

/// What can be said of b beside a.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// b is better, by more than the tolerance.
    Better,
    /// b is worse, by more than the tolerance.
    Worse,
    /// Whatever the difference is, it is within the tolerance; with none, every prediction is the same.
    Equal,
    /// These cells and seeds do not tell.
    CannotTell,
}

impl Verdict {
    /// Better or worse is said where the whole interval lies beyond the tolerance *and* the p value, adjusted for the
    /// family of comparisons, is below what the level leaves: the interval knows of seeds, the test of the family. Equal is
    /// said where the whole interval lies within the tolerance (the test of equivalence of Schuirmann 1987, stricter by
    /// using the interval of the full level). Of a single seed of a model that draws, and of fewer cells than [`fewest_cells`] of one
    /// comparison, nothing is said but that predictions are the same.
    ///
    /// `tolerance` is in the unit of the measure.
    pub fn of(difference: &Difference, tolerance: f64, adjusted_p: f64) -> Self {
        let Difference { low, high, level, cells, .. } = *difference;
        if difference.is_identical {
            return Self::Equal;
        }
        // of fewer cells the interval is too narrow too often
        if !difference.shows_seeds || cells < fewest_cells(1, level) {
            return Self::CannotTell;
        }
        if tolerance > 0.0 && -tolerance <= low && high <= tolerance {
            return Self::Equal;
        }
        if adjusted_p > 1.0 - level {
            return Self::CannotTell;
        }
        let (above, below) = if difference.measure.lower_is_better() {
            (Self::Worse, Self::Better)
        } else {
            (Self::Better, Self::Worse)
        };
        match () {
            () if low > tolerance => above,
            () if high < -tolerance => below,
            () => Self::CannotTell,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equal => "equal",
            Self::CannotTell => "cannot tell",
        })
    }
}

/// Adjusts a family of p values, in their order, so that the chance of one false alarm in all of them is what it is for one
/// (Holm 1979, Scand. J. Statist. 6, 65–70).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max((left * p_values[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

/// Test cells below which so many comparisons together tell no difference, however large: of n cells, the sign-flip test has no p below
/// 2¹⁻ⁿ, and one of them must pass with the p that [`holm`] multiplies by their number.
pub fn fewest_cells(comparisons: usize, level: f64) -> usize {
    // a rounding error must not ask for a cell more
    (1.0 + (comparisons.max(1) as f64 / (1.0 - level)).log2() - 1e-9).ceil() as usize
}
