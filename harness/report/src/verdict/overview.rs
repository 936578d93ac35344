//! The first screen: BatLiNet in every experiment.

use itertools::Itertools as _;

use super::{
    Judged, LEVEL,
    headlines::{headlines, in_short},
    paper,
    sections::Case,
    sentence::name,
    wins,
};
use crate::{
    document::Section,
    table::{Cell, Column, Table},
};
use cells::count::counted_with;
use record::{NETWORKS, Study};
use statistics::Interval;

/// Datasets below which ranks are no evidence (Demšar 2006: the Nemenyi test on fewer than five hardly ever finds anything).
const ENOUGH_DATASETS: usize = 5;

/// The first screen.
pub(super) fn section(cases: &[Case<'_>], quick: usize) -> Section {
    let description = match cases {
        [] => String::new(),
        _ => format!(
            "BatLiNet beside every other model on the same test cells; in brackets are {:.0} % intervals over other cells and other \
             seeds.",
            100.0 * LEVEL
        ),
    };
    let mut notes = Vec::new();
    if !cases.is_empty() {
        notes.push(
            "better and worse need an interval beyond 0 and a sign-flip test over cells that survives the correction (Holm) for all \
             comparisons of its experiment; where neither can be told it is said what would have been found; the best other model was \
             picked by these very test cells, which favours it; `compare` corrects for all comparisons of its call instead"
                .to_owned(),
        );
    }
    if quick > 0 {
        let looks = ["is a quick look: there is no verdict on it", "are quick looks: there is no verdict on them"];
        notes.push(counted_with(quick, "experiment", looks));
    }
    if cases.iter().any(|case| case.summary.is_virtual()) {
        notes.push("these are virtual cells: a verdict on them is about the models on simulated cells and says nothing about the paper".to_owned());
    }
    let scenarios = cases.iter().filter(|case| case.summary.study == Study::Scenario).count();
    if (1..ENOUGH_DATASETS).contains(&scenarios) {
        notes.push(format!(
            "there is no diagram of critical differences: ranks need {ENOUGH_DATASETS} datasets at least, here are {scenarios}"
        ));
    }
    let without =
        cases.iter().filter(|case| case.judged.whole.is_none()).map(|case| name(case.summary)).collect::<Vec<_>>();
    if !without.is_empty() {
        notes.push(format!("without a BatLiNet of both branches nothing is laid beside it: {}", without.join(", ")));
    }
    let has_losses = cases.iter().flat_map(|case| &case.summary.runs).any(|run| run.losses.is_some());
    let has_networks =
        cases.iter().flat_map(|case| &case.summary.rows).any(|row| NETWORKS.contains(&row.model.as_str()));
    if has_networks && !has_losses {
        notes.push(
            "there are no learning curves: records of before keep the training loss of the last epoch alone".to_owned(),
        );
    }
    // where the scenarios themselves are here, ablations of them are told below
    let beside: Vec<&Judged<'_>> =
        cases.iter().filter(|case| case.summary.study == Study::Scenario).map(|case| &case.judged).collect();
    let wins = wins::table(&beside);
    let is_first = |study| matches!(study, Study::Scenario | Study::CrossValidation);
    let first: Vec<&Case<'_>> = cases.iter().filter(|case| scenarios == 0 || is_first(case.summary.study)).collect();
    let description = [in_short(&first), Some(description)].into_iter().flatten().join(" ");
    Section {
        title: "Verdicts".to_owned(),
        level: 2,
        description,
        findings: first.into_iter().flat_map(headlines).collect(),
        tables: if cases.is_empty() { Vec::new() } else { std::iter::once(table(cases)).chain(wins).collect() },
        notes,
        ..Section::default()
    }
}

fn table(cases: &[Case<'_>]) -> Table {
    let columns = vec![
        Column::new("experiment"),
        Column::new("beside the best other it is"),
        Column::new("RMSE of BatLiNet [95 %]"),
        Column::new("best other"),
        Column::new("its RMSE [95 %]"),
        Column::new("BatLiNet less that [95 %]"),
        Column::optional("published"),
        Column::new("best of all"),
        Column::detail("detectable"),
        Column::detail("cells"),
        Column::detail("seeds"),
    ];
    let line = |case: &Case<'_>| {
        let judged = &case.judged;
        let (best, own, beside) = (judged.best(|_| true), judged.whole(), judged.with_best_other());
        let of = beside.map(|(_, comparison)| &comparison.told.difference);
        let cells = [
            Some(Cell::Text(name(case.summary))),
            beside.map(|(_, comparison)| Cell::Word(comparison.told.verdict.to_string())),
            own.map(|model| Cell::Interval(model.intervals[0])),
            beside.map(|(model, _)| Cell::Text(model.row.name())),
            beside.map(|(model, _)| Cell::Interval(model.intervals[0])),
            of.map(|of| Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high })),
            counts(case).map(Cell::Text),
            best.map(|model| Cell::Text(model.row.name())),
            beside.map(|(_, comparison)| Cell::number(comparison.told.detectable())),
            own.or(best).map(|model| Cell::Count(model.predictions.cells().len())),
            own.map(|model| Cell::Count(model.predictions.seeds().len())),
        ];
        cells.map(|cell| cell.unwrap_or(Cell::Missing)).into()
    };
    Table {
        slug: "scenarios-verdicts".to_owned(),
        caption: format!(
            "RMSE in cycles; detectable is the difference that such a comparison finds in four of five cases, with the correction; seeds are \
             BatLiNet's{}",
            if cases.iter().all(|case| case.replicas.is_empty()) {
                ""
            } else {
                "; published is how many published numbers are reproduced, differ, and cannot be told"
            }
        ),
        columns,
        rows: cases.iter().map(line).collect(),
    }
    .without_empty_columns()
}

/// How many are reproduced, differ, and cannot be told: `3, 2, 8`.
fn counts(case: &Case<'_>) -> Option<String> {
    let [same, other, unknown] = paper::counts(&case.replicas);
    (!case.replicas.is_empty()).then(|| format!("{same}, {other}, {unknown}"))
}
