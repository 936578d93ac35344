//! What of an entry is looked up in a report, by its values and whatever it is called.

use super::{
    entry::{Entry, ModelSpec, TrainedOn},
    spec::Experiment,
};
use batlinet::{
    BatLiNetParameters,
    cleaning::{Cleaning, CycleFilter},
};
use features::feature::FeatureSpec;
use record::{Branches, Method, Values};

/// The values of an entry of this experiment.
pub(super) fn values(experiment: &Experiment, entry: &Entry) -> Values {
    let channels = match entry.reads().and_then(|name| experiment.feature(name)) {
        Some(FeatureSpec::CapacityMap(map)) => Some(map.channels.clone()),
        _ => None,
    };
    let values = Values { channels, ..Values::default() };
    match &entry.model {
        ModelSpec::BatLiNet(parameters) => {
            let of_transfer = entry.target_cells.map(|_| match entry.trained_on {
                TrainedOn::Target => Method::SharedHead,
                TrainedOn::Source => Method::AsReferences,
            });
            Values { method: of_transfer, ..of_batlinet(parameters, values) }
        }
        ModelSpec::Transfer(parameters) => {
            let method = match (&parameters.pairs, &parameters.pretraining) {
                (Some(_), _) => Method::Transfer,
                (None, Some(_)) => Method::FineTune,
                (None, None) => Method::Direct,
            };
            Values { method: Some(method), ..values }
        }
        _ => values,
    }
}

fn of_batlinet(parameters: &BatLiNetParameters, values: Values) -> Values {
    let branches = match (parameters.intra_cell, parameters.inter_cell, parameters.separate_heads) {
        (true, false, _) => Branches::IntraOnly,
        (false, _, _) => Branches::InterOnly,
        (true, true, true) => Branches::NaiveEnsemble,
        (true, true, false) => Branches::Both,
    };
    Values {
        branches: Some(branches),
        is_authors_arm: is_authors(branches, parameters),
        references: parameters.inter_cell.then_some(parameters.references_test),
        alpha: (parameters.intra_cell && parameters.inter_cell).then_some(parameters.alpha),
        ..values
    }
}

/// Whether an arm differs from BatLiNet in what the authors' arm of its kind differs in (method §6.7).
fn is_authors(branches: Branches, parameters: &BatLiNetParameters) -> bool {
    // it subtracts the cycle before
    let has_base = parameters.base + 1 == BatLiNetParameters::default().base;
    let has_narrow_glitches = parameters.glitch_width == 5 && !parameters.glitch_wrap;
    match branches {
        Branches::Both => true,
        Branches::IntraOnly => has_base && has_narrow_glitches,
        Branches::InterOnly => has_narrow_glitches && !parameters.filter_target,
        Branches::NaiveEnsemble => {
            has_base
                && parameters.head_bias
                && parameters.intra_cleaning == Cleaning::Hampel
                && parameters.inter_cleaning == Cleaning::None
                && parameters.cycle_filter == CycleFilter::WholeCycle
        }
    }
}
