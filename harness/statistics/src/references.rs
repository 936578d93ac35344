//! What the choice of reference cells does to the error (the paper's Fig. 5), from the predictions with one at a time.
//!
//! The prediction with several references follows from those with one: the lower median is one of them, and everything
//! after it (branch weights, inverse label transformation) keeps their order.

use ndarray::{ArrayView1, ArrayView2};
use numerics::ChaCha8Rng;
use rand::RngExt as _;

use super::median;
use numerics::signal::lower_median;

/// Absolute errors of one test cell over all references, in cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceErrors {
    /// Position of the test cell.
    pub cell: usize,
    /// With its best reference.
    pub best: f64,
    /// Median over the references; the mean of the middle two for an even number.
    pub median: f64,
    /// With its worst reference.
    pub worst: f64,
}

/// The errors of every test cell, sorted by the worst. `predicted` has a row per test cell and a column per reference.
pub fn reference_errors(observed: &[f64], predicted: ArrayView2<'_, f64>) -> Vec<ReferenceErrors> {
    let of = |(cell, (life, row)): (usize, (&f64, ArrayView1<'_, f64>))| {
        let errors: Vec<f64> = row.iter().map(|prediction| (prediction - life).abs()).collect();
        ReferenceErrors {
            cell,
            best: errors.iter().copied().fold(f64::INFINITY, f64::min),
            median: median(&errors).unwrap_or(f64::NAN),
            worst: errors.iter().copied().fold(0.0, f64::max),
        }
    };
    let mut errors: Vec<ReferenceErrors> = observed.iter().zip(predicted.rows()).enumerate().map(of).collect();
    errors.sort_by(|a, b| a.worst.total_cmp(&b.worst));
    errors
}

/// RMSE in cycles of `draws` choices of `references` references for every test cell, drawn with replacement as BatLiNet
/// draws them: each test cell, by its position, from a generator of its own.
pub fn reference_draws(
    observed: &[f64],
    predicted: ArrayView2<'_, f64>,
    references: usize,
    draws: usize,
    generator: impl Fn(usize) -> ChaCha8Rng,
) -> Vec<f64> {
    let mut drawn = vec![0.0; references];
    let mut squares = vec![0.0; draws];
    for (cell, (life, row)) in observed.iter().zip(predicted.rows()).enumerate() {
        let mut random = generator(cell);
        for sum in &mut squares {
            drawn.fill_with(|| row[random.random_range(0..row.len())]);
            *sum += (lower_median(&mut drawn).unwrap_or(f64::NAN) - life).powi(2);
        }
    }
    squares.into_iter().map(|sum| (sum / observed.len() as f64).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, array, s};
    use numerics::Streams;

    use super::*;
    use crate::{Metrics, Spread};

    fn generator(cell: usize) -> ChaCha8Rng {
        Streams::new("study").stream(&cell.to_string())
    }

    fn study() -> (Vec<f64>, Array2<f64>) {
        let observed: Vec<f64> = (0..30).map(|cell| 400.0 + 50.0 * f64::from(cell)).collect();
        // references that are off by -180 to 220 cycles, differently for every cell
        let predicted = Array2::from_shape_fn((30, 41), |(cell, j)| {
            observed[cell] + 20.0 + 10.0 * (((j * 17 + cell * 5) % 41) as f64 - 20.0)
        });
        (observed, predicted)
    }

    #[test]
    fn best_median_and_worst_are_in_this_order_and_agree_with_values_worked_by_hand() {
        let (observed, predicted) = study();
        let errors = reference_errors(&observed, predicted.view());
        assert!(errors.iter().all(|errors| errors.best <= errors.median && errors.median <= errors.worst));
        assert!(errors.is_sorted_by(|a, b| a.worst <= b.worst));
        let mut cells: Vec<usize> = errors.iter().map(|errors| errors.cell).collect();
        cells.sort_unstable();
        assert_eq!(cells, (0..30).collect::<Vec<_>>());

        let errors =
            reference_errors(&[100.0, 50.0], array![[90.0, 130.0, 100.0, 140.0], [45.0, 51.0, 52.0, 50.0]].view());
        let expected = |cell, best, median, worst| ReferenceErrors { cell, best, median, worst };
        assert_eq!(errors, [expected(1, 0.0, 1.5, 5.0), expected(0, 0.0, 20.0, 40.0)]);
    }

    #[test]
    fn with_more_references_the_rmse_settles_at_that_of_all_of_them() {
        let (observed, predicted) = study();
        let spread = |references| {
            Spread::new(&reference_draws(&observed, predicted.view(), references, 200, generator)).unwrap()
        };
        let spreads: Vec<Spread> = [1, 8, 64, 8001].into_iter().map(spread).collect();
        assert!(spreads.is_sorted_by(|a, b| a.population_std > 1.2 * b.population_std), "{spreads:?}");
        // the median of all references is off by 20 cycles for every cell
        assert!((spreads[3].mean - 20.0).abs() < 0.5 && spreads[3].population_std < 0.5, "{spreads:?}");
        // and one reference alone is off by the root mean square over all pairs
        let squares =
            (&predicted - &Array2::from_shape_fn((30, 1), |(cell, _)| observed[cell])).mapv(|error| error * error);
        let expected = squares.mean_axis(Axis(1)).unwrap().mean().unwrap().sqrt();
        assert!((spreads[0].mean - expected).abs() < 0.03 * expected, "{spreads:?} {expected}");
    }

    #[test]
    fn a_cell_left_out_takes_its_errors_with_it_and_changes_no_other() {
        let (observed, predicted) = study();
        let squares = |cells: std::ops::Range<usize>| {
            let rows = predicted.slice(s![cells.clone(), ..]);
            let generator = |cell| generator(cells.start + cell);
            let draws = reference_draws(&observed[cells.clone()], rows, 8, 20, generator);
            draws.into_iter().map(move |rmse| rmse * rmse * cells.len() as f64).collect::<Vec<_>>()
        };
        for ((whole, first), others) in squares(0..30).into_iter().zip(squares(0..1)).zip(squares(1..30)) {
            assert!((whole - first - others).abs() < 1e-9 * whole, "{whole} {first} {others}");
        }
    }

    #[test]
    fn equal_references_leave_no_spread() {
        let (observed, predicted) = study();
        let column = predicted.column(3).to_vec();
        let same = Array2::from_shape_fn(predicted.dim(), |(cell, _)| column[cell]);
        let rmse = Metrics::new(&observed, &column).unwrap().rmse;
        for references in [1, 2, 7] {
            let draws = reference_draws(&observed, same.view(), references, 5, generator);
            assert!(draws.iter().all(|draw| (draw - rmse).abs() < 1e-9), "{draws:?} {rmse}");
        }
    }
}
