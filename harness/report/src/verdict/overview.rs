//! The first screen: BatLiNet in every experiment.

use itertools::Itertools as _;

use super::{
    Comparison, Judged, Kind, LEVEL, Outcome,
    paper::TOLERANCE,
    sections::Case,
    sentence::{self, name},
    wins,
};
use crate::{
    document::{Finding, Section},
    table::{Cell, Column, Table},
};
use cells::count::{counted, counted_with, verb};
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
             comparisons of its experiment; where neither can be told it is said what would have been found; the best other model was \
             picked by these very test cells, which favours it; *compare* corrects for all comparisons of its call instead"
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
    let has_losses = cases.iter().flat_map(|case| &case.summary.runs).any(|run| run.losses.is_some());
    if !cases.is_empty() && !has_losses {
        notes.push(
            "there are no learning curves: records of before keep the training loss of the last epoch alone".to_owned(),
        );
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

/// What a reader asks first: does BatLiNet beat the others, and its own arms, and was the paper reproduced?
fn headlines(case: &Case<'_>) -> Vec<Finding> {
    let (arms, others): (Vec<&Comparison>, Vec<&Comparison>) =
        case.judged.comparisons.iter().partition(|one| one.kind == Kind::Arm);
    let best = case.judged.with_best_other().map(|(_, comparison)| comparison);
    let of_arms = match arms[..] {
        [] => None,
        [arm] => Some(sentence::finding(case, arm)),
        _ => Some(tally(case, &arms, "arms of its own")),
    };
    let of_others = match others[..] {
        [] => None,
        [other] => Some(sentence::finding(case, other)),
        _ => Some(tally(case, &others, sentence::kind_of_all(&others))).map(|all| {
            let beside = best.map(|best| sentence::finding(case, best));
            let text = beside.map_or(all.text.clone(), |beside| format!("{} Beside {}", all.text, beside.text));
            Finding { text, ..all }
        }),
    };
    let found = of_others.into_iter().chain(of_arms).chain(reproduced(case));
    found.map(|finding| Finding { text: format!("{}: {}", name(case.summary), finding.text), ..finding }).collect()
}

/// How BatLiNet stands beside all of them, of which that beside the best may be undecided and others not. Worse than any is worse, and
/// better is better than all.
fn tally(case: &Case<'_>, all: &[&Comparison], of: &str) -> Finding {
    let count = |verdict: Verdict| all.iter().filter(|one| one.told.verdict == verdict).count();
    let words = [
        (Verdict::Better, "better than"),
        (Verdict::Worse, "worse than"),
        (Verdict::Equal, "equal to"),
        (Verdict::CannotTell, "not to be told from"),
    ];
    let total = all.len();
    let mut said =
        words.iter().filter(|(verdict, _)| count(*verdict) > 0).enumerate().map(|(place, (verdict, words))| {
            match (place, count(*verdict)) {
                (0, of_them) if of_them == total && *verdict == Verdict::CannotTell => {
                    format!("{words} any of {total} {of}")
                }
                (0, of_them) if of_them == total => format!("{words} all {total} {of}"),
                (0, of_them) => format!("{words} {of_them} of {total} {of}"),
                (_, of_them) => format!("{words} {of_them}"),
            }
        });
    let said = said.join(", ");
    let overall = match () {
        () if count(Verdict::Worse) > 0 => Verdict::Worse,
        () if count(Verdict::Better) == all.len() => Verdict::Better,
        () if count(Verdict::Equal) == all.len() => Verdict::Equal,
        () => Verdict::CannotTell,
    };
    Finding {
        word: overall.to_string(),
        text: format!("{} is {said}.", case.judged.own_name()),
        runs: case.judged.whole().map_or_else(Vec::new, |model| model.runs.clone()),
    }
}

/// How many published numbers came out, that of BatLiNet by itself, and those that the authors' own runs gave where others are quoted.
fn reproduced(case: &Case<'_>) -> Option<Finding> {
    let count = |outcome: Outcome| case.replicas.iter().filter(|replica| replica.outcome == outcome).count();
    let [same, other, unknown] = [Outcome::Reproduced, Outcome::Differs, Outcome::CannotTell].map(count);
    let first = case.replicas.first()?;
    let own = case.judged.whole().map(|model| model.row.name());
    let own = case.replicas.iter().find(|one| own.as_ref() == Some(&one.model) && one.measure == "RMSE");
    let own = own.map_or_else(String::new, |own| {
        let (ours, theirs) = (Cell::Mean(own.ours).text(), Cell::Published(own.published).text());
        let why = own.reason.split("; ").take(2).join("; ");
        let by = if own.published.study == "features" {
            " of the authors' ablation with the channels read here"
        } else {
            ""
        };
        format!(" BatLiNet's RMSE of {ours} beside {theirs}{by}: {} ({why}).", own.outcome.word())
    });
    let expected = case.summary.expectations.iter().filter(|verdict| verdict.expectation.source.contains("own run"));
    let (of_authors, met) = (expected.clone().count(), expected.filter(|verdict| verdict.is_met()).count());
    let of_authors = match of_authors {
        0 => String::new(),
        all => format!(
            " Of {all} that the paper quotes from others and the authors' own runs gave otherwise, {met} came out as in these runs."
        ),
    };
    let word = match () {
        () if same == case.replicas.len() => Outcome::Reproduced,
        () if other == case.replicas.len() => Outcome::Differs,
        () => Outcome::CannotTell,
    };
    let word = if word == Outcome::CannotTell {
        format!("{same} of {} reproduced", case.replicas.len())
    } else {
        word.word().to_owned()
    };
    let text = format!(
        "of {} published for {}, {same} {} reproduced within {:.0} %, {other} {}, and of {unknown} nobody can tell.{own}{of_authors}",
        counted(case.replicas.len(), "number"),
        first.published.scenario,
        verb(same, ["is", "are"]),
        100.0 * TOLERANCE,
        verb(other, ["differs", "differ"]),
    );
    Some(Finding { word, text, runs: case.replicas.iter().flat_map(|one| one.runs.clone()).unique().collect() })
}

fn table(cases: &[Case<'_>]) -> Table {
    let columns = vec![
        Column::new("experiment"),
        Column::new("BatLiNet is"),
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
    let count = |outcome: Outcome| case.replicas.iter().filter(|replica| replica.outcome == outcome).count();
    let [same, other, unknown] = [Outcome::Reproduced, Outcome::Differs, Outcome::CannotTell].map(count);
    (!case.replicas.is_empty()).then(|| format!("{same}, {other}, {unknown}"))
}
