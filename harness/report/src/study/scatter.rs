//! Predicted over observed lives, one point per test cell.

use std::collections::HashMap;

use cells::count::counted_with;

use crate::{
    figure::{Axis, Figure, Look, Marker, Point, Scale, Series},
    summary::{Row, Summary},
};

/// What a model predicts of a cell: mean over seeds, and from the least to the most.
struct Predicted<'a> {
    cell: &'a str,
    observed: f64,
    mean: f64,
    ends: (f64, f64),
}

/// BatLiNet and the best other model, by the mean over seeds; `None` without predictions.
pub fn scatter(summary: &Summary) -> Option<Figure> {
    let whole = summary.rows.iter().find(|row| row.is_whole());
    let shown: Vec<(&Row, String, Vec<Predicted<'_>>)> = [summary.best_other(), whole]
        .into_iter()
        .flatten()
        .filter_map(|row| predicted(summary, row).map(|(name, predicted)| (row, name, predicted)))
        .collect();
    let cells = || shown.iter().flat_map(|(_, _, predicted)| predicted);
    let longest = cells().map(|cell| cell.observed).reduce(f64::max)?;
    let end = 1.25 * longest;
    let outside = cells().filter(|cell| !(0.0..=end).contains(&cell.mean)).count();
    let mut caption = "Cells on the dashed line are predicted exactly.".to_owned();
    if shown.iter().any(|(row, ..)| row.seeds() > 1) {
        caption.push_str(" Bars reach from the least to the most that a seed predicts.");
    }
    if outside > 0 {
        let lie = counted_with(outside, "prediction", ["lies outside and is", "lie outside and are"]);
        caption.push_str(&format!(" {lie} drawn at the edge."));
    }
    let markers = [Marker::Cross, Marker::Disc].into_iter().skip(2 - shown.len());
    let series = shown.iter().zip(markers).map(|((row, name, predicted), marker)| {
        let spread = |cell: &Predicted<'_>| (cell.ends.0 < cell.ends.1).then_some(cell.ends);
        let point = |cell: &Predicted<'_>| Point { x: cell.observed, y: cell.mean, spread: spread(cell) };
        Series {
            cells: predicted.iter().map(|cell| cell.cell.to_owned()).collect(),
            ..Series::new(name.clone(), Look::Points(marker), predicted.iter().map(point).collect()).of(row.name())
        }
    });
    let axis = |label: &str| Axis { limits: Some((0.0, end)), ..Axis::new(label, Scale::Linear) };
    Some(Figure {
        slug: format!("{}-scatter", summary.slug()),
        title: format!("{}: predicted over observed cycle life, {} cells", summary.experiment, summary.data),
        caption,
        x: axis("observed cycle life / cycles"),
        y: axis("predicted cycle life / cycles"),
        series: series.collect(),
        diagonal: true,
    })
}

/// Of all seeds with predictions, with a name that says which they are.
fn predicted<'a>(summary: &'a Summary, row: &'a Row) -> Option<(String, Vec<Predicted<'a>>)> {
    let runs: Vec<_> = summary.runs_of(row).filter(|run| !run.predictions.is_empty()).collect();
    let mut of_cell: HashMap<&str, Vec<f64>> = HashMap::new();
    for cell in runs.iter().flat_map(|run| &run.predictions) {
        of_cell.entry(&cell.cell).or_default().push(cell.predicted);
    }
    let first = runs.first()?;
    let name = match runs.len() {
        1 => format!("{}, seed {}", row.name(), first.score.seed),
        seeds => format!("{}, {seeds} seeds", row.name()),
    };
    let of = |cell: &'a record::Prediction| {
        let seeds = &of_cell[cell.cell.as_str()];
        Predicted {
            cell: &cell.cell,
            observed: cell.observed,
            mean: seeds.iter().sum::<f64>() / seeds.len() as f64,
            ends: seeds
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &one| (low.min(one), high.max(one))),
        }
    };
    Some((name, first.predictions.iter().map(of).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::run};
    use record::Prediction;

    fn with(predicted: f64, run: Run) -> Run {
        let cell = Prediction { cell: "a".to_owned(), observed: 400.0, predicted };
        Run { predictions: vec![cell], ..run }
    }

    #[test]
    fn the_best_other_model_stands_beside_batlinet_and_runaways_are_counted() {
        let runs = [
            with(410.0, run("svm", 0, 90.0, "virtual")),
            with(1e9, run("ridge", 0, 10.0, "virtual")),
            with(420.0, run("batlinet", 3, 60.0, "virtual")),
        ];
        let figure = scatter(&summaries(&runs, &[])[0]).unwrap();
        let names: Vec<&str> = figure.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["ridge, seed 0", "batlinet, seed 3"]);
        assert!(figure.caption.contains("1 prediction lies outside and is drawn at the edge"));
        assert_eq!(figure.x.limits, Some((0.0, 500.0)));
    }

    #[test]
    fn several_seeds_are_shown_by_their_mean_and_from_the_least_to_the_most() {
        let runs = [
            with(410.0, run("svm", 0, 90.0, "virtual")),
            with(420.0, run("batlinet", 0, 60.0, "virtual")),
            with(440.0, run("batlinet", 1, 60.0, "virtual")),
        ];
        let figure = scatter(&summaries(&runs, &[])[0]).unwrap();
        let own = &figure.series[1];
        assert_eq!(
            (own.name.as_str(), own.model.as_str(), own.cells.as_slice()),
            ("batlinet, 2 seeds", "batlinet", &["a".to_owned()][..])
        );
        assert_eq!(own.points, [Point { x: 400.0, y: 430.0, spread: Some((420.0, 440.0)) }]);
    }

    #[test]
    fn without_predictions_there_is_no_figure() {
        assert_eq!(scatter(&summaries(&[run("svm", 0, 9.0, "virtual")], &[])[0]), None);
    }
}
