//! Samples, divided into cycles.

use std::ops::Range;

use super::declaration::By;
use super::samples::Samples;

/// One cycle: the cycler's number, and its samples.
pub(super) type Part = (u32, Range<usize>);

/// The cycles of the samples. A current below `rest` in A is none; `nominal` in Ah tells a half from a pulse.
///
/// # Errors
/// A fragment: a column that is not there.
pub(super) fn divide(samples: &Samples, by: By, nominal: f64) -> Result<Vec<Part>, String> {
    let missing = |what: &str| {
        format!("the files have no column of the {what}: write another way under `cycles`, such as `current`")
    };
    match by {
        By::Column => Ok(runs(samples.cycle.as_ref().ok_or_else(|| missing("cycle"))?)),
        By::Step => Ok(by_step(samples.step.as_ref().ok_or_else(|| missing("step"))?)),
        By::Current => Ok(by_current(samples, nominal)),
    }
}

fn runs(numbers: &[u32]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (k, &number) in numbers.iter().enumerate() {
        match parts.last_mut() {
            Some((last, range)) if *last == number => range.end = k + 1,
            _ => parts.push((number, k..k + 1)),
        }
    }
    parts
}

/// A cycle begins where the number of the step goes back.
fn by_step(steps: &[u32]) -> Vec<Part> {
    let starts = (1..steps.len()).filter(|&k| steps[k] < steps[k - 1]);
    parts(starts, steps.len())
}

fn parts(starts: impl Iterator<Item = usize>, len: usize) -> Vec<Part> {
    let mut from = 0;
    let mut number = 0;
    let mut parts = Vec::new();
    for start in starts.chain([len]) {
        if start > from {
            number += 1;
            parts.push((number, from..start));
        }
        from = start;
    }
    parts
}

/// A cycle begins where the direction of the first half comes back; what passes less than 2 % of nominal capacity is a pulse.
fn by_current(samples: &Samples, nominal: f64) -> Vec<Part> {
    let rest = 1e-4 * nominal;
    let direction = |current: f64| {
        if current > rest {
            1
        } else if current < -rest {
            -1
        } else {
            0
        }
    };
    // stretches of one direction, rests apart
    let mut stretches: Vec<(i32, usize, f64)> = Vec::new();
    for k in 0..samples.len() {
        let here = direction(samples.current[k]);
        if here == 0 {
            continue;
        }
        let since = if k == 0 { 0.0 } else { samples.time[k] - samples.time[k - 1] };
        let passed = samples.current[k].abs() * since / 3600.0;
        match stretches.last_mut() {
            Some((last, _, sum)) if *last == here => *sum += passed,
            _ => stretches.push((here, k, passed)),
        }
    }
    let mut halves: Vec<(i32, usize)> = Vec::new();
    for (direction, start, passed) in stretches {
        if passed < 0.02 * nominal {
            continue;
        }
        if halves.last().is_none_or(|(last, _)| *last != direction) {
            halves.push((direction, start));
        }
    }
    let Some(&(first, _)) = halves.first() else { return parts(std::iter::empty(), samples.len()) };
    let starts: Vec<usize> =
        halves.iter().filter(|(direction, _)| *direction == first).map(|(_, start)| *start).skip(1).collect();
    parts(starts.into_iter(), samples.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_by_number_by_step_and_by_current() {
        let current: Vec<f64> = [0.0, 1.0, 1.0, 0.0, -1.0, -1.0].repeat(3);
        let samples = Samples {
            time: (0..18).map(|k| f64::from(k) * 1800.0).collect(),
            voltage: vec![3.5; 18],
            cycle: Some((0..18).map(|k| 5 + k / 6).collect()),
            step: Some([1, 2, 2, 3, 4, 4].repeat(3)),
            current,
            ..Samples::default()
        };
        assert_eq!(divide(&samples, By::Column, 1.0).unwrap(), [(5, 0..6), (6, 6..12), (7, 12..18)]);
        assert_eq!(divide(&samples, By::Step, 1.0).unwrap(), [(1, 0..6), (2, 6..12), (3, 12..18)]);
        assert_eq!(divide(&samples, By::Current, 1.0).unwrap(), [(1, 0..7), (2, 7..13), (3, 13..18)]);
    }
}
