//! The statistics by name, and how they are computed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::feature::curves::{Change, median, running_median};

/// One statistic. `change` is the difference of the medians of the last and first 21 curves, `trend` the least-squares slope of the
/// curves from position 8 on, over 90 cycles; both after a running median. Capacities are those of whole discharges after a running
/// median over five cycles; slopes are by cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompactStatistic {
    /// log10 of the variance of the change over the grid.
    ChangeVariance,
    /// log10 of its least value, whatever the sign.
    ChangeMinimum,
    /// log10 of its mean, whatever the sign.
    ChangeMean,
    /// log10 of the distance between its first and last decile.
    ChangeDeciles,
    /// log10 of the distance between its quartiles.
    ChangeQuartiles,
    /// As of the change, of the trend.
    TrendVariance,
    /// As of the change, of the trend.
    TrendMinimum,
    /// As of the change, of the trend.
    TrendMean,
    /// As of the change, of the trend.
    TrendDeciles,
    /// As of the change, of the trend.
    TrendQuartiles,
    /// Of the first cycle, Ah.
    FirstCapacity,
    /// Median of positions 6 to 10, Ah.
    EarlyCapacity,
    /// Median of the last five, Ah.
    LateCapacity,
    /// Largest minus first, Ah.
    Rise,
    /// Slope of the line through all, Ah.
    Slope,
    /// From position 48 on, Ah.
    LateSlope,
    /// Of positions 3 to 48, Ah.
    EarlySlope,
    /// The quadratic coefficient of the parabola through all, over half of the cycles squared, Ah.
    Curvature,
    /// Largest minus late, Ah.
    Fade,
    /// Late minus early, Ah.
    Loss,
}

impl CompactStatistic {
    /// All, in the order in which the additive process knows them: ten of curves, ten of capacities.
    pub const ALL: [Self; 20] = [
        Self::ChangeVariance,
        Self::ChangeMinimum,
        Self::ChangeMean,
        Self::ChangeDeciles,
        Self::ChangeQuartiles,
        Self::TrendVariance,
        Self::TrendMinimum,
        Self::TrendMean,
        Self::TrendDeciles,
        Self::TrendQuartiles,
        Self::FirstCapacity,
        Self::EarlyCapacity,
        Self::LateCapacity,
        Self::Rise,
        Self::Slope,
        Self::LateSlope,
        Self::EarlySlope,
        Self::Curvature,
        Self::Fade,
        Self::Loss,
    ];

    /// Which change of the curves it is of, if of any.
    pub(super) fn change(self) -> Option<Change> {
        match Self::ALL.iter().position(|known| *known == self) {
            Some(0..5) => Some(Change::OfWindows),
            Some(5..10) => Some(Change::OfTrend),
            _ => None,
        }
    }

    pub(super) fn reads_curves(self) -> bool {
        self.change().is_some()
    }

    /// Its value; `shape` is that of its change of the curves, if it is of any.
    pub(super) fn value(self, shape: Option<&Shape>, capacities: &Capacities) -> f64 {
        let of = |get: fn(&Shape) -> f64| shape.map_or(f64::NAN, get);
        match self {
            Self::ChangeVariance | Self::TrendVariance => (of(|shape| shape.variance) + 1e-9).log10(),
            Self::ChangeMinimum | Self::TrendMinimum => (of(|shape| shape.minimum).abs() + 1e-6).log10(),
            Self::ChangeMean | Self::TrendMean => (of(|shape| shape.mean).abs() + 1e-6).log10(),
            Self::ChangeDeciles | Self::TrendDeciles => (of(|shape| shape.deciles) + 1e-6).log10(),
            Self::ChangeQuartiles | Self::TrendQuartiles => (of(|shape| shape.quartiles) + 1e-6).log10(),
            Self::FirstCapacity => capacities.first(),
            Self::EarlyCapacity => capacities.median(6..11),
            Self::LateCapacity => capacities.late(),
            Self::Rise => capacities.largest() - capacities.first(),
            Self::Slope => capacities.slope(0..capacities.0.len()),
            Self::LateSlope => capacities.slope(48..capacities.0.len()),
            Self::EarlySlope => capacities.slope(3..49),
            Self::Curvature => capacities.curvature(),
            Self::Fade => capacities.largest() - capacities.late(),
            Self::Loss => capacities.late() - capacities.median(6..11),
        }
    }
}

/// What is needed of a change of the curves, Ah.
pub(super) struct Shape {
    variance: f64,
    minimum: f64,
    mean: f64,
    deciles: f64,
    quartiles: f64,
}

impl Shape {
    pub(super) fn of(change: &[f64]) -> Self {
        let count = change.len() as f64;
        let mean = change.iter().sum::<f64>() / count;
        let mut sorted = change.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let between = |low: f64, high: f64| quantile(&sorted, high) - quantile(&sorted, low);
        Self {
            variance: change.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0),
            minimum: sorted[0],
            mean,
            deciles: between(0.1, 0.9),
            quartiles: between(0.25, 0.75),
        }
    }
}

/// Of sorted values, with straight lines between them.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Capacities in Ah, by position.
pub(super) struct Capacities(Vec<f64>);

impl Capacities {
    pub(super) fn of(discharged: &[f64]) -> Self {
        Self(running_median(discharged, 2))
    }

    fn first(&self) -> f64 {
        self.0[0]
    }

    fn late(&self) -> f64 {
        self.median(self.0.len() - 5..self.0.len())
    }

    fn largest(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    fn median(&self, positions: std::ops::Range<usize>) -> f64 {
        median(&mut self.0[positions].to_vec())
    }

    /// Slope of the least-squares line through these positions.
    fn slope(&self, positions: std::ops::Range<usize>) -> f64 {
        let capacities = &self.0[positions];
        let middle = (capacities.len() - 1) as f64 / 2.0;
        along(capacities, |place| place - middle)
    }

    /// Positions from −1 to 1, on which the line and the parabola without its mean are at right angles.
    fn curvature(&self) -> f64 {
        let half = (self.0.len() - 1) as f64 / 2.0;
        let square = |place: f64| ((place - half) / half).powi(2);
        let mean = (0..self.0.len()).map(|place| square(place as f64)).sum::<f64>() / self.0.len() as f64;
        along(&self.0, |place| square(place) - mean)
    }
}

/// Σ xy / Σ xx for y and an x of each place.
fn along(values: &[f64], of_place: impl Fn(f64) -> f64) -> f64 {
    let (xy, xx) = values.iter().enumerate().fold((0.0, 0.0), |(xy, xx), (place, value)| {
        let x = of_place(place as f64);
        (xy + x * value, xx + x * x)
    });
    xy / xx
}
