//! Differences between BatLiNet and every other model, and its branches seed by seed, as figures.

use itertools::Itertools as _;

use super::Judged;
use crate::{
    figure::{Axis, Dash, Figure, Look, Marker, Point, Scale, Series},
    summary::{Row, Summary},
};
use statistics::quantile;

/// BatLiNet's RMSE less that of each other model, with intervals; `None` where there is nothing to compare.
pub(super) fn differences(summary: &Summary, judged: &Judged<'_>) -> Option<Figure> {
    let found = &judged.comparisons;
    let points = found.iter().enumerate().map(|(place, comparison)| {
        let of = &comparison.told.difference;
        Point { x: of.difference, y: place as f64, spread: Some((of.low, of.high)) }
    });
    let ends: Vec<f64> =
        found.iter().flat_map(|one| [one.told.difference.low.abs(), one.told.difference.high.abs()]).collect();
    // a model that is far off must not press the others together
    let reach = 2.0 * quantile(&ends, 0.75)?;
    let low = found.iter().map(|one| one.told.difference.low).fold(0.0, f64::min).max(-reach);
    let high = found.iter().map(|one| one.told.difference.high).fold(0.0, f64::max).min(reach);
    let room = 0.05 * (high - low).max(1.0);
    let nothing = [-0.5, found.len() as f64 - 0.5].map(|place| Point::new(0.0, place));
    Some(Figure {
        slug: format!("{}-differences", summary.slug()),
        title: format!("{}: BatLiNet beside every other model, {} cells", summary.experiment, summary.data),
        caption: "Left of the dashed line BatLiNet is the better one. Bars are 95 % intervals over other cells and seeds, on the same \
                  test cells; what lies beyond the axis stands at its edge."
            .to_owned(),
        x: Axis {
            limits: Some((low - room, high + room)),
            ..Axis::new("RMSE of BatLiNet less that of the other model / cycles", Scale::Linear)
        },
        y: Axis::new("", Scale::Names(found.iter().map(|one| one.other.clone()).collect())),
        series: vec![
            Series::new("no difference", Look::Line(Dash::Dashed), nothing.into()),
            Series::new("difference [95 %]", Look::Points(Marker::Disc), points.collect()),
        ],
        diagonal: false,
    })
}

/// Arms of BatLiNet, a line per seed; `None` where no two seeds have two arms.
pub(super) fn paired(summary: &Summary) -> Option<Figure> {
    let arms: Vec<&Row> =
        summary.rows.iter().filter(|row| row.model == "batlinet" && row.values.branches.is_some()).collect();
    let seeds: Vec<u64> = summary.runs.iter().map(|run| run.score.seed).sorted_unstable().dedup().collect();
    let looks = [
        (Marker::Disc, Dash::Solid),
        (Marker::Ring, Dash::Dashed),
        (Marker::Square, Dash::Solid),
        (Marker::OpenSquare, Dash::Dashed),
        (Marker::Triangle, Dash::Solid),
        (Marker::OpenTriangle, Dash::Dashed),
        (Marker::Diamond, Dash::Solid),
        (Marker::OpenDiamond, Dash::Dashed),
    ];
    let of_seed = |(seed, (marker, dash)): (u64, (Marker, Dash))| {
        let points = arms.iter().enumerate().filter_map(|(place, row)| {
            let run = summary.runs_of(row).find(|run| run.score.seed == seed)?;
            Some(Point::new(place as f64, run.score.metrics?.rmse))
        });
        let points: Vec<Point> = points.collect();
        let series = Series::new(format!("seed {seed}"), Look::Joined(marker, dash), points).of("batlinet");
        (series.points.len() > 1).then_some(series)
    };
    let series: Vec<Series> = seeds.into_iter().zip(looks.into_iter().cycle()).filter_map(of_seed).collect();
    let named = |row: &&Row| match row.variant.to_string() {
        name if name.is_empty() => "both".to_owned(),
        name => name,
    };
    (series.len() > 1).then(|| Figure {
        slug: format!("{}-paired", summary.slug()),
        title: format!("{}: branches of BatLiNet, seed by seed, {} cells", summary.experiment, summary.data),
        caption: "A line joins the arms of one seed: where lines cross, seeds decide which arm is the better one."
            .to_owned(),
        x: Axis::new("arm", Scale::Names(arms.iter().map(named).collect())),
        y: Axis::new("RMSE / cycles", Scale::Linear),
        series,
        diagonal: false,
    })
}
