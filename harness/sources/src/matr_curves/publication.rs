//! The two publications of the curves: which tables each has, and of which cells.

use std::collections::BTreeSet;

use cells::catalogue::{self, CatalogueEntry};

/// The source's number of the cycle at position 0.
pub const FIRST_CYCLE: u32 = 2;

const INDEX: &str = include_str!("../../../../experiments/matr_curves.csv");

/// The cell with a life of 148 cycles, which everybody leaves out of the test and one publication does not have.
const SHORTEST: &str = "MATR_b2c1";

/// Cells of CLO.
const CLO_CELLS: usize = 45;

/// Where the curves were published. Of the cells and cycles that both have, the tables are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Attia et al. 2021: cycles 2 to 100 of 124 cells of MATR.
    To100,
    /// Nemani et al. 2023: cycles 2 to 150 of 123 cells of MATR and the 45 of CLO, with the capacity of every cycle.
    To150,
}

impl Publication {
    /// Both.
    pub const ALL: [Self; 2] = [Self::To100, Self::To150];

    /// Number of cycles per cell.
    pub fn cycles(self) -> usize {
        match self {
            Self::To100 => 99,
            Self::To150 => 149,
        }
    }

    /// The source's number of the last cycle.
    pub fn last_cycle(self) -> u32 {
        FIRST_CYCLE + self.cycles() as u32 - 1
    }

    /// The repository it lies in.
    pub fn repository(self) -> &'static str {
        match self {
            Self::To100 => "petermattia/revisit-severson-et-al",
            Self::To150 => "VNemani14/UQ_ML_Tutorial",
        }
    }

    /// What the content hash of its tables is: the SHA-256 of what `sha256sum` prints for them in order of their paths,
    ///
    /// ```text
    /// sha256sum $(find data -name '*.csv' | LC_ALL=C sort) | sha256sum     # in the repository of the first
    /// sha256sum $(find * -name '*.csv' | LC_ALL=C sort) | sha256sum        # in Case_study_1/Dataset of the second
    /// ```
    ///
    /// The archive itself has no lasting hash, since its host compresses it anew.
    pub fn content(self) -> &'static str {
        match self {
            Self::To100 => "e89a484a3a12a2e34a79d70145375205bdd769b19fd8b880374f43c400222e7d",
            Self::To150 => "20caf50cbdd38cf876fb2d45b38cc2fc7d14b5d0540ead5a9c4bc2eb4bb6dee8",
        }
    }

    /// The ids of its cells, sorted.
    pub fn ids(self) -> Vec<String> {
        let mut ids: Vec<String> = self.entries().iter().map(|entry| entry.cell.id.clone()).collect();
        ids.sort();
        ids
    }

    /// Where its tables may begin within the repository: whole, or a part of it that somebody has unpacked.
    pub(super) fn roots(self) -> &'static [&'static str] {
        match self {
            Self::To100 => &[""],
            Self::To150 => &["Case_study_1/Dataset/", "Dataset/", ""],
        }
    }

    /// The folder, or one of the folders, at such a place.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::To100 => "data",
            Self::To150 => "V_Q_curve",
        }
    }

    /// Which table holds which cell.
    pub(super) fn entries(self) -> Vec<Entry> {
        let first = index();
        match self {
            Self::To100 => first,
            Self::To150 => without(first, SHORTEST).chain((1..=CLO_CELLS).map(clo)).collect(),
        }
    }

    /// Every table, by its path from the place where they begin.
    pub(super) fn tables(self) -> BTreeSet<String> {
        let entries = self.entries();
        let of_cell = |entry: &Entry| [Some(self.curves(entry)), self.capacities(entry), Some(self.lives(entry.split))];
        entries.iter().flat_map(of_cell).flatten().collect()
    }

    /// The table of the curves of a cell.
    pub(super) fn curves(self, entry: &Entry) -> String {
        format!("{}/{}/cell{}.csv", self.folder(), entry.split, entry.number)
    }

    /// The table of its capacities, if there is one.
    pub(super) fn capacities(self, entry: &Entry) -> Option<String> {
        match self {
            Self::To100 => None,
            Self::To150 => Some(format!("discharge_capacity/{}/cell{}.csv", entry.split, entry.number)),
        }
    }

    /// The table of the lives of a split.
    pub(super) fn lives(self, split: &str) -> String {
        match self {
            Self::To100 => format!("data/cycle_lives/{split}_cycle_lives.csv"),
            Self::To150 => format!("cycle_lives/{split}_cycle_lives.csv"),
        }
    }
}

