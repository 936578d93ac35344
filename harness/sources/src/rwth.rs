//! `rwth`: 48 cells of one make at the Institute for Power Electronics and Electrical Drives, RWTH Aachen University.
//!
//! The publisher serves a zip archive with a zip archive in it, and in that one zip archive per test with a CSV file. None
//! of them is unpacked to disk for good: the middle one lies in a temporary file while the import lasts (`TMPDIR` says in
//! which folder), the inner ones in memory while they are read, or in such a file too if they are large.
//!
//! Time is in milliseconds there, by which capacity is counted; here it becomes seconds.

mod nested;
mod rules;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use itertools::Itertools as _;

use super::coulomb::{self, Half};
use super::format::{CellFiles, Datasets, Format};
use super::imported::Imported;
use super::rules::{left_out, outliers};
use crate::Error;
use cells::catalogue::{Catalogue, CatalogueEntry};
use cells::cell::{Cell, Cycle, LifeRecord, Origin};
use cells::time_unit::TimeUnit;
use nested::Recording;
use table::Samples;

/// See the module.
pub const FORMAT: Format = Format {
    name: "rwth",
    files: "raw.zip (published as Rawdata.zip), or the archive within, or a folder with its archives or CSV files",
    datasets: Datasets::Of(&["RWTH"]),
    open: |paths| Ok(Box::new(Files::find(paths, Catalogue::published())?)),
    own: Some(|paths, catalogue| Ok(Box::new(Files::find(paths, catalogue)?))),
};

/// In which the files count time.
pub(crate) const TIME: TimeUnit = TimeUnit::Milliseconds;

/// The recordings of each cell.
struct Files {
    catalogue: Arc<Catalogue>,
    cells: BTreeMap<String, Vec<Recording>>,
}

impl Files {
    fn find(paths: &[PathBuf], catalogue: Arc<Catalogue>) -> Result<Self, Error> {
        let mut cells: BTreeMap<String, Vec<Recording>> = BTreeMap::new();
        for recording in nested::find(paths)? {
            let Some(id) = cell_id(&catalogue, recording.name()) else { continue };
            let recordings = cells.entry(id).or_default();
            // unpacked to one folder, one of two files of the same name would replace the other
            if !recordings.iter().any(|other| other.name() == recording.name()) {
                recordings.push(recording);
            }
        }
        if cells.is_empty() {
            let paths = paths.iter().map(|path| path.display()).join(", ");
            if catalogue.is_own() {
                let a_cell = catalogue.a_cell();
                return Err(Error::Given(format!("{paths}: no cycling test there, ID=ZYK…Zyk….csv, of {a_cell}")));
            }
            return Err(Error::Given(format!(
                "{paths}: no cycling test of RWTH there; its CSV files are named like …002=ZYK…Zyk….csv and lie in the \
                 archives within raw.zip"
            )));
        }
        for recordings in cells.values_mut() {
            recordings.sort_by(|a, b| a.name().cmp(b.name()));
        }
        Ok(Self { catalogue, cells })
    }
}

/// The cell, if the name of the file is one of a cycling test: its number from 002 to 049, then `=ZYK` and later `Zyk`. Cells
/// of one's own have their id in the place of the number; of several that end so, the longest.
fn cell_id(catalogue: &Catalogue, name: &str) -> Option<String> {
    let stem = name.strip_suffix(".csv")?;
    if catalogue.is_own() {
        let (start, rest) = stem.split_once("=ZYK")?;
        let named = catalogue.cells().iter().filter(|entry| start.ends_with(&entry.id) && rest.contains("Zyk"));
        return named.max_by_key(|entry| entry.id.len()).map(|entry| entry.id.clone());
    }
    (2..50).find_map(|number| {
        let (_, rest) = stem.split_once(&format!("{number:03}=ZYK"))?;
        rest.contains("Zyk").then(|| format!("RWTH_{number:03}"))
    })
}

impl CellFiles for Files {
    fn ids(&self) -> Vec<String> {
        self.cells.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let found = self.cells.get(id).zip(self.catalogue.find(id));
        let (recordings, entry) = found.ok_or_else(|| Error::never_found(id))?;
        let mut samples = Samples::default();
        for recording in recordings {
            recording.read(&mut samples)?;
        }
        assemble(entry, samples)
    }

    fn remarks(&self) -> Vec<String> {
        match 48_usize.saturating_sub(self.cells.len()) {
            _ if self.catalogue.is_own() => Vec::new(),
            0 => Vec::new(),
            missing => vec![format!("{missing} of the 48 cells are not in the files")],
        }
    }
}

/// Puts samples in order, cuts them into cycles and leaves out strange ones.
fn assemble(entry: &CatalogueEntry, samples: Samples) -> Result<Imported, Error> {
    let id = &entry.id[..];
    let origin = if samples.is_virtual { Origin::Virtual } else { Origin::Real };
    let recorded = samples.len();
    let [mut time, mut current, mut voltage] = samples.in_order();
    let stays = rules::in_time(&time);
    for column in [&mut time, &mut current, &mut voltage] {
        let mut stays = stays.iter();
        column.retain(|_| stays.next().is_some_and(|stays| *stays));
    }
    // the first discharge of a test is not whole, and the last has no end
    let beginnings = rules::beginnings(&current);
    let cycles: Vec<Cycle> = beginnings
        .iter()
        .skip(1)
        .tuple_windows()
        .enumerate()
        .map(|(position, (&start, &end))| {
            cycle(position as u32 + 1, &time[start..end], &current[start..end], &voltage[start..end])
        })
        .collect();
    let capacities: Vec<f64> = cycles.iter().map(Cycle::discharged).collect();
    let stays = rules::ordinary(&capacities);
    let left_out = left_out(&capacities, &stays);
    let cycles: Vec<Cycle> =
        cycles.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|(cycle, _)| cycle).collect();
    if cycles.is_empty() {
        return Err(Error::Refused {
            place: format!("cell {id}"),
            what: format!(
                "no whole cycle in its {recorded} samples, that is none from the begin of one discharge to that of the next"
            ),
        });
    }
    let life = LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect());
    let cell = Cell::new(entry.info(origin), cycles, life).and_then(|cell| cell.leaving_out(left_out))?;
    let dropped = Some(recorded - time.len()).filter(|dropped| *dropped > 0);
    let dropped =
        dropped.map(|dropped| format!("{dropped} of {recorded} samples dropped, of the same time or out of time"));
    let remarks = outliers(&cell).into_iter().chain(dropped).collect();
    Ok(Imported::new(cell, remarks))
}

fn cycle(number: u32, time: &[f64], current: &[f64], voltage: &[f64]) -> Cycle {
    let start = time.first().copied().unwrap_or_default();
    Cycle {
        number,
        voltage: voltage.to_vec(),
        current: current.to_vec(),
        charge_capacity: Some(coulomb::count(current, time, Half::Charge, TIME.per_hour())),
        discharge_capacity: coulomb::count(current, time, Half::Discharge, TIME.per_hour()),
        time: Some(time.iter().map(|time| TIME.to_seconds(time - start)).collect()),
        ..Cycle::default()
    }
}
