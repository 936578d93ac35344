//! The measures that intervals and comparisons are made of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A measure of error over test cells, see [`Metrics`](crate::Metrics) for the formulae.
///
/// The measures that divide by the range of the lives are not here: with cells drawn anew, their divisor is an extreme
/// value and has no interval worth its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// √(mean (t − p)²).
    Rmse,
    /// mean |t − p|.
    Mae,
    /// mean |t − p| / t.
    Mape,
    /// median |t − p|.
    MedianAe,
    /// mean |t − p| / ((|t| + |p|) / 2).
    Smape,
    /// Share of cells with |t − p| ≤ 0.1 t.
    #[serde(rename = "within_10")]
    Within10,
    /// Share of cells with |t − p| ≤ 0.2 t.
    #[serde(rename = "within_20")]
    Within20,
}

/// How a measure comes from one number per cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Mean,
    /// The root of the mean.
    Root,
    Median,
}

impl Measure {
    /// Every measure, in the order in which they are listed.
    pub const ALL: [Self; 7] =
        [Self::Rmse, Self::Mae, Self::Mape, Self::MedianAe, Self::Smape, Self::Within10, Self::Within20];

    /// As the column of `scores.csv` is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::Mape => "mape",
            Self::MedianAe => "median_ae",
            Self::Smape => "smape",
            Self::Within10 => "within_10",
            Self::Within20 => "within_20",
        }
    }

    /// `cycles`, `%`, or `of cells` for shares from 0 to 1.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Rmse | Self::Mae | Self::MedianAe => "cycles",
            Self::Mape | Self::Smape => "%",
            Self::Within10 | Self::Within20 => "of cells",
        }
    }

    /// The measure of this name; [`Measure::ALL`] has those to suggest.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// Whether it is an error; else it is a share of good predictions.
    pub const fn lower_is_better(self) -> bool {
        !matches!(self, Self::Within10 | Self::Within20)
    }

    /// The measure of one list of predictions. NaN for no cells.
    pub fn of(self, observed: &[f64], predicted: &[f64]) -> f64 {
        let losses: Vec<f64> = observed.iter().zip(predicted).map(|(&t, &p)| self.loss(t, p)).collect();
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        match self.shape() {
            Shape::Mean => mean,
            Shape::Root => mean.sqrt(),
            Shape::Median => crate::median(&losses).unwrap_or(f64::NAN),
        }
    }

    /// What is averaged (or what the median is of): one number per cell.
    pub(crate) fn loss(self, observed: f64, predicted: f64) -> f64 {
        let error = (observed - predicted).abs();
        let within = |share: f64| f64::from(u8::from(error <= share * observed));
        match self {
            Self::Rmse => error * error,
            Self::Mae | Self::MedianAe => error,
            Self::Mape => 100.0 * error / observed,
            Self::Smape => 100.0 * error / ((observed.abs() + predicted.abs()) / 2.0),
            Self::Within10 => within(0.1),
            Self::Within20 => within(0.2),
        }
    }

    pub(crate) const fn shape(self) -> Shape {
        match self {
            Self::Rmse => Shape::Root,
            Self::MedianAe => Shape::Median,
            _ => Shape::Mean,
        }
    }

    /// Whether a few cells more or less move it smoothly, so that it has a standard error by influences.
    pub(crate) const fn is_smooth(self) -> bool {
        !matches!(self, Self::MedianAe | Self::Within10 | Self::Within20)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metrics;

    #[test]
    fn measures_are_those_of_the_scores() {
        let (observed, predicted) = ([100.0, 200.0, 300.0, 500.0, 720.0], [90.0, 230.0, 300.0, 400.0, 1100.0]);
        let metrics = Metrics::new(&observed, &predicted).unwrap();
        let expected = [
            metrics.rmse,
            metrics.mae,
            metrics.mape,
            metrics.median_ae,
            metrics.smape,
            metrics.within_10,
            metrics.within_20,
        ];
        for (measure, expected) in Measure::ALL.into_iter().zip(expected) {
            assert!((measure.of(&observed, &predicted) - expected).abs() < 1e-12, "{measure}");
            assert_eq!(Measure::parse(measure.name()), Some(measure));
        }
        assert_eq!(Measure::parse("rsme"), None);
    }
}
