//! Errors of predictions, and their spread over seeds (spec §6).

mod metrics;
mod references;
mod spread;

pub use metrics::Metrics;
pub use references::{SingleReferenceErrors, rmse_over_draws};
pub use spread::{Spread, median, quantile};
