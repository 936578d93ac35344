//! How far predicted cycle lives are from observed ones.

use serde::{Deserialize, Serialize};

use super::median;

/// Error measures over test cells, on cycles (after the inverse label transformation).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// √(mean (t − p)²), cycles.
    pub rmse: f64,
    /// mean |t − p|, cycles.
    pub mae: f64,
    /// 100 · mean |t − p| / t, percent.
    pub mape: f64,
    /// median |t − p|, cycles.
    pub median_ae: f64,
    /// 100 · mean |t − p| / ((|t| + |p|) / 2), percent.
    pub smape: f64,
    /// 100 · MAE / (max t − min t), percent; absent when all lives are equal.
    pub nmae: Option<f64>,
    /// 100 · RMSE / (max t − min t), percent; absent when all lives are equal.
    pub nrmse: Option<f64>,
    /// Fraction of cells with |t − p| ≤ 0.1 t.
    pub within_10: f64,
    /// Fraction of cells with |t − p| ≤ 0.2 t.
    pub within_20: f64,
}

impl Metrics {
    /// Compares `predicted` with `observed` lives, pair by pair.
    ///
    /// `None` for no cells, for lists of different lengths, for lives that are not positive and where a measure is not
    /// finite: such a run has diverged.
    pub fn new(observed: &[f64], predicted: &[f64]) -> Option<Self> {
        if observed.is_empty() || observed.len() != predicted.len() || !observed.iter().all(|&life| life > 0.0) {
            return None;
        }
        let pairs = || observed.iter().copied().zip(predicted.iter().copied());
        let mean = |of: &dyn Fn(f64, f64) -> f64| pairs().map(|(t, p)| of(t, p)).sum::<f64>() / observed.len() as f64;
        let within = |share: f64| mean(&|t, p| f64::from(u8::from((t - p).abs() <= share * t)));
        let absolute: Vec<f64> = pairs().map(|(t, p)| (t - p).abs()).collect();
        let rmse = mean(&|t, p| (t - p).powi(2)).sqrt();
        let mae = mean(&|t, p| (t - p).abs());
        let largest = observed.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let smallest = observed.iter().copied().fold(f64::INFINITY, f64::min);
        let range = (largest > smallest).then_some(largest - smallest);
        let metrics = Self {
            rmse,
            mae,
            mape: 100.0 * mean(&|t, p| (t - p).abs() / t),
            median_ae: median(&absolute)?,
            smape: 100.0 * mean(&|t, p| (t - p).abs() / ((t.abs() + p.abs()) / 2.0)),
            nmae: range.map(|range| 100.0 * mae / range),
            nrmse: range.map(|range| 100.0 * rmse / range),
            within_10: within(0.1),
            within_20: within(0.2),
        };
        (metrics.rmse.is_finite() && metrics.mape.is_finite()).then_some(metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_agree_with_values_worked_by_hand() {
        // errors 10, -20, 0, 100
        let metrics = Metrics::new(&[100.0, 200.0, 300.0, 500.0], &[90.0, 220.0, 300.0, 400.0]).unwrap();
        assert!((metrics.rmse - (10_500.0f64 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!(metrics.mae, 32.5);
        assert!((metrics.mape - 100.0 * (0.1 + 0.1 + 0.0 + 0.2) / 4.0).abs() < 1e-12);
        assert_eq!(metrics.median_ae, 15.0);
        let smape = 100.0 * (10.0 / 95.0 + 20.0 / 210.0 + 100.0 / 450.0) / 4.0;
        assert!((metrics.smape - smape).abs() < 1e-12);
        assert!((metrics.nmae.unwrap() - 100.0 * 32.5 / 400.0).abs() < 1e-12);
        assert_eq!((metrics.within_10, metrics.within_20), (0.75, 1.0));
    }

    #[test]
    fn what_cannot_be_measured_gives_nothing() {
        assert_eq!(Metrics::new(&[], &[]), None);
        assert_eq!(Metrics::new(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(Metrics::new(&[1.0], &[f64::INFINITY]), None);
        assert_eq!(Metrics::new(&[1.0], &[f64::NAN]), None);
        assert_eq!(Metrics::new(&[0.0], &[1.0]), None);
        assert_eq!(Metrics::new(&[5.0, 5.0], &[5.0, 4.0]).unwrap().nrmse, None);
    }

    #[test]
    fn the_training_mean_has_the_published_relation_of_rmse_and_spread() {
        // a constant prediction c has RMSE² = population variance + (mean − c)²
        let lives = [300.0, 512.0, 871.0, 2237.0, 1054.0];
        let spread = crate::Spread::new(&lives).unwrap();
        let rmse = Metrics::new(&lives, &[700.0; 5]).unwrap().rmse;
        let expected = (spread.population_std.powi(2) + (spread.mean - 700.0).powi(2)).sqrt();
        assert!((rmse - expected).abs() < 1e-9);
    }
}
