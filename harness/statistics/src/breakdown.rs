//! Which cells make the error: a measure per group of cells.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Bootstrap, Error, Interval, Measure, Predictions, contrast::Losses, interval, quantile};

/// The error of some of the cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Name of the group.
    pub group: String,
    /// How many cells.
    pub cells: usize,
    /// Mean over seeds of the measure of these cells.
    pub estimate: f64,
    /// Absent for a single cell.
    pub interval: Option<Interval>,
    /// Of the sum of losses over all cells (of squared errors for an RMSE), the share of these; NaN where there is none.
    pub share: f64,
}

/// A measure per group, in the order of the names. `groups` names the group of every cell of [`Predictions::cells`].
///
/// # Errors
/// [`Error`] where there is not one name per cell, and as [`interval`].
pub fn breakdown<G: AsRef<str>>(
    predictions: &Predictions,
    groups: &[G],
    measure: Measure,
    bootstrap: &Bootstrap,
) -> Result<Vec<Part>, Error> {
    let cells = predictions.cells().len();
    if groups.len() != cells {
        return Err(Error::Groups { groups: groups.len(), cells });
    }
    let losses = Losses::new(predictions, measure).per_cell();
    let all: f64 = losses.iter().sum();
    let mut positions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (cell, group) in groups.iter().enumerate() {
        positions.entry(group.as_ref()).or_default().push(cell);
    }
    let part = |(group, positions): (&str, Vec<usize>)| {
        let here = predictions.at(&positions);
        let interval = if positions.len() > 1 { Some(interval(&here, measure, bootstrap)?) } else { None };
        let share = positions.iter().map(|&cell| losses[cell]).sum::<f64>() / all;
        Ok(Part { group: group.to_owned(), cells: positions.len(), estimate: here.estimate(measure), interval, share })
    };
    positions.into_iter().map(part).collect()
}

/// `short`, `middle` or `long` for each life: below the first tercile of these lives, up to the second, above.
pub fn life_terciles(lives: &[f64]) -> Vec<&'static str> {
    let end = |fraction: f64| quantile(lives, fraction).unwrap_or(f64::NAN);
    let (first, second) = (end(1.0 / 3.0), end(2.0 / 3.0));
    let name = |&life: &f64| match life {
        life if life <= first => "short",
        life if life <= second => "middle",
        _ => "long",
    };
    lives.iter().map(name).collect()
}
