//! `batteryml`: cells as BatteryML and BatLiNet keep them once they have processed them: one pickle per cell, a dictionary of
//! plain lists, for all eight datasets. Its `time_in_s` has minutes or milliseconds where the publisher counts in these.
//!
//! What is known of a cell comes from the catalogue, since the files have some of it wrong (cathodes of HNEI and UL-PUR): what
//! is replaced is said, and other voltage limits, which bound the Q(V) curves, are refused. Of the nominal capacity, see
//! [`Nominal`](super::nominal::Nominal).
//!
//! The mark of virtual cells is their description. Of files that BatteryML made from our virtual ones no text of ours is left,
//! but the numbers are: the virtual lab knows its own.

use std::path::PathBuf;
use std::sync::Arc;

use super::assembly::{Assembly, LONGEST_CYCLE, MOST_CYCLES};
use super::format::{CellFiles, Datasets, Format, origin_of};
use super::imported::Imported;
use super::pickle::Node;
use super::pickled_cells::{PickledCells, Reading};
use crate::Error;
use cells::catalogue::{self, Catalogue, CatalogueEntry};
use cells::cell::{Cell, Cycle, DatasetName, Origin};
use cells::datasets;
use cells::physics;
use cells::quote::shown;
use cells::time_unit::TimeUnit;

/// See the module.
pub const FORMAT: Format = Format {
    name: "batteryml",
    files: "pickles named after their cells, such as MATR_b1c0.pkl, or folders or zip archives of them",
    datasets: Datasets::All,
    open: |paths| open(paths, Catalogue::published()),
    own: Some(open),
};

fn open(paths: &[PathBuf], catalogue: Arc<Catalogue>) -> Result<Box<dyn CellFiles>, Error> {
    let none_found = "no pickle is named after a published cell, as MATR_b1c0.pkl is; cells of your own come in by `batlinet data import \
                      cycler` with a cells.yaml, which `batlinet data describe` drafts";
    let nominal = |root: Node<'_>| root.get("nominal_capacity_in_Ah").and_then(Node::number);
    let reading = Reading { prefix: "", largest_file: LARGEST_FILE, assemble, nominal, none_found };
    Ok(Box::new(PickledCells::find(paths, reading, catalogue)?))
}

/// Bytes of one pickle; those of the longest cells have some 250 million.
const LARGEST_FILE: u64 = 1 << 30;

fn assemble(entry: &CatalogueEntry, _name: &str, root: Node<'_>) -> Result<Imported, String> {
    assembled(entry, root, false)
}

fn assembled(entry: &CatalogueEntry, root: Node<'_>, is_own: bool) -> Result<Imported, String> {
    let id = &entry.id[..];
    let named = root.get("cell_id").and_then(Node::text).ok_or("it is no cell of BatteryML: it has no \"cell_id\"")?;
    if named != id {
        return Err(format!("it holds the cell {}: name the file after it", shown(named, 80)));
    }
    let cycles = root.get("cycle_data").and_then(Node::items).ok_or("it has no list \"cycle_data\"")?;
    if cycles.is_empty() {
        return Err(
            "it has no cycles: BatteryML makes such a file of a place without a cell in a batch of MATR; leave it out"
                .to_owned(),
        );
    }
    if cycles.len() > MOST_CYCLES {
        return Err(format!("it has {} cycles", cycles.len()));
    }
    let replaced = replaced(root, entry, is_own)?;
    let mut origin = origin_of(root.get("description").and_then(Node::text));
    let mut recognised = None;
    if origin == Origin::Real
        && cycles.iter().find_map(|record| some_voltages(*record)).is_some_and(|v| lab::made(id, &v))
    {
        origin = Origin::Virtual;
        recognised =
            Some("made from a virtual cell, as its numbers show though nothing else does: a virtual cell".to_owned());
    }
    let unit = datasets::time_unit(&entry.dataset);
    let mut assembly = Assembly::new(entry.info(origin));
    for (position, record) in cycles.into_iter().enumerate() {
        let cycle = cycle(record, unit).and_then(|cycle| assembly.push(cycle));
        cycle.map_err(|what| format!("cycle_data[{position}]: {what}"))?;
    }
    let Imported { cell, remarks, .. } = assembly.finish()?;
    let (cell, rests) = physics::without_rests(cell, is_own);
    let mut imported = Imported::new(cell, remarks);
    imported.remarks.extend(rests);
    imported.remarks.extend(skipped(imported.cell.cycles(), &entry.dataset));
    imported.remarks.extend(recognised.into_iter().chain(replaced));
    Ok(imported)
}

