//! `matr-mat`: the batch files of MATR as MATLAB v7.3, see [`crate::matr`].
//!
//! What a cell does not have (a charge half, a temperature) is an empty array, as are the two series that nothing here reads
//! (`Tdlin`, `discharge_dQdV`). Every cycle has a Q(V) curve, see [`discharge_curve`]. The readers of the authors and of
//! BatteryML walk through all places of a file and ask each for everything, so a place whose cell is not among those to be
//! written has a cell of no cycles, which importers here leave out.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use hdf5::types::{FixedAscii, VarLenUnicode};
use hdf5::{File, Group, H5Type, ObjectReference1};

use super::{Format, discharge_curve, put, whole_life};
use crate::Error;
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use crate::matr::{self, BATCHES, BatchFile, CONTINUATIONS, Continuation, place_of};
use cells::cell::{Cell, Cycle, Origin};
use cells::source::CellSource;

/// See the module.
pub(super) const FORMAT: Format = Format {
    name: "matr-mat",
    import: crate::matr::FORMAT.name,
    files: "the batch files, MATLAB v7.3 (MATR and CLO)",
    datasets: Datasets::Of(&["MATR", "CLO"]),
    own: false,
    write,
};

/// Bytes before the HDF5 file proper, in which MATLAB says who it is.
const USER_BLOCK: usize = 512;

fn write(source: &dyn CellSource, ids: &[String], out: &Path, progress: &Progress<'_>) -> Result<Vec<PathBuf>, Error> {
    let wanted = |batch: usize, index: usize| ids.iter().find(|id| place_of(id) == Some((batch, index)));
    let continued = |index: usize| CONTINUATIONS.iter().find(|known| known.continues_at == index);
    let mut files = Vec::new();
    let mut done = 0;
    for batch in &BATCHES {
        // what is at each place: a cell, and the range of its cycles
        let place = |index: usize| match (batch.number, continued(index)) {
            (2, Some(continuation)) => Some((wanted(1, continuation.cell)?, Some(continuation))),
            (number, _) => Some((wanted(number, index)?, None)),
        };
        let places: Vec<_> = (0..batch.cells).map(place).collect();
        if places.iter().all(Option::is_none) {
            continue;
        }
        let name = format!("{}_batchdata_updated_struct_errorcorrect.mat", batch.date);
        files.push(put(out, &name, |path| {
            let failed = |what: String| Error::Write {
                doing: format!("write {name} in {}", out.display()),
                source: io::Error::other(what),
            };
            let mut file = MatFile::create(path, batch, source.origin()).map_err(|error| failed(error.to_string()))?;
            for (index, place) in places.iter().enumerate() {
                let Some((id, continuation)) = place else {
                    file.push_nothing().map_err(|error| failed(error.to_string()))?;
                    continue;
                };
                progress(done, ids.len())?;
                done += usize::from(continuation.is_none());
                let cell = whole_life(source, id, FORMAT.name)?;
                let part = part_of(&cell, batch.number, index, *continuation);
                file.push(&cell, &part).map_err(|error| failed(error.to_string()))?;
            }
            file.finish(path).map_err(failed)
        })?);
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

/// The cycles of a cell that one file holds.
struct Share<'a> {
    cycles: Vec<&'a Cycle>,
    /// What is subtracted from their numbers.
    offset: u32,
}

fn part_of<'a>(cell: &'a Cell, batch: usize, index: usize, continuation: Option<&Continuation>) -> Share<'a> {
    let cycles = cell.cycles();
    let own = CONTINUATIONS.iter().find(|known| batch == 1 && known.cell == index);
    let Some(known) = continuation.or(own) else { return Share { cycles: first_twice(cycles), offset: 0 } };
    let split = cycles.len() - known.cycles.min(cycles.len() / 2);
    match continuation {
        None => Share { cycles: first_twice(&cycles[..split]), offset: 0 },
        // the first part has one cycle more than is used
        Some(_) => Share { cycles: cycles[split..].iter().collect(), offset: split as u32 + 1 },
    }
}

/// The first cycle of a file is not used by anyone: one more must stand there.
fn first_twice(cycles: &[Cycle]) -> Vec<&Cycle> {
    cycles.first().into_iter().chain(cycles).collect()
}

/// How a cell is charged, in the form that the publisher's readers take: what lies between dashes is a number or `aC(b%)-cC`.
/// The four steps of batch 4 are numbers, which the catalogue gives with their unit.
fn readable(charge: &str) -> String {
    match charge {
        "" => UNKNOWN_POLICY.to_owned(),
        two_steps if two_steps.contains('(') => two_steps.to_owned(),
        steps => steps.replace('C', ""),
    }
}

/// Of a cell whose policy nobody knows: a number, which readers ask for.
const UNKNOWN_POLICY: &str = "nan";

/// The vectors of a summary.
const SUMMARY: [&str; 8] = ["IR", "QCharge", "QDischarge", "Tavg", "Tmin", "Tmax", "chargetime", "cycle"];

