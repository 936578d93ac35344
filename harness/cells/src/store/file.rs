//! One cell as one HDF5 file, version 2.
//!
//! ```text
//! attributes   format = "batlinet-cell", version, fingerprint (of the content, see `store/fingerprint.rs`), seal? (of the
//!              other attributes and the life record; files of older programs have none),
//!              id, dataset, origin, cathode, anode, form_factor?, nominal_capacity (Ah), lower_voltage_limit (V),
//!              upper_voltage_limit (V), ambient_temperature? (°C), charge_protocol, discharge_protocol,
//!              cycle_life? (cycles), end_of_life? (fraction of nominal capacity),
//!              stated_life? (cycles to 80 % of nominal capacity, of a cell that is none of the benchmark),
//!              notes? (JSON: what is to be said of the cell, see `notes.rs`), notes_seal? (of these, and the fingerprint)
//! number                u32 per cycle
//! cycle_hash            u64 per cycle, of its content (files of older programs have none)
//! internal_resistance?  f64 per cycle, Ω, NaN where unknown
//! stated_capacity?      f64 per cycle, Ah, NaN where none is stated
//! life_capacity?        f64 per cycle of the whole life, Ah; else cycle_life and end_of_life are given
//! left_out_position?    u32 per cycle that a cleaning rule left out of these, its position among all on record …
//! left_out_capacity?    … and f64, its discharge capacity in Ah; neither is there where none was left out
//! voltage, current, charge_capacity?, discharge_capacity, time?, temperature?, qdlin?
//!                       one group each, see `store/ragged.rs`; a source whose Q(V) curve is its discharge capacity
//!                       has both names on one group
//! ```
//!
//! Behind its end lies the hash of its structure (`store/frame.rs`).
//!
//! The life of a published cell is not in its file: whoever reads one learns it from the catalogue.
//!
//! In version 1, time is in the unit of the publisher: files of it are read, and time becomes seconds.

use std::path::Path;
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{File, FileBuilder, Group, H5Type};
use serde::de::DeserializeOwned;

use super::problem::{Problem, cause, damaged};
use super::{fingerprint, frame, ragged};
use crate::Error;
use crate::cell::{Cathode, Cell, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, LeftOut, LifeRecord};
use crate::notes::Notes;
use crate::quote::shown;
use crate::{catalogue, datasets};

const FORMAT: &str = "batlinet-cell";
const VERSION: u32 = 2;
/// The one in which time is in the publisher's unit.
const PUBLISHERS_TIME: u32 = 1;

/// Name of the hashes of the cycles.
const CYCLE_HASH: &str = "cycle_hash";

/// What a file says of its cell before any series is read.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) info: CellInfo,
    pub(super) fingerprint: String,
    /// The source's numbers of the first and the last cycle at hand.
    pub(super) numbered: Option<(u32, u32)>,
    pub(super) notes: Notes,
}

/// A file that was just written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) header: Header,
    /// Hash of the life record.
    pub(super) life: String,
}

/// Writes a new file, down to the disk.
pub(super) fn write(path: &Path, cell: &Cell, notes: Notes) -> Result<Written, Error> {
    let numbered = cell.cycles().first().zip(cell.cycles().last()).map(|(first, last)| (first.number, last.number));
    let header = Header { info: cell.info().clone(), fingerprint: fingerprint::fingerprint(cell), numbered, notes };
    let outcome = write_content(path, cell, &header).and_then(|()| read_back(path, &header));
    outcome.map_err(|Problem(what)| Error::Write {
        doing: format!("write cell {} below {}", cell.id(), parent_of(path)),
        source: cause(what),
    })?;
    Ok(Written { header, life: fingerprint::life(cell) })
}

/// The library swallows some errors of the system, such as one that befalls a chunk when its dataset is closed, so only reading tells
/// what was written.
fn read_back(path: &Path, header: &Header) -> Result<(), Problem> {
    match read_whole(path) {
        Ok((found, _)) if found == header.fingerprint => Ok(()),
        _ => Err(Problem::new("what was written there does not read back as it was; is the disk sound?")),
    }
}

/// The store's folder, as the user knows it: the temporary folder in between is nothing to them.
fn parent_of(path: &Path) -> String {
    path.ancestors().nth(2).unwrap_or(path).display().to_string()
}

