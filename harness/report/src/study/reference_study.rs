//! What the choice of references does (Fig. 5): errors with single references, their spread over draws of references,
//! both from one trained model's predictions for every pair of cells; and throughput, from the benches.

use crate::{
    bench::Throughput,
    document::Section,
    figure::{Axis, Dash, Figure, Look, Marker, Point, Scale, Series},
    published::{PublishedNumber, published},
    summary::Summary,
    table::{Cell, Column, Table},
};
use cells::count::counted;
use record::{PairPredictions, draws_of};
use statistics::{ReferenceErrors, Spread, median, reference_errors};

use super::{notes::notes, scenario};

/// The part of a chapter that is about one experiment.
pub fn section(summary: &Summary, throughput: Option<&Throughput>) -> Section {
    let mut section = Section {
        title: summary.title(),
        level: 3,
        description: summary.description.clone(),
        analysis: summary.analysis.clone(),
        tables: vec![scenario::table(summary)],
        figures: Vec::new(),
        notes: notes(summary),
        ..Section::default()
    };
    let shown = summary.runs.iter().find_map(|run| Some((run, run.pairs.as_ref()?)));
    let Some((run, pairs)) = shown else {
        section.notes.push(
            "no run has predictions with single references (pairs.csv in its folder), so there is no figure".to_owned(),
        );
        return section;
    };
    let draws: Vec<(usize, Spread)> = draws_of(&run.streams, pairs)
        .into_iter()
        .filter_map(|(count, errors)| {
            let finite: Vec<f64> = errors.into_iter().filter(|error| error.is_finite()).collect();
            Some((count, Spread::new(&finite)?))
        })
        .collect();
    section.tables.push(table(summary, &draws, throughput));
    section.figures.extend(single(summary, pairs));
    section.figures.push(over_draws(summary, &draws));
    match throughput {
        Some(measured) => section.figures.push(speed(summary, measured)),
        None => section.notes.push(
            "throughput (Fig. 5c) is measured by `make bench`; nothing is at hand that says on which machine and day"
                .to_owned(),
        ),
    }
    section.notes.push(format!(
        "figures are of seed {}: {} with {} each",
        run.score.seed,
        counted(pairs.cells.len(), "test cell"),
        counted(pairs.references.len(), "reference")
    ));
    section
}

fn paper(summary: &Summary, study: &str, count: usize, metric: &str) -> Option<&'static PublishedNumber> {
    let scenario = if study == "throughput" { "MIX-100" } else { summary.scenario.as_str() };
    let variant = format!("references_test={count}");
    summary.is_comparable().then(|| published(study, scenario, "batlinet", &variant, metric)).flatten()
}

fn table(summary: &Summary, draws: &[(usize, Spread)], throughput: Option<&Throughput>) -> Table {
    let columns = vec![
        Column::new("references"),
        Column::new("median RMSE over draws [quartiles]"),
        Column::detail("RMSE over draws"),
        Column::optional("published median RMSE over seeds"),
        Column::optional("cells per second"),
        Column::optional("published cells per second"),
    ];
    let line = |(count, spread): &(usize, Spread)| {
        vec![
            Cell::Count(*count),
            Cell::Median(*spread),
            Cell::Mean(*spread),
            Cell::published(paper(summary, "references", *count, "rmse_median")),
            Cell::number(throughput.and_then(|measured| measured.with(*count))),
            Cell::published(paper(summary, "throughput", *count, "cells_per_second")),
        ]
    };
    Table {
        slug: format!("{}-draws", summary.slug()),
        caption: format!(
            "A hundred draws of references for one trained model: {}{}",
            summary.title(),
            throughput.map_or_else(String::new, |measured| format!(" · cells per second on {}", place(measured)))
        ),
        columns,
        rows: draws.iter().map(line).collect(),
    }
    .without_empty_columns()
}

