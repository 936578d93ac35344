//! From other chemistries to a few cells of one: errors by method and number of target cells (Fig. 4).

use itertools::Itertools as _;

use crate::{
    document::Section,
    figure::{Axis, Figure, Look, Marker, Point, Scale, Series, Shade},
    summary::{Row, Summary},
    table::{Cell, Column, Table},
};
use record::{Method, Protocol};

use super::{notes::notes, scenario};

/// Methods in words; the bars of the paper.
const METHODS: [(Method, &str, Shade); 5] = [
    (Method::Direct, "direct learning", Shade::Light),
    (Method::FineTune, "pretraining, fine-tuning", Shade::Pale),
    (Method::Transfer, "BatLiNet", Shade::Medium),
    (Method::SharedHead, "BatLiNet, shared head", Shade::Dark),
    (Method::AsReferences, "BatLiNet of the source, target cells as references", Shade::Dark),
];

/// Of the space between two numbers of cells, what the bars of one number fill.
const GROUP: f64 = 0.8;

/// The part of a chapter that is about one target chemistry.
pub fn section(summary: &Summary) -> Section {
    let mut notes = notes(summary);
    if summary.is_comparable() && summary.protocol == Some(Protocol::Honest) {
        notes.push(
            "the published bars follow the authors' notebook, not the corrected procedure of this experiment: they are \
             no target here"
                .to_owned(),
        );
    }
    Section {
        title: summary.title(),
        level: 3,
        description: summary.description.clone(),
        analysis: summary.analysis.clone(),
        tables: vec![by_cells(summary), Table { slug: format!("{}-all", summary.slug()), ..scenario::table(summary) }],
        figures: vec![bars(summary)],
        notes,
        ..Section::default()
    }
}

/// What is the same for all numbers of target cells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Arm<'a> {
    model: &'a str,
    name: &'a str,
    method: Option<Method>,
}

fn arm(row: &Row) -> Arm<'_> {
    Arm { model: &row.model, name: &row.variant.arm, method: row.values.method }
}

fn numbers_of_cells(summary: &Summary) -> Vec<usize> {
    summary.rows.iter().filter_map(|row| row.variant.target_cells).sorted_unstable().dedup().collect()
}

