//! What was found of BatLiNet and one other, as a sentence.

use super::{Comparison, Kind, sections::Case};
use crate::{
    document::Finding,
    summary::Summary,
    table::{Cell, number},
};
use cells::count::counted;
use statistics::{Interval, Judgement, Unclear, Verdict};

/// With the word of its verdict and the keys of its runs.
pub(super) fn finding(case: &Case<'_>, comparison: &Comparison) -> Finding {
    let judged = &case.judged;
    let others: Vec<&Comparison> = judged.comparisons.iter().filter(|one| one.kind != Kind::Arm).collect();
    let what = match (comparison.kind, kind_of_all(&others)) {
        (Kind::Arm, _) => "its own arm",
        (_, BASELINES) => "the best baseline",
        _ => "the best other model",
    };
    let other = judged.models.iter().find(|model| model.row.name() == comparison.other);
    let runs = judged.whole().into_iter().chain(other).flat_map(|model| model.runs.clone());
    Finding {
        word: comparison.told.verdict.to_string(),
        text: sentence(&judged.own_name(), &format!("{what}, {}", comparison.other), comparison),
        runs: runs.collect(),
    }
}

/// `matr-1`, with its cells where they are no measured ones.
pub(super) fn name(summary: &Summary) -> String {
    if summary.is_virtual() { format!("{} (virtual cells)", summary.experiment) } else { summary.experiment.clone() }
}

/// What models that are no arms are called together.
pub(super) fn kind_of_all(others: &[&Comparison]) -> &'static str {
    if others.iter().all(|one| one.kind == Kind::Baseline) { BASELINES } else { "other models" }
}

const BASELINES: &str = "baselines";

/// `the best baseline, gp, with an RMSE of 71.4, BatLiNet has 89.8: +18.4 cycles [−7.0, +49.1], cannot tell. …`
fn sentence(own: &str, other: &str, comparison: &Comparison) -> String {
    let of = &comparison.told.difference;
    let change = Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high }).text();
    let mut text = format!(
        "{other}, with an RMSE of {}, {own} has {}: {change} cycles, {}.",
        number(of.a),
        number(of.b),
        comparison.told.verdict
    );
    // beside an interval that reaches over 0 it would be read as the verdict that there is not
    if matches!(comparison.told.verdict, Verdict::Better | Verdict::Worse) {
        let share = match 100.0 * of.probability_better {
            share if share < 1.0 => "less than 1".to_owned(),
            share if share > 99.0 => "more than 99".to_owned(),
            share => format!("{share:.0}"),
        };
        text.push_str(&format!(" It is the better one in {share} % of redrawn cells and seeds."));
    }
    if let Some(why) = why_not(&comparison.told) {
        text.push_str(&format!(" {why}"));
    }
    text
}

/// Why nothing can be told, and what it would have taken.
fn why_not(told: &Judgement) -> Option<String> {
    let unclear = told.unclear?;
    Some(match (unclear, told.detectable()) {
        (Unclear::AcrossZero, Some(detectable)) => format!(
            "With {}, a difference of {} would have been found in four of five cases.",
            sizes(told),
            number(detectable)
        ),
        (Unclear::MayBeChance { p, .. }, _) => capital(&format!("{unclear} (p = {p:.4}).")),
        _ => capital(&format!("{unclear}.")),
    })
}

/// `42 test cells and 8 seeds each`.
fn sizes(told: &Judgement) -> String {
    let of = &told.difference;
    let test_cells = counted(of.cells, "test cell");
    match (of.seeds_b, of.seeds_a) {
        (own, other) if own == other => format!("{test_cells} and {} each", counted(own, "seed")),
        (own, 1) => format!("{test_cells} and {}", counted(own, "seed")),
        (own, other) => format!("{test_cells} and {} against {other}", counted(own, "seed")),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
