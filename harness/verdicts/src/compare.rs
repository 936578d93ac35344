//! Is b better than a, and is that certain? Two folders, models, arms or runs, on the same cells.
//!
//! Every pair of one experiment gets a [`Row`]: both errors, their difference with its interval, and a verdict, or the reason why
//! there is none. The p values of all rows are adjusted together. What is on one side alone is listed, never judged.

mod pairs;
mod row;
mod side;
mod tolerance;
mod why;

pub use row::{Finding, Row};
pub use side::Side;
pub use tolerance::Tolerance;

use std::collections::HashMap;

use rayon::prelude::*;
use statistics::{Bootstrap, Measure, Verdict, holm_of};

use crate::{Error, Slot};

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
    let mut rows: Vec<Row> = pairs.rows.par_iter().map(|pair| Row::of(pair, question)).collect();
    let (places, firsts) = distinct(&rows);
    let family = firsts.iter().filter(|finding| !finding.difference.is_identical).count();
    let adjusted: Vec<f64> = holm_of(firsts.iter().map(|finding| &finding.difference));
    let adjusted: Vec<Option<f64>> = places.into_iter().map(|place| Some(adjusted[place?])).collect();
    for (row, adjusted) in rows.iter_mut().zip(adjusted) {
        if let (Ok(finding), Some(adjusted)) = (&mut row.finding, adjusted) {
            finding.adjusted_p = adjusted;
        }
    }
    rows.iter_mut().for_each(|row| row.judge(family));
    Ok(Comparison { rows, only_a: pairs.only_a, only_b: pairs.only_b, family })
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
        self.rows.iter().any(|row| row.b.experiment.contains(row::FOLD))
    }
}

/// The comparisons that were made, each once, and which of them each row has: of runs that are in several experiments, such as inner folds,
/// there is one comparison, however many rows it has. One that was not made does not count.
fn distinct(rows: &[Row]) -> (Vec<Option<usize>>, Vec<&Finding>) {
    let mut known: HashMap<&(Vec<String>, Vec<String>), usize> = HashMap::new();
    let mut firsts = Vec::new();
    let mut places = Vec::new();
    for row in rows {
        let place = row.finding.as_ref().ok().map(|finding| {
            *known.entry(&row.keys).or_insert_with(|| {
                firsts.push(finding);
                firsts.len() - 1
            })
        });
        places.push(place);
    }
    (places, firsts)
}

#[cfg(test)]
mod tests;
