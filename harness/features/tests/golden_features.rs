//! Features of a synthetic cell against the values that the authors' own code gave for it.

use features::feature::{FeatureSpec, Severson};
use numerics::signal::{MedianRule, RollingMedian, linspace};
use serde::Deserialize;
use serde_json::json;
use testing::formula as synthetic;

#[derive(Deserialize)]
struct Golden {
    capacity_map: CapacityMap,
    voltage_capacity_row_99: Vec<(usize, f64)>,
    severson: Models,
    severson_nan_ignoring: NanIgnoring,
    rolling_median: RollingMedians,
}

#[derive(Deserialize)]
struct CapacityMap {
    entries_channel_cycle_point_value: Vec<(usize, usize, usize, f64)>,
}

#[derive(Deserialize)]
struct Models {
    variance: Vec<f64>,
    discharge: Vec<f64>,
    full: Vec<f64>,
}

#[derive(Deserialize)]
struct NanIgnoring {
    minimum: f64,
    variance: f64,
    skew: f64,
    kurt: f64,
    early: f64,
    diff: f64,
}

#[derive(Deserialize)]
struct RollingMedians {
    head: Vec<Option<f64>>,
    tail: Vec<Option<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("fixtures/features.json")).expect("a sound fixture")
}

fn extract(declaration: serde_json::Value) -> ndarray::ArrayD<f32> {
    let spec: FeatureSpec = serde_json::from_value(declaration).expect("a sound declaration");
    spec.extract(&synthetic::cell(110)).expect("the synthetic cell has all that is needed")
}

/// Equal within what single precision keeps.
fn close(ours: f32, golden: f64) -> bool {
    (f64::from(ours) - golden).abs() <= 2e-7 * golden.abs().max(1.0)
}

#[test]
fn the_capacity_map_is_that_of_the_authors() {
    let map = extract(json!({"capacity_map": {}}));
    assert_eq!(map.shape(), [6, 100, 1000]);
    let entries = golden().capacity_map.entries_channel_cycle_point_value;
    assert!(entries.len() > 100);
    for (channel, cycle, point, value) in entries {
        let ours = map[[channel, cycle, point]];
        assert!(close(ours, value), "channel {channel}, cycle {cycle}, point {point}: {ours} against {value}");
    }
}

#[test]
fn the_last_row_of_the_voltage_capacity_matrix_is_that_of_the_authors() {
    let matrix = extract(json!({"voltage_capacity": {}}));
    assert_eq!(matrix.shape(), [100, 1000]);
    for (point, value) in golden().voltage_capacity_row_99 {
        assert!(close(matrix[[99, point]], value), "point {point}: {} against {value}", matrix[[99, point]]);
    }
    let row = extract(json!({"voltage_capacity": {"first": 99, "last": 99}}));
    assert!((0..1000).all(|point| row[[0, point]] == matrix[[99, point]]));
}

#[test]
fn statistics_are_those_of_the_authors() {
    let golden = golden();
    for (statistics, values) in [
        (&Severson::VARIANCE[..], golden.severson.variance),
        (&Severson::DISCHARGE[..], golden.severson.discharge),
        (&Severson::FULL[..], golden.severson.full),
    ] {
        let ours = extract(json!({"severson": {"statistics": statistics}}));
        for ((statistic, &ours), value) in statistics.iter().zip(&ours).zip(values) {
            assert!(close(ours, value), "{}: {ours} against {value}", statistic.name());
        }
    }
}

#[test]
fn statistics_that_ignore_nan_are_those_of_the_reference() {
    let ours = extract(json!({"severson": {"statistics": Severson::DISCHARGE, "median": "nan_ignoring"}}));
    let golden = golden().severson_nan_ignoring;
    let values = [golden.minimum, golden.variance, golden.skew, golden.kurt, golden.early, golden.diff];
    for ((statistic, &ours), value) in Severson::DISCHARGE.iter().zip(&ours).zip(values) {
        assert!(close(ours, value), "{}: {ours} against {value}", statistic.name());
    }
}

#[test]
fn the_running_median_of_windows_with_nan_is_that_of_the_authors_compiler() {
    let medians = golden().rolling_median;
    for (nan, golden) in [(0..15, medians.head), (45..60, medians.tail)] {
        let mut series = linspace(0.0, 1.0, 60);
        series[nan].fill(f64::NAN);
        let mut ours = vec![0.0; 60];
        RollingMedian::new(10, MedianRule::Selection).apply(&series, &mut ours);
        for (i, (ours, golden)) in ours.iter().zip(golden).enumerate() {
            match golden {
                // the fixture is rounded to 12 decimals
                Some(golden) => assert!((ours - golden).abs() < 1e-11, "{i}: {ours} against {golden}"),
                None => assert!(ours.is_nan(), "{i}: {ours} against NaN"),
            }
        }
    }
}
