//! What was found of BatLiNet and one other, as a sentence.

use super::{Comparison, sections::Case};
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
    let what = if comparison.is_arm { "its own arm" } else { "the best baseline" };
    let other = judged.models.iter().find(|model| model.row.name() == comparison.other);
    let runs = judged.whole().into_iter().chain(other).flat_map(|model| model.runs.clone());
    Finding {
        word: comparison.told.verdict.to_string(),
        text: sentence(&format!("{what}, {}", comparison.other), comparison),
        runs: runs.collect(),
    }
}

/// `matr-1`, with its cells where they are no measured ones.
pub(super) fn name(summary: &Summary) -> String {
    if summary.is_virtual() { format!("{} (virtual cells)", summary.experiment) } else { summary.experiment.clone() }
}

/// `BatLiNet with an RMSE of 89.8 against …, 71.4: +18.4 cycles [−7.0, +49.1] …`
fn sentence(other: &str, comparison: &Comparison) -> String {
    let of = &comparison.told.difference;
    let change = Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high }).text();
    let mut text =
        format!("BatLiNet with an RMSE of {} against {other}, with {}: {change} cycles.", number(of.b), number(of.a));
    // beside an interval that reaches over 0 it would be read as the verdict that there is not
    if matches!(comparison.told.verdict, Verdict::Better | Verdict::Worse) {
        let share = 100.0 * of.probability_better;
        text.push_str(&format!(" It is the better one in {share:.0} % of redrawn cells and seeds."));
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
