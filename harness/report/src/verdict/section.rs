//! Verdicts in sentences and tables: first of all experiments at once, then each with all of its comparisons.

use super::{
    Comparison, Judged, LEVEL, Model, Outcome, Replica, groups, judge,
    paper::{TOLERANCE, replicas},
    picture, wins,
};
use crate::{
    document::{Finding, Section},
    study::folds,
    summary::Summary,
    table::{Cell, Column, Table, number},
};
use cells::count::{counted, counted_with};
use record::Study;
use statistics::{Interval, Measure, Verdict, coverage_found, fewest_cells};

/// Datasets below which ranks are no evidence (Demšar 2006: the Nemenyi test on fewer than five hardly ever finds anything).
const ENOUGH_DATASETS: usize = 5;

/// What is said of a cross-validation.
const SHARED: &str = "every cell is tested once, by the model of its fold; these models share training cells, which the intervals do \
     not know of";

/// A summary with all that follows from it.
struct Case<'a> {
    summary: &'a Summary,
    judged: Judged<'a>,
    replicas: Vec<Replica>,
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
        return Vec::new();
    }
    let cases: Vec<Case<'_>> = candidates
        .iter()
        .filter(|summary| !summary.is_cut())
        .map(|summary| Case { summary, judged: judge(summary), replicas: replicas(summary) })
        .filter(|case| !case.judged.models.is_empty())
        .collect();
    let quick = candidates.iter().filter(|summary| summary.is_cut()).count();
    let mut sections = vec![overview(&cases, quick)];
    sections.extend(cases.iter().map(part));
    sections
}

/// The first screen.
fn overview(cases: &[Case<'_>], quick: usize) -> Section {
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
        let finding = finding(case, comparison);
        let others = if comparison.is_arm { String::new() } else { tally(&case.judged.comparisons) };
        Finding { text: format!("{}: {}{others}", name(case.summary), finding.text), ..finding }
    })
    .collect()
}

/// How BatLiNet stands beside all baselines, where there are several: that of the best may be undecided, and of others not.
fn tally(comparisons: &[Comparison]) -> String {
    let of: Vec<Verdict> = comparisons.iter().filter(|one| !one.is_arm).map(|one| one.verdict).collect();
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

fn finding(case: &Case<'_>, comparison: &Comparison) -> Finding {
    let judged = &case.judged;
    let what = if comparison.is_arm { "its own arm" } else { "the best baseline" };
    let other = judged.models.iter().find(|model| model.row.name() == comparison.other);
    let runs = judged.whole().into_iter().chain(other).flat_map(|model| model.runs.clone());
    Finding {
        word: comparison.verdict.to_string(),
        text: sentence(&format!("{what}, {}", comparison.other), comparison),
        runs: runs.collect(),
    }
}

/// `matr-1`, with its cells where they are no measured ones.
fn name(summary: &Summary) -> String {
    if summary.is_virtual() { format!("{} (virtual cells)", summary.experiment) } else { summary.experiment.clone() }
}

/// `BatLiNet with an RMSE of 89.8 against …, 71.4: +18.4 cycles [−7.0, +49.1] …`
fn sentence(other: &str, comparison: &Comparison) -> String {
    let of = &comparison.difference;
    let change = Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high }).text();
    let mut text =
        format!("BatLiNet with an RMSE of {} against {other}, with {}: {change} cycles.", number(of.b), number(of.a));
    // beside an interval that reaches over 0 it would be read as the verdict that there is not
    if matches!(comparison.verdict, Verdict::Better | Verdict::Worse) {
        let share = 100.0 * of.probability_better;
        text.push_str(&format!(" It is the better one in {share:.0} % of redrawn cells and seeds."));
    }
    if let Some(why) = why_not(comparison) {
        text.push_str(&format!(" {why}"));
    }
    text
}