fn write_content(path: &Path, cell: &Cell, header: &Header) -> Result<(), Problem> {
    if !(hdf5::filters::deflate_available()) {
        return Err(Problem::new("this HDF5 library has no deflate filter; install one with zlib"));
    }
    let file = unlocked().create(path)?;
    write_attributes(&file, cell, &header.fingerprint)?;
    write_notes(&file, header)?;
    let cycles = cell.cycles();
    ragged::write_plain(&file, "number", &cycles.iter().map(|cycle| cycle.number).collect::<Vec<u32>>())?;
    ragged::write_plain(&file, CYCLE_HASH, &fingerprint::each_cycle(cell))?;
    let per_cycle = |name: &str, of: fn(&Cycle) -> Option<f64>| {
        if !cycles.iter().any(|cycle| of(cycle).is_some()) {
            return Ok(());
        }
        let values: Vec<f64> = cycles.iter().map(|cycle| of(cycle).unwrap_or(f64::NAN)).collect();
        ragged::write_plain(&file, name, &values)
    };
    per_cycle("internal_resistance", |cycle| cycle.internal_resistance)?;
    per_cycle("stated_capacity", |cycle| cycle.stated_capacity)?;
    ragged::write(&file, "voltage", cycles.iter().map(|cycle| Some(&cycle.voltage[..])))?;
    ragged::write(&file, "current", cycles.iter().map(|cycle| Some(&cycle.current[..])))?;
    ragged::write(&file, "charge_capacity", cycles.iter().map(|cycle| cycle.charge_capacity.as_deref()))?;
    ragged::write(&file, "discharge_capacity", cycles.iter().map(|cycle| Some(&cycle.discharge_capacity[..])))?;
    ragged::write(&file, "time", cycles.iter().map(|cycle| cycle.time.as_deref()))?;
    ragged::write(&file, "temperature", cycles.iter().map(|cycle| cycle.temperature.as_deref()))?;
    let same =
        |cycle: &Cycle| cycle.qdlin.as_ref().is_some_and(|qdlin| ragged::same_bits(qdlin, &cycle.discharge_capacity));
    if !cycles.is_empty() && cycles.iter().all(same) {
        file.link_hard("discharge_capacity", "qdlin")?;
    } else {
        ragged::write(&file, "qdlin", cycles.iter().map(|cycle| cycle.qdlin.as_deref()))?;
    }
    if let LifeRecord::Capacity(capacity) = cell.life() {
        ragged::write_plain(&file, "life_capacity", capacity)?;
    }
    if !cell.left_out().is_empty() {
        let (positions, capacities): (Vec<u32>, Vec<f64>) =
            cell.left_out().iter().map(|cycle| (cycle.position as u32, cycle.capacity)).unzip();
        ragged::write_plain(&file, "left_out_position", &positions)?;
        ragged::write_plain(&file, "left_out_capacity", &capacities)?;
    }
    // closing swallows errors, so everything must be out before
    file.flush()?;
    file.close()?;
    // the library tells where it put things once they are there
    let file = unlocked().open(path)?;
    let stretches = frame::stretches(&file)?;
    file.close()?;
    frame::close(path, &stretches).map_err(|error| Problem::new(error.to_string()))
}

fn write_attributes(file: &File, cell: &Cell, fingerprint: &str) -> Result<(), Problem> {
    let info = cell.info();
    write_text(file, "format", FORMAT)?;
    write_number(file, "version", VERSION)?;
    write_text(file, "fingerprint", fingerprint)?;
    write_text(file, "seal", &fingerprint::seal(cell, fingerprint))?;
    write_text(file, "id", &info.id)?;
    write_text(file, "dataset", info.dataset.name())?;
    write_text(file, "origin", &info.origin.to_string())?;
    write_text(file, "cathode", info.chemistry.cathode.name())?;
    write_text(file, "anode", &info.chemistry.anode)?;
    if let Some(form_factor) = &info.form_factor {
        write_text(file, "form_factor", form_factor)?;
    }
    write_number(file, "nominal_capacity", info.nominal_capacity)?;
    write_number(file, "lower_voltage_limit", info.voltage_limits.0)?;
    write_number(file, "upper_voltage_limit", info.voltage_limits.1)?;
    if let Some(temperature) = info.ambient_temperature {
        write_number(file, "ambient_temperature", temperature)?;
    }
    write_text(file, "charge_protocol", &info.protocol.charge)?;
    write_text(file, "discharge_protocol", &info.protocol.discharge)?;
    if let LifeRecord::Published { cycle_life, end_of_life } = cell.life() {
        write_number(file, "cycle_life", *cycle_life)?;
        write_number(file, "end_of_life", *end_of_life)?;
    }
    if let Some(life) = fingerprint::own_life(info) {
        write_number(file, "stated_life", life)?;
    }
    Ok(())
}

