//! Cells of one's own from pickles of BatteryML or BatteryLife.

use itertools::Itertools as _;

use super::declaration::{self, Declared};
use super::draft::Names;
use super::error::Error;
use super::look::Looked;
use crate::imported::Imported;
use crate::pickle::{self, Pickle};
use crate::{batterylife, batteryml};
use cells::catalogue::CatalogueEntry;
use cells::cell::{Cathode, Cell, CellInfo, Cycle, DatasetName};
use cells::count::{ah, counted, times};

/// Bytes of one pickle.
const LARGEST: u64 = 1 << 30;
/// Share by which two nominal capacities differ that are one.
const SAME: f64 = 0.02;

/// The entry of a catalogue that says what is declared.
fn entry(declared: &Declared) -> CatalogueEntry {
    let info = declared.info(cells::cell::Origin::Real);
    CatalogueEntry {
        id: info.id,
        dataset: DatasetName::from(info.dataset.name().to_owned()),
        cathode: Cathode::from(info.chemistry.cathode.name().to_owned()),
        anode: declared.anode.clone().unwrap_or_default(),
        form_factor: declared.form_factor.clone().unwrap_or_default(),
        nominal_capacity: info.nominal_capacity,
        v_min: info.voltage_limits.0,
        v_max: info.voltage_limits.1,
        temperature: info.ambient_temperature,
        charge: info.protocol.charge,
        discharge: info.protocol.discharge,
        cycle_life: info.published_life,
    }
}

/// Reads the pickle of a cell.
///
/// # Errors
/// [`Error`] where it is none of BatteryML, or of another cell than is declared.
pub(super) fn read(declared: &Declared, files: &[Looked]) -> Result<Imported, Error> {
    let [file] = files else {
        let what = "a cell is one pickle: name one file".to_owned();
        return Err(Error::Cell { cell: declared.id.clone(), what });
    };
    let refuse = |what: String| Error::File { file: file.file.place(), what };
    let pickle = file
        .file
        .read(LARGEST, |reader| Pickle::read(reader, pickle::MEMORY).map_err(|problem| file.file.refused(problem)))?;
    // the file may call its cell otherwise than its owner does
    let entry = entry(declared);
    let named = pickle.root().get("cell_id").and_then(pickle::Node::text).map_or(entry.id.clone(), str::to_owned);
    let imported = batteryml::own(&CatalogueEntry { id: named, ..entry }, pickle.root()).map_err(refuse)?;
    let chemistry = declared.info(imported.cell.info().origin).chemistry;
    let info = CellInfo { id: declared.id.clone(), chemistry, ..imported.cell.info().clone() };
    let (cycles, life) = (imported.cell.cycles().to_vec(), imported.cell.life().clone());
    let cell = Cell::new(info, cycles, life)
        .map_err(|invalid| Error::Cell { cell: declared.id.clone(), what: invalid.to_string() })?;
    let mut imported = Imported { cell, ..imported };
    imported.remarks.extend(in_order(imported.cell.cycles()).map_err(refuse)?);
    imported.doubt(spent_before(pickle.root()));
    imported.doubt(other_nominal(declared.nominal_capacity, pickle.root()));
    Ok(imported)
}

/// That numbers of cycles go up; where they begin anew, that is said.
///
/// Fails with a fragment where they go down otherwise.
fn in_order(cycles: &[Cycle]) -> Result<Option<String>, String> {
    let drops: Vec<(u32, u32)> =
        cycles.iter().map(|cycle| cycle.number).tuple_windows().filter(|(one, next)| next < one).collect();
    let Some(&(from, to)) = drops.first() else { return Ok(None) };
    if drops.len() + 1 == cycles.len() && cycles.len() > 2 {
        return Err(format!("cycle_data runs from the last cycle, {from}, to the first: sort it by cycle_number"));
    }
    if let Some((from, to)) = drops.iter().find(|(_, to)| *to > 1) {
        return Err(format!(
            "cycle_data goes from cycle {from} back to {to}, where no test begins anew: sort it by cycle_number, or give each test as a \
             file of its own"
        ));
    }
    Ok(Some(format!(
        "the number of the cycle begins anew with {to} after {from} ({} in all): cycles are counted in the order in which they stand",
        times(drops.len())
    )))
}

/// That cycles were made before those of a pickle; a fragment.
fn spent_before(root: pickle::Node<'_>) -> Option<String> {
    let spent = root.get("already_spent_cycles").and_then(pickle::Node::number).filter(|spent| *spent >= 1.0)?;
    Some(format!(
        "{spent} cycles were made before this record, as the file says (already_spent_cycles): a life counted from it is too short by them, \
         and its first cycles are not those of a new cell; give the whole record, or add them to its life"
    ))
}

/// That a pickle states another nominal capacity than is declared; a fragment.
fn other_nominal(declared: f64, root: pickle::Node<'_>) -> Option<String> {
    let number = root.get("nominal_capacity_in_Ah").and_then(pickle::Node::number);
    let stated = batterylife::counted_to(root).map(|counted_to| counted_to.own).or(number)?;
    let is_other = stated.is_finite() && stated > 0.0 && (declared / stated - 1.0).abs() > SAME;
    is_other.then(|| {
        format!(
            "the file says that its nominal capacity is {stated} Ah, and {declared} Ah are declared, {:+.1} %: lives are counted to a share \
             of it; write the maker's in cells.yaml, or mend the file's",
            100.0 * (declared / stated - 1.0),
            stated = ah(stated)
        )
    })
}

