//! What the choice of references does (Fig. 5): errors with single references, their spread over draws of references,
//! throughput. All of it is read from one trained model's predictions for every pair of cells.

use baselines::Streams;

use crate::{
    record::Pairs,
    report::{
        document::Section,
        figure::{Axis, Dash, Figure, Look, Marker, Point, Scale, Series},
        published::{Published, published},
        summary::{Run, Summary},
        table::{Cell, Column, Table},
    },
    statistics::{SingleReferenceErrors, Spread, median, rmse_over_draws},
};

use super::{notes::notes, scenario};

/// Numbers of references, as in the paper.
const COUNTS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Draws of references for each number of them.
const DRAWS: usize = 200;

/// The part of a chapter that is about one experiment.
pub fn section(summary: &Summary) -> Section {
    let mut section = Section {
        title: summary.title(),
        level: 3,
        description: summary.description.clone(),
        analysis: summary.analysis.clone(),
        tables: vec![scenario::table(summary)],
        figures: Vec::new(),
        notes: notes(summary),
    };
    let shown = summary.runs.iter().find_map(|run| Some((run, run.pairs.as_ref()?)));
    let Some((run, pairs)) = shown else {
        section.notes.push(
            "no run has predictions with single references (pairs.csv in its folder), so there is no figure".to_owned(),
        );
        return section;
    };
    let draws: Vec<(usize, Spread)> =
        COUNTS.into_iter().filter_map(|count| Some((count, spread(pairs, count)?))).collect();
    let speed = Speed::of(run, pairs);
    section.tables.push(table(summary, &draws, speed));
    section.figures.extend(single(summary, pairs));
    section.figures.push(over_draws(summary, &draws));
    section.figures.extend(speed.map(|speed| throughput(summary, speed)));
    section.notes.push(format!(
        "figures are of seed {}: {} test cells with {} references each",
        run.score.seed,
        pairs.cells.len(),
        pairs.references.len()
    ));
    if summary.is_virtual() {
        section.notes.push("published numbers are of real cells and left out".to_owned());
    }
    section
}

/// RMSE over draws of `count` references.
fn spread(pairs: &Pairs, count: usize) -> Option<Spread> {
    let mut random = Streams::new(&format!("reference study, {count} references")).stream("draws");
    Spread::new(&rmse_over_draws(&pairs.observed, pairs.predicted.view(), count, DRAWS, &mut random))
}

/// Pairs of a cell and a reference per second, on the machine of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed(f64);

impl Speed {
    fn of(run: &Run, pairs: &Pairs) -> Option<Self> {
        let seconds = run.seconds.filter(|seconds| *seconds > 0.0)?;
        Some(Self(pairs.predicted.len() as f64 / seconds))
    }

    /// Cells per second with so many references each.
    fn cells(self, references: usize) -> f64 {
        self.0 / references as f64
    }
}

fn paper(summary: &Summary, study: &str, count: usize, metric: &str) -> Option<&'static Published> {
    let scenario = if study == "throughput" { "MIX-100" } else { summary.scenario.as_str() };
    let variant = format!("references_test={count}");
    (!summary.is_virtual()).then(|| published(study, scenario, "batlinet", &variant, metric)).flatten()
}

fn table(summary: &Summary, draws: &[(usize, Spread)], speed: Option<Speed>) -> Table {
    let columns = vec![
        Column::new("references"),
        Column::new("median RMSE over draws [quartiles]"),
        Column::detail("RMSE over draws"),
        Column::optional("published median RMSE over seeds"),
        Column::new("cells per second"),
        Column::optional("published cells per second"),
    ];
    let line = |(count, spread): &(usize, Spread)| {
        vec![
            Cell::Count(*count),
            Cell::Median(*spread),
            Cell::Mean(*spread),
            Cell::published(paper(summary, "references", *count, "rmse_median")),
            Cell::number(speed.map(|speed| speed.cells(*count))),
            Cell::published(paper(summary, "throughput", *count, "cells_per_second")),
        ]
    };
    Table {
        slug: format!("{}-draws", summary.slug()),
        caption: format!("{DRAWS} draws of references for one trained model: {}", summary.title()),
        columns,
        rows: draws.iter().map(line).collect(),
    }
    .without_empty_columns()
}

