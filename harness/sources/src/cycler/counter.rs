//! The cycler's counters of capacity, made to start at 0 in each cycle and to grow.
//!
//! Programs reset them every cycle, every step, every half, or never; which, the numbers show. What they come to is held against
//! the integral of the current later, as that of every source is.

use std::ops::Range;

use super::samples::Samples;
use crate::coulomb::{self, Half};
use cells::count::ah;

/// How a counter was found to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ways {
    /// Cycles at whose beginning it went on from the cycle before.
    pub went_on: usize,
    /// Times that it began anew within a cycle.
    pub began_anew: usize,
    /// Whether it counts below zero.
    pub below_zero: bool,
}

/// The samples without counters that stand still while current flows, as where a file has too few digits for a small cell; and what
/// is said of it. `nominal` in Ah tells what flows.
pub(super) fn without_still(mut samples: Samples, nominal: f64) -> (Samples, Option<String>) {
    let passes = |half: Half| {
        let counted = coulomb::count(&samples.current, &samples.time, half, coulomb::SECONDS);
        counted.last().is_some_and(|passed| *passed > 0.05 * nominal)
    };
    let stands = |counter: &Option<Vec<f64>>, halves: &[Half]| {
        let is_still = counter.as_ref().is_some_and(|values| values.iter().all(|value| *value == values[0]));
        is_still && halves.iter().any(|half| passes(*half))
    };
    let of_halves = stands(&samples.charge, &[Half::Charge]) || stands(&samples.discharge, &[Half::Discharge]);
    let of_both = stands(&samples.capacity, &[Half::Charge, Half::Discharge]);
    if of_halves {
        (samples.charge, samples.discharge) = (None, None);
    }
    if of_both {
        samples.capacity = None;
    }
    let said = (of_halves || of_both).then(|| {
        "a counter of capacity stands still while current flows (too few digits for so small a cell?): the current over time is \
         counted in its place"
            .to_owned()
    });
    (samples, said)
}

/// The counter within one cycle from 0 on, in Ah; `before` is its last value of the cycle before. `nominal` in Ah tells a reset
/// from noise.
///
/// # Errors
/// A fragment: it goes down without beginning anew.
pub(super) fn within(raw: &[f64], before: Option<f64>, nominal: f64, ways: &mut Ways) -> Result<Vec<f64>, String> {
    let Some(&first) = raw.first() else { return Ok(Vec::new()) };
    let small = 0.02 * nominal;
    let noise = 1e-3 * nominal;
    let mut base = match before {
        Some(before) if first > small && first >= before - noise => {
            ways.went_on += 1;
            before.min(first)
        }
        None if first > small => {
            ways.went_on += 1;
            first
        }
        _ => 0.0,
    };
    let mut counted = Vec::with_capacity(raw.len());
    let (mut offset, mut last) = (0.0, first);
    for &value in raw {
        if value < last - noise {
            if value > base.abs() + small.max(0.2 * (last - base)) && value > small {
                return Err(format!(
                    "it goes from {last} back to {value} Ah and does not begin anew",
                    last = ah(last),
                    value = ah(value)
                ));
            }
            offset += last - base;
            base = 0.0;
            ways.began_anew += 1;
        }
        last = value;
        counted.push(offset + (value - base));
    }
    Ok(counted)
}

/// Charged and discharged Ah of a counter that counts in whichever direction the current flows.
pub(super) fn by_direction(raw: &[f64], current: &[f64], before: Option<f64>) -> [Vec<f64>; 2] {
    let mut sums = [0.0, 0.0];
    let mut last = before;
    let mut counted = [Vec::with_capacity(raw.len()), Vec::with_capacity(raw.len())];
    let mut half = None;
    for (k, (&value, &current)) in raw.iter().zip(current).enumerate() {
        let value = value.abs();
        // at the first sample of a step the counter has begun anew
        let grown = match last {
            Some(last) if value >= last => value - last,
            Some(_) => value,
            None => 0.0,
        };
        let direction = if current > 0.0 {
            Some(0)
        } else if current < 0.0 {
            Some(1)
        } else {
            None
        };
        if let Some(direction) = direction {
            // a counter that goes on from the half before, or one that was reset between two samples
            let anew = half.is_some_and(|half| half != direction) && k > 0 && last.is_some_and(|last| value < last);
            sums[direction] += if anew { value } else { grown };
            half = Some(direction);
        }
        last = Some(value);
        counted[0].push(sums[0]);
        counted[1].push(sums[1]);
    }
    counted
}

/// The last value before a range.
pub(super) fn before(raw: &[f64], range: &Range<usize>) -> Option<f64> {
    range.start.checked_sub(1).map(|last| raw[last])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(raw: &[f64], length: usize) -> (Vec<Vec<f64>>, Ways) {
        let mut ways = Ways::default();
        let ranges = (0..raw.len() / length).map(|k| k * length..(k + 1) * length);
        let counted = ranges.map(|range| within(&raw[range.clone()], before(raw, &range), 1.0, &mut ways).unwrap());
        (counted.collect(), ways)
    }

    #[test]
    fn counters_that_are_reset_ever_or_never_count_the_same() {
        let expected = vec![vec![0.0, 0.5, 1.0], vec![0.0, 0.5, 1.0]];
        assert_eq!(cycles(&[0.0, 0.5, 1.0, 0.0, 0.5, 1.0], 3).0, expected);
        assert_eq!(cycles(&[0.0, 0.5, 1.0, 1.0, 1.5, 2.0], 3).0, expected);
        // reset in every step
        let (counted, ways) = cycles(&[0.0, 0.75, 0.125, 0.0, 0.75, 0.125], 3);
        assert_eq!((counted, ways.began_anew), (vec![vec![0.0, 0.75, 0.875]; 2], 2));
        assert!(within(&[0.0, 0.9, 0.6], None, 1.0, &mut Ways::default()).is_err());
    }

    #[test]
    fn a_counter_that_stands_still_is_none() {
        let samples = |counted: f64, current: f64| Samples {
            time: (0..10).map(|k| f64::from(k) * 360.0).collect(),
            voltage: vec![3.5; 10],
            current: vec![-current; 10],
            charge: Some(vec![0.0; 10]),
            discharge: Some((0..10).map(|k| f64::from(k) * counted).collect()),
            ..Samples::default()
        };
        let (kept, said) = without_still(samples(0.0, 1.0), 1.0);
        assert!(kept.charge.is_none() && kept.discharge.is_none() && said.unwrap().contains("too few digits"));
        // one that counts, and one of a cell through which nothing flows
        assert_eq!(without_still(samples(0.1, 1.0), 1.0), (samples(0.1, 1.0), None));
        assert_eq!(without_still(samples(0.0, 0.0), 1.0), (samples(0.0, 0.0), None));
    }

    #[test]
    fn one_counter_for_both_directions_is_taken_apart() {
        let [charged, discharged] =
            by_direction(&[0.0, 0.5, 1.0, 1.0, 0.25, 1.0], &[1.0, 1.0, 1.0, 0.0, -1.0, -1.0], None);
        assert_eq!(charged, [0.0, 0.5, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(discharged, [0.0, 0.0, 0.0, 0.0, 0.25, 1.0]);
    }
}
