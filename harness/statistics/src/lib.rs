//! Errors of predictions, their spread over seeds (method §9), and how sure a comparison is.
//!
//! | file | what |
//! |---|---|
//! | `metrics`, `measure` | errors of one list of predictions; the measures by name |
//! | `spread`, `same` | centre and spread of a few numbers; when two are the same |
//! | `references` | what the choice of reference cells does |
//! | `reported` | our seeds beside a published mean and deviation |
//! | `predictions` | what several seeds predict of the same cells |
//! | `bootstrap`, `contrast` | intervals over other cells and seeds |
//! | `coverage` | how often they cover the truth, by simulation |
//! | `difference`, [`sign_flip`] | two models on the same cells |
//! | `verdict`, `judgement` | better, worse, equal, cannot tell; why nothing can be told, and many comparisons at once |
//! | `change_points` | where a series of numbers moved |
//! | `breakdown`, `wins` | errors by group of cells; who beats whom in how many scenarios |

mod bootstrap;
mod breakdown;
mod change_points;
mod contrast;
mod coverage;
mod difference;
mod error;
mod judgement;
mod measure;
mod metrics;
mod predictions;
mod references;
mod reported;
mod same;
pub mod sign_flip;
mod spread;
mod verdict;
mod wins;

pub use bootstrap::{Bootstrap, Interval, Method, interval};
pub use breakdown::{Part, breakdown, life_terciles};
pub use change_points::{Steps, change_points};
pub use coverage::{Coverage, coverage_found};
pub use difference::{Difference, difference};
pub use error::Error;
pub use judgement::{Family, Judgement, Unclear};
pub use measure::Measure;
pub use metrics::Metrics;
pub use predictions::Predictions;
pub use references::{ReferenceErrors, reference_draws, reference_errors};
pub use reported::Reported;
pub use same::{ROUNDING, is_same, relative};
pub use spread::{Spread, median, quantile};
pub use verdict::{Verdict, fewest_cells, holm};
pub use wins::Wins;
