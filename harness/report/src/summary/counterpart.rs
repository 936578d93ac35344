//! Which published number a row stands beside: by what its entry is, not by what it is called.

use super::{Row, Summary};
use crate::published::{PublishedNumber, published};
use features::feature::Channel;
use record::Study;

/// The published number of this metric that a row of a comparable summary stands beside.
pub(super) fn counterpart(summary: &Summary, row: &Row, metric: &str) -> Option<&'static PublishedNumber> {
    let (scenario, model) = (summary.scenario.as_str(), row.model.as_str());
    let of_features = || published("features", scenario, model, feature_space(row.values.channels.as_ref()?)?, metric);
    match summary.study {
        Study::Transfer => {
            let variant = format!("{}+cells={}", row.values.method?.published_name(), row.variant.target_cells?);
            published("transfer", scenario, model, &variant, metric)
        }
        // one of several counts or weights: the paper has medians, which the study's own table shows
        Study::References | Study::Alpha | Study::ReferenceStudy | Study::CrossValidation | Study::Folds => None,
        Study::Features => of_features(),
        Study::Scenario | Study::Branches => {
            let arm = arm(summary, row)?;
            let has_all_channels =
                row.values.channels.as_ref().is_none_or(|channels| channels.len() == Channel::ALL.len());
            match (has_all_channels, arm, summary.study) {
                // with fewer channels only the feature ablation of the whole model is comparable
                (false, "", _) => of_features(),
                (false, ..) => None,
                (true, "", Study::Scenario) => published("scenario", scenario, model, "", metric),
                _ => published("branches", scenario, model, arm, metric),
            }
        }
    }
}

/// The arm of the paper that an entry is, if it is one: of several that nothing here tells apart, the one without a name.
fn arm(summary: &Summary, row: &Row) -> Option<&'static str> {
    let is_alike =
        |other: &&Row| other.model == row.model && other.values == row.values && other.variant.swept.is_empty();
    let is_told_apart = row.variant.is_plain() || summary.rows.iter().filter(is_alike).count() == 1;
    if !row.variant.swept.is_empty() || row.variant.target_cells.is_some() || !is_told_apart {
        return None;
    }
    if row.model != "batlinet" {
        return Some("");
    }
    let branches = row.values.branches?;
    // the authors' arms differ from BatLiNet in more than the branch, and a study of branches has both kinds
    (summary.study != Study::Branches || row.values.is_authors_arm).then_some(branches.published_name())
}

/// The name under which the paper's feature ablation has these channels.
pub fn feature_space(channels: &[Channel]) -> Option<&'static str> {
    use Channel::{ChargeCurrent, ChargeVoltage, DischargeCurrent, DischargeVoltage};
    let is = |set: &[Channel]| channels.len() == set.len() && set.iter().all(|channel| channels.contains(channel));
    let spaces: [(&str, &[Channel]); 6] = [
        ("all", &Channel::ALL),
        ("raw", &[ChargeVoltage, DischargeVoltage, ChargeCurrent, DischargeCurrent]),
        ("voltage", &[ChargeVoltage, DischargeVoltage]),
        ("current", &[ChargeCurrent, DischargeCurrent]),
        ("charge", &[ChargeVoltage, ChargeCurrent]),
        ("discharge", &[DischargeVoltage, DischargeCurrent]),
    ];
    spaces.into_iter().find(|(_, set)| is(set)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::*};
    use cells::cell::Origin;
    use record::{Branches, Method, Values};

    fn of(study: Study, scenario: &str, runs: &[Run]) -> Vec<Option<f64>> {
        let mut record = record(Origin::Real);
        record.study = study;
        let mut runs = runs.to_vec();
        runs.iter_mut().for_each(|run| scenario.clone_into(&mut run.score.scenario));
        let summary = summaries(&runs, &[record]).remove(0);
        summary.rows.iter().map(|row| row.published_rmse.or(row.published_mape).map(|number| number.value)).collect()
    }

    fn named(name: &str, model: &str, values: Values) -> Run {
        Run { values, ..variant(name, run(model, 0, 60.0, "real")) }
    }

    #[test]
    fn a_renamed_variant_keeps_its_published_number() {
        let arm = |branches, is_authors_arm| Values { branches: Some(branches), is_authors_arm, ..Values::default() };
        for branches in [Branches::Both, Branches::IntraOnly, Branches::InterOnly, Branches::NaiveEnsemble] {
            let name = format!("faithful:{}", branches.published_name());
            let before =
                variant(if branches == Branches::Both { "both" } else { &name }, run("batlinet", 0, 60.0, "real"));
            let expected = of(Study::Branches, "MATR-1", &[before]);
            assert!(expected[0].is_some(), "{name}");
            let renamed = named("of_ours", "batlinet", arm(branches, true));
            assert_eq!(of(Study::Branches, "MATR-1", &[renamed]), expected, "{name}");
            if branches != Branches::Both {
                let clean = named("faithful:by_name_only", "batlinet", arm(branches, false));
                assert_eq!(of(Study::Branches, "MATR-1", &[clean]), [None], "{name}");
            }
        }
        let voltage =
            Values { channels: Some(vec![Channel::ChargeVoltage, Channel::DischargeVoltage]), ..Values::default() };
        let features = of(Study::Features, "MATR-1", &[named("x", "batlinet", voltage)]);
        assert!(features[0].is_some());
        let fine_tune = Values { method: Some(Method::FineTune), ..Values::default() };
        let expected = of(Study::Transfer, "NCA", &[variant("fine_tune+cells=8", run("cnn", 0, 60.0, "real"))]);
        assert!(expected[0].is_some());
        assert_eq!(of(Study::Transfer, "NCA", &[named("mine+cells=8", "cnn", fine_tune)]), expected);
        // a name alone finds nothing
        assert_eq!(of(Study::Transfer, "NCA", &[named("fine_tune+cells=8", "cnn", Values::default())]), [None]);
    }

    #[test]
    fn of_entries_that_values_do_not_tell_apart_none_has_it_but_the_one_without_a_name() {
        let ridge = |name: &str| variant(name, run("ridge", 0, 100.0, "real"));
        assert!(of(Study::Scenario, "MATR-1", &[ridge("mine")])[0].is_some());
        assert_eq!(of(Study::Scenario, "MATR-1", &[ridge("mine"), ridge("other")]), [None, None]);
        let mixed = of(Study::Scenario, "MATR-1", &[ridge(""), ridge("other")]);
        assert!(mixed[0].is_some() && mixed[1].is_none());
        assert_eq!(of(Study::Scenario, "MATR-1", &[ridge("alpha=2")]), [None], "swept");
    }
}
