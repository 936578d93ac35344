//! `batteryml`: cells as BatteryML and BatLiNet keep them once they have processed them: one pickle per cell, a dictionary of
//! plain lists, for all eight datasets.
//!
//! What is known of a cell comes from the catalogue, since the files have some of it wrong (cathodes of HNEI and UL-PUR).

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::assembly::{Assembly, LONGEST_CYCLE, MOST_CYCLES};
use super::catalogue;
use super::import::{Format, Imported, Published, origin_of};
use super::packed::{self, PublishedFile};
use super::pickle::{self, Node, Pickle};
use crate::cell::{Cycle, Dataset};
use crate::failure::Failure;

/// See the module.
pub const FORMAT: Format = Format {
    name: "batteryml",
    files: "pickles named after their cells, such as MATR_b1c0.pkl, or folders or zip archives of them",
    datasets: &Dataset::ALL,
    open: |paths| Ok(Box::new(Pickles::find(paths)?)),
};

/// Bytes of one pickle; those of the longest cells have some 250 million.
const LARGEST_FILE: u64 = 1 << 30;

/// The pickle of each cell.
struct Pickles {
    files: BTreeMap<String, PublishedFile>,
    left_out: Vec<String>,
}

impl Pickles {
    fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Self { files: BTreeMap::new(), left_out: Vec::new() };
        for file in packed::find(paths)?.into_iter().filter(|file| file.has_extension(&["pkl"])) {
            let id = file.name[..file.name.len() - ".pkl".len()].to_owned();
            if catalogue::find(&id).is_none() {
                found.left_out.push(file.name);
            } else if let Some(other) = found.files.get(&id) {
                let (one, two) = (other.place(), file.place());
                return Err(Failure::Usage(format!("{one} and {two} are both cell {id}: give one of them")));
            } else {
                found.files.insert(id, file);
            }
        }
        if found.files.is_empty() {
            let given: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            return Err(Failure::Usage(format!(
                "{}: no pickle is named after a published cell, as MATR_b1c0.pkl is",
                given.join(", ")
            )));
        }
        Ok(found)
    }
}

impl Published for Pickles {
    fn ids(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, Failure> {
        let file = self.files.get(id).ok_or_else(|| Failure::Usage(format!("cell {id} is not in the files given")))?;
        let pickle = file.read(LARGEST_FILE, |reader| {
            Pickle::read(reader, pickle::MEMORY).map_err(|problem| file.refused(problem))
        })?;
        assemble(id, pickle.root()).map_err(|what| file.refused(what))
    }

    fn remarks(&self) -> Vec<String> {
        match &self.left_out[..] {
            [] => Vec::new(),
            [first, ..] => {
                vec![format!(
                    "{} pickles not read, since no published cell has their name: {first} …",
                    self.left_out.len()
                )]
            }
        }
    }
}

fn assemble(id: &str, root: Node<'_>) -> Result<Imported, String> {
    let entry = catalogue::find(id).ok_or_else(|| format!("cell {id} is none of the published ones"))?;
    let named = root.get("cell_id").and_then(Node::text).ok_or("it is no cell of BatteryML: it has no \"cell_id\"")?;
    if named != id {
        let named: String = named.chars().take(80).collect();
        return Err(format!("it holds the cell {named}: name the file after it"));
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
    let mut imported = assembly.finish()?;
    let nominal = root.get("nominal_capacity_in_Ah").and_then(Node::number);
    if let Some(nominal) = nominal.filter(|nominal| (nominal - entry.nominal_capacity).abs() > 1e-9) {
        imported
            .remarks
            .push(format!("the file has a nominal capacity of {nominal} Ah, {} Ah is used", entry.nominal_capacity));
    }
    Ok(imported)
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
