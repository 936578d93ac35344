//! What follows, of all experiments at once and then of each.

use super::{Judged, Replica, experiment, judge, overview, paper::replicas};
use crate::{document::Section, study::folds, summary::Summary};
use record::Study;

/// A summary with all that follows from it.
pub(super) struct Case<'a> {
    pub(super) summary: &'a Summary,
    pub(super) judged: Judged<'a>,
    pub(super) replicas: Vec<Replica>,
}

/// Nothing where there are no predictions to judge by; of quick looks the sentence that they are none.
pub fn sections(summaries: &[Summary]) -> Vec<Section> {
    let has_verdict = |summary: &&Summary| {
        matches!(summary.study, Study::Scenario | Study::Branches | Study::Features)
            && summary.runs.iter().any(|run| !run.predictions.is_empty())
    };
    // of a cross-validation, the folds together: each alone has few cells
    let mut together = folds::laid_together(&summaries.iter().collect::<Vec<_>>());
    together.retain(|summary| summary.runs.iter().any(|run| !run.predictions.is_empty()));
    let candidates: Vec<&Summary> = summaries.iter().filter(has_verdict).chain(&together).collect();
    if candidates.is_empty() {
        return nothing_to_judge(summaries).into_iter().collect();
    }
    let cases: Vec<Case<'_>> = candidates
        .iter()
        .filter(|summary| !summary.is_cut())
        .map(|summary| Case { summary, judged: judge(summary), replicas: replicas(summary) })
        .filter(|case| !case.judged.models.is_empty())
        .collect();
    let quick = candidates.iter().filter(|summary| summary.is_cut()).count();
    let mut sections = vec![overview::section(&cases, quick)];
    sections.extend(cases.iter().map(experiment::section));
    sections
}

/// Where no experiment lays BatLiNet beside other models, that is said; nothing where there is nothing to judge by.
fn nothing_to_judge(summaries: &[Summary]) -> Option<Section> {
    summaries.iter().any(|summary| summary.runs.iter().any(|run| !run.predictions.is_empty())).then(|| Section {
        title: "Verdicts".to_owned(),
        level: 2,
        notes: vec![
            "no experiment here lays BatLiNet beside other models on one task, so there is no verdict; `batlinet compare FOLDER:MODEL \
             :MODEL` judges any two"
                .to_owned(),
        ],
        ..Section::default()
    })
}