/// Picks a series of a cycle, of a cell of this nominal capacity in Ah.
type SeriesOf = fn(&Cycle, f64) -> Option<Cow<'_, [f64]>>;

/// The series of a cycle.
const SERIES: [(&str, SeriesOf); 9] = [
    ("I", |cycle, _| Some(Cow::from(&cycle.current))),
    ("Qc", |cycle, _| cycle.charge_capacity.as_ref().map(Cow::from)),
    ("Qd", |cycle, _| Some(Cow::from(&cycle.discharge_capacity))),
    ("Qdlin", |cycle, nominal| Some(Cow::from(discharge_curve::of(cycle, nominal)))),
    ("T", |cycle, _| cycle.temperature.as_ref().map(Cow::from)),
    ("Tdlin", |_, _| None),
    ("V", |cycle, _| Some(Cow::from(&cycle.voltage))),
    ("discharge_dQdV", |_, _| None),
    ("t", |cycle, _| Some(cycle.time.as_ref()?.iter().map(|time| matr::TIME.from_seconds(*time)).collect())),
];

/// A file in the making.
struct MatFile {
    file: File,
    targets: Group,
    count: u64,
    nothing: Option<ObjectReference1>,
    /// Of the cells so far, one column per field of the structure array.
    columns: [(&'static str, Vec<ObjectReference1>); 4],
}

impl MatFile {
    fn create(path: &Path, batch: &BatchFile, origin: Origin) -> hdf5::Result<Self> {
        let mut options = File::with_options();
        options.with_fapl(|access| access.file_locking(false));
        options.with_fcpl(|create| create.userblock(USER_BLOCK as u64));
        let file = options.create(path)?;
        let targets = file.create_group("#refs#")?;
        let date: Vec<u16> = batch.date.encode_utf16().collect();
        write_values(&file, "batch_date", &date, Lying::Column, "char")?;
        if origin == Origin::Virtual {
            let mark: VarLenUnicode = VIRTUAL_MARK.parse().map_err(|_| hdf5::Error::Internal("a mark".to_owned()))?;
            file.new_attr::<VarLenUnicode>().create("origin")?.write_scalar(&mark)?;
        }
        let columns = ["cycle_life", "policy_readable", "summary", "cycles"].map(|name| (name, Vec::new()));
        Ok(Self { file, targets, count: 0, nothing: None, columns })
    }

    /// A place without a cell: one of no cycles.
    fn push_nothing(&mut self) -> hdf5::Result<()> {
        let life = self.numbers(&[f64::NAN])?;
        let policy = self.text(UNKNOWN_POLICY)?;
        let summary = self.group()?;
        for name in SUMMARY {
            // readers join what is there, which must be something
            write_matrix(&summary, name, &[f64::NAN])?;
        }
        let summary = self.last()?;
        let cycles = self.group()?;
        let structure = self.last()?;
        for (name, _) in SERIES {
            write_values::<ObjectReference1>(&cycles, name, &[], Lying::Column, "cell")?;
        }
        self.push_place([life, policy, summary, structure]);
        Ok(())
    }

    fn push_place(&mut self, fields: [ObjectReference1; 4]) {
        for ((_, column), field) in self.columns.iter_mut().zip(fields) {
            column.push(field);
        }
    }

    fn push(&mut self, cell: &Cell, share: &Share<'_>) -> hdf5::Result<()> {
        let cycles = &share.cycles;
        let life = self.numbers(&[cycles.len() as f64])?;
        let policy = self.text(&readable(&cell.info().protocol.charge))?;

        let summary = self.group()?;
        let resistance = |cycle: &&Cycle| cycle.internal_resistance.unwrap_or(f64::NAN);
        // the cycle that is not used comes before the first
        let mut numbers: Vec<f64> =
            cycles.iter().map(|cycle| f64::from(cycle.number) - f64::from(share.offset)).collect();
        if share.offset == 0 {
            numbers.iter_mut().take(1).for_each(|number| *number -= 1.0);
        }
        let of = |value: fn(&Cycle) -> f64| cycles.iter().map(|cycle| value(cycle)).collect::<Vec<f64>>();
        let last = |values: Option<&Vec<f64>>| values.and_then(|values| values.last().copied()).unwrap_or(0.0);
        let extreme = |pick: fn(f64, f64) -> f64| -> Vec<f64> {
            let temperature = |cycle: &&Cycle| cycle.temperature.iter().flatten().copied().reduce(pick).unwrap_or(0.0);
            cycles.iter().map(temperature).collect()
        };
        let vectors = [
            cycles.iter().map(resistance).collect(),
            cycles.iter().map(|cycle| last(cycle.charge_capacity.as_ref())).collect(),
            of(Cycle::discharged),
            extreme(|mean, value| 0.5 * (mean + value)),
            extreme(f64::min),
            extreme(f64::max),
            of(|_| 0.0),
            numbers,
        ];
        for (name, values) in SUMMARY.into_iter().zip(vectors) {
            write_matrix(&summary, name, &values)?;
        }
        let summary = self.last()?;

        let nothing = self.nothing()?;
        let group = self.group()?;
        let structure = self.last()?;
        for (name, values) in SERIES {
            let mut references = Vec::with_capacity(cycles.len());
            for cycle in cycles {
                references.push(match values(cycle, cell.info().nominal_capacity) {
                    Some(values) if !values.is_empty() => self.numbers(&values)?,
                    _ => nothing,
                });
            }
            self.write_references(&group, name, &references)?;
        }
        self.push_place([life, policy, summary, structure]);
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<(), String> {
        self.write_columns().map_err(|error| error.to_string())?;
        self.file.flush().map_err(|error| error.to_string())?;
        drop(self.targets);
        self.file.close().map_err(|error| error.to_string())?;
        write_user_block(path).map_err(|error| error.to_string())
    }

    fn write_columns(&self) -> hdf5::Result<()> {
        let batch = self.file.create_group("batch")?;
        write_class(&batch, "struct")?;
        self.columns.iter().try_for_each(|(name, references)| self.write_references(&batch, name, references))
    }

    fn name(count: u64) -> String {
        format!("r{count:x}")
    }

    /// A reference to what was put among the targets last.
    fn last(&self) -> hdf5::Result<ObjectReference1> {
        self.targets.reference(&Self::name(self.count))
    }

    fn group(&mut self) -> hdf5::Result<Group> {
        self.count += 1;
        let group = self.targets.create_group(&Self::name(self.count))?;
        write_class(&group, "struct")?;
        Ok(group)
    }

    fn target<T: H5Type>(&mut self, values: &[T], lying: Lying, class: &str) -> hdf5::Result<ObjectReference1> {
        self.count += 1;
        write_values(&self.targets, &Self::name(self.count), values, lying, class)?;
        self.last()
    }

    fn text(&mut self, text: &str) -> hdf5::Result<ObjectReference1> {
        let letters: Vec<u16> = text.encode_utf16().collect();
        self.target(&letters, Lying::Column, "char")
    }

    /// A vector, which MATLAB keeps as a column.
    fn numbers(&mut self, values: &[f64]) -> hdf5::Result<ObjectReference1> {
        self.target(values, Lying::Row, "double")
    }

    /// MATLAB's `[]`.
    fn nothing(&mut self) -> hdf5::Result<ObjectReference1> {
        if let Some(nothing) = self.nothing {
            return Ok(nothing);
        }
        self.count += 1;
        write_nothing(&self.targets, &Self::name(self.count))?;
        Ok(*self.nothing.insert(self.last()?))
    }

    fn write_references(&self, group: &Group, name: &str, references: &[ObjectReference1]) -> hdf5::Result<()> {
        if references.is_empty() {
            return write_nothing(group, name);
        }
        write_values(group, name, references, Lying::Column, "cell")
    }
}

/// How a vector lies in a matrix.
#[derive(Clone, Copy)]
enum Lying {
    Row,
    Column,
}

/// Writes a vector as the matrix that MATLAB makes of everything.
fn write_values<T: H5Type>(group: &Group, name: &str, values: &[T], lying: Lying, class: &str) -> hdf5::Result<()> {
    let shape = match lying {
        Lying::Row => (1, values.len()),
        Lying::Column => (values.len(), 1),
    };
    let dataset = group.new_dataset_builder().obj_track_times(false).empty::<T>().shape(shape).create(name)?;
    if !values.is_empty() {
        dataset.write_raw(values)?;
    }
    write_class(&dataset, class)
}

/// A vector of a structure, which the publisher keeps as a row.
fn write_matrix(group: &Group, name: &str, values: &[f64]) -> hdf5::Result<()> {
    if values.is_empty() {
        return write_nothing(group, name);
    }
    write_values(group, name, values, Lying::Row, "double")
}

/// An array without elements is stored as its dimensions.
fn write_nothing(group: &Group, name: &str) -> hdf5::Result<()> {
    let dataset = group.new_dataset_builder().obj_track_times(false).with_data(&[0_u64, 0]).create(name)?;
    dataset.new_attr::<u8>().create("MATLAB_empty")?.write_scalar(&1_u8)?;
    write_class(&dataset, "double")
}

/// What MATLAB takes an object for.
fn write_class(object: &hdf5::Location, class: &str) -> hdf5::Result<()> {
    let class: FixedAscii<6> =
        FixedAscii::from_ascii(class).map_err(|error| hdf5::Error::Internal(error.to_string()))?;
    object.new_attr::<FixedAscii<6>>().create("MATLAB_class")?.write_scalar(&class)
}

/// The first bytes of a MATLAB v7.3 file: text, version 2.0, byte order.
fn write_user_block(path: &Path) -> io::Result<()> {
    let mut block = [0; USER_BLOCK];
    block[..116].fill(b' ');
    let text = b"MATLAB 7.3 MAT-file, written by batlinet, HDF5 schema 1.00 .";
    block[..text.len()].copy_from_slice(text);
    block[124..128].copy_from_slice(&[0, 2, b'I', b'M']);
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&block)?;
    file.sync_all()?;
    fs::metadata(path).map(drop)
}