/// The voltages of a cycle that has some.
fn some_voltages(record: Node<'_>) -> Option<Vec<f64>> {
    record.get("voltage_in_V")?.numbers(LONGEST_CYCLE).ok().filter(|voltages| !voltages.is_empty())
}

/// Cycles that were dropped before the file was written, where the numbers of the others tell: of datasets whose cleaning
/// rules take out what they take for outliers. What those gave is not known, so no protocol can count them.
fn skipped(cycles: &[Cycle], dataset: &DatasetName) -> Option<String> {
    let (first, last) = (cycles.first()?.number, cycles.last()?.number);
    let skipped = (last.checked_sub(first)? as usize + 1).checked_sub(cycles.len()).filter(|skipped| *skipped > 0)?;
    datasets::find(dataset)?.drops_outliers.then(|| {
        format!("{skipped} cycle numbers are skipped, of cycles dropped by a cleaning rule before: positions and lives count the others")
    })
}

/// A cell of one's own, as `entry` has it. BatteryLife counts time from the beginning of the first cycle: it is made that of each.
///
/// Fails with a fragment, as the import of published ones.
pub(super) fn own(entry: &CatalogueEntry, root: Node<'_>) -> Result<Imported, String> {
    let Imported { cell, remarks, .. } = assembled(entry, root, true)?;
    let life = cell.life().clone();
    let info = cell.info().clone();
    let mut cycles = cell.cycles().to_vec();
    for time in cycles.iter_mut().filter_map(|cycle| cycle.time.as_mut()) {
        let start = time.first().copied().unwrap_or(0.0);
        time.iter_mut().for_each(|value| *value -= start);
    }
    let cell = Cell::new(info, cycles, life).map_err(|invalid| invalid.to_string())?;
    Ok(Imported::new(cell, remarks))
}

/// Whatever the file says of its cell otherwise than the catalogue does, whose word is taken; sentences.
///
/// Fails with a fragment when a number would be another: the voltage limits, which bound the Q(V) curves.
fn replaced(root: Node<'_>, entry: &CatalogueEntry, is_own: bool) -> Result<Vec<String>, String> {
    for (name, used) in [("min_voltage_limit_in_V", entry.v_min), ("max_voltage_limit_in_V", entry.v_max)] {
        let given = root.get(name).and_then(Node::number);
        if let Some(given) = given.filter(|given| (given - used).abs() > 1e-9) {
            let (known, next) = match (is_own, catalogue::find(&entry.id)) {
                (true, _) => {
                    ("declaration in cells.yaml", "write the file's under voltage_limits, or correct the file")
                }
                (false, Some(_)) => ("published cell", "correct the file, or leave it out"),
                (false, None) => ("catalogue", "correct the file, or leave it out"),
            };
            return Err(format!(
                "its {name} is {given}, the {known} has {used} V: Q(V) curves would be read between other voltages \
                 than the file means; {next}"
            ));
        }
    }
    let texts = [
        ("cathode_material", entry.cathode.name()),
        ("anode_material", &entry.anode[..]),
        ("form_factor", &entry.form_factor[..]),
    ];
    let other = texts.into_iter().filter_map(|(name, used)| {
        let given = root.get(name).and_then(Node::text).filter(|given| *given != used)?;
        if used.is_empty() {
            return None; // a catalogue may leave it open
        }
        Some(format!("its {name} is \"{}\", \"{used}\" is used", shown(given, 40)))
    });
    Ok(other.collect())
}

fn cycle(record: Node<'_>, unit: TimeUnit) -> Result<Cycle, String> {
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
        time: optional("time_in_s")?.map(|time| time.into_iter().map(|time| unit.to_seconds(time)).collect()),
        temperature: optional("temperature_in_C")?,
        internal_resistance: record.get("internal_resistance_in_ohm").and_then(Node::number),
        qdlin: series("Qdlin")?.filter(|curve| !curve.is_empty()),
        stated_capacity: None,
        voltage,
    })
}
