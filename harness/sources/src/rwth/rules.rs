//! Which samples and cycles there are and which are kept (method §1.9, as the authors' `preprocess_RWTH.py`).

use crate::rules::median;

/// ms that a sample may come after the one before.
const LONGEST_STEP: f64 = 1e5;
/// Samples of discharge in a row that make a beginning.
const LAG: usize = 10;
/// A by which a lone sample must differ from both its neighbours to be overlooked.
const LONE: f64 = 0.1;
/// Samples within which there is no second beginning.
const SHORTEST_CYCLE: usize = 500;
/// Cycles before and after a cycle that it is compared with …
const NEIGHBOURS: usize = 5;
/// … and by how many Ah it may differ from both medians.
const DIFFERENCE: f64 = 0.05;

/// Which samples stay, by their time in ms: one that comes too long after the last that stayed goes. Time may jump back.
pub(super) fn in_time(time: &[f64]) -> Vec<bool> {
    let Some(&first) = time.first() else { return Vec::new() };
    let mut before = first;
    time.iter()
        .map(|&time| {
            let stays = time - before <= LONGEST_STEP;
            if stays {
                before = time;
            }
            stays
        })
        .collect()
}

/// Where discharges begin, by the current in A.
pub(super) fn beginnings(current: &[f64]) -> Vec<usize> {
    let mut beginnings: Vec<usize> = Vec::new();
    let mut discharging = 0;
    for i in 0..current.len() {
        let lone = i > 0 && i + 1 < current.len() && {
            (current[i] - current[i - 1]).abs() > LONE && (current[i] - current[i + 1]).abs() > LONE
        };
        let here = if lone { current[i + 1] } else { current[i] };
        discharging = if here < 0.0 { discharging + 1 } else { 0 };
        if discharging == LAG {
            let start = i + 1 - LAG;
            // the first samples have not enough before them to be looked at
            let too_soon =
                start > SHORTEST_CYCLE && beginnings.last().is_some_and(|last| last + SHORTEST_CYCLE >= start);
            if !too_soon {
                beginnings.push(start);
            }
        }
    }
    beginnings
}

/// Which cycles stay, by their capacities in Ah: one that differs from the median of the five before it, and from that of
/// the five that it is the first of, goes. The first and last five stay.
pub(super) fn ordinary(capacities: &[f64]) -> Vec<bool> {
    let differs =
        |capacity: f64, others: &[f64]| median(others).is_some_and(|median| (capacity - median).abs() > DIFFERENCE);
    (0..capacities.len())
        .map(|i| {
            let inner = i >= NEIGHBOURS && i + NEIGHBOURS < capacities.len();
            !(inner
                && differs(capacities[i], &capacities[i - NEIGHBOURS..i])
                && differs(capacities[i], &capacities[i..i + NEIGHBOURS]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::golden;

    fn list<T: serde::de::DeserializeOwned>(part: &str, name: &str) -> Vec<T> {
        serde_json::from_value(golden(part)[name].clone()).unwrap()
    }

    /// Discharge, rest, charge, rest.
    fn block(half: usize) -> Vec<f64> {
        [vec![-4.0; half], vec![0.0; 5], vec![4.0; half], vec![0.0; 5]].concat()
    }

    #[test]
    fn the_golden_beginnings_are_found() {
        let mut current = block(60).repeat(12);
        (current[130], current[200]) = (-0.5, -3.0);
        current.splice(0..0, [4.0; 37]);
        assert_eq!(beginnings(&current), list::<usize>("rwth_boundaries", "boundaries"));
        assert_eq!(beginnings(&block(300).repeat(5)), list::<usize>("rwth_boundaries_long", "boundaries"));
        assert!(beginnings(&[-1.0; 9]).is_empty());
        assert_eq!(beginnings(&[-1.0; 10]), [0]);
    }

    #[test]
    fn the_golden_samples_stay() {
        assert_eq!(in_time(&list("rwth_time_keep", "t")), list::<bool>("rwth_time_keep", "keep"));
        assert!(in_time(&[]).is_empty());
    }

    #[test]
    fn the_golden_cycles_go() {
        let mut capacities: Vec<f64> = (0..40).map(|i| 1.1 - 0.001 * f64::from(i)).collect();
        for (position, capacity) in [(12, 0.9), (20, 1.4), (21, 1.4), (2, 0.1), (38, 0.2)] {
            capacities[position] = capacity;
        }
        let gone: Vec<usize> = (0..40).filter(|&i| !ordinary(&capacities)[i]).collect();
        assert_eq!(gone, list::<usize>("rwth_abnormal", "removed"));
        assert_eq!(ordinary(&[1.0; 3]), [true; 3]);
    }
}
