//! Where a series moved: steps found by a test, not by eyesight.
//!
//! Binary segmentation. In each stretch the split is taken at which the means of both sides differ most, |m₁ − m₂| √(n₁ n₂ / n);
//! whether that is more than chance is found by permuting the stretch (Page 1955; Matteson and James 2014 for the permutation
//! test). Numbers that a deterministic program leaves have no scatter: where two beside one another are the same to a part in 10⁹, any
//! departure from them and any arrival there is a step, since no permutation of three equal numbers and another one could ever tell.
//!
//! Where numbers scatter, a step that was taken back later leaves both sides of either split near to one another, and may go
//! unnoticed.

use numerics::random::Streams;
use rand::seq::SliceRandom as _;

use crate::same::{ROUNDING, is_same};

/// What counts as a step.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// Chance of a step where there is none, in each stretch that is tested.
    pub level: f64,
    /// Permutations.
    pub draws: usize,
}

impl Default for Steps {
    fn default() -> Self {
        Self { level: 0.01, draws: 999 }
    }
}

/// Positions at which the series is at another level than before, ascending; never 0.
pub fn change_points(values: &[f64], steps: &Steps) -> Vec<usize> {
    let mut found = Vec::new();
    segment(values, 0, steps, &mut found);
    found.sort_unstable();
    found
}

fn segment(values: &[f64], offset: usize, steps: &Steps, found: &mut Vec<usize>) {
    if let Some(at) = departure(values).or_else(|| tested(values, steps)) {
        found.push(offset + at);
        segment(&values[..at], offset, steps, found);
        segment(&values[at..], offset + at, steps, found);
    }
}

/// The first number that is another than the one before it, where numbers stood still on either side: two equal ones are no coincidence.
fn departure(values: &[f64]) -> Option<usize> {
    let is_still = |at: usize| 0 < at && at < values.len() && is_same(values[at - 1], values[at]);
    (1..values.len()).find(|&at| !is_still(at) && (is_still(at - 1) || is_still(at + 1)))
}

fn tested(values: &[f64], steps: &Steps) -> Option<usize> {
    // last digits that another library rounds otherwise are no step, however many there are of either
    if values.iter().all(|value| is_same(*value, values[0])) {
        return None;
    }
    let (at, found) = widest(values)?;
    let mut shuffled = values.to_vec();
    let mut random = Streams::new("change points").stream("permutation");
    let mut as_wide = 0;
    for _ in 0..steps.draws {
        shuffled.shuffle(&mut random);
        as_wide += usize::from(widest(&shuffled).is_some_and(|(_, other)| other >= found * (1.0 - ROUNDING)));
    }
    let chance = (1 + as_wide) as f64 / (1 + steps.draws) as f64;
    (chance <= steps.level).then_some(at)
}

/// The split with the widest gap between the means of its sides, and the weighted gap; none for a series without any.
fn widest(values: &[f64]) -> Option<(usize, f64)> {
    let (count, total) = (values.len() as f64, values.iter().sum::<f64>());
    let mut sum = 0.0;
    let mut best = None;
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            let (left, right) = (at as f64, count - at as f64);
            let gap = (sum / left - (total - sum) / right).abs() * (left * right / count).sqrt();
            if gap > best.map_or(0.0, |(_, best)| best) {
                best = Some((at, gap));
            }
        }
        sum += value;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic scatter of standard deviation about 1.
    fn scatter(index: usize) -> f64 {
        let x = ((index * 7919 + 13) % 1000) as f64 / 1000.0;
        (x - 0.5) * 3.46
    }

    #[test]
    fn a_step_in_scatter_is_found_where_it_is_and_scatter_is_none() {
        let flat: Vec<f64> = (0..40).map(|index| 80.0 + scatter(index)).collect();
        assert_eq!(change_points(&flat, &Steps::default()), Vec::<usize>::new());
        let mut stepped = flat.clone();
        stepped[23..].iter_mut().for_each(|value| *value += 5.0);
        assert_eq!(change_points(&stepped, &Steps::default()), [23]);
        stepped[32..].iter_mut().for_each(|value| *value -= 8.0);
        assert_eq!(change_points(&stepped, &Steps::default()), [23, 32]);
    }

    #[test]
    fn in_numbers_without_scatter_any_departure_is_a_step() {
        assert_eq!(change_points(&[5.0, 5.0, 5.0, 5.001], &Steps::default()), [3]);
        assert_eq!(change_points(&[5.0, 5.0, 6.0, 6.0, 6.0, 7.0], &Steps::default()), [2, 5]);
        assert_eq!(change_points(&[5.0, 5.0 * (1.0 + 1e-12), 5.0], &Steps::default()), Vec::<usize>::new());
        // and so is what was taken back
        assert_eq!(change_points(&[5.0, 5.0, 6.0, 5.0, 5.0, 5.0], &Steps::default()), [2, 3]);
        assert_eq!(change_points(&[1.0, 2.0, 3.0, 3.0], &Steps::default()), [2]);
    }

    #[test]
    fn numbers_that_differ_in_the_last_digits_alone_are_no_step() {
        let rounded: Vec<f64> = (0..20).map(|index| if index < 10 { 80.0 } else { 80.0 * (1.0 + 1e-12) }).collect();
        assert_eq!(change_points(&rounded, &Steps::default()), Vec::<usize>::new());
    }

    #[test]
    fn little_says_nothing() {
        for few in [&[][..], &[1.0], &[1.0, 2.0], &[1.0, 2.0, 1.5]] {
            assert_eq!(change_points(few, &Steps::default()), Vec::<usize>::new());
        }
    }

    #[test]
    fn false_alarms_are_as_rare_as_declared() {
        let alarms = (0..400).filter(|round| {
            let values: Vec<f64> = (0..12).map(|index| scatter(round * 31 + index * index * 17)).collect();
            let steps = Steps { level: 0.05, draws: 199 };
            !change_points(&values, &steps).is_empty()
        });
        assert!(alarms.count() <= 40, "5 % of 400 are 20; more than 40 are no chance");
    }
}
