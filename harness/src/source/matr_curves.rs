//! `matr-curves`: the discharge curves Q(V) of 124 MATR cells, cycles 2 to 100, as published with
//!
//! > P. M. Attia, K. A. Severson, J. D. Witmer, *Statistical learning for accurate and interpretable battery lifetime
//! > prediction*, J. Electrochem. Soc. 168, 090547 (2021), repository `petermattia/revisit-severson-et-al` (MIT).
//!
//! The measurements are those of Severson et al. 2019, interpolated by their authors: row k of a table is the discharge
//! capacity at [`voltage`]`(k)`, column j is cycle j + 2. Cycle 1 was never published, nor was a charge half or the
//! constant-voltage tail, so the capacity at 2.0 V is 0.01–0.02 Ah below that of the whole discharge.
//!
//! Every table is read and checked before the first cell is written. Curves with glitches (spikes of the test
//! equipment) are kept as published and named in the remarks of their cells.

mod archive;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use itertools::Itertools as _;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::catalogue;
use super::import::{Format, Imported, Published};
use crate::cell::{Cell, CellInfo, Cycle, Dataset, LifeRecord, Origin};
use crate::failure::Failure;

/// Number of cycles per cell.
pub const CYCLES: usize = 99;
/// The source's number of the cycle at position 0.
pub const FIRST_CYCLE: u32 = 2;
/// Number of points per curve.
pub const POINTS: usize = 1000;
/// A; the nominal 4C of the discharge. The repository has no current: this is the protocol, not a measurement.
pub const CURRENT: f64 = -4.4;

/// What the content hash of the published tables is: the SHA-256 of what `sha256sum` prints for the 127 tables in
/// order of their paths, `sha256sum $(find data -name '*.csv' | LC_ALL=C sort) | sha256sum`.
///
/// The archive itself has no lasting hash, since its host compresses it anew.
pub const PUBLISHED_CONTENT: &str = "e89a484a3a12a2e34a79d70145375205bdd769b19fd8b880374f43c400222e7d";

const INDEX: &str = include_str!("../../../experiments/matr_curves.csv");

/// V at point `k` of every curve: from 3.6 V down to 2.0 V.
pub fn voltage(k: usize) -> f64 {
    3.6 - k as f64 * 1.6 / 999.0
}

/// Which table holds which cell.
struct Entry {
    cell_id: &'static str,
    split: &'static str,
    /// 1-based number of the cell within the split.
    number: usize,
}

impl Entry {
    fn all() -> Vec<Self> {
        let malformed = "experiments/matr_curves.csv is part of the program and well-formed";
        let entry = |line: &'static str| {
            let mut fields = line.split(',');
            let mut next = || fields.next().expect(malformed);
            Self { cell_id: next(), split: next(), number: next().parse().expect(malformed) }
        };
        INDEX.lines().skip(1).map(entry).collect()
    }

    fn table(&self) -> String {
        format!("data/{}/cell{}.csv", self.split, self.number)
    }
}

fn lives_table(split: &str) -> String {
    format!("data/cycle_lives/{split}_cycle_lives.csv")
}

/// The tables of one archive, read and checked.
pub struct Curves {
    cells: Vec<Curve>,
    content: String,
}

struct Curve {
    cell_id: &'static str,
    /// Ah, [`POINTS`] values for each of the [`CYCLES`].
    capacity: Vec<Vec<f64>>,
    cycle_life: f64,
}

/// See [`Curves`].
pub const FORMAT: Format = Format {
    name: "matr-curves",
    files: "the discharge curves Q(V) of 124 MATR cells, cycles 2 to 100: a folder, a .tar or a .tar.gz",
    datasets: &[Dataset::Matr],
    open: |paths| match paths {
        [path] => Ok(Box::new(Curves::read(path)?)),
        _ => Err(Failure::Usage("matr-curves is one archive or one folder: give one path".to_owned())),
    },
};

fn last_cycle() -> u32 {
    FIRST_CYCLE + CYCLES as u32 - 1
}

/// The ids of the cells that an archive holds, sorted.
pub fn ids() -> Vec<String> {
    let mut ids: Vec<String> = Entry::all().iter().map(|entry| entry.cell_id.to_owned()).collect();
    ids.sort();
    ids
}

impl Curves {
    /// Reads and checks every table.
    ///
    /// # Errors
    /// [`Failure::Usage`] when `path` is not the archive, is cut short or lacks a table, and names file, line and column
    /// of a value that is not a finite number.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let entries = Entry::all();
        let mut lives = BTreeMap::new();
        let mut wanted: Vec<String> = entries.iter().map(Entry::table).collect();
        for entry in &entries {
            if lives.insert(entry.split, Vec::new()).is_none() {
                wanted.push(lives_table(entry.split));
            }
        }
        let tables = archive::read(path, &wanted)?;

