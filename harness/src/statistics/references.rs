//! What one reference, or a draw of several, does to predictions: pure functions of a trained model's predictions for
//! every test cell (rows) with every training cell (columns) as its only reference (paper, Fig. 5).

use baselines::random::ChaCha8Rng;
use ndarray::ArrayView2;
use rand::RngExt as _;

use super::{Metrics, median};

/// Absolute errors in cycles over test cells, each curve in rising order by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleReferenceErrors {
    /// With the reference that suits the cell best.
    pub best: Vec<f64>,
    /// The median over references.
    pub median: Vec<f64>,
    /// With the reference that suits it worst.
    pub worst: Vec<f64>,
}

impl SingleReferenceErrors {
    /// From `predicted` and `observed` lives; `None` without cells, without references, or for lists of different lengths.
    pub fn new(observed: &[f64], predicted: ArrayView2<'_, f64>) -> Option<Self> {
        if observed.is_empty() || observed.len() != predicted.nrows() || predicted.ncols() == 0 {
            return None;
        }
        let mut errors = Self { best: Vec::new(), median: Vec::new(), worst: Vec::new() };
        for (life, row) in observed.iter().zip(predicted.rows()) {
            let of_cell: Vec<f64> = row.iter().map(|prediction| (prediction - life).abs()).collect();
            errors.best.push(of_cell.iter().copied().fold(f64::INFINITY, f64::min));
            errors.median.push(median(&of_cell)?);
            errors.worst.push(of_cell.iter().copied().fold(0.0, f64::max));
        }
        for curve in [&mut errors.best, &mut errors.median, &mut errors.worst] {
            curve.sort_by(f64::total_cmp);
        }
        Some(errors)
    }
}

/// RMSE of each of `draws` draws of `count` references for every test cell, with replacement.
///
/// A prediction is the lower median over its references. Branch weights and inverse label transformations are rising, so
/// the median may be taken of predicted lives. Draws without a finite error are left out.
pub fn rmse_over_draws(
    observed: &[f64],
    predicted: ArrayView2<'_, f64>,
    count: usize,
    draws: usize,
    random: &mut ChaCha8Rng,
) -> Vec<f64> {
    if predicted.ncols() == 0 || count == 0 {
        return Vec::new();
    }
    let mut answers = vec![0.0; count];
    let mut one_draw = || {
        let lives: Vec<f64> = predicted
            .rows()
            .into_iter()
            .map(|row| {
                answers.fill_with(|| row[random.random_range(0..row.len())]);
                *answers.select_nth_unstable_by((count - 1) / 2, f64::total_cmp).1
            })
            .collect();
        Metrics::new(observed, &lives).map(|metrics| metrics.rmse)
    };
    (0..draws).filter_map(|_| one_draw()).collect()
}

#[cfg(test)]
mod tests {
    use baselines::Streams;
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn curves_are_sorted_each_by_itself() {
        let predicted = array![[100.0, 130.0, 90.0], [205.0, 200.0, 500.0]];
        let errors = SingleReferenceErrors::new(&[100.0, 200.0], predicted.view()).unwrap();
        assert_eq!((errors.best, errors.median, errors.worst), (vec![0.0, 0.0], vec![5.0, 10.0], vec![30.0, 300.0]));
        assert_eq!(SingleReferenceErrors::new(&[], Array2::zeros((0, 3)).view()), None);
        assert_eq!(SingleReferenceErrors::new(&[1.0], Array2::zeros((1, 0)).view()), None);
        assert_eq!(SingleReferenceErrors::new(&[1.0], Array2::zeros((2, 2)).view()), None);
    }

    #[test]
    fn best_median_and_worst_never_cross() {
        let mut random = Streams::new("test").stream("errors");
        let predicted = Array2::from_shape_simple_fn((40, 7), || 1000.0 * random.random::<f64>());
        let observed: Vec<f64> = (0..40).map(|_| 1.0 + 1000.0 * random.random::<f64>()).collect();
        let errors = SingleReferenceErrors::new(&observed, predicted.view()).unwrap();
        for ((best, median), worst) in errors.best.iter().zip(&errors.median).zip(&errors.worst) {
            assert!(best <= median && median <= worst);
        }
    }

    #[test]
    fn draws_of_equal_references_do_not_differ_and_more_references_narrow_the_spread() {
        let mut random = Streams::new("test").stream("draws");
        let observed = vec![500.0; 30];
        let equal = Array2::from_elem((30, 9), 510.0);
        assert_eq!(rmse_over_draws(&observed, equal.view(), 4, 3, &mut random), [10.0; 3]);

        let noisy = Array2::from_shape_simple_fn((30, 41), || 400.0 + 200.0 * random.random::<f64>());
        let mean = |count| {
            let errors = rmse_over_draws(&observed, noisy.view(), count, 200, &mut Streams::new("n").stream("draws"));
            assert_eq!(errors.len(), 200);
            errors.iter().sum::<f64>() / 200.0
        };
        // uniform noise of width 200 has a standard deviation of 57.7; medians of more draws have less
        assert!((mean(1) - 57.7).abs() < 5.0 && mean(8) < 0.6 * mean(1) && mean(64) < 0.5 * mean(8));
        assert_eq!(rmse_over_draws(&observed, Array2::zeros((30, 0)).view(), 1, 2, &mut random), Vec::<f64>::new());
    }
}
