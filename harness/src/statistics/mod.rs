//! Errors of predictions, and their spread over seeds (spec §6).

mod metrics;
mod spread;

pub use metrics::Metrics;
pub use spread::{Spread, median, quantile};
