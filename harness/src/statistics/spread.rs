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
        })
    }
}

/// Median, the mean of the middle two for an even count; `None` for no numbers.
pub fn median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| Data::new(values.to_vec()).median())
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
    fn the_published_figure_of_batlinet_on_matr_1_is_a_population_std() {
        // RMSE of seeds 0 to 7 and their published summary, 63.03 and 3.33 (spec §7.1)
        let spread = Spread::new(&[63.93, 59.92, 63.98, 56.95, 64.87, 62.80, 69.09, 62.74]).unwrap();
        assert!((spread.mean - 63.03).abs() < 0.01, "{spread:?}");
        assert!((spread.population_std - 3.33).abs() < 0.01, "{spread:?}");
    }
}
