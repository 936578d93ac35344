//! Intervals of all resamples beside scipy's of the same.

use serde_json::Value;

use super::{Drawn, Method, Scale, bias_corrected, percentile};
use crate::{
    Bootstrap, Measure, Predictions,
    contrast::{Contrast, Losses},
};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn percentile_and_bca_intervals_of_all_resamples_are_those_of_scipy() {
    let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/statistics.json")).unwrap();
    for case in fixture["intervals"].as_array().unwrap() {
        let measure = Measure::parse(case["measure"].as_str().unwrap()).unwrap();
        let (observed, predicted) = (numbers(&case["observed"]), numbers(&case["predicted"][0]));
        let cells = observed.len();
        let names = (0..cells).map(|cell| cell.to_string()).collect();
        let predicted = ndarray::Array2::from_shape_vec((1, cells), predicted).unwrap();
        let losses = Losses::new(&Predictions::new(names, observed, vec![0], predicted).unwrap(), measure);
        let contrast = Contrast::one(&losses);
        let mut counts = contrast.all();
        let mut values: Vec<f64> = (0..cells.pow(cells as u32))
            .map(|resample| {
                counts.cells.fill(0.0);
                (0..cells).for_each(|place| counts.cells[resample / cells.pow(place as u32) % cells] += 1.0);
                contrast.value(&counts)
            })
            .collect();
        values.sort_by(f64::total_cmp);
        let estimate = contrast.value(&contrast.all());
        let close = |(low, high): (f64, f64), scipy: &Value| {
            let scipy = numbers(scipy);
            let is_close = |found: f64, scipy: f64| (found - scipy).abs() < 1e-9 * scipy.abs();
            assert!(is_close(low, scipy[0]) && is_close(high, scipy[1]), "{measure}: {low} {high}, scipy {scipy:?}");
        };
        close(percentile(&values, 0.025), &case["percentile"]);
        close(bias_corrected(&values, estimate, &contrast.jackknife(), 0.025), &case["BCa"]);
    }
}

/// Of one seed, cells with these absolute errors.
fn losses(errors: &[f64], measure: Measure) -> Losses {
    let names = (0..errors.len()).map(|cell| cell.to_string()).collect();
    let predicted = errors.iter().map(|error| 500.0 + error).collect();
    let predicted = ndarray::Array2::from_shape_vec((1, errors.len()), predicted).unwrap();
    Losses::new(&Predictions::new(names, vec![500.0; errors.len()], vec![0], predicted).unwrap(), measure)
}

#[test]
fn an_interval_leaves_as_many_draws_at_either_end_as_its_level_says() {
    let errors: Vec<f64> = (0..60).map(|cell| f64::from(cell * 37 % 61)).collect();
    let losses = losses(&errors, Measure::parse("mae").unwrap());
    let contrast = Contrast::one(&losses);
    let drawn = Drawn::new(&contrast, &Bootstrap { draws: 4000, ..Bootstrap::default() }, false);
    for level in [0.5, 0.9, 0.95] {
        let (low, high) = drawn.interval(&contrast, Method::Percentile, Scale::Plain, level);
        let share = |is_out: &dyn Fn(f64) -> bool| {
            drawn.draws.iter().filter(|draw| is_out(draw.value)).count() as f64 / drawn.draws.len() as f64
        };
        let ends = [share(&|value| value < low), share(&|value| value > high)];
        assert!(ends.iter().all(|end| (end - (1.0 - level) / 2.0).abs() < 0.005), "{level}: {ends:?}");
    }
}

#[test]
fn a_median_is_that_of_the_cells_as_often_as_they_are_drawn() {
    let errors = [50.0, 10.0, 40.0, 20.0, 30.0, 70.0];
    let losses = losses(&errors, Measure::parse("median_ae").unwrap());
    let contrast = Contrast::one(&losses);
    let mut counts = contrast.all();
    for drawn in [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 0],
        [0, 3, 0, 1, 0, 2],
        [2, 0, 2, 0, 0, 2],
        [0, 0, 6, 0, 0, 0],
        [0, 1, 1, 2, 2, 0],
    ] {
        let mut all: Vec<f64> =
            errors.iter().zip(drawn).flat_map(|(error, count)| std::iter::repeat_n(*error, count)).collect();
        all.sort_by(f64::total_cmp);
        let median = f64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
        counts.cells = drawn.iter().map(|count| *count as f64).collect();
        assert_eq!(contrast.value(&counts), median, "{drawn:?}");
    }
}
