//! A difference as one of several that are told at once: what can be said of it, and why no more can.

use std::fmt;

use crate::{Difference, Verdict, fewest_cells, holm};

/// P values of comparisons that are made at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Adjusted by [`holm`], in the order of the differences.
    pub adjusted: Vec<f64>,
    /// How many they were adjusted for.
    pub comparisons: usize,
}

impl Family {
    /// The same predictions are no test, so they do not count, and keep their p of 1.
    pub fn of<'a>(differences: impl Iterator<Item = &'a Difference> + Clone) -> Self {
        let tested: Vec<f64> =
            differences.clone().filter(|found| !found.is_identical).map(|found| found.p_value).collect();
        let mut of_tested = holm(&tested).into_iter();
        let adjusted = differences
            .map(|found| if found.is_identical { found.p_value } else { of_tested.next().unwrap_or(1.0) })
            .collect();
        Self { adjusted, comparisons: tested.len() }
    }
}

/// A difference and what can be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// With its interval.
    pub difference: Difference,
    /// What does not matter, in the unit of the measure.
    pub tolerance: f64,
    /// The p value beside all the others of its [`Family`].
    pub adjusted_p: f64,
    /// Comparisons of that family.
    pub family: usize,
    /// What can be said of b.
    pub verdict: Verdict,
    /// Why nothing can.
    pub unclear: Option<Unclear>,
}

/// Which condition of a verdict is not met: see [`Verdict::of`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unclear {
    /// Runs on either side have no numbers; those that ran well may be the lucky ones.
    NoNumbers {
        /// How many.
        runs: usize,
    },
    /// A model that draws has one seed.
    OneSeed,
    /// No difference could be told, however large ([`fewest_cells`]).
    TooFewCells {
        /// Test cells.
        cells: usize,
        /// Comparisons at once.
        family: usize,
        /// Test cells that it takes.
        needed: usize,
    },
    /// The interval reaches over the tolerance.
    AcrossTolerance,
    /// The interval reaches over 0.
    AcrossZero,
    /// The interval lies on one side, but the p value is too large.
    MayBeChance {
        /// The adjusted p value.
        p: f64,
        /// Comparisons it was adjusted for.
        family: usize,
        /// The most it may be.
        most: f64,
    },
}

impl Judgement {
    /// Judges a difference with the p value that its [`Family`] leaves it. `failed` is the number of runs without numbers on either side:
    /// with some, nothing is said.
    pub fn new(difference: Difference, tolerance: f64, adjusted_p: f64, family: usize, failed: usize) -> Self {
        let verdict = match failed {
            0 => Verdict::of(&difference, tolerance, adjusted_p),
            _ => Verdict::CannotTell,
        };
        let why = || match failed {
            0 => Unclear::of(&difference, tolerance, adjusted_p, family),
            runs => Unclear::NoNumbers { runs },
        };
        let unclear = (verdict == Verdict::CannotTell).then(why);
        Self { difference, tolerance, adjusted_p, family, verdict, unclear }
    }

    /// The smallest difference that would have been told in four of five cases ([`Difference::detectable`]); none where no difference
    /// would.
    pub fn detectable(&self) -> Option<f64> {
        if matches!(self.unclear, Some(Unclear::NoNumbers { .. } | Unclear::OneSeed)) {
            return None;
        }
        Some(self.difference.detectable(self.family)).filter(|least| least.is_finite() && *least > 0.0)
    }
}

impl Unclear {
    /// Why [`Verdict::of`] cannot tell.
    fn of(difference: &Difference, tolerance: f64, adjusted_p: f64, family: usize) -> Self {
        let Difference { low, high, level, cells, shows_seeds, .. } = *difference;
        let has = |value: f64| low <= value && value <= high;
        let needed = fewest_cells(family, level);
        let has_few = cells < needed && (adjusted_p > 1.0 - level || cells < fewest_cells(1, level));
        if !shows_seeds {
            Self::OneSeed
        } else if has_few {
            Self::TooFewCells { cells, family, needed }
        } else if tolerance > 0.0 && (has(tolerance) || has(-tolerance)) {
            Self::AcrossTolerance
        } else if has(0.0) {
            Self::AcrossZero
        } else {
            Self::MayBeChance { p: adjusted_p, family, most: 1.0 - level }
        }
    }
}

/// A sentence without its end.
impl fmt::Display for Unclear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoNumbers { runs: 1 } => formatter.write_str("1 run has no numbers"),
            Self::NoNumbers { runs } => write!(formatter, "{runs} runs have no numbers"),
            Self::OneSeed => formatter.write_str("one seed of a model that draws says nothing about other seeds"),
            Self::TooFewCells { cells, family: 0 | 1, needed } => {
                write!(formatter, "{cells} test cells tell no difference, however large: it takes {needed}")
            }
            Self::TooFewCells { cells, family, needed } => write!(
                formatter,
                "{cells} test cells and {family} comparisons tell no difference, however large: it takes {needed} cells"
            ),
            Self::AcrossTolerance => formatter.write_str("the interval reaches over the tolerance"),
            Self::AcrossZero => formatter.write_str("the interval has 0 in it"),
            Self::MayBeChance { family: 0 | 1, most, .. } => {
                write!(formatter, "the interval has no 0 in it, but p is above {most:.2}: that may be chance")
            }
            Self::MayBeChance { family, most, .. } => write!(
                formatter,
                "the interval has no 0 in it, but p, adjusted for {family} comparisons, is above {most:.2}: that may be chance"
            ),
        }
    }
}
