//! What the cleaning rules of several sources share.

use cells::cell::{Cell, LeftOut};

/// The median; of an even number of values, the mean of the middle two. `None` of nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[half]),
        _ => Some((sorted[half - 1] + sorted[half]) / 2.0),
    }
}

/// The cycles that do not stay, of all whose capacity this is.
pub(super) fn left_out(capacities: &[f64], stays: &[bool]) -> Vec<LeftOut> {
    let cycles = capacities.iter().zip(stays).enumerate().filter(|(_, (_, stays))| !**stays);
    cycles.map(|(position, (&capacity, _))| LeftOut { position, capacity }).collect()
}

/// What is to be said of the cycles that were left out of a cell; nothing if there are none.
pub(super) fn outliers(cell: &Cell) -> Option<String> {
    let (left_out, recorded) = (cell.left_out().len(), cell.recorded()?.len());
    (left_out > 0)
        .then(|| format!("{left_out} of {recorded} cycles dropped as outliers: positions and lives count the others"))
}

/// The part of `tests/fixtures/preprocess.json` of this name: what the authors' functions gave for made-up input, which is
/// described there by formulas.
#[cfg(test)]
pub(super) fn golden(part: &str) -> serde_json::Value {
    let all: serde_json::Value = serde_json::from_str(include_str!("../tests/fixtures/preprocess.json")).unwrap();
    all[part].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_few_and_of_many() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[3.0, 1.0]), Some(2.0));
        assert_eq!(median(&[f64::INFINITY, 1.0, 2.0]), Some(2.0));
    }
}
