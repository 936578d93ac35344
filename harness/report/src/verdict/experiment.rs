//! All that follows from one experiment.

use super::{
    Comparison, Judged, Kind, LEVEL, Model, Replica, groups, paper::TOLERANCE, picture, sections::Case, sentence,
};
use crate::{
    document::{Finding, Section},
    table::{Cell, Column, Table},
};
use cells::count::counted;
use record::Study;
use statistics::{Interval, Judgement, Measure, coverage_found};

/// What is said of a cross-validation.
const SHARED: &str = "every cell is tested once, by the model of its fold; these models share training cells, which the intervals do \
     not know of";

pub(super) fn section(case: &Case<'_>) -> Section {
    let (summary, judged) = (case.summary, &case.judged);
    let mut findings: Vec<Finding> = judged.best(|_| true).map(best).into_iter().collect();
    let best_other = judged.with_best_other().map(|(model, _)| model.row.name());
    let told = judged.comparisons.iter().filter(|one| one.kind == Kind::Arm || Some(&one.other) == best_other.as_ref());
    findings.extend(told.map(|comparison| sentence::finding(case, comparison)));
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
            Some(found @ Comparison { told: Judgement { difference: of, verdict, adjusted_p, .. }, .. }) => cells
                .extend([
                    Cell::Change(Interval { estimate: of.difference, low: of.low, high: of.high }),
                    Cell::Word(verdict.to_string()),
                    Cell::Number(100.0 * of.probability_better),
                    Cell::Probability(*adjusted_p),
                    Cell::number(found.told.detectable()),
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
