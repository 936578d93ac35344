//! What is published about the datasets of the benchmark: the table `experiments/datasets.csv`.
//!
//! Whatever differs between datasets and is not the business of one importer alone stands there, so that nothing in the
//! program asks for a dataset by its name. Of cells of one's own nothing is in it.

use std::sync::LazyLock;

use itertools::Itertools as _;
use serde::Deserialize;

use crate::cell::{Cathode, DatasetName};
use crate::time_unit::TimeUnit;

/// One published dataset; a row of the table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// As in `experiments/cells.csv`.
    pub name: DatasetName,
    /// The group in which the benchmark counts its cells: its own name, or that of it and others.
    pub counted_with: String,
    /// Its cells in the benchmark.
    pub cells: usize,
    /// The terms, as far as they are stated where it is published or mirrored: verify them before you publish data of your own
    /// with it.
    pub licence: String,
    /// Of the publication that describes it.
    pub title: String,
    /// Of that publication; more than three are `et al.`
    pub authors: String,
    /// Whom to cite, in short.
    pub citation: String,
    /// Of that publication.
    pub doi: String,
    /// Which of its cells and cycles are part of the benchmark; a fragment.
    pub record: String,
    /// In which its files count time, and in which the authors of BatLiNet took that for seconds.
    pub time_unit: TimeUnit,
    /// Whether cycles are dropped as outliers when it is imported. Files that others made of it skip the numbers of these.
    pub drops_outliers: bool,
    /// The cathode that the authors' code takes its cells to have, where that is another one.
    pub coded_cathode: Option<Cathode>,
}

static DATASETS: LazyLock<Vec<Dataset>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("../../../experiments/datasets.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("experiments/datasets.csv is compiled in, and a test reads it")
});

/// All of them, in the order in which tables list them.
pub fn all() -> &'static [Dataset] {
    &DATASETS
}

/// The published dataset of this name; `None` for one of your own.
pub fn find(name: &DatasetName) -> Option<&'static Dataset> {
    all().iter().find(|dataset| dataset.name == *name)
}

/// In which unit files of this dataset count time: seconds, unless it is a published one that has another.
pub fn time_unit(name: &DatasetName) -> TimeUnit {
    find(name).map(|dataset| dataset.time_unit).unwrap_or_default()
}

/// Each of these once with how often it is there: the published ones in the order of the table, then others by name.
pub fn counted<'a>(names: impl Iterator<Item = &'a DatasetName>) -> Vec<(DatasetName, usize)> {
    let place = |name: &DatasetName| all().iter().position(|dataset| dataset.name == *name).unwrap_or(usize::MAX);
    let counts = names.counts().into_iter().map(|(name, count)| (name.clone(), count));
    counts.sorted_by_key(|(name, _)| (place(name), name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn every_cell_is_of_a_dataset_of_the_table_and_each_has_as_many_as_it_says() {
        let counted = counted(catalogue::cells().iter().map(|entry| &entry.dataset));
        let table: Vec<(DatasetName, usize)> =
            all().iter().map(|dataset| (dataset.name.clone(), dataset.cells)).collect();
        assert_eq!(counted, table);
        assert_eq!(table.iter().map(|(_, cells)| cells).sum::<usize>(), 403);
    }

    #[test]
    fn what_is_said_of_records_agrees_with_the_cells() {
        for dataset in all() {
            let open =
                catalogue::cells().iter().filter(|cell| cell.dataset == dataset.name && cell.cycle_life.is_none());
            let said = match open.count() {
                0 => String::new(),
                open => format!("{open} were taken off test before 80 %"),
            };
            assert!(dataset.record.ends_with(&said), "{}: {}", dataset.name, dataset.record);
            assert_eq!(said.is_empty(), !dataset.record.contains("taken off test"), "{}", dataset.name);
            assert_eq!(dataset.drops_outliers, dataset.record.contains("dropped"), "{}", dataset.name);
            assert!(dataset.doi.starts_with("10.") && !dataset.citation.is_empty() && !dataset.licence.is_empty());
        }
    }

    #[test]
    fn datasets_are_counted_in_the_order_of_the_table_and_others_after_them() {
        let names = ["mine", "CLO", "HUST", "MATR", "CLO", "AB"].map(DatasetName::of);
        let counts = counted(names.iter());
        let counts: Vec<(&str, usize)> = counts.iter().map(|(name, count)| (name.name(), *count)).collect();
        assert_eq!(counts, [("MATR", 1), ("CLO", 2), ("HUST", 1), ("AB", 1), ("mine", 1)]);
        assert_eq!(time_unit(&names[0]), TimeUnit::Seconds);
        assert_eq!(time_unit(&names[1]), TimeUnit::Minutes);
    }
}
