//! The samples that one entry of a plan is trained and tested on, for those who want a single model.

use crate::{Entry, Error, Plan};
use cells::source::CellSource;
use features::samples::{self, Samples};

/// The samples of `entry`, as its runs have them; built on `workers` threads. Of a transfer, the pools.
///
/// # Errors
/// [`Error::Features`] says of which cell there is none; [`Error::Internal`] otherwise.
pub fn samples(plan: &Plan, entry: &Entry, source: &dyn CellSource, workers: usize) -> Result<Samples, Error> {
    let (experiment, split) = (plan.experiment(), &plan.split);
    let rule = experiment.rule(entry);
    match entry.reads().and_then(|name| experiment.feature(name)) {
        None => Ok(samples::lives(source, split, rule, workers)?),
        Some(feature) => samples::build(source, split, rule, std::slice::from_ref(feature), workers)?
            .pop()
            .ok_or_else(|| Error::Internal("no samples were built".to_owned())),
    }
}
