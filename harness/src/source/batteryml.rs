//! `batteryml`: cells as BatteryML and BatLiNet keep them once they have processed them: one pickle per cell, a dictionary of
//! plain lists, for all eight datasets.
//!
//! What is known of a cell comes from the catalogue, since the files have some of it wrong (cathodes of HNEI and UL-PUR); of
//! the nominal capacity, see [`Nominal`](super::nominal::Nominal).

use super::assembly::{Assembly, LONGEST_CYCLE, MOST_CYCLES};
use super::catalogue;
use super::import::{Format, Imported, origin_of};
use super::pickle::Node;
use super::pickled_cells::{PickledCells, Reading};
use crate::cell::{Cycle, Dataset};
use crate::quote::shown;

/// See the module.
pub const FORMAT: Format = Format {
    name: "batteryml",
    files: "pickles named after their cells, such as MATR_b1c0.pkl, or folders or zip archives of them",
    datasets: &Dataset::ALL,
    open: |paths| {
        let none_found = "no pickle is named after a published cell, as MATR_b1c0.pkl is";
        let nominal = |root: Node<'_>| root.get("nominal_capacity_in_Ah").and_then(Node::number);
        let reading = Reading { id: str::to_owned, largest_file: LARGEST_FILE, assemble, nominal, none_found };
        Ok(Box::new(PickledCells::find(paths, reading)?))
    },
};

/// Bytes of one pickle; those of the longest cells have some 250 million.
const LARGEST_FILE: u64 = 1 << 30;

fn assemble(id: &str, _name: &str, root: Node<'_>) -> Result<Imported, String> {
    let entry = catalogue::find(id).ok_or_else(|| format!("cell {id} is none of the published ones"))?;
    let named = root.get("cell_id").and_then(Node::text).ok_or("it is no cell of BatteryML: it has no \"cell_id\"")?;
    if named != id {
        return Err(format!("it holds the cell {}: name the file after it", shown(named, 80)));
    }
    let cycles = root.get("cycle_data").and_then(Node::items).ok_or("it has no list \"cycle_data\"")?;
    if cycles.len() > MOST_CYCLES {
        return Err(format!("it has {} cycles", cycles.len()));
    }
    let mut assembly = Assembly::new(entry.info(origin_of(root.get("description").and_then(Node::text))));
    for (position, record) in cycles.into_iter().enumerate() {
        let cycle = cycle(record).and_then(|cycle| assembly.push(cycle));
        cycle.map_err(|what| format!("cycle_data[{position}]: {what}"))?;
    }
    assembly.finish()
}

fn cycle(record: Node<'_>) -> Result<Cycle, String> {
    let number = record.get("cycle_number").and_then(Node::number).filter(|number| (0.0..=1e6).contains(number));
    let series = |name: &str| match record.get(name) {
        Some(values) if !values.is_none() => {
            values.numbers(LONGEST_CYCLE).map(Some).map_err(|problem| format!("{name}: {problem}"))
        }
        _ => Ok(None),
    };
    let required = |name: &str| series(name)?.ok_or_else(|| format!("it has no {name}"));
    let voltage = required("voltage_in_V")?;
    // an empty list where there are samples is how some files say "not measured"
    let optional =
        |name: &str| Ok::<_, String>(series(name)?.filter(|values| !values.is_empty() || voltage.is_empty()));
    Ok(Cycle {
        number: number.ok_or("it has no cycle_number")? as u32,
        current: required("current_in_A")?,
        charge_capacity: optional("charge_capacity_in_Ah")?,
        discharge_capacity: required("discharge_capacity_in_Ah")?,
        time: optional("time_in_s")?,
        temperature: optional("temperature_in_C")?,
        internal_resistance: record.get("internal_resistance_in_ohm").and_then(Node::number),
        qdlin: series("Qdlin")?.filter(|curve| !curve.is_empty()),
        voltage,
    })
}
