//! Errors of predictions, and their spread over seeds (method §9).

mod metrics;
mod references;
mod spread;

pub use metrics::Metrics;
pub use references::{ReferenceErrors, reference_draws, reference_errors};
pub use spread::{Spread, median, quantile};
