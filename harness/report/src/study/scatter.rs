//! Predicted over observed lives, one point per test cell.

use crate::{
    figure::{Axis, Figure, Look, Marker, Point, Scale, Series},
    summary::{Row, Summary},
};
use record::Prediction;

/// BatLiNet and the best other model, each by its first seed with numbers; `None` without predictions.
pub fn scatter(summary: &Summary) -> Option<Figure> {
    let rmse = |row: &&Row| row.rmse.map_or(f64::INFINITY, |spread| spread.mean);
    let whole = summary.rows.iter().find(|row| row.is_whole());
    let others = summary.rows.iter().filter(|row| row.model != "batlinet");
    let best = others.min_by(|one, other| rmse(one).total_cmp(&rmse(other)));
    let shown: Vec<(String, u64, &[Prediction])> =
        [best, whole].into_iter().flatten().filter_map(|row| predictions(summary, row)).collect();
    let cells = || shown.iter().flat_map(|(_, _, predictions)| predictions.iter());
    let longest = cells().map(|cell| cell.observed).reduce(f64::max)?;
    let end = 1.25 * longest;
    let outside = cells().filter(|cell| !(0.0..=end).contains(&cell.predicted)).count();
    let mut caption = "Cells on the dashed line are predicted exactly; each model by its first seed.".to_owned();
    if outside > 0 {
        caption.push_str(&format!(" {outside} predictions lie outside and are drawn at the edge."));
    }
    let series = shown.iter().zip([Marker::Cross, Marker::Disc].into_iter().skip(2 - shown.len())).map(
        |((name, seed, predictions), marker)| Series {
            name: format!("{name}, seed {seed}"),
            look: Look::Points(marker),
            points: predictions.iter().map(|cell| Point::new(cell.observed, cell.predicted)).collect(),
        },
    );
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

fn predictions<'a>(summary: &'a Summary, row: &Row) -> Option<(String, u64, &'a [Prediction])> {
    let own = |run: &&crate::summary::Run| row.is_of(&run.score);
    let first = summary.runs.iter().filter(own).find(|run| !run.predictions.is_empty())?;
    Some((row.name(), first.score.seed, &first.predictions))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::run};

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
        assert!(figure.caption.contains("1 predictions lie outside"));
        assert_eq!(figure.x.limits, Some((0.0, 500.0)));
    }

    #[test]
    fn without_predictions_there_is_no_figure() {
        assert_eq!(scatter(&summaries(&[run("svm", 0, 9.0, "virtual")], &[])[0]), None);
    }
}
