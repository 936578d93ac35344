//! Is b better than a, and is that certain? Two folders, models, arms or runs, on the same cells.
//!
//! Every pair of one experiment gets a [`Row`]: both errors, their difference with its interval, and a verdict, or the reason why
//! there is none. The p values of all rows are adjusted together. What is on one side alone is listed, never judged.

mod pairs;
mod row;
mod side;
mod tolerance;
mod why;

pub use row::Row;
pub use side::Side;
pub use tolerance::Tolerance;

use std::collections::BTreeMap;

use rayon::prelude::*;
use record::family_of_fold;
use statistics::{Bootstrap, Difference, Family, Judgement, Measure, Verdict};

use crate::{Error, Slot};
use row::{Keys, Measured};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// By which error.
    pub measure: Measure,
    /// What does not matter.
    pub tolerance: Tolerance,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// By experiment and model.
    pub rows: Vec<Row>,
    /// What only the first has.
    pub only_a: Vec<Slot>,
    /// What only the second has.
    pub only_b: Vec<Slot>,
    /// How many comparisons the p values were adjusted for.
    pub family: usize,
}

/// How a comparison ends, all rows together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// b is nowhere worse, and everything could be told.
    NoWorse,
    /// Somewhere b is worse.
    Worse,
    /// Nowhere worse, but something cannot be compared.
    NotComparable,
    /// Nowhere worse, but of something these cells and seeds do not tell.
    CannotTell,
}

/// Compares two sides.
///
/// # Errors
/// [`Error::NotComparable`] where not one pair can be made.
pub fn compare(a: &Side, b: &Side, question: &Question) -> Result<Comparison, Error> {
    let pairs = pairs::of(a, b)?;
    let measured: Vec<Result<Measured, String>> =
        pairs.rows.par_iter().map(|pair| row::measure(pair, question)).collect();
    // of runs that are in several experiments, such as inner folds, there is one comparison, however many rows it has
    let distinct: BTreeMap<&Keys, &Difference> =
        measured.iter().flatten().map(|measured| (&measured.keys, &measured.difference)).collect();
    let family = Family::of(distinct.values().copied());
    let adjusted: BTreeMap<&Keys, f64> = distinct.into_keys().zip(family.adjusted).collect();
    let judge = |Measured { keys, difference, tolerance, failed }: &Measured| {
        Judgement::new(difference.clone(), *tolerance, adjusted[keys], family.comparisons, *failed)
    };
    let findings = measured.iter().map(|measured| measured.as_ref().map(judge).map_err(Clone::clone));
    let rows = pairs.rows.iter().zip(findings).map(|(pair, finding)| Row::new(pair, finding)).collect();
    Ok(Comparison { rows, only_a: pairs.only_a, only_b: pairs.only_b, family: family.comparisons })
}

impl Comparison {
    /// Worse outweighs what cannot be compared, and that what cannot be told.
    pub fn end(&self) -> End {
        let has = |verdict: Verdict| self.rows.iter().any(|row| row.verdict() == Some(verdict));
        if has(Verdict::Worse) {
            End::Worse
        } else if self.rows.iter().any(|row| row.finding.is_err()) {
            End::NotComparable
        } else if has(Verdict::CannotTell) {
            End::CannotTell
        } else {
            End::NoWorse
        }
    }

    /// Whether folds of cross-validations are among what was compared, each by itself.
    pub fn has_folds(&self) -> bool {
        self.rows.iter().any(|row| family_of_fold(&row.b.experiment).is_some())
    }
}

#[cfg(test)]
mod tests;
