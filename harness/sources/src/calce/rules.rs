//! Which cycles there are and which are kept (method §1.6, as the authors' `preprocess_CALCE.py`).

use crate::rules::median;

/// Cycles of the running median.
const WINDOW: usize = 21;
/// Median deviations from the running median within which a cycle is kept.
const TOLERANCE: f64 = 3.0;
/// Ah that a cycle must give more than.
pub(super) const LEAST: f64 = 0.1;
/// Cells of which the first cycle is dropped by name: of one the first that there is, of the other the first that is left.
pub(crate) const WITHOUT_FIRST: [&str; 2] = ["CALCE_CX2_34", "CALCE_CX2_16"];

/// Cycle indices of all files in a row, counted on: wherever the file's own index changes, a cycle begins.
pub(super) fn renumbered(raw: &[u32]) -> Vec<u32> {
    let mut number = raw.first().copied().unwrap_or_default();
    let mut before = number;
    raw.iter()
        .map(|&index| {
            if index != before {
                number += 1;
                before = index;
            }
            number
        })
        .collect()
}

/// What becomes of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Kept,
    /// It goes: it gives next to nothing, so that it is no cycle of the cell's life.
    Trickle,
    /// It goes: too far from the running median of its neighbours.
    Outlier,
    /// It goes: the first of a cell whose first is known to be none.
    ByName,
}

/// What becomes of each cycle, by their capacities in Ah: those stay that are near the running median of their neighbours and
/// give more than a trickle. Two cells have a first cycle that is dropped by name.
///
/// Where more than half of the cycles equal their running median, that tells nothing of how capacities scatter: the tolerance
/// is 0, the authors' strict comparison drops every cycle, and no cell is left. Here none is an outlier then, which happens
/// to cells that fade evenly, as virtual ones do, and to no published one.
pub(super) fn fates(id: &str, capacities: &[f64]) -> Vec<Fate> {
    let smooth = running_median(capacities);
    let deviations: Vec<f64> =
        capacities.iter().zip(&smooth).map(|(capacity, median)| (capacity - median).abs()).collect();
    let tolerance = TOLERANCE * median(&deviations).unwrap_or_default();
    let mut fates: Vec<Fate> = capacities
        .iter()
        .zip(&deviations)
        .map(|(capacity, deviation)| match *deviation < tolerance || tolerance == 0.0 {
            _ if *capacity <= LEAST => Fate::Trickle,
            true => Fate::Kept,
            false => Fate::Outlier,
        })
        .collect();
    let first = match WITHOUT_FIRST.iter().position(|name| *name == id) {
        Some(0) => (!fates.is_empty()).then_some(0),
        Some(_) => fates.iter().position(|fate| *fate == Fate::Kept),
        None => None,
    };
    if let Some(first) = first {
        fates[first] = Fate::ByName;
    }
    fates
}

/// The median of the 21 values around each, with zeros beyond the ends: scipy's `medfilt`.
fn running_median(values: &[f64]) -> Vec<f64> {
    let padding = std::iter::repeat_n(0.0, WINDOW / 2);
    let padded: Vec<f64> = padding.clone().chain(values.iter().copied()).chain(padding).collect();
    padded.windows(WINDOW).take(values.len()).map(|window| median(window).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::golden;

    fn dropped(id: &str, capacities: &[f64]) -> Vec<usize> {
        let fates = fates(id, capacities);
        (0..fates.len()).filter(|&position| fates[position] != Fate::Kept).collect()
    }

    #[test]
    fn the_golden_indices_are_renumbered_as_the_authors_do() {
        let golden = golden("calce_renumber");
        let list = |name: &str| -> Vec<u32> { serde_json::from_value(golden[name].clone()).unwrap() };
        assert_eq!(renumbered(&list("raw")), list("out"));
        assert!(renumbered(&[]).is_empty());
    }

    #[test]
    fn the_golden_cycles_are_dropped_and_no_others() {
        let mut capacities: Vec<f64> =
            (0..80).map(|i| 1.1 - 0.0005 * f64::from(i) + 0.004 * (2.9 * f64::from(i)).sin()).collect();
        (capacities[30], capacities[31], capacities[60]) = (0.5, 0.02, 1.3);
        let expected: Vec<usize> = serde_json::from_value(golden("calce_keep")["dropped"].clone()).unwrap();
        assert_eq!(dropped("CALCE_CS2_35", &capacities), expected);
        // of two cells the first cycle goes too: before cleaning, and after it
        assert_eq!(dropped("CALCE_CX2_34", &capacities), expected);
        let more: Vec<usize> = [0, 1, 2].into_iter().chain(expected[2..].iter().copied()).collect();
        assert_eq!(dropped("CALCE_CX2_16", &capacities), more);
    }

    #[test]
    fn an_even_fade_has_no_outliers() {
        let even: Vec<f64> = (0..60).map(|i| 1.1 - 0.001 * f64::from(i)).collect();
        assert_eq!(dropped("CALCE_CS2_35", &even), [0; 0]);
        assert_eq!(dropped("CALCE_CS2_35", &[vec![0.05], even.clone()].concat()), [0], "a trickle");
        assert_eq!(dropped("CALCE_CX2_34", &even), [0], "by name");
        assert!(fates("CALCE_CX2_34", &[]).is_empty());
    }
}
