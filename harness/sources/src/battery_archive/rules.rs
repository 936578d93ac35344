//! Which cycles are outliers, and which cycle stands in for each (method §1.7, §1.8, as the authors' `preprocess_HNEI.py`,
//! `preprocess_UL_PUR.py` and `preprocess_SNL.py`).

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::median;

/// How outliers are told, by their discharge capacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OutlierRule {
    /// The distance to the nearer neighbour `shift` cycles away deviates from the median distance by more than three
    /// median deviations, for any shift from 1 to this one.
    Hampel {
        /// The largest.
        shifts: usize,
    },
    /// That distance is more than ten times the median of those that are not 0, for a shift of 1 or 2.
    Jump,
}

impl OutlierRule {
    /// Positions of the outliers.
    pub(super) fn outliers(self, capacities: &[f64]) -> BTreeSet<usize> {
        let mut outliers = BTreeSet::new();
        let shifts = if let Self::Hampel { shifts } = self { shifts } else { 2 };
        for shift in 1..=shifts {
            let distances = distances(capacities, shift);
            let (centre, tolerance) = match self {
                Self::Hampel { .. } => {
                    let centre = median(&distances).unwrap_or_default();
                    let deviations: Vec<f64> = distances.iter().map(|distance| (distance - centre).abs()).collect();
                    (centre, 3.0 * median(&deviations).unwrap_or_default())
                }
                Self::Jump => {
                    let jumps: Vec<f64> = distances.iter().copied().filter(|distance| *distance > 0.0).collect();
                    (0.0, 10.0 * median(&jumps).unwrap_or(f64::INFINITY))
                }
            };
            let outlying = |(_, distance): &(usize, &f64)| (*distance - centre).abs() > tolerance;
            outliers.extend(distances.iter().enumerate().filter(outlying).map(|(position, _)| position));
        }
        outliers
    }
}

/// |Q − Q'| where Q' is the nearer in capacity of the cycles `shift` before and after; infinite where neither is.
fn distances(capacities: &[f64], shift: usize) -> Vec<f64> {
    let to = |i: usize, other: Option<usize>| {
        other.and_then(|other| capacities.get(other)).map_or(f64::INFINITY, |other| (capacities[i] - other).abs())
    };
    (0..capacities.len()).map(|i| to(i, i.checked_sub(shift)).min(to(i, Some(i + shift)))).collect()
}

/// For each cycle that must be replaced, the cycle whose copy stands in for it: the nearest earlier one that need not be
/// replaced, or where there is none, the nearest later one.
///
/// `outliers` are cycle indices; those from 1 to the last of `recorded` that are not recorded must be replaced too.
/// A cycle is its own replacement in none of the cases; the answer may name a cycle that nobody recorded, if all of them
/// are outliers.
pub(super) fn replacements(outliers: &BTreeSet<u32>, recorded: &BTreeSet<u32>) -> BTreeMap<u32, u32> {
    let last = recorded.last().copied().unwrap_or_default();
    let mut replaced = outliers.clone();
    replaced.extend((1..=last).filter(|cycle| !recorded.contains(cycle)));
    // gaps may be long, so each is walked once
    let first = (1..).find(|cycle| !replaced.contains(cycle)).unwrap_or_default();
    let (mut previous, mut earlier) = (0, None);
    let stand_in = |&cycle: &u32| {
        // what lies before it is sound unless it is replaced too
        earlier = cycle.checked_sub(1).filter(|before| *before > previous).or(earlier);
        previous = cycle;
        (cycle, earlier.unwrap_or(first))
    };
    replaced.iter().map(stand_in).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::golden;

    /// The capacities of the golden input; cycle indices are positions plus 1.
    fn capacities() -> Vec<f64> {
        let mut capacities: Vec<f64> =
            (0..60).map(|i| 2.8 - 0.004 * f64::from(i) + 0.002 * (1.7 * f64::from(i)).sin()).collect();
        for (position, capacity) in [(10, 1.5), (25, 0.4), (26, 0.41), (40, 3.2)] {
            capacities[position] = capacity;
        }
        capacities
    }

    fn check(rule: OutlierRule, part: &str) {
        let outliers = rule.outliers(&capacities()).iter().map(|position| *position as u32 + 1).collect();
        let recorded = (1..=60).filter(|cycle| ![7, 33].contains(cycle)).collect();
        let found = replacements(&outliers, &recorded);
        let expected: BTreeMap<String, u32> = serde_json::from_value(golden(part)["replaced"].clone()).unwrap();
        let expected: BTreeMap<u32, u32> =
            expected.into_iter().map(|(cycle, source)| (cycle.parse().unwrap(), source)).collect();
        assert_eq!(found, expected, "{part}");
    }

    #[test]
    fn the_golden_cycles_are_replaced_as_the_authors_do() {
        check(OutlierRule::Hampel { shifts: 18 }, "clean_hnei_S18");
        check(OutlierRule::Hampel { shifts: 4 }, "clean_ulpur_S4");
        check(OutlierRule::Jump, "clean_snl");
    }

    #[test]
    fn few_or_equal_cycles_are_no_outliers() {
        for rule in [OutlierRule::Hampel { shifts: 4 }, OutlierRule::Jump] {
            assert!(rule.outliers(&[]).is_empty());
            assert!(rule.outliers(&[1.0; 20]).is_empty(), "{rule:?}");
        }
    }

    #[test]
    fn without_an_earlier_cycle_a_later_one_stands_in() {
        let set = |cycles: &[u32]| cycles.iter().copied().collect();
        assert_eq!(replacements(&set(&[1, 2, 5]), &set(&[1, 2, 3, 4, 5])), BTreeMap::from([(1, 3), (2, 3), (5, 4)]));
        assert_eq!(replacements(&set(&[]), &set(&[2, 4])), BTreeMap::from([(1, 2), (3, 2)]));
        assert_eq!(replacements(&set(&[1]), &set(&[1])), BTreeMap::from([(1, 2)]));
        assert_eq!(
            replacements(&set(&[0, 3, 4, 6]), &set(&[0, 1, 2])),
            BTreeMap::from([(0, 1), (3, 2), (4, 2), (6, 5)])
        );
    }

    #[test]
    fn a_gap_of_any_length_is_filled_from_where_it_begins() {
        let last = 300_000;
        let found = replacements(&BTreeSet::from([1]), &BTreeSet::from([1, 2, last]));
        assert_eq!(found.len(), last as usize - 2);
        assert!(found.iter().all(|(&cycle, &source)| cycle == 1 || source == 2) && found[&1] == 2);
    }
}
