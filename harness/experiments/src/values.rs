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
            Values { method: of_transfer, ..of_batlinet(experiment, parameters, values) }
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

fn of_batlinet(experiment: &Experiment, parameters: &BatLiNetParameters, values: Values) -> Values {
    let branches = branches(parameters);
    Values {
        branches: Some(branches),
        is_authors_arm: is_authors(experiment, branches, parameters),
        references: parameters.inter_cell.then_some(parameters.references_test),
        alpha: (parameters.intra_cell && parameters.inter_cell).then_some(parameters.alpha),
        ..values
    }
}

fn branches(parameters: &BatLiNetParameters) -> Branches {
    match (parameters.intra_cell, parameters.inter_cell, parameters.separate_heads) {
        (true, false, _) => Branches::IntraOnly,
        (false, _, _) => Branches::InterOnly,
        (true, true, true) => Branches::NaiveEnsemble,
        (true, true, false) => Branches::Both,
    }
}

/// Whether an arm differs from the BatLiNet of its experiment in what the authors' arm of its kind differs in (method §6.7).
fn is_authors(experiment: &Experiment, arm: Branches, parameters: &BatLiNetParameters) -> bool {
    let whole = experiment.models.iter().find_map(|entry| match &entry.model {
        ModelSpec::BatLiNet(other) if branches(other) == Branches::Both => Some(other.base),
        _ => None,
    });
    // it subtracts the cycle before, the first where BatLiNet does
    let has_base = whole.is_none_or(|base| parameters.base == base.saturating_sub(1));
    let has_narrow_glitches = parameters.glitch_width == 5 && !parameters.glitch_wrap;
    match arm {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::read::read;
    use record::AS_WRITTEN;

    #[test]
    fn the_arms_of_the_authors_are_those_that_the_files_call_faithful() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/ablations");
        for name in ["matr-1", "matr-2", "matr-1-curves", "matr-2-curves", "hust", "mix-100", "mix-20"] {
            let path = folder.join(format!("{name}-branches.yaml"));
            let experiment = read(&path, AS_WRITTEN, &[]).unwrap().experiment;
            let arms = experiment.models.iter().map(|entry| (entry, values(&experiment, entry)));
            let arms = arms.filter(|(_, values)| values.branches.is_some_and(|branches| branches != Branches::Both));
            let arms: Vec<_> = arms.collect();
            assert!(!arms.is_empty(), "{name}");
            for (entry, values) in arms {
                let is_faithful = entry.variant.starts_with("faithful");
                assert_eq!(values.is_authors_arm, is_faithful, "{name}: {}", entry.label());
            }
        }
    }
}