/// Fig. 5a.
fn single(summary: &Summary, pairs: &PairPredictions) -> Option<Figure> {
    let errors = reference_errors(&pairs.observed, pairs.predicted.view());
    let sorted = |of: fn(&ReferenceErrors) -> f64| {
        let mut curve: Vec<f64> = errors.iter().map(of).collect();
        curve.sort_by(f64::total_cmp);
        curve
    };
    let curves = [
        ("worst reference", Dash::Dotted, sorted(|errors| errors.worst)),
        ("median reference", Dash::Dashed, sorted(|errors| errors.median)),
        ("best reference", Dash::Solid, sorted(|errors| errors.best)),
    ];
    // the worst of a runaway would hide the rest
    let typical = median(&curves[0].2)?;
    let is_runaway = curves[0].2.last().is_some_and(|largest| *largest > 20.0 * typical);
    let largest = curves.iter().flat_map(|(_, _, curve)| curve).copied().fold(0.0, f64::max);
    let series = curves.into_iter().map(|(name, dash, curve)| {
        let points = curve.into_iter().zip(1..).map(|(error, rank)| Point::new(f64::from(rank), error)).collect();
        Series::new(name, Look::Line(dash), points).of("batlinet")
    });
    let theirs = if summary.is_comparable() {
        " The published curves are not available as numbers; on MIX-100 they end near 2100 (worst), 980 (median) and 350 \
         (best) cycles."
    } else {
        ""
    };
    Some(Figure {
        slug: format!("{}-single-references", summary.slug()),
        title: format!("{}: error with one reference, {} cells", summary.experiment, summary.data),
        caption: format!(
            "Every training cell as the only reference of every test cell; each curve is sorted by itself.{theirs}"
        ),
        x: Axis::new("test cells, sorted", Scale::Linear),
        y: Axis {
            // the end of a curve is what it is about: nothing may be cut
            limits: (!is_runaway && largest > 0.0).then_some((0.0, 1.04 * largest)),
            ..Axis::new("absolute error / cycles", if is_runaway { Scale::Log10 } else { Scale::FromZero })
        },
        series: series.collect(),
        diagonal: false,
    })
}

/// Fig. 5b, for one trained model: what drawing other references changes.
fn over_draws(summary: &Summary, draws: &[(usize, Spread)]) -> Figure {
    let ours = draws.iter().map(|(count, spread)| Point {
        x: *count as f64,
        y: spread.median,
        spread: Some(spread.quartiles),
    });
    let theirs = draws.iter().filter_map(|(count, _)| {
        Some(Point::new(*count as f64, paper(summary, "references", *count, "rmse_median")?.value))
    });
    let series = [
        ("median, quartiles", Look::Joined(Marker::Disc, Dash::Solid), ours.collect::<Vec<_>>()),
        ("published, over seeds", Look::Joined(Marker::Ring, Dash::Dashed), theirs.collect()),
    ];
    Figure {
        slug: format!("{}-draws", summary.slug()),
        title: format!("{}: RMSE over draws of references, {} cells", summary.experiment, summary.data),
        caption: "A hundred draws for one trained model; the bars reach from the first to the third quartile."
            .to_owned(),
        x: Axis::new("reference cells at test time", Scale::Log2),
        y: Axis::new("RMSE / cycles", Scale::Linear),
        series: named(series),
        diagonal: false,
    }
}

/// Where a rate was measured, without which it means nothing.
fn place(measured: &Throughput) -> String {
    format!("{}, {}", measured.machine, measured.date)
}