/// Where there is nothing to say, nothing is written: such files are those of older programs.
fn write_notes(file: &File, header: &Header) -> Result<(), Problem> {
    if header.notes.is_empty() {
        return Ok(());
    }
    let notes = serde_json::to_string(&header.notes).map_err(|error| Problem::new(error.to_string()))?;
    write_text(file, "notes", &notes)?;
    write_text(file, "notes_seal", &fingerprint::seal_of_notes(&notes, &header.fingerprint))
}

fn read_notes(file: &File, fingerprint: &str) -> Result<Notes, Problem> {
    if !has(file, "notes")? {
        return Ok(Notes::default());
    }
    let notes = read_text(file, "notes")?;
    if read_text(file, "notes_seal")? != fingerprint::seal_of_notes(&notes, fingerprint) {
        return Err(Problem::new("what is noted of its cell is not what was written"));
    }
    serde_json::from_str(&notes).map_err(|error| Problem::new(format!("its notes: {error}")))
}

/// Reads what the file says of its cell, which must be what was written, the life record too.
pub(super) fn read_header(path: &Path) -> Result<Header, Error> {
    let file = open(path)?;
    let header = || {
        let header = header_of(&file, path)?;
        content_of(&file, path, &header, 0)?;
        Ok(header)
    };
    header().map_err(|Problem(what)| damaged(path, &what))
}

/// Reads the first `cycles` cycles (fewer, if there are fewer), by one hyperslab per quantity. What the file says of the cell
/// and of its life must be what was written, and so must these cycles.
pub(super) fn read(path: &Path, cycles: usize) -> Result<Cell, Error> {
    let file = open(path)?;
    read_content(&file, path, cycles)
        .and_then(|cell| in_seconds(cell, &file))
        .map_err(|Problem(what)| damaged(path, &what))
}

/// The fingerprint of what is written there, and the cell.
pub(super) fn read_whole(path: &Path) -> Result<(String, Cell), Error> {
    let file = open(path)?;
    let content = || -> Result<(String, Cell), Problem> {
        let written = read_content(&file, path, usize::MAX)?;
        Ok((fingerprint::fingerprint(&written), in_seconds(written, &file)?))
    };
    content().map_err(|Problem(what)| damaged(path, &what))
}

fn read_content(file: &File, path: &Path, cycles: usize) -> Result<Cell, Problem> {
    content_of(file, path, &header_of(file, path)?, cycles)
}

fn content_of(file: &File, path: &Path, header: &Header, cycles: usize) -> Result<Cell, Problem> {
    let held = ragged::length(&file.dataset("number")?)?;
    let life = read_life(file)?;
    let cell = Cell::new(header.info.clone(), read_cycles(file, cycles.min(held))?, life);
    let left_out = read_left_out(file)?;
    let cell = cell.and_then(|cell| cell.leaving_out(left_out)).map_err(|invalid| Problem::new(invalid.problem))?;
    if has(file, "seal")? && read_text(file, "seal")? != fingerprint::seal(&cell, &header.fingerprint) {
        let id = cell.id();
        return Err(Problem::new(format!("what it says of the cell {id} or of its life is not what was written")));
    }
    if file.link_exists(CYCLE_HASH) {
        let hashes = file.dataset(CYCLE_HASH)?;
        let (written, read) = (ragged::length(&hashes)?, fingerprint::each_cycle(&cell));
        if written != held {
            return Err(Problem::new(format!("it holds {held} cycles, and {written} were written")));
        }
        let hashes: Vec<u64> = ragged::read_plain(file, CYCLE_HASH, read.len())?;
        if let Some(cycle) = hashes.iter().zip(&read).position(|(written, read)| written != read) {
            return Err(Problem::new(format!(
                "the cycle at position {cycle} does not match the hash it was written with"
            )));
        }
        if frame::is_cut(path).map_err(|error| Problem::new(error.to_string()))? {
            return Err(Problem::new("its end was cut short"));
        }
    }
    Ok(cell)
}