/// Why nothing can be told, and what it would have taken.
fn why_not(comparison: &Comparison) -> Option<String> {
    let of = &comparison.difference;
    if comparison.verdict != Verdict::CannotTell {
        return None;
    }
    let test_cells = counted(of.cells, "test cell");
    let seeds = match (of.seeds_b, of.seeds_a) {
        (own, other) if own == other => format!("{test_cells} and {} each", counted(own, "seed")),
        (own, 1) => format!("{test_cells} and {}", counted(own, "seed")),
        (own, other) => format!("{test_cells} and {} against {other}", counted(own, "seed")),
    };
    let needed = fewest_cells(comparison.family, of.level);
    Some(if comparison.failed > 0 {
        format!("{} no numbers.", counted_with(comparison.failed, "run", ["has", "have"]))
    } else if !of.shows_seeds {
        "One seed of a model that draws says nothing about other seeds.".to_owned()
    } else if of.cells < needed {
        format!(
            "{test_cells} and {} tell no difference, however large: it takes {needed} cells.",
            counted(comparison.family, "comparison")
        )
    } else if of.low > 0.0 || of.high < 0.0 {
        let p = comparison.adjusted_p;
        match comparison.family {
            1 => format!("The interval is beyond 0, but by p = {p:.2} it may be chance."),
            many => format!(
                "The interval is beyond 0, but by p = {p:.2}, corrected for {many} comparisons, it may be chance."
            ),
        }
    } else {
        let detectable = number(of.detectable_among(comparison.family));
        format!("With {seeds}, a difference of {detectable} would have been found in four of five cases.")
    })
}

/// Nothing where no difference would have been found.
fn detectable(comparison: &Comparison) -> Cell {
    Cell::number(comparison.detectable())
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
        let of = beside.map(|(_, comparison)| &comparison.difference);
        let cells = [
            Some(Cell::Text(name(case.summary))),
            beside.map(|(_, comparison)| Cell::Word(comparison.verdict.to_string())),
            own.map(|model| Cell::Interval(model.intervals[0])),
            beside.map(|(model, _)| Cell::Text(model.row.name())),
            beside.map(|(model, _)| Cell::Interval(model.intervals[0])),
            of.map(|of| Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high })),
            counts(case).map(Cell::Text),
            best.map(|model| Cell::Text(model.row.name())),
            beside.map(|(_, comparison)| detectable(comparison)),
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

/// All that follows from one experiment.
fn part(case: &Case<'_>) -> Section {
    let (summary, judged) = (case.summary, &case.judged);
    let mut findings: Vec<Finding> = judged.best(|_| true).map(|best| self::best(best)).into_iter().collect();
    let best_other = judged.with_best_other().map(|(model, _)| model.row.name());
    let told = judged.comparisons.iter().filter(|one| one.is_arm || Some(&one.other) == best_other.as_ref());
    findings.extend(told.map(|comparison| finding(case, comparison)));
    let mut tables: Vec<Table> = std::iter::once(models(case)).chain(groups::table(summary, judged)).collect();
    if !case.replicas.is_empty() {
        tables.push(published(case));
    }
    Section {
        title: format!("{}: what follows · {}", summary.experiment, without_name(&summary.title())),
        level: 3,
        findings,
        tables,
        figures: picture::differences(summary, judged).into_iter().chain(picture::paired(summary)).collect(),
        notes: covered(judged)
            .into_iter()
            .chain(unbounded(judged))
            .chain((summary.study == Study::CrossValidation).then(|| SHARED.to_owned()))
            .chain(judged.left_out.iter().map(|reason| format!("not judged: {reason}")))
            .collect(),
        runs: summary.keys(),
        ..Section::default()
    }
}

/// What a table shows as ∞.
fn unbounded(judged: &Judged<'_>) -> Option<String> {
    let cells = judged.models.first()?.predictions.cells().len();
    let is_shown =
        judged.models.iter().any(|model| model.intervals.iter().any(|of| Cell::Interval(*of).is_unbounded()));
    is_shown.then(|| format!("∞: {} do not bound this error from above", counted(cells, "test cell")))
}

