//! A few cycles that stand in a record twice, one row after the other, as where two files overlap: told by their capacities alone, since
//! digits and sampling may be others.

use std::collections::HashSet;

use super::{Doubt, Seen, Weight};

/// Shares by which the capacities of a cycle and its copy differ: by digits, and by sampling.
const APART: [f64; 2] = [2.5e-5, 2e-4];
/// Cycles that stand there twice, at least and at most: more are told by their curves.
const ROWS: std::ops::RangeInclusive<usize> = 3..=40;
/// How often chance may have made what is found, in a whole record.
const BY_CHANCE: f64 = 1e-5;
/// Cycles without which nothing is known of chance.
const FEWEST: usize = 40;

impl Seen<'_> {
    /// Cycles that give what as many before them gave, one after the other, where cycles of this record so far apart hardly ever do.
    pub(super) fn overlap(&self, capacity: &[f64]) -> Option<Doubt> {
        let (first, rows) = APART.iter().find_map(|apart| overlap(capacity, *apart))?;
        let what = format!(
            "it and those after it give what the {rows} cycles from cycle {} on gave, one by one, as cycles so far apart do nowhere else in \
             the record: they seem to stand there twice, as where two files overlap, and the cycles behind are counted too late; give each once, or \
             drop these",
            self.number(first - rows)
        );
        Some(Doubt { weight: Weight::Flag, cycle: Some((self.number(first), rows, capacity.len())), what })
    }
}

/// The place of the longest row of copies, and its length, by capacities that agree within this share.
fn overlap(capacity: &[f64], apart: f64) -> Option<(usize, usize)> {
    if capacity.len() < FEWEST {
        return None;
    }
    let agree = |one: usize, other: usize| {
        let (one, other) = (capacity[one], capacity[other]);
        one > 0.0 && (one - other).abs() <= apart * one
    };
    // of all pairs so far apart: what chance does here, by rounded counters, too
    let behind = *ROWS.start()..=*ROWS.end().min(&(capacity.len() / 2));
    let pairs = || {
        behind.clone().flat_map(|behind| (behind..capacity.len()).map(move |position| (position - behind, position)))
    };
    let agreed = pairs().filter(|(one, other)| agree(*one, *other)).count();
    let chance = (agreed + 1) as f64 / (pairs().count() + 1) as f64;
    let tries = (capacity.len() * behind.clone().count()) as f64;
    let is_row = |first: usize, rows: usize| (first..first + rows).all(|position| agree(position - rows, position));
    // a rounded counter gives the same again and again, and its rows tell nothing
    let varies = |first: usize, rows: usize| {
        let values: HashSet<u64> = capacity[first..first + rows].iter().map(|value| value.to_bits()).collect();
        values.len() >= 3 && 2 * values.len() > rows
    };
    let found =
        behind.flat_map(|rows| (rows..(capacity.len() + 1).saturating_sub(rows)).map(move |first| (first, rows)));
    found
        .filter(|(_, rows)| chance.powi(*rows as i32) * tries < BY_CHANCE)
        .filter(|(first, rows)| is_row(*first, *rows) && varies(*first, *rows))
        .max_by_key(|(_, rows)| *rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fade with scatter.
    fn fade(cycles: u32) -> Vec<f64> {
        let scatter = |cycle: u32| f64::from((cycle * 7919 + cycle * cycle * 31) % 211) * 1e-5;
        (0..cycles).map(|cycle| 1.0 - 5e-4 * f64::from(cycle) + scatter(cycle)).collect()
    }

    #[test]
    fn rows_that_stand_twice_are_found_whatever_their_digits() {
        for rows in [5, 10, 30] {
            let mut capacity = fade(120);
            let copies: Vec<f64> =
                capacity[60 - rows..60].iter().map(|capacity| (capacity * 1e4).round() / 1e4).collect();
            assert_eq!(overlap(&capacity, APART[0]), None);
            assert_eq!(overlap(&capacity, APART[1]), None);
            capacity.splice(60..60, copies);
            let found = APART.iter().find_map(|apart| overlap(&capacity, *apart));
            assert_eq!(found, Some((60, rows)));
        }
    }

    #[test]
    fn capacities_that_are_alike_everywhere_show_nothing() {
        for digits in [2, 3] {
            let rounded = |value: f64| (value * 10_f64.powi(digits)).round() / 10_f64.powi(digits);
            let capacity: Vec<f64> = fade(300).into_iter().map(|capacity| rounded(0.9 + 0.1 * capacity)).collect();
            assert!(APART.iter().all(|apart| overlap(&capacity, *apart).is_none()), "{digits}");
        }
        assert!(APART.iter().all(|apart| overlap(&[1.0; 200], *apart).is_none()));
        // a fade without scatter, in a counter of two digits, stands still for some cycles at a time
        let steps: Vec<f64> = (0..300).map(|cycle| ((1.08 - 8e-4 * f64::from(cycle)) * 1e2).round() / 1e2).collect();
        assert!(APART.iter().all(|apart| overlap(&steps, *apart).is_none()));
    }
}