/// The cell of a file of either version, with its time in seconds.
fn in_seconds(cell: Cell, file: &File) -> Result<Cell, Problem> {
    if read_number::<u32>(file, "version")? != PUBLISHERS_TIME {
        return Ok(cell);
    }
    let unit = datasets::time_unit(&cell.info().dataset);
    cell.with_time(|time| unit.to_seconds(time)).map_err(|invalid| Problem::new(invalid.problem))
}

/// Number of cycles that the file holds.
pub(super) fn held(path: &Path) -> Result<usize, Error> {
    let file = open(path)?;
    let numbers = file.dataset("number").map_err(Problem::from);
    numbers.and_then(|numbers| ragged::length(&numbers)).map_err(|Problem(what)| damaged(path, &what))
}

/// How files are opened: without HDF5's locks. Files here are written under another name and then renamed, so no one
/// reads a half-written one; locks would only fail on network file systems, and linger in child processes.
fn unlocked() -> FileBuilder {
    let mut options = File::with_options();
    options.with_fapl(|access| access.file_locking(false));
    options
}

/// Opens a file of this format in this version.
fn open(path: &Path) -> Result<File, Error> {
    frame::check(path)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?
        .map_err(|Problem(what)| damaged(path, &what))?;
    let file = unlocked().open(path).map_err(|error| match std::fs::File::open(path) {
        Err(source) => Error::Read { path: path.to_owned(), source },
        Ok(_) => damaged(path, &error.to_string()),
    })?;
    if !matches!(read_text(&file, "format"), Ok(format) if format == FORMAT) {
        return Err(Error::Foreign {
            path: path.to_owned(),
            what: "is an HDF5 file of another kind, not a cell of batlinet: move it out of the cell store".to_owned(),
        });
    }
    match read_number::<u32>(&file, "version") {
        Ok(VERSION | PUBLISHERS_TIME) => Ok(file),
        Ok(version) => Err(Error::Foreign {
            path: path.to_owned(),
            what: format!(
                "has format version {version}, this program reads versions {PUBLISHERS_TIME} and {VERSION}: import the \
                 dataset again with this program, or use the one that wrote the file"
            ),
        }),
        Err(Problem(what)) => Err(damaged(path, &what)),
    }
}

fn header_of(file: &File, path: &Path) -> Result<Header, Problem> {
    let id = read_text(file, "id")?;
    let info = CellInfo {
        dataset: DatasetName::from(read_text(file, "dataset")?),
        origin: read_name(file, "origin")?,
        chemistry: Chemistry { cathode: Cathode::from(read_text(file, "cathode")?), anode: read_text(file, "anode")? },
        form_factor: has(file, "form_factor")?.then(|| read_text(file, "form_factor")).transpose()?,
        nominal_capacity: read_number(file, "nominal_capacity")?,
        voltage_limits: (read_number(file, "lower_voltage_limit")?, read_number(file, "upper_voltage_limit")?),
        ambient_temperature: has(file, "ambient_temperature")?
            .then(|| read_number(file, "ambient_temperature"))
            .transpose()?,
        protocol: CyclingProtocol {
            charge: read_text(file, "charge_protocol")?,
            discharge: read_text(file, "discharge_protocol")?,
        },
        published_life: match catalogue::find(&id) {
            Some(published) => published.cycle_life,
            None => has(file, "stated_life")?.then(|| read_number(file, "stated_life")).transpose()?,
        },
        id,
    };
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(&info.id) {
        return Err(Problem::new(format!("it holds the cell {}, which belongs in {}.h5", info.id, info.id)));
    }
    let number = file.dataset("number")?;
    let numbered = match ragged::length(&number)? {
        0 => None,
        cycles => {
            let at = |position: usize| Ok::<u32, Problem>(number.read_slice_1d(position..=position)?[0]);
            Some((at(0)?, at(cycles - 1)?))
        }
    };
    let fingerprint = read_text(file, "fingerprint")?;
    let notes = read_notes(file, &fingerprint)?;
    Ok(Header { info, fingerprint, numbered, notes })
}

