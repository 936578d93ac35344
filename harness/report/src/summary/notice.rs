//! What a report says before any number.

use itertools::Itertools as _;

use super::Summary;
use record::{AS_WRITTEN, Study};

/// What to say of the cells of these summaries and of how they were run, before any number.
pub fn notice(summaries: &[Summary]) -> String {
    let origin = origin_notice(summaries);
    let name = |summary: &Summary| match &summary.profile[..] {
        AS_WRITTEN => format!("{AS_WRITTEN}, cut by settings"),
        profile => profile.to_owned(),
    };
    let cut: Vec<String> = summaries.iter().filter(|summary| summary.is_cut()).map(name).unique().collect();
    match cut.join(", ") {
        profiles if profiles.is_empty() => origin.to_owned(),
        profiles if summaries.iter().all(Summary::is_cut) => format!(
            "{origin} This is a quick look (profile {profiles}): it shows that everything runs. No number here is a result, \
             none is compared with a published one, and nothing follows from which is smaller."
        ),
        profiles
            if summaries.iter().filter(|summary| summary.is_cut()).all(|summary| summary.study == Study::Folds) =>
        {
            format!(
                "{origin} The folds of the training cells, by which is chosen, are quick looks (profile {profiles}): their numbers are no \
             results."
            )
        }
        profiles => format!(
            "{origin} Some of it is a quick look (profile {profiles}), as each title says: those numbers are no results, and \
             nothing follows from which is smaller."
        ),
    }
}

pub(super) fn origin_notice(summaries: &[Summary]) -> &'static str {
    match (summaries.iter().any(Summary::is_virtual), summaries.iter().any(|summary| !summary.is_virtual())) {
        (true, true) => {
            "Some of these cells are VIRTUAL, simulated by the built-in lab, and some are real; each table says which. \
             Published numbers stand beside those of real cells only, for virtual ones say nothing about them."
        }
        (true, false) => {
            "All cells are VIRTUAL, simulated by the built-in lab: these numbers show that the machinery works and say \
             nothing about cells that were measured, nor about published numbers, which are of such cells."
        }
        (false, true) => "All cells are real, measured in a laboratory.",
        (false, false) => "There is no number here yet.",
    }
}
