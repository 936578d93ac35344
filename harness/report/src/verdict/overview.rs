//! The first screen: BatLiNet in every experiment.

use super::{
    Comparison, Judged, LEVEL, Outcome,
    sections::Case,
    sentence::{self, name},
    wins,
};
use crate::{
    document::{Finding, Section},
    table::{Cell, Column, Table},
};
use cells::count::{counted, counted_with};
use record::Study;
use statistics::{Interval, Verdict};

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
             comparisons of its experiment; where neither can be told it is said what would have been found; the best baseline was \
             picked by these very test cells, which favours it"
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
    if !cases.is_empty() {
        notes.push("there are no learning curves: records keep the training loss of the last epoch alone".to_owned());
    }
    // where the scenarios themselves are here, ablations of them are told below
    let beside: Vec<&Judged<'_>> =
        cases.iter().filter(|case| case.summary.study == Study::Scenario).map(|case| &case.judged).collect();
    let wins = wins::table(&beside);
    let is_first = |study| matches!(study, Study::Scenario | Study::CrossValidation);
    let first = cases.iter().filter(|case| scenarios == 0 || is_first(case.summary.study));
    Section {
        title: "Verdicts".to_owned(),
        level: 2,
        description,
        findings: first.flat_map(headlines).collect(),
        tables: if cases.is_empty() { Vec::new() } else { std::iter::once(table(cases)).chain(wins).collect() },
        notes,
        ..Section::default()
    }
}

/// BatLiNet beside the best baseline; where there is none, beside its own arms.
fn headlines(case: &Case<'_>) -> Vec<Finding> {
    let best = case.judged.with_best_other().map(|(model, _)| model.row.name());
    let told = case.judged.comparisons.iter().filter(|one| best.as_ref().is_none_or(|best| one.other == *best));
    told.map(|comparison| {
        let finding = sentence::finding(case, comparison);
        let others = if comparison.is_arm { String::new() } else { tally(&case.judged.comparisons) };
        Finding { text: format!("{}: {}{others}", name(case.summary), finding.text), ..finding }
    })
    .collect()
}

/// How BatLiNet stands beside all baselines, where there are several: that of the best may be undecided, and of others not.
fn tally(comparisons: &[Comparison]) -> String {
    let of: Vec<Verdict> = comparisons.iter().filter(|one| !one.is_arm).map(|one| one.told.verdict).collect();
    if of.len() < 2 {
        return String::new();
    }
    let count = |verdict: Verdict| of.iter().filter(|one| **one == verdict).count();
    let words = [
        (Verdict::Better, "better than"),
        (Verdict::Worse, "worse than"),
        (Verdict::Equal, "equal to"),
        (Verdict::CannotTell, "not to be told from"),
    ];
    let said: Vec<String> = words
        .into_iter()
        .filter(|(verdict, _)| count(*verdict) > 0)
        .map(|(verdict, words)| format!("{words} {}", count(verdict)))
        .collect();
    format!(" Of {}, it is {}.", counted(of.len(), "baseline"), said.join(", "))
}

fn table(cases: &[Case<'_>]) -> Table {
    let columns = vec![
        Column::new("experiment"),
        Column::new("BatLiNet is"),
        Column::new("RMSE of BatLiNet [95 %]"),
        Column::new("best baseline"),
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
            best.map(|model| Cell::Count(model.predictions.cells().len())),
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
    let count = |outcome: Outcome| case.replicas.iter().filter(|replica| replica.outcome == outcome).count();
    let [same, other, unknown] = [Outcome::Reproduced, Outcome::Differs, Outcome::CannotTell].map(count);
    (!case.replicas.is_empty()).then(|| format!("{same}, {other}, {unknown}"))
}
