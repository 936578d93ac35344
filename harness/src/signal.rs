//! Numerics of one series: interpolation onto a grid, medians.

mod curves;
mod grid;
mod median;

pub use curves::{Curves, Outside, next_run};
pub use grid::{Grid, interp, linspace};
pub use median::{MedianRule, RollingMedian, lower_median};
