//! p values, power and Holm's adjustment beside scipy (`scripts/oracle/statistics.py`).

use ndarray::Array2;
use serde_json::Value;
use statistics::{Bootstrap, Difference, Measure, Predictions, difference, holm};

fn fixture(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../fixtures/statistics.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn side(case: &Value, name: &str) -> Predictions {
    let observed = numbers(&case["observed"]);
    let rows = case[name].as_array().unwrap();
    let predicted = rows.iter().flat_map(numbers).collect();
    let cells = (0..observed.len()).map(|cell| format!("{cell:02}")).collect();
    let predicted = Array2::from_shape_vec((rows.len(), observed.len()), predicted).unwrap();
    Predictions::new(cells, observed, (0..rows.len() as u64).collect(), predicted).unwrap()
}

fn compared(case: &Value) -> Difference {
    let measure = Measure::parse(case["measure"].as_str().unwrap()).unwrap();
    difference(&side(case, "a"), &side(case, "b"), measure, &Bootstrap::default()).unwrap()
}

#[test]
fn exact_sign_flips_give_the_p_values_of_scipy() {
    for case in fixture("sign_flips") {
        let (found, scipy) = (compared(&case).p_value, case["p"].as_f64().unwrap());
        assert!(
            (found - scipy).abs() < 1e-12,
            "{} of {} cells: {found}, scipy {scipy}",
            case["measure"],
            case["observed"]
        );
    }
}

#[test]
fn the_detectable_difference_is_that_of_numerical_derivatives_and_scipys_quantiles() {
    for case in fixture("detectable") {
        let (found, student) = (compared(&case), case["detectable"].as_f64().unwrap());
        let [level, power] = ["level_quantile", "power_quantile"].map(|name| case[name].as_f64().unwrap());
        // what decides reaches as far as its interval, where that is farther than Student's t
        let error = student / (level + power);
        let reach = (found.high - found.difference).max(found.difference - found.low);
        let expected = reach.max(level * error) + power * error;
        assert!(
            (found.detectable(1) - expected).abs() < 1e-6 * expected,
            "{}: {found:?}, scipy {expected}",
            case["measure"]
        );
    }
}

#[test]
fn holm_steps_down_as_by_hand() {
    for case in fixture("holm") {
        for (found, expected) in holm(&numbers(&case["p"])).into_iter().zip(numbers(&case["adjusted"])) {
            assert!((found - expected).abs() < 1e-15, "{case}");
        }
    }
    assert!(holm(&[]).is_empty());
}
