//! How the networks of an experiment learned: training loss over epochs.

use crate::{
    figure::{Axis, Dash, Figure, Look, Marker, Point, Scale, Series},
    summary::{Row, Summary},
};

/// So many epochs of a training are drawn, and the last.
const DRAWN: usize = 24;

/// The networks, each with how it is told apart.
const LOOKS: [(&str, Marker, Dash); 4] = [
    ("mlp", Marker::Ring, Dash::Dotted),
    ("lstm", Marker::Triangle, Dash::Dashed),
    ("cnn", Marker::OpenSquare, Dash::Dashed),
    ("batlinet", Marker::Disc, Dash::Solid),
];

/// Of each network the entry that is varied in nothing; `None` where no losses are at hand, as in records that were kept for long.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let series: Vec<Series> = LOOKS
        .into_iter()
        .filter_map(|(model, marker, dash)| {
            let is_plain = |row: &&Row| if model == "batlinet" { row.is_whole() } else { row.variant.is_plain() };
            let row = summary.rows.iter().filter(|row| row.model == model).find(is_plain)?;
            let points = points(summary, row)?;
            Some(Series::new(row.name(), Look::Joined(marker, dash), points).of(row.name()))
        })
        .collect();
    (!series.is_empty()).then(|| Figure {
        slug: format!("{}-learning", summary.slug()),
        title: format!("{}: training loss over epochs, {} cells", summary.experiment, summary.data),
        caption: "Mean over seeds; bars reach from the least to the most of them. A loss is of transformed labels, and BatLiNet's of both \
                  branches: which line is lower says nothing of which model is better."
            .to_owned(),
        x: Axis::new("epoch", Scale::FromZero),
        y: Axis::new("training loss", Scale::Log10),
        series,
        diagonal: false,
    })
}

/// Mean, least and most over the seeds whose losses are at hand, of some epochs that all of them have.
fn points(summary: &Summary, row: &Row) -> Option<Vec<Point>> {
    let seeds: Vec<&[f64]> = summary.runs_of(row).filter_map(|run| Some(run.losses.as_ref()?.0.as_slice())).collect();
    let epochs = seeds.iter().map(|losses| losses.len()).min().filter(|epochs| *epochs > 0)?;
    let step = epochs.div_ceil(DRAWN);
    let drawn = (0..epochs).filter(|epoch| (epoch + 1).is_multiple_of(step) || *epoch == 0 || epoch + 1 == epochs);
    let point = |epoch: usize| {
        let losses = || seeds.iter().map(|losses| losses[epoch]);
        let (low, high) = (losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max));
        let mean = losses().sum::<f64>() / seeds.len() as f64;
        Point { x: (epoch + 1) as f64, y: mean, spread: (low < high).then_some((low, high)) }
    };
    Some(drawn.map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::run};
    use record::Losses;

    #[test]
    fn a_curve_is_the_mean_over_seeds_and_ends_with_the_last_epoch() {
        let trained = |model: &str, seed: u64, by: f64| Run {
            losses: Some(Losses((1..=100).map(|epoch| by / f64::from(epoch)).collect())),
            ..run(model, seed, 50.0, "real")
        };
        let runs = [run("ridge", 0, 90.0, "real"), trained("cnn", 0, 1.0), trained("cnn", 1, 3.0)];
        let figure = figure(&summaries(&runs, &[])[0]).unwrap();
        let [cnn] = &figure.series[..] else { panic!("{:?}", figure.series) };
        assert_eq!(
            (cnn.name.as_str(), cnn.points.first().unwrap().x, cnn.points.last().unwrap().x),
            ("cnn", 1.0, 100.0)
        );
        assert!(
            cnn.points.len() <= DRAWN + 2 && cnn.points.iter().all(|point| (point.y - 2.0 / point.x).abs() < 1e-12)
        );
        assert_eq!(cnn.points[0].spread, Some((1.0, 3.0)));
        assert_eq!(super::figure(&summaries(&[run("cnn", 0, 50.0, "real")], &[])[0]), None);
    }
}
