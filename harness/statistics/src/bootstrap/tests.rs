//! Intervals of all resamples beside scipy's of the same.

use serde_json::Value;

use super::{bias_corrected, percentile};
use crate::{
    Measure, Predictions,
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
