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

/// Of each network the entry that is varied in nothing; `None` where no losses are at hand, as in records of older programs.
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

/// Mean, least and most over the seeds whose losses are at hand, of some of the epochs that all of them have.
fn points(summary: &Summary, row: &Row) -> Option<Vec<Point>> {
    let seeds: Vec<&[(usize, f32)]> =
        summary.runs_of(row).filter_map(|run| Some(&run.losses.as_ref()?.0[..])).collect();
    let first = seeds.first().filter(|losses| !losses.is_empty())?;
    let step = first.len().div_ceil(DRAWN);
    let is_drawn = |place: usize| place == 0 || (place + 1).is_multiple_of(step) || place + 1 == first.len();
    let point = |(_, &(epoch, _)): (usize, &(usize, f32))| {
        let of_seed =
            |losses: &&[(usize, f32)]| losses.iter().find(|(other, _)| *other == epoch).map(|(_, loss)| *loss);
        let losses: Vec<f64> = seeds.iter().map(|losses| of_seed(losses).map(f64::from)).collect::<Option<_>>()?;
        let (low, high) =
            losses.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &loss| (low.min(loss), high.max(loss)));
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        Some(Point { x: epoch as f64, y: mean, spread: (low < high).then_some((low, high)) })
    };
    Some(first.iter().enumerate().filter(|(place, _)| is_drawn(*place)).filter_map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Run, summaries, tests::run};
    use record::Losses;

    #[test]
    fn a_curve_is_the_mean_over_seeds_and_ends_with_the_last_epoch() {
        let trained = |model: &str, seed: u64, by: f64| Run {
            losses: Some(Losses::of(&(1..=100).map(|epoch| by / f64::from(epoch)).collect::<Vec<_>>())),
            ..run(model, seed, 50.0, "real")
        };
        let runs = [run("ridge", 0, 90.0, "real"), trained("cnn", 0, 1.0), trained("cnn", 1, 3.0)];
        let figure = figure(&summaries(&runs, &[])[0]).unwrap();
        let [cnn] = &figure.series[..] else { panic!("{:?}", figure.series) };
        assert_eq!(
            (cnn.name.as_str(), cnn.points.first().unwrap().x, cnn.points.last().unwrap().x),
            ("cnn", 1.0, 100.0)
        );
        assert!(cnn.points.len() <= DRAWN + 2 && cnn.points.iter().all(|point| (point.y - 2.0 / point.x).abs() < 1e-6));
        assert_eq!(cnn.points[0].spread, Some((1.0, 3.0)));
        assert_eq!(super::figure(&summaries(&[run("cnn", 0, 50.0, "real")], &[])[0]), None);
    }
}
