//! Two models, arms or commits on the same cells.

use ndarray::ArrayView1;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::{
    Bootstrap, Error, Measure, Method, Predictions,
    bootstrap::{Drawn, Scale},
    contrast::{Contrast, Losses},
    same::is_same,
    sign_flip,
    verdict::fewest_cells,
};

/// Probability with which the detectable difference would be found.
const POWER: f64 = 0.8;

/// b − a, and how sure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// What was measured.
    pub measure: Measure,
    /// Of the first: mean over seeds.
    pub a: f64,
    /// Of the second: mean over seeds.
    pub b: f64,
    /// b − a.
    pub difference: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// Share that the interval should cover.
    pub level: f64,
    /// Share of the draws in which b is the better one; ties count half.
    pub probability_better: f64,
    /// How often a difference as large comes about where labels a and b are put to the cells by a coin
    /// ([sign-flip test](crate::sign_flip), two-sided). It is of these seeds, and is no better than they are.
    pub p_value: f64,
    /// Standard error of the difference; 0 where both are the same.
    pub standard_error: f64,
    /// Test cells.
    pub cells: usize,
    /// Seeds of the first.
    pub seeds_a: usize,
    /// Seeds of the second.
    pub seeds_b: usize,
    /// Whether it is known what other seeds would do; of one seed of a model that draws, it is not, and the interval
    /// is of these trained models alone.
    pub shows_seeds: bool,
    /// Whether every prediction of both is the same, but for rounding.
    pub is_identical: bool,
}

/// Compares two sets of predictions of the same cells. Where both have the same seeds, a draw takes the same ones of both
/// (seeds may share what they shuffle; where they share nothing, that costs nothing); else each side draws its own.
///
/// # Errors
/// [`Error`] for other cells or lives, and as [`interval`](crate::interval).
pub fn difference(
    a: &Predictions,
    b: &Predictions,
    measure: Measure,
    bootstrap: &Bootstrap,
) -> Result<Difference, Error> {
    a.has_cells_of(b)?;
    let cells = a.cells().len();
    bootstrap.check(cells)?;
    let (losses_a, losses_b) = (Losses::new(a, measure), Losses::new(b, measure));
    let is_identical = are_alike(a, b);
    let are_paired = a.seeds() == b.seeds() || (is_identical && a.seeds().len() == b.seeds().len());
    let contrast = Contrast::difference(&losses_a, &losses_b, are_paired);
    let method = bootstrap.method.unwrap_or(if measure.is_smooth() { Method::Symmetric } else { Method::Percentile });
    let drawn = Drawn::new(&contrast, bootstrap, method.needs_variances());
    let (low, high) = drawn.interval(&contrast, method, Scale::Plain, bootstrap.level);
    let side = |losses: &Losses| {
        let contrast = Contrast::one(losses);
        contrast.value(&contrast.all())
    };
    let (value_a, value_b) = (side(&losses_a), side(&losses_b));
    let deviation = if is_identical {
        0.0
    } else if measure.is_smooth() {
        drawn.all.variance.sqrt()
    } else {
        drawn.deviation()
    };
    let better = |difference: f64| if measure.lower_is_better() { difference < 0.0 } else { difference > 0.0 };
    let share = |difference: f64| if difference == 0.0 { 0.5 } else { f64::from(u8::from(better(difference))) };
    // of the same predictions, neither is better in a draw, nor is there anything to test: what rounding leaves is no evidence
    let (probability_better, p_value) = if is_identical {
        (0.5, 1.0)
    } else {
        let draws = drawn.draws.iter().map(|draw| share(draw.value)).sum::<f64>();
        (draws / drawn.draws.len() as f64, sign_flip::p_value(&losses_a, &losses_b, bootstrap))
    };
    Ok(Difference {
        measure,
        a: value_a,
        b: value_b,
        difference: value_b - value_a,
        low,
        high,
        level: bootstrap.level,
        probability_better,
        p_value,
        standard_error: deviation,
        cells,
        seeds_a: a.seeds().len(),
        seeds_b: b.seeds().len(),
        shows_seeds: a.shows_seeds() && b.shows_seeds(),
        is_identical,
    })
}

impl Difference {
    /// The smallest difference that is found in four of five cases by the comparison of `family` that Holm's correction asks most of:
    /// (t₁₋α⸝₂ₘ + t₀.₈) · standard error, with quantiles of Student's t with cells − 1 degrees of freedom (Bloom 1995,
    /// doi 10.1177/0193841X9501900504) and m comparisons. Where the interval that decides reaches farther, as it does for few cells, its
    /// reach stands in place of the first term. Infinite for fewer cells than [`fewest_cells`].
    pub fn detectable(&self, family: usize) -> f64 {
        let Self { difference, low, high, level, standard_error, cells, .. } = *self;
        if cells < fewest_cells(family, level) {
            return f64::INFINITY;
        }
        let student = StudentsT::new(0.0, 1.0, (cells.max(2) - 1) as f64).expect("one degree of freedom at least");
        let tail = (1.0 - level) / (2 * family.max(1)) as f64;
        let least = student.inverse_cdf(1.0 - tail) * standard_error;
        let reach = (difference - low).max(high - difference);
        reach.max(least) + student.inverse_cdf(POWER) * standard_error
    }
}

/// Whether both say the same, seed by seed, or all seeds of both one and the same thing.
fn are_alike(a: &Predictions, b: &Predictions) -> bool {
    let rows_are_near = |one: ArrayView1<'_, f64>, other: ArrayView1<'_, f64>| {
        one.iter().zip(other).all(|(one, other)| is_same(*one, *other))
    };
    let (a, b) = (a.predicted(), b.predicted());
    if a.nrows() == b.nrows() {
        return a.rows().into_iter().zip(b.rows()).all(|(a, b)| rows_are_near(a, b));
    }
    a.rows().into_iter().chain(b.rows()).all(|row| rows_are_near(a.row(0), row))
}
