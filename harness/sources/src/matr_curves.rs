//! `matr-curves`: the discharge curves Q(V) of cells of MATR and CLO, as one of two repositories publishes them.
//!
//! > P. M. Attia, K. A. Severson, J. D. Witmer, *Statistical learning for accurate and interpretable battery lifetime
//! > prediction*, J. Electrochem. Soc. 168, 090547 (2021), repository `petermattia/revisit-severson-et-al` (MIT): cycles
//! > 2 to 100 of 124 cells of MATR.
//! >
//! > V. Nemani et al., *Uncertainty quantification in machine learning for engineering design and health prognostics: a
//! > tutorial* (2023), repository `VNemani14/UQ_ML_Tutorial` (Apache-2.0): cycles 2 to 150 of 123 of these cells and of
//! > the 45 of CLO, with the capacity of every cycle.
//!
//! The measurements are those of Severson et al. 2019 and Attia et al. 2020, interpolated by their authors: row k of a
//! table is the discharge capacity at [`voltage`]`(k)`, column j is cycle j + 2. Position 0 is cycle 2, as in the raw
//! files, whose first cycle everybody leaves out. Cycle 1 was never published, nor was a charge half or the
//! constant-voltage tail: a curve ends at 2.0 V, 0.01–0.02 Ah below the capacity of the whole discharge. Where that is
//! published it is the capacity of the cycle ([`Cycle::stated_capacity`]), and the curve stays as it is.
//!
//! Every table is read and checked before the first cell is written. Curves with glitches (spikes of the test
//! equipment) are kept as published and named in the remarks of their cells.

mod archive;
mod publication;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use itertools::Itertools as _;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::format::{CellFiles, Datasets, Format};
use super::imported::Imported;
use crate::Error;
use cells::catalogue::CatalogueEntry;
use cells::cell::{Cell, Cycle, LifeRecord, Origin};

use publication::Entry;
pub use publication::{FIRST_CYCLE, Publication};

/// Number of points per curve.
pub const POINTS: usize = 1000;
/// A; the nominal 4C of the discharge. The repositories have no current: this is the protocol, not a measurement.
pub const CURRENT: f64 = -4.4;

/// V at point `k` of every curve: from 3.6 V down to 2.0 V.
pub fn voltage(k: usize) -> f64 {
    3.6 - k as f64 * 1.6 / 999.0
}

/// The tables of one archive, read and checked.
pub struct Curves {
    publication: Publication,
    cells: Vec<Curve>,
    content: String,
}

/// Path and content.
type Table = (String, Vec<u8>);

struct Curve {
    entry: &'static CatalogueEntry,
    /// Ah, [`POINTS`] values for each cycle.
    curves: Vec<Vec<f64>>,
    /// Ah, of these cycles and all that follow.
    capacities: Option<Vec<f64>>,
    cycle_life: f64,
}

/// See [`Curves`].
pub const FORMAT: Format = Format {
    name: "matr-curves",
    files: "the discharge curves Q(V) of 123 MATR and 45 CLO cells, cycles 2 to 150, or of 124 MATR cells, cycles 2 to \
            100: a folder, a .tar, a .tar.gz or a .tar.xz",
    datasets: Datasets::Of(&["MATR", "CLO"]),
    open: |paths| match paths {
        [path] => Ok(Box::new(Curves::read(path)?)),
        _ => Err(Error::Given("matr-curves is one archive or one folder: give one path".to_owned())),
    },
    own: None,
};

impl Curves {
    /// Reads and checks every table.
    ///
    /// # Errors
    /// [`Error::Archive`] when `path` is not the archive, is cut short or lacks a table; [`Error::Table`] names line and
    /// column of a value that is not a finite number.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let archive::Tables { publication, mut tables } = archive::read(path)?;
        let content = content_hash(&tables);
        let entries = publication.entries();
        let mut lives = BTreeMap::new();
        for (split, cells) in entries.iter().counts_by(|entry| entry.split).into_iter().sorted() {
            let name = publication.lives(split);
            let of_split = table::lives(&tables[&name], cells).map_err(|problem| problem.in_file(path, &name))?;
            lives.insert(split, of_split);
        }
        // what has been read makes room for what it says
        let mut take = |name: String| {
            let bytes = tables.remove(&name).expect("no table is missing, and each is of one cell");
            (name, bytes)
        };
        let of_cells: Vec<(Entry, Table, Option<Table>)> = entries
            .into_iter()
            .map(|entry| {
                let curves = take(publication.curves(&entry));
                let capacities = publication.capacities(&entry).map(&mut take);
                (entry, curves, capacities)
            })
            .collect();
        let cycles = publication.cycles();
        let read = |(entry, (name, bytes), stated): (Entry, Table, Option<Table>)| {
            let curves = table::curves(&bytes, cycles).map_err(|problem| problem.in_file(path, &name))?;
            let stated = stated
                .map(|(name, bytes)| table::capacities(&bytes, cycles).map_err(|problem| problem.in_file(path, &name)));
            let cycle_life = lives[entry.split][entry.number - 1];
            Ok(Curve { entry: entry.cell, curves, capacities: stated.transpose()?, cycle_life })
        };
        let cells = of_cells.into_par_iter().map(read).collect::<Result<_, Error>>()?;
        Ok(Self { publication, cells, content })
    }

    /// Which publication they are of.
    pub fn publication(&self) -> Publication {
        self.publication
    }

    /// Whether the tables are byte for byte the published ones.
    pub fn as_published(&self) -> bool {
        self.content == self.publication.content()
    }
}

