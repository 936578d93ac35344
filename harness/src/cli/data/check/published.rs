//! What the benchmark says of itself: cells per dataset.

use cells::cell::Dataset;

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

#[cfg(test)]
mod tests {
    use super::*;
    use cells::catalogue;

    #[test]
    fn the_catalogue_has_the_cells_that_are_counted() {
        for (name, datasets, count) in COUNTS {
            let here = catalogue::cells().iter().filter(|entry| datasets.contains(&entry.dataset)).count();
            assert_eq!(here, count, "{name}");
        }
        assert_eq!(COUNTS.iter().map(|(_, _, count)| count).sum::<usize>(), 403);
    }
}