/// How often such intervals were found to hold.
fn covered(judged: &Judged<'_>) -> Option<String> {
    let cells = judged.models.first()?.predictions.cells().len();
    let [single, difference] = [false, true].map(|is_difference| coverage_found(Measure::Rmse, is_difference, cells));
    Some(format!(
        "intervals of {:.0} %, of an RMSE: {}; of a difference of two: {} (results/bench/coverage.csv)",
        100.0 * LEVEL,
        single?,
        difference?
    ))
}

fn without_name(title: &str) -> &str {
    title.split_once(" · ").map_or(title, |(_, rest)| rest)
}

fn best(model: &Model<'_>) -> Finding {
    let text = format!(
        "{} has the least RMSE here: {} cycles over other cells and seeds.",
        model.row.name(),
        Cell::Interval(model.intervals[0]).text()
    );
    Finding { word: "best".to_owned(), text, runs: model.runs.clone() }
}

/// Intervals of all models, and BatLiNet beside each.
fn models(case: &Case<'_>) -> Table {
    let columns = vec![
        Column::new("model"),
        Column::error("RMSE [95 %]"),
        Column { is_detail: true, ..Column::error("MAE [95 %]") },
        Column::error("MAPE % [95 %]"),
        Column::optional("BatLiNet less this [95 %]"),
        Column::optional("BatLiNet is"),
        Column { is_detail: true, ..Column::optional("in % of draws") },
        Column { is_detail: true, ..Column::optional("corrected p") },
        Column { is_detail: true, ..Column::optional("detectable") },
        Column::detail("runs"),
    ];
    let line = |model: &Model<'_>| {
        let found = case.judged.comparisons.iter().find(|comparison| comparison.other == model.row.name());
        let mut cells = vec![Cell::Text(model.row.name())];
        cells.extend(model.intervals.map(Cell::Interval));
        match found {
            None => cells.extend([const { Cell::Blank }; 5]),
            Some(found @ Comparison { difference: of, verdict, adjusted_p, .. }) => cells.extend([
                Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high }),
                Cell::Word(verdict.to_string()),
                Cell::Number(100.0 * of.probability_better),
                Cell::Probability(*adjusted_p),
                detectable(found),
            ]),
        }
        cells.push(Cell::Runs(model.runs.clone()));
        cells
    };
    Table {
        slug: format!("{}-intervals", case.summary.slug()),
        caption: format!("Intervals over other cells and seeds, and BatLiNet beside each: {}", case.summary.title()),
        columns,
        rows: case.judged.models.iter().map(line).collect(),
    }
    .without_empty_columns()
}

/// Every published number with its verdict.
fn published(case: &Case<'_>) -> Table {
    let columns = ["model", "measure", "ours", "seeds", "published", "ours less published [95 %]", "verdict"];
    let line = |replica: &Replica| {
        vec![
            Cell::Text(replica.model.clone()),
            Cell::Text(replica.measure.to_owned()),
            Cell::Mean(replica.ours),
            Cell::Count(replica.ours.count),
            Cell::Published(replica.published),
            replica.difference.map_or(Cell::Missing, Cell::Change),
            Cell::Word(replica.outcome.word().to_owned()),
            Cell::Text(replica.reason.clone()),
            Cell::Runs(replica.runs.clone()),
        ]
    };
    let columns = columns.into_iter().map(Column::new).chain([Column::detail("why"), Column::detail("runs")]);
    Table {
        slug: format!("{}-published", case.summary.slug()),
        caption: format!(
            "Published numbers · reproduced is within {:.0} % of the published number with the whole interval over seeds, differs is \
             beyond it: {}",
            100.0 * TOLERANCE,
            case.summary.title()
        ),
        columns: columns.collect(),
        rows: case.replicas.iter().map(line).collect(),
    }
}