impl CellFiles for Curves {
    fn ids(&self) -> Vec<String> {
        self.publication.ids()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let curve = self.cells.iter().find(|curve| curve.entry.id == id);
        let curve = curve.ok_or_else(|| Error::UnknownCell { id: id.to_owned(), place: "the matr-curves archive" })?;
        let glitched = curve.glitched_cycles();
        let mut imported = Imported::from(curve.cell()?);
        if !glitched.is_empty() {
            let remark = format!("glitched curves, kept as published: cycles {}", glitched.iter().join(" "));
            imported.doubt([remark.clone()]);
            imported.remarks.push(remark);
        }
        Ok(imported)
    }

    fn remarks(&self) -> Vec<String> {
        let (publication, last) = (self.publication, self.publication.last_cycle());
        let content = if self.as_published() { "are the published ones" } else { "differ from the published ones" };
        let curves: usize = self.cells.iter().map(|curve| curve.glitched_cycles().len()).sum();
        let of_cycles = match publication {
            Publication::To100 => {
                "without cycle 101, which the experiments on curves read: `batlinet data fetch matr-curves` brings the \
                 publication that has it"
            }
            Publication::To150 => "with the capacity of each cycle as published",
        };
        vec![
            format!(
                "cycles {FIRST_CYCLE} to {last}, from {}; the tables {content} (SHA-256 of their content)",
                publication.repository()
            ),
            of_cycles.to_owned(),
            format!("{curves} glitched curves, kept as published"),
        ]
    }
}

impl Curve {
    fn cell(&self) -> Result<Cell, Error> {
        let grid: Vec<f64> = (0..POINTS).map(voltage).collect();
        let cycle = |(position, curve): (usize, &Vec<f64>)| Cycle {
            number: FIRST_CYCLE + position as u32,
            voltage: grid.clone(),
            current: vec![CURRENT; POINTS],
            discharge_capacity: curve.clone(),
            qdlin: Some(curve.clone()),
            stated_capacity: self.capacities.as_ref().map(|capacities| capacities[position]),
            ..Cycle::default()
        };
        let cycles = self.curves.iter().enumerate().map(cycle).collect();
        let life = LifeRecord::Published { cycle_life: self.cycle_life, end_of_life: 0.8 };
        Ok(Cell::new(self.entry.info(Origin::Real), cycles, life)?)
    }

    fn glitched_cycles(&self) -> Vec<u32> {
        let numbered = (FIRST_CYCLE..).zip(&self.curves);
        numbered.filter(|(_, curve)| is_glitched(curve)).map(|(number, _)| number).collect()
    }
}

/// Whether no discharge of such a cell can have given this curve: its charge is out of range, it falls, or it takes more
/// than a thirtieth of the cell within 1.6 mV. The bounds tell exactly the 28 curves of
/// the first 99 cycles of MATR that were picked out by eye.
fn is_glitched(capacity: &[f64]) -> bool {
    let out_of_range = |value: &f64| !(-0.05..=1.3).contains(value);
    let leaps = |pair: &[f64]| !(-0.01..=0.03).contains(&(pair[1] - pair[0]));
    capacity.iter().any(out_of_range) || capacity.windows(2).any(leaps)
}

/// See [`Publication::content`].
fn content_hash(tables: &BTreeMap<String, Vec<u8>>) -> String {
    let digests: Vec<String> =
        tables.par_iter().map(|(name, bytes)| format!("{:x}  {name}\n", Sha256::digest(bytes))).collect();
    format!("{:x}", Sha256::digest(digests.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