/// The row with so many target cells.
fn find(summary: &Summary, cells: usize, is_wanted: impl Fn(Arm<'_>) -> bool) -> Option<&Row> {
    summary.rows.iter().find(|row| row.variant.target_cells == Some(cells) && is_wanted(arm(row)))
}

/// MAPE: numbers of cells down, methods across.
fn by_cells(summary: &Summary) -> Table {
    let arms: Vec<Arm<'_>> =
        summary.rows.iter().filter(|row| row.variant.target_cells.is_some()).map(arm).unique().collect();
    let mut columns = vec![Column::new("target cells")];
    for arm in &arms {
        columns.push(Column::new(words(arm)));
        columns.push(Column::optional(format!("published {}", arm.name)));
    }
    let line = |cells: usize| {
        let pairs = arms.iter().flat_map(|wanted| match find(summary, cells, |arm| arm == *wanted) {
            Some(row) => [Cell::mean(row.mape), Cell::published(row.published_mape)],
            None => [Cell::Blank, Cell::Blank],
        });
        std::iter::once(Cell::Count(cells)).chain(pairs).collect()
    };
    Table {
        slug: format!("{}-by-cells", summary.slug()),
        caption: format!("MAPE in percent by number of target cells: {}", summary.title()),
        columns,
        rows: numbers_of_cells(summary).into_iter().map(line).collect(),
    }
    .without_empty_columns()
}

fn words(arm: &Arm<'_>) -> String {
    let known = METHODS.iter().find(|(method, _, _)| arm.method == Some(*method));
    known.map_or_else(|| format!("{} {}", arm.model, arm.name).trim().to_owned(), |(_, words, _)| (*words).to_owned())
}

fn bars(summary: &Summary) -> Figure {
    let numbers = numbers_of_cells(summary);
    let mut series = Vec::new();
    let mut published = Vec::new();
    let is_here = |(method, _, _): &(Method, &str, Shade)| {
        summary.rows.iter().any(|row| row.variant.target_cells.is_some() && row.values.method == Some(*method))
    };
    let methods: Vec<_> = METHODS.into_iter().filter(is_here).collect();
    let width = GROUP / methods.len().max(1) as f64;
    for (position, (method, words, shade)) in methods.into_iter().enumerate() {
        let offset = width * (position as f64 + 0.5) - GROUP / 2.0;
        let mut points = Vec::new();
        for (place, cells) in numbers.iter().enumerate() {
            let Some(row) = find(summary, *cells, |arm| arm.method == Some(method)) else { continue };
            let x = place as f64 + offset;
            if let Some(spread) = row.mape {
                let ends = (spread.mean - spread.population_std, spread.mean + spread.population_std);
                points.push(Point { x, y: spread.mean, spread: (spread.count > 1).then_some(ends) });
            }
            if let Some(number) = row.published_mape {
                let spread = number.spread.map(|std| (number.value - std, number.value + std));
                published.push(Point { x: x + 0.3 * width, y: number.value, spread });
            }
        }
        if !points.is_empty() {
            let model = if matches!(method, Method::Direct | Method::FineTune) { "cnn" } else { "batlinet" };
            series.push(Series::new(words, Look::Bars(shade, width), points).of(model));
        }
    }
    let lives: Vec<Point> = numbers
        .iter()
        .enumerate()
        .filter_map(|(place, cells)| {
            let mean = find(summary, *cells, |arm| arm.model == "mean")?;
            Some(Point::new(place as f64, mean.mape?.mean))
        })
        .collect();
    if !lives.is_empty() {
        series.push(Series::new("mean life", Look::Levels(GROUP), lives).of("mean"));
    }
    if !published.is_empty() {
        series.push(Series::new("published", Look::Points(Marker::Ring), published));
    }
    Figure {
        slug: format!("{}-mape", summary.slug()),
        title: format!("{}: MAPE by method, {} cells", summary.experiment, summary.data),
        caption: "Bars are means over seeds, their whiskers the population standard deviation. Dashed is the error of \
                  predicting the mean of the lives learned from."
            .to_owned(),
        x: Axis::new(
            format!("{} cells to learn from", summary.scenario),
            Scale::Names(numbers.iter().map(usize::to_string).collect()),
        ),
        y: Axis::new("MAPE / %", Scale::FromZero),
        series,
        diagonal: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::*};
    use cells::cell::Origin;
    use record::Study;

    fn of(data: &str, origin: Origin) -> Summary {
        let arms = [
            ("mean", "cells=8"),
            ("cnn", "direct+cells=8"),
            ("cnn", "direct+cells=2"),
            ("cnn", "fine_tune+cells=8"),
            ("batlinet", "transfer+cells=8"),
        ];
        let runs: Vec<_> = arms
            .iter()
            .map(|(model, name)| {
                let mut run = variant(name, run(model, 0, 100.0, data));
                run.score.scenario = "NCA".to_owned();
                run
            })
            .collect();
        let mut record = record(origin);
        (record.study, record.protocol, record.expect) = (Study::Transfer, Protocol::Honest, vec![]);
        summaries(&runs, &[record]).remove(0)
    }

    #[test]
    fn methods_stand_beside_each_other_and_published_bars_beside_real_cells() {
        let section = section(&of("real", Origin::Real));
        let table = &section.tables[0];
        assert_eq!(table.header()[1..4], ["mean", "direct learning", "published direct"]);
        assert_eq!(table.texts()[0][..4], ["2", "", "20.0", "73.78 ± 48.14"]);
        assert_eq!(table.texts()[1][..4], ["8", "20.0", "20.0", "50.51 ± 27.08"]);
        let names: Vec<&str> = section.figures[0].series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["direct learning", "pretraining, fine-tuning", "BatLiNet", "mean life", "published"]);
        assert_eq!(section.figures[0].series[4].points.len(), 4);
        assert!(section.notes.iter().any(|note| note.contains("no target here")));
    }

    #[test]
    fn virtual_cells_stand_alone() {
        let section = section(&of("virtual", Origin::Virtual));
        assert!(section.tables[0].header().iter().all(|heading| !heading.starts_with("published")));
        assert_eq!(section.figures[0].series.len(), 4);
    }
}
