//! `hust`: the 77 cells of Ma et al. 2022, as published at Mendeley Data: a zip archive of one pickle per cell, which holds
//! one pandas frame per cycle.
//!
//! The frames have current, voltage and time; capacity is counted here, as the authors of BatLiNet do. Cell 7-5 loses its
//! first two cycles, which are no regular ones.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::assembly::{Assembly, LONGEST_CYCLE, MOST_CYCLES};
use super::coulomb::{self, Half};
use super::format::{CellFiles, Datasets, Format, origin_of};
use super::imported::Imported;
use super::pickle::{self, Frame, Node};
use super::pickled_cells::{PickledCells, Reading};
use crate::Error;
use cells::catalogue::{Catalogue, CatalogueEntry};
use cells::cell::Cycle;

/// See the module.
pub const FORMAT: Format = Format {
    name: "hust",
    files: "hust_data.zip, or the folder our_data that it unpacks to",
    datasets: Datasets::Of(&["HUST"]),
    open: |paths| open(paths, Catalogue::published()),
    own: Some(open),
};

fn open(paths: &[PathBuf], catalogue: Arc<Catalogue>) -> Result<Box<dyn CellFiles>, Error> {
    let none_found = "it is not hust_data.zip nor its folder: no 1-1.pkl, 1-2.pkl, … in it";
    let reading = Reading { prefix: "HUST_", largest_file: LARGEST_FILE, assemble, nominal: |_| None, none_found };
    Ok(Box::new(PickledCells::find(paths, reading, catalogue)?))
}

/// Bytes of one pickle; the published ones have some tens of millions.
const LARGEST_FILE: u64 = 512 << 20;

/// The columns that are read.
pub(crate) const CURRENT: &str = "Current (mA)";
/// See [`CURRENT`].
pub(crate) const VOLTAGE: &str = "Voltage (V)";
/// See [`CURRENT`].
pub(crate) const TIME: &str = "Time (s)";

/// Cycles at the beginning of a cell that are left out.
pub(crate) fn skipped(id: &str) -> usize {
    if id == "HUST_7-5" { 2 } else { 0 }
}

fn assemble(entry: &CatalogueEntry, key: &str, root: Node<'_>) -> Result<Imported, String> {
    let record = root.get(key).ok_or_else(|| format!("it is {} without an entry \"{key}\"", root.kind()))?;
    let mut assembly = Assembly::new(entry.info(origin_of(record.get("note").and_then(Node::text))));
    for (number, frame) in cycles(record)? {
        if number > skipped(&entry.id) {
            let cycle = cycle(number, frame).map_err(|problem| format!("cycle {number}: {problem}"))?;
            assembly.push(cycle).map_err(|what| format!("cycle {number}: {what}"))?;
        }
    }
    assembly.finish()
}

/// The frames of a record by cycle number, which must run from 1 without gaps.
fn cycles(record: Node<'_>) -> Result<BTreeMap<usize, Node<'_>>, String> {
    let data = record.get("data").and_then(Node::entries).ok_or("its entry has no dictionary \"data\"")?;
    let mut cycles = BTreeMap::new();
    for (number, frame) in data {
        let number = number.integer().and_then(|number| usize::try_from(number).ok());
        let number = number.filter(|number| (1..=MOST_CYCLES).contains(number));
        cycles.insert(number.ok_or("a key of \"data\" is no cycle number")?, frame);
    }
    match (1..=cycles.len()).find(|number| !cycles.contains_key(number)) {
        Some(missing) => Err(format!("cycle {missing} is missing")),
        None => Ok(cycles),
    }
}

fn cycle(number: usize, frame: Node<'_>) -> Result<Cycle, pickle::Problem> {
    let frame = Frame::read(frame)?;
    if frame.rows() > LONGEST_CYCLE {
        return Err(pickle::Problem::new(format!("{} rows, more than any published cycle has", frame.rows())));
    }
    let current: Vec<f64> = frame.column(CURRENT)?.iter().map(|milliampere| milliampere / 1000.0).collect();
    let time = frame.column(TIME)?;
    let counted = |half| coulomb::count(&current, &time, half, coulomb::SECONDS);
    Ok(Cycle {
        number: number as u32,
        voltage: frame.column(VOLTAGE)?,
        charge_capacity: Some(counted(Half::Charge)),
        discharge_capacity: counted(Half::Discharge),
        current,
        time: Some(time),
        ..Cycle::default()
    })
}