/// Which table holds which cell.
pub(super) struct Entry {
    pub(super) cell: &'static CatalogueEntry,
    pub(super) split: &'static str,
    /// 1-based number of the cell within the split.
    pub(super) number: usize,
}

/// The numbering of the first publication.
fn index() -> Vec<Entry> {
    let malformed = "experiments/matr_curves.csv is part of the program and well-formed";
    let entry = |line: &'static str| {
        let mut fields = line.split(',');
        let mut next = || fields.next().expect(malformed);
        Entry { cell: find(next()), split: next(), number: next().parse().expect(malformed) }
    };
    INDEX.lines().skip(1).map(entry).collect()
}

/// All but one; those behind it in its split move up.
fn without(entries: Vec<Entry>, id: &str) -> impl Iterator<Item = Entry> {
    let gap = entries.iter().position(|entry| entry.cell.id == id).expect("the index has this cell");
    let (split, number) = (entries[gap].split, entries[gap].number);
    entries.into_iter().enumerate().filter(move |(place, _)| *place != gap).map(move |(_, entry)| {
        let is_behind = entry.split == split && entry.number > number;
        Entry { number: entry.number - usize::from(is_behind), ..entry }
    })
}

fn clo(number: usize) -> Entry {
    Entry { cell: find(&format!("MATR_b4c{}", number - 1)), split: "test3", number }
}

fn find(id: &str) -> &'static CatalogueEntry {
    catalogue::find(id).expect("the catalogue has every cell of MATR and CLO; a test compares them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_number_their_cells_without_a_gap() {
        let sizes = |test1, test3| [("train", 41), ("test1", test1), ("test2", 40), ("test3", test3)];
        for (publication, sizes) in [(Publication::To100, sizes(43, 0)), (Publication::To150, sizes(42, CLO_CELLS))] {
            let entries = publication.entries();
            for (split, cells) in sizes {
                let of_split = entries.iter().filter(|entry| entry.split == split);
                let mut numbers: Vec<usize> = of_split.map(|entry| entry.number).collect();
                numbers.sort_unstable();
                assert_eq!(numbers, (1..=cells).collect::<Vec<_>>(), "{publication:?} {split}");
            }
            let ids: BTreeSet<&str> = entries.iter().map(|entry| &entry.cell.id[..]).collect();
            assert_eq!(ids.len(), entries.len());
            for entry in entries {
                let dataset = if entry.split == "test3" { "CLO" } else { "MATR" };
                assert_eq!(entry.cell.dataset, dataset, "{}", entry.cell.id);
            }
        }
    }

    #[test]
    fn the_second_leaves_one_cell_out_and_counts_on() {
        let at = |publication: Publication, split: &str, number: usize| {
            let entries = publication.entries();
            let entry = entries.iter().find(|entry| entry.split == split && entry.number == number);
            entry.map(|entry| entry.cell.id.clone())
        };
        let [first, second] = Publication::ALL;
        assert_eq!(at(first, "test1", 22).as_deref(), Some(SHORTEST));
        for number in 1..=43 {
            let expected = at(first, "test1", if number < 22 { number } else { number + 1 });
            assert_eq!(at(second, "test1", number), expected, "test1 {number}");
            assert_eq!(at(second, "train", number), at(first, "train", number), "train {number}");
            assert_eq!(at(second, "test2", number), at(first, "test2", number), "test2 {number}");
        }
        assert_eq!(at(second, "test3", 1).as_deref(), Some("MATR_b4c0"));
        assert_eq!(at(second, "test3", 45).as_deref(), Some("MATR_b4c44"));
    }
}