/// Fig. 5c.
fn speed(summary: &Summary, measured: &Throughput) -> Figure {
    let ours = measured.rates.iter().map(|(count, rate)| Point::new(*count as f64, *rate));
    let theirs = measured.rates.iter().filter_map(|(count, _)| {
        Some(Point::new(*count as f64, paper(summary, "throughput", *count, "cells_per_second")?.value))
    });
    let series = [
        ("measured", Look::Joined(Marker::Disc, Dash::Solid), ours.collect::<Vec<_>>()),
        ("published (RTX 4090)", Look::Joined(Marker::Ring, Dash::Dashed), theirs.collect()),
    ];
    let cards = measured.cards.iter().map(|card| {
        let points = card.rates.iter().map(|(count, rate)| Point::new(*count as f64, *rate)).collect();
        let dash = if card.precision == "fast" { Dash::Dashed } else { Dash::Solid };
        Series::new(format!("{}, {}", card.card, card.precision), Look::Joined(Marker::Square, dash), points)
            .of("batlinet")
    });
    let theirs = if summary.is_comparable() {
        "; the paper's are forward passes on random tensors in half precision"
    } else {
        ""
    };
    Figure {
        slug: format!("{}-throughput", summary.slug()),
        title: "Throughput of predictions, made-up cells".to_owned(),
        caption: format!(
            "By `make bench` on {}: whole predictions at the paper's sizes, cleaning included{theirs}.",
            place(measured)
        ),
        x: Axis::new("reference cells at test time", Scale::Log2),
        y: Axis::new("cells per second", Scale::Log10),
        series: named(series).into_iter().chain(cards).collect(),
        diagonal: false,
    }
}

fn named<const N: usize>(series: [(&str, Look, Vec<Point>); N]) -> Vec<Series> {
    series
        .into_iter()
        .filter(|(_, _, points)| !points.is_empty())
        .map(|(name, look, points)| Series::new(name, look, points).of("batlinet"))
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::summary::{summaries, tests::run};

    fn of(data: &str) -> Section {
        let names = |letter: char, count: usize| (0..count).map(|index| format!("{letter}{index}")).collect::<Vec<_>>();
        let mut run = run("batlinet", 0, 60.0, data);
        run.pairs = Some(PairPredictions {
            cells: names('t', 12),
            observed: vec![500.0; 12],
            references: names('r', 9),
            predicted: Array2::from_shape_fn((12, 9), |(cell, reference)| 500.0 + (cell * reference) as f64),
        });
        let rates = vec![(1, 30.0), (2, 20.0)];
        let measured = Throughput {
            rates,
            machine: "A CPU, 2 cores".to_owned(),
            date: "2026-11-28".to_owned(),
            cards: Vec::new(),
        };
        let mut summaries = summaries(&[run], &[]);
        summaries[0].scenario = "MIX-100".to_owned();
        section(&summaries[0], Some(&measured))
    }

    #[test]
    fn curves_draws_and_throughput_come_from_the_pairs_and_the_benches() {
        let section = of("real");
        let [single, draws, throughput] = section.figures.as_slice() else { panic!("three figures are expected") };
        let last = |index: usize| single.series[index].points.last().map(|point| point.y);
        assert_eq!([last(0), last(1), last(2)], [Some(88.0), Some(44.0), Some(0.0)]);
        assert_eq!(draws.series[0].points.len(), 7);
        assert_eq!(draws.series[1].points[0].y, 183.5);
        assert_eq!(throughput.series[0].points[1], Point::new(2.0, 20.0));
        assert_eq!(throughput.series[1].points[0].y, 8736.3);
        assert_eq!(section.tables[1].rows.len(), 7);
        for text in [&throughput.caption, &section.tables[1].caption] {
            assert!(text.contains("on A CPU, 2 cores, 2026-11-28"), "{text}");
        }
    }

    #[test]
    fn virtual_cells_stand_without_the_paper() {
        for figure in of("virtual").figures {
            assert!(figure.series.iter().all(|series| !series.name.contains("published")), "{figure:?}");
            assert!(!figure.caption.contains("paper's are") && !figure.caption.contains("published"));
        }
    }

    #[test]
    fn without_pairs_it_is_said_what_is_missing() {
        let section = section(&summaries(&[run("batlinet", 0, 60.0, "virtual")], &[])[0], None);
        assert!(section.figures.is_empty() && section.notes.iter().any(|note| note.contains("pairs.csv")));
    }
}
