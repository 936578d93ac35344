//! A small simulation of what `examples/coverage.rs` does at length.

use ndarray::Array2;
use numerics::Streams;
use rand_distr::{Distribution as _, StandardNormal};
use statistics::{Bootstrap, Measure, Predictions, difference, interval};

const TRIALS: usize = 300;
const CELLS: usize = 42;
const SEEDS: usize = 8;

#[test]
fn intervals_of_95_percent_cover_the_truth_about_so_often() {
    let mut covered = [0; 2];
    for trial in 0..TRIALS {
        let mut random = Streams::new("coverage test").stream(&trial.to_string());
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        // what is hard about a cell is shared by both models; seeds shift all predictions
        let own: Vec<[f64; 2]> = (0..CELLS)
            .map(|_| {
                let (common, second) = (100.0 * normal(), 100.0 * normal());
                [common, 0.8 * common + 0.6 * second]
            })
            .collect();
        let [a, b] = [0, 1].map(|model| {
            let mut predicted = Array2::from_elem((SEEDS, CELLS), 800.0);
            for mut row in predicted.rows_mut() {
                let shift = 20.0 * normal();
                row.iter_mut().zip(&own).for_each(|(life, errors)| *life += errors[model] + shift + 20.0 * normal());
            }
            let names = (0..CELLS).map(|cell| format!("{cell:02}")).collect();
            let seeds = (0..SEEDS as u64).map(|seed| seed + 100 * model as u64).collect();
            Predictions::new(names, vec![800.0; CELLS], seeds, predicted).unwrap()
        });
        let bootstrap = Bootstrap { draws: 400, stream: trial.to_string(), ..Bootstrap::default() };
        // E √(σ² + shift²) over seeds, by its series about the mean: errors of seeds vary little
        let (within, shift) = (100.0_f64.powi(2) + 20.0_f64.powi(2), 20.0_f64.powi(2));
        let truth = (within + shift).sqrt() - 2.0 * shift * shift / (8.0 * (within + shift).powf(1.5));
        let one = interval(&a, Measure::Rmse, &bootstrap).unwrap();
        covered[0] += usize::from(one.low <= truth && truth <= one.high);
        let both = difference(&a, &b, Measure::Rmse, &bootstrap).unwrap();
        covered[1] += usize::from(both.low <= 0.0 && 0.0 <= both.high);
    }
    // 300 trials of 95 % are 285 ± 3.8
    for count in covered {
        assert!((270..=297).contains(&count), "{covered:?} of {TRIALS}");
    }
}