/// What is said of a pickle, and its draft.
///
/// # Errors
/// [`Error`] where it is none of BatteryML.
pub(super) fn draft(file: &Looked, names: &mut Names) -> Result<(String, String), Error> {
    let refuse = |what: String| Error::File { file: file.file.place(), what };
    let pickle = file
        .file
        .read(LARGEST, |reader| Pickle::read(reader, pickle::MEMORY).map_err(|problem| file.file.refused(problem)))?;
    let root = pickle.root();
    let text = |key: &str| root.get(key).and_then(pickle::Node::text).map(str::to_owned);
    let number = |key: &str| root.get(key).and_then(pickle::Node::number);
    let id = text("cell_id")
        .ok_or_else(|| refuse("it is a pickle, and no cell of BatteryML: it has no \"cell_id\"".to_owned()))?;
    let cycles = root.get("cycle_data").and_then(pickle::Node::items).map_or(0, |items| items.len());
    let stated = |key: &str, value: Option<String>, otherwise: &str| match value {
        Some(value) => format!("  {key}: {value}  # as the file says\n"),
        None => format!("  {key}: {otherwise}  # the file does not say: write it\n"),
    };
    let limits = number("min_voltage_limit_in_V").zip(number("max_voltage_limit_in_V"));
    let json = |text: String| serde_json::to_string(&text).unwrap_or_default();
    let of_batterylife = batterylife::counted_to(root);
    let about = format!(
        "# BatteryML: {}\n#   {}\n{}",
        file.file.place(),
        counted(cycles, "cycle"),
        of_batterylife.as_ref().map_or_else(String::new, |counted_to| format!(
            "#   of BatteryLife: `data import batterylife` takes it with its published lives and splits, and counts to {}; taken by \
             this draft, it is a cell of your own, whose life is counted to the nominal capacity below\n",
            counted_to.said
        ))
    );
    let seen = match limits {
        Some(_) => String::new(),
        None => window(file).map_or_else(|| "[2.0, 4.5]".to_owned(), |(low, high)| format!("[{low}, {high}]")),
    };
    let unknown = [
        number("nominal_capacity_in_Ah").is_none().then(|| "nominal_capacity: 1".to_owned()),
        limits.is_none().then(|| format!("voltage_limits: {seen}")),
    ];
    let unknown: Vec<String> = unknown.into_iter().flatten().collect();
    let unconfirmed = match &unknown[..] {
        [] => String::new(),
        keys => format!("  unconfirmed: {{{}}}  # nobody knows these: write them above\n", keys.join(", ")),
    };
    let draft = format!(
        "- id: {}\n  files: [{}]\n  format: BatteryML\n{}{}{}{unconfirmed}",
        json(names.id(&id)),
        json(names.file(file)),
        stated("cathode", text("cathode_material").map(json), "unknown"),
        match of_batterylife {
            Some(counted_to) => format!("  nominal_capacity: {}  # {}\n", counted_to.own, counted_to.why),
            None => stated("nominal_capacity", number("nominal_capacity_in_Ah").map(|value| value.to_string()), "1"),
        },
        stated("voltage_limits", limits.map(|(low, high)| format!("[{low}, {high}]")), &seen),
    );
    Ok((about, draft))
}

/// The lowest and highest voltage of a pickle, rounded outwards to 0.05 V.
fn window(file: &Looked) -> Option<(f64, f64)> {
    let cell = "cells:\n- id: x\n  files: [x]\n  cathode: x\n  nominal_capacity: 1\n  voltage_limits: [0.01, 100]\n";
    let declared = declaration::parse(cell).ok()?.pop()?;
    let cell = read(&declared, std::slice::from_ref(file)).ok()?.cell;
    let voltages = cell.cycles().iter().flat_map(|cycle| cycle.voltage.iter().copied());
    let (low, high) = voltages.filter(|voltage| voltage.is_finite()).minmax().into_option()?;
    let rounded = |twentieths: f64| (twentieths * 5.0).round() / 100.0;
    Some((rounded((low * 20.0).floor()), rounded((high * 20.0).ceil())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_before_the_record_are_said() {
        let of = |spent: u8| {
            let bytes = [b"\x80\x02}U\x14already_spent_cyclesK".to_vec(), vec![spent, b's', b'.']].concat();
            let pickle = Pickle::read(&mut &bytes[..], pickle::MEMORY).unwrap();
            spent_before(pickle.root())
        };
        assert_eq!(of(0), None);
        assert!(of(200).unwrap().starts_with("200 cycles were made before this record"));
    }

    #[test]
    fn cycles_that_go_down_are_refused_and_those_that_begin_anew_said() {
        let of = |numbers: &[u32]| {
            in_order(&numbers.iter().map(|number| Cycle { number: *number, ..Cycle::default() }).collect::<Vec<_>>())
        };
        assert_eq!(of(&[1, 2, 2, 5]), Ok(None));
        assert!(of(&[9, 8, 7]).unwrap_err().contains("from the last cycle, 9, to the first: sort it"));
        assert!(of(&[1, 2, 5, 3, 4]).unwrap_err().contains("from cycle 5 back to 3"));
        assert!(of(&[1, 2, 3, 1, 2]).unwrap().unwrap().contains("begins anew with 1 after 3 (once in all)"));
    }
}
