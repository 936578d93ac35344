//! What the benchmark says of itself: cells per dataset.

use cells::cell::DatasetName;
use cells::datasets::{self, Dataset};
use itertools::Itertools as _;

/// A group in which cells are counted: CLO is batch 4 of MATR.
pub(super) struct Group {
    /// Its name.
    pub(super) name: &'static str,
    /// Cells of the benchmark.
    pub(super) cells: usize,
    datasets: Vec<&'static Dataset>,
}

impl Group {
    /// Whether cells of this dataset are counted here.
    pub(super) fn has(&self, dataset: &DatasetName) -> bool {
        self.datasets.iter().any(|own| own.name == *dataset)
    }
}

/// All of them.
pub(super) fn groups() -> Vec<Group> {
    let by_group = datasets::all().iter().chunk_by(|dataset| dataset.counted_with.as_str());
    let group = |(name, datasets): (&'static str, Vec<&'static Dataset>)| {
        let cells = datasets.iter().map(|dataset| dataset.cells).sum();
        Group { name, cells, datasets }
    };
    by_group.into_iter().map(|(name, datasets)| group((name, datasets.collect()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::catalogue;

    #[test]
    fn the_catalogue_has_the_cells_that_are_counted() {
        let groups = groups();
        for group in &groups {
            let here = catalogue::cells().iter().filter(|entry| group.has(&entry.dataset)).count();
            assert_eq!(here, group.cells, "{}", group.name);
        }
        assert_eq!((groups.len(), groups[0].cells), (7, 180));
        assert_eq!(groups.iter().map(|group| group.cells).sum::<usize>(), 403);
    }
}
