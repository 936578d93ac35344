//! A measure over several seeds.

use serde::Serialize;
use statrs::statistics::{Data, OrderStatistics as _, Statistics as _};

/// Centre and spread of a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How many numbers.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with divisor n, as the paper reports it.
    pub population_std: f64,
    /// Standard deviation with divisor n − 1; absent for one number.
    pub sample_std: Option<f64>,
    /// Median; the mean of the middle two for an even count.
    pub median: f64,
    /// First and third quartile, see [`quantile`].
    pub quartiles: (f64, f64),
}

impl Spread {
    /// `None` for no numbers.
    pub fn new(values: &[f64]) -> Option<Self> {
        let median = median(values)?;
        Some(Self {
            count: values.len(),
            mean: values.mean(),
            population_std: values.population_std_dev(),
            sample_std: (values.len() > 1).then(|| values.std_dev()),
            median,
            quartiles: (quantile(values, 0.25)?, quantile(values, 0.75)?),
        })
    }

    /// Whether mean and standard deviation tell little: one value outweighs the others, so that the deviation is more
    /// than half the mean.
    pub fn is_wild(&self) -> bool {
        self.count > 1 && self.population_std > 0.5 * self.mean.abs()
    }
}

/// Median, the mean of the middle two for an even count; `None` for no numbers.
pub fn median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| Data::new(values.to_vec()).median())
}

/// The value below which a `fraction` of the values lies, on straight lines between the sorted values (numpy's `linear`,
/// by which box plots are drawn; statrs has another definition); `None` for no numbers.
pub fn quantile(values: &[f64], fraction: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| quantile_of_sorted(&sorted, fraction))
}

/// As [`quantile`], of values that are sorted and not none.
pub(crate) fn quantile_of_sorted(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_standard_deviations_and_the_median_agree_with_values_worked_by_hand() {
        let spread = Spread::new(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((spread.mean, spread.population_std, spread.median), (5.0, 2.0, 4.5));
        assert!((spread.sample_std.unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Spread::new(&[3.0]).unwrap().sample_std, None);
        assert_eq!(Spread::new(&[]), None);
    }

    #[test]
    fn quantiles_agree_with_numpy() {
        // numpy.percentile([7, 1, 4, 9, 2, 30, 5, 6], [0, 25, 50, 75, 90, 100])
        let values = [7.0, 1.0, 4.0, 9.0, 2.0, 30.0, 5.0, 6.0];
        let found = [0.0, 0.25, 0.5, 0.75, 0.9, 1.0].map(|fraction| quantile(&values, fraction).unwrap());
        for (found, numpy) in found.into_iter().zip([1.0, 3.5, 5.5, 7.5, 15.3, 30.0]) {
            assert!((found - numpy).abs() < 1e-12, "{found} is not {numpy}");
        }
        assert_eq!(quantile(&values, 0.5), median(&values));
        assert_eq!((quantile(&[], 0.5), quantile(&[3.0], 0.75)), (None, Some(3.0)));
    }

    #[test]
    fn a_runaway_seed_makes_a_spread_wild() {
        assert!(!Spread::new(&[60.0, 63.0, 70.0]).unwrap().is_wild());
        assert!(Spread::new(&[60.0, 63.0, 700.0]).unwrap().is_wild());
        assert!(!Spread::new(&[60.0]).unwrap().is_wild());
    }

    #[test]
    fn the_published_figure_of_batlinet_on_matr_1_is_a_population_std() {
        // RMSE of seeds 0 to 7 and their published summary, 63.03 and 3.33 (method §9.2)
        let spread = Spread::new(&[63.93, 59.92, 63.98, 56.95, 64.87, 62.80, 69.09, 62.74]).unwrap();
        assert!((spread.mean - 63.03).abs() < 0.01, "{spread:?}");
        assert!((spread.population_std - 3.33).abs() < 0.01, "{spread:?}");
    }
}
