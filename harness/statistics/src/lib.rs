//! Errors of predictions, and their spread over seeds (method §9).

mod change_points;
mod metrics;
mod references;
mod spread;

pub use change_points::{Steps, change_points};
pub use metrics::Metrics;
pub use references::{ReferenceErrors, reference_draws, reference_errors};
pub use spread::{Spread, median, quantile};