fn read_life(file: &File) -> Result<LifeRecord, Problem> {
    if file.link_exists("life_capacity") {
        let length = ragged::length(&file.dataset("life_capacity")?)?;
        return Ok(LifeRecord::Capacity(ragged::read_plain(file, "life_capacity", length)?));
    }
    Ok(LifeRecord::Published {
        cycle_life: read_number(file, "cycle_life")?,
        end_of_life: read_number(file, "end_of_life")?,
    })
}

/// Files of older programs have none.
fn read_left_out(file: &File) -> Result<Vec<LeftOut>, Problem> {
    if !file.link_exists("left_out_position") {
        return Ok(Vec::new());
    }
    let length = ragged::length(&file.dataset("left_out_position")?)?;
    let positions: Vec<u32> = ragged::read_plain(file, "left_out_position", length)?;
    let capacities: Vec<f64> = ragged::read_plain(file, "left_out_capacity", length)?;
    let cycle = |(position, capacity): (u32, f64)| LeftOut { position: position as usize, capacity };
    Ok(positions.into_iter().zip(capacities).map(cycle).collect())
}

fn read_cycles(file: &File, count: usize) -> Result<Vec<Cycle>, Problem> {
    let numbers: Vec<u32> = ragged::read_plain(file, "number", count)?;
    let mut voltage = ragged::read(file, "voltage", count)?;
    let mut current = ragged::read(file, "current", count)?;
    let mut charge_capacity = ragged::read(file, "charge_capacity", count)?;
    let mut discharge_capacity = ragged::read(file, "discharge_capacity", count)?;
    let mut time = ragged::read(file, "time", count)?;
    let mut temperature = ragged::read(file, "temperature", count)?;
    let mut qdlin = ragged::read(file, "qdlin", count)?;
    let per_cycle = |name: &str| match file.link_exists(name) {
        true => ragged::read_plain(file, name, count),
        false => Ok(vec![f64::NAN; count]),
    };
    let (resistance, stated) = (per_cycle("internal_resistance")?, per_cycle("stated_capacity")?);
    let lacking = |what: &str, cycle: usize| Problem::new(format!("the cycle at position {cycle} has no {what}"));
    (0..count)
        .map(|cycle| {
            Ok(Cycle {
                number: numbers[cycle],
                voltage: voltage[cycle].take().ok_or_else(|| lacking("voltage", cycle))?,
                current: current[cycle].take().ok_or_else(|| lacking("current", cycle))?,
                charge_capacity: charge_capacity[cycle].take(),
                discharge_capacity: discharge_capacity[cycle]
                    .take()
                    .ok_or_else(|| lacking("discharge capacity", cycle))?,
                time: time[cycle].take(),
                temperature: temperature[cycle].take(),
                internal_resistance: Some(resistance[cycle]).filter(|value| !value.is_nan()),
                qdlin: qdlin[cycle].take(),
                stated_capacity: Some(stated[cycle]).filter(|value| !value.is_nan()),
            })
        })
        .collect()
}

fn write_text(group: &Group, name: &str, text: &str) -> Result<(), Problem> {
    let text = VarLenUnicode::from_str(text).map_err(|error| Problem::new(format!("the {name}: {error}")))?;
    Ok(group.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&text)?)
}

fn write_number<T: H5Type>(group: &Group, name: &str, value: T) -> Result<(), Problem> {
    Ok(group.new_attr::<T>().create(name)?.write_scalar(&value)?)
}

fn has(group: &Group, name: &str) -> Result<bool, Problem> {
    Ok(group.attr_names()?.iter().any(|present| present == name))
}

fn read_text(group: &Group, name: &str) -> Result<String, Problem> {
    Ok(group.attr(name)?.read_scalar::<VarLenUnicode>()?.to_string())
}

fn read_number<T: H5Type>(group: &Group, name: &str) -> Result<T, Problem> {
    Ok(group.attr(name)?.read_scalar()?)
}

/// An attribute that is one of a fixed set of names, spelt as in every other file of the project.
fn read_name<T: DeserializeOwned>(group: &Group, name: &str) -> Result<T, Problem> {
    let text = read_text(group, name)?;
    serde_json::from_value(text.clone().into())
        .map_err(|_| Problem::new(format!("its {name} is \"{}\"", shown(&text, 40))))
}
