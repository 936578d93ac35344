//! What the benchmark says of itself: cells per dataset, and the labels of its scenarios.

use crate::cell::Dataset;
use crate::label::LabelRule;

/// The groups in which cells are counted, and how many there are: CLO is batch 4 of MATR.
pub(super) const COUNTS: [(&str, &[Dataset], usize); 7] = [
    ("MATR with CLO", &[Dataset::Matr, Dataset::Clo], 180),
    ("HUST", &[Dataset::Hust], 77),
    ("RWTH", &[Dataset::Rwth], 48),
    ("CALCE", &[Dataset::Calce], 13),
    ("HNEI", &[Dataset::Hnei], 14),
    ("UL_PUR", &[Dataset::UlPur], 10),
    ("SNL", &[Dataset::Snl], 61),
];

/// What the authors' labels of a scenario are (spec §2): cells with a life, and their range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Labels {
    scenario: &'static str,
    end_of_life: f64,
    /// Training cells with a life.
    pub(super) train: usize,
    /// Test cells with a life.
    pub(super) test: usize,
    /// Shortest life.
    pub(super) shortest: f64,
    /// Longest life.
    pub(super) longest: f64,
}

const LABELS: [Labels; 5] = [
    labels("MATR-1", 0.8, [41, 42], [300.0, 2237.0]),
    labels("MATR-2", 0.8, [41, 40], [300.0, 2160.0]),
    labels("HUST", 0.8, [55, 22], [1144.0, 2691.0]),
    labels("MIX-100", 0.8, [205, 137], [148.0, 2691.0]),
    labels("MIX-20", 0.9, [207, 147], [104.0, 2323.0]),
];

const fn labels(scenario: &'static str, end_of_life: f64, cells: [usize; 2], lives: [f64; 2]) -> Labels {
    let ([train, test], [shortest, longest]) = (cells, lives);
    Labels { scenario, end_of_life, train, test, shortest, longest }
}

/// The authors' labels, if these are to be made by their rule.
pub(super) fn of(scenario: &str, rule: &LabelRule) -> Option<Labels> {
    let theirs = LABELS.into_iter().find(|labels| labels.scenario == scenario)?;
    (*rule == LabelRule { end_of_life: theirs.end_of_life, ..LabelRule::default() }).then_some(theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::catalogue;

    #[test]
    fn the_catalogue_has_the_cells_that_are_counted() {
        for (name, datasets, count) in COUNTS {
            let here = catalogue::cells().iter().filter(|entry| datasets.contains(&entry.dataset)).count();
            assert_eq!(here, count, "{name}");
        }
        assert_eq!(COUNTS.iter().map(|(_, _, count)| count).sum::<usize>(), 403);
    }

    #[test]
    fn labels_by_another_rule_are_not_compared() {
        assert_eq!(of("MIX-20", &LabelRule { end_of_life: 0.9, ..LabelRule::default() }).unwrap().train, 207);
        assert_eq!(of("MIX-20", &LabelRule::default()), None);
        assert_eq!(of("elsewhere", &LabelRule::default()), None);
    }
}
