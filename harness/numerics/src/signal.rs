//! Numerics of one series: interpolation onto a grid, medians.

mod grid;
mod median;
mod resampler;
mod samples;

pub use grid::{Grid, interp, linspace};
pub use median::{MedianRule, RollingMedian, lower_median};
pub use resampler::{Outside, Resampler};
pub use samples::{SampleBuffer, Samples, next_run};