        for (split, lives) in &mut lives {
            let cells = entries.iter().filter(|entry| entry.split == *split).count();
            let name = lives_table(split);
            *lives = table::lives(&tables[&name], cells).map_err(|problem| problem.in_file(path, &name))?;
        }
        let curve = |entry: &Entry| {
            let name = entry.table();
            let capacity = table::curves(&tables[&name]).map_err(|problem| problem.in_file(path, &name))?;
            Ok(Curve { cell_id: entry.cell_id, capacity, cycle_life: lives[entry.split][entry.number - 1] })
        };
        let cells = entries.par_iter().map(curve).collect::<Result<_, Failure>>()?;
        Ok(Self { cells, content: content_hash(&tables) })
    }

    /// Whether the tables are byte for byte the published ones.
    pub fn as_published(&self) -> bool {
        self.content == PUBLISHED_CONTENT
    }
}

impl Published for Curves {
    fn ids(&self) -> Vec<String> {
        ids()
    }

    fn cell(&self, id: &str) -> Result<Imported, Failure> {
        let curve = self.cells.iter().find(|curve| curve.cell_id == id);
        let curve = curve.ok_or_else(|| Failure::Usage(format!("cell {id} is not in the matr-curves archive")))?;
        let glitched = curve.glitched_cycles();
        let mut imported = Imported::from(curve.cell()?);
        if !glitched.is_empty() {
            let remark = format!("glitched curves, kept as published: cycles {}", glitched.iter().join(" "));
            imported.remarks.push(remark);
        }
        Ok(imported)
    }

    fn remarks(&self) -> Vec<String> {
        let content = if self.as_published() { "are the published ones" } else { "differ from the published ones" };
        let curves: usize = self.cells.iter().map(|curve| curve.glitched_cycles().len()).sum();
        vec![
            format!("cycles {FIRST_CYCLE} to {}; the tables {content} (SHA-256 of their content)", last_cycle()),
            format!("{curves} glitched curves, kept as published"),
        ]
    }
}

impl Curve {
    fn cell(&self) -> Result<Cell, Failure> {
        let grid: Vec<f64> = (0..POINTS).map(voltage).collect();
        let cycle = |(position, capacity): (usize, &Vec<f64>)| Cycle {
            number: FIRST_CYCLE + position as u32,
            voltage: grid.clone(),
            current: vec![CURRENT; POINTS],
            discharge_capacity: capacity.clone(),
            qdlin: Some(capacity.clone()),
            ..Cycle::default()
        };
        let cycles = self.capacity.iter().enumerate().map(cycle).collect();
        let life = LifeRecord::Published { cycle_life: self.cycle_life, end_of_life: 0.8 };
        Cell::new(info(self.cell_id), cycles, life).map_err(|invalid| Failure::Usage(invalid.to_string()))
    }

    fn glitched_cycles(&self) -> Vec<u32> {
        let numbered = (FIRST_CYCLE..).zip(&self.capacity);
        numbered.filter(|(_, capacity)| is_glitched(capacity)).map(|(number, _)| number).collect()
    }
}

/// Whether no discharge of such a cell can have given this curve: its charge is out of range, it falls, or it takes more
/// than a thirtieth of the cell within 1.6 mV. The bounds tell exactly the 28 curves that were picked out by eye.
fn is_glitched(capacity: &[f64]) -> bool {
    let out_of_range = |value: &f64| !(-0.05..=1.3).contains(value);
    let leaps = |pair: &[f64]| !(-0.01..=0.03).contains(&(pair[1] - pair[0]));
    capacity.iter().any(out_of_range) || capacity.windows(2).any(leaps)
}

fn info(cell_id: &str) -> CellInfo {
    catalogue::find(cell_id).expect("the catalogue has every MATR cell; a test compares them").info(Origin::Real)
}

/// See [`PUBLISHED_CONTENT`].
fn content_hash(tables: &BTreeMap<String, Vec<u8>>) -> String {
    let digests: Vec<String> =
        tables.par_iter().map(|(name, bytes)| format!("{:x}  {name}\n", Sha256::digest(bytes))).collect();
    format!("{:x}", Sha256::digest(digests.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_a_numbering_of_124_catalogued_cells() {
        let entries = Entry::all();
        for (split, cells) in [("train", 41), ("test1", 43), ("test2", 40)] {
            let numbers: Vec<usize> =
                entries.iter().filter(|entry| entry.split == split).map(|entry| entry.number).collect();
            assert_eq!(numbers, (1..=cells).collect::<Vec<_>>());
        }
        let ids: std::collections::BTreeSet<&str> = entries.iter().map(|entry| entry.cell_id).collect();
        assert_eq!(ids.len(), 124);
        assert!(entries.iter().all(|entry| info(entry.cell_id).dataset == Dataset::Matr));
    }

    #[test]
    fn glitches_are_what_a_discharge_cannot_do() {
        let rising: Vec<f64> = (0..POINTS).map(|k| k as f64 / 999.0).collect();
        assert!(!is_glitched(&rising));
        let with = |k: usize, value: f64| {
            let mut curve = rising.clone();
            curve[k] = value;
            curve
        };
        assert!(is_glitched(&with(500, rising[500] + 0.04)));
        assert!(is_glitched(&with(500, rising[500] - 0.02)));
        assert!(is_glitched(&with(999, 48.8)));
        assert!(!is_glitched(&with(500, rising[500] + 0.005)));
    }

    #[test]
    fn the_voltage_grid_ends_where_the_publishers_does() {
        assert_eq!((voltage(0), voltage(POINTS - 1)), (3.6, 2.0));
    }
}