/// Fig. 5a.
fn single(summary: &Summary, pairs: &Pairs) -> Option<Figure> {
    let errors = SingleReferenceErrors::new(&pairs.observed, pairs.predicted.view())?;
    let curves = [
        ("worst reference", Dash::Dotted, errors.worst),
        ("median reference", Dash::Dashed, errors.median),
        ("best reference", Dash::Solid, errors.best),
    ];
    // the worst of a runaway would hide the rest
    let typical = median(&curves[0].2)?;
    let scale = if curves[0].2.last().is_some_and(|largest| *largest > 20.0 * typical) {
        Scale::Log10
    } else {
        Scale::FromZero
    };
    let series = curves.into_iter().map(|(name, dash, curve)| Series {
        name: name.to_owned(),
        look: Look::Line(dash),
        points: curve.into_iter().zip(1..).map(|(error, rank)| Point::new(f64::from(rank), error)).collect(),
    });
    Some(Figure {
        slug: format!("{}-single-references", summary.slug()),
        title: format!("{}: error with one reference, {} cells", summary.experiment, summary.data),
        caption: format!(
            "Every training cell as the only reference of every test cell; each curve is sorted by itself.{}",
            if summary.is_virtual() {
                ""
            } else {
                " The published curves are not available as numbers; on MIX-100 they end near 2100 (worst), 980 (median) \
                 and 350 (best) cycles."
            }
        ),
        x: Axis::new("test cells, sorted", Scale::Linear),
        y: Axis::new("absolute error / cycles", scale),
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
        caption: format!("{DRAWS} draws for one trained model; the bars reach from the first to the third quartile."),
        x: Axis::new("reference cells at test time", Scale::Log2),
        y: Axis::new("RMSE / cycles", Scale::Linear),
        series: named(series),
        diagonal: false,
    }
}

/// Fig. 5c.
fn throughput(summary: &Summary, speed: Speed) -> Figure {
    let ours = COUNTS.map(|count| Point::new(count as f64, speed.cells(count)));
    let theirs = COUNTS.iter().filter_map(|count| {
        Some(Point::new(*count as f64, paper(summary, "throughput", *count, "cells_per_second")?.value))
    });
    let series = [
        ("this machine", Look::Joined(Marker::Disc, Dash::Solid), ours.to_vec()),
        ("published (RTX 4090)", Look::Joined(Marker::Ring, Dash::Dashed), theirs.collect()),
    ];
    Figure {
        slug: format!("{}-throughput", summary.slug()),
        title: format!("{}: throughput, {} cells", summary.experiment, summary.data),
        caption: format!(
            "From the wall time of the predictions for all pairs of cells, cleaning included, divided by the number of \
             references; `make bench` measures each number of references by itself.{}",
            if summary.is_virtual() {
                ""
            } else {
                " The paper's are of forward passes on random tensors in half precision."
            }
        ),
        x: Axis::new("reference cells at test time", Scale::Log2),
        y: Axis::new("cells per second", Scale::Log10),
        series: named(series),
        diagonal: false,
    }
}

fn named<const N: usize>(series: [(&str, Look, Vec<Point>); N]) -> Vec<Series> {
    series
        .into_iter()
        .filter(|(_, _, points)| !points.is_empty())
        .map(|(name, look, points)| Series { name: name.to_owned(), look, points })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::report::summary::{summaries, tests::run};

    fn of(data: &str) -> Section {
        let names = |letter: char, count: usize| (0..count).map(|index| format!("{letter}{index}")).collect::<Vec<_>>();
        let mut run = run("batlinet", 0, 60.0, data);
        run.pairs = Some(Pairs {
            cells: names('t', 12),
            observed: vec![500.0; 12],
            references: names('r', 9),
            predicted: Array2::from_shape_fn((12, 9), |(cell, reference)| 500.0 + (cell * reference) as f64),
        });
        run.seconds = Some(2.0);
        section(&summaries(&[run], &[])[0])
    }

    #[test]
    fn curves_draws_and_throughput_come_from_the_pairs() {
        let section = of("real");
        let [single, draws, throughput] = section.figures.as_slice() else { panic!("three figures are expected") };
        let last = |index: usize| single.series[index].points.last().map(|point| point.y);
        assert_eq!([last(0), last(1), last(2)], [Some(88.0), Some(44.0), Some(0.0)]);
        assert_eq!(draws.series[0].points.len(), 7);
        assert_eq!(draws.series[1].points[0].y, 66.5);
        // 12 × 9 pairs in 2 s
        assert_eq!(throughput.series[0].points[1], Point::new(2.0, 27.0));
        assert_eq!(throughput.series[1].points[0].y, 8736.3);
        assert_eq!(section.tables[1].rows.len(), 7);
    }

    #[test]
    fn the_paper_is_left_out_for_virtual_cells_and_why_is_said() {
        let section = of("virtual");
        assert!(
            section.figures.iter().all(|figure| figure.series.iter().all(|series| !series.name.contains("published")))
        );
        assert!(section.notes.iter().any(|note| note.contains("left out")));
    }

    #[test]
    fn without_pairs_it_is_said_what_is_missing() {
        let section = section(&summaries(&[run("batlinet", 0, 60.0, "virtual")], &[])[0]);
        assert!(section.figures.is_empty() && section.notes.iter().any(|note| note.contains("pairs.csv")));
    }
}
