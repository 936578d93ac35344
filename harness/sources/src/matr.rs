//! `matr`: the four batch files of MATR (Severson et al. 2019; the fourth, Attia et al. 2020, is called CLO), as published
//! at data.matr.io: MATLAB v7.3, which is HDF5.
//!
//! What is done to them is what the authors of BatLiNet do:
//!
//! * the index of a cell in its file is its number: `MATR_b1c0` is the first of batch 1;
//! * five cells of batch 2 are continuations of cells of batch 1 and are appended to these;
//! * the first cycle of every file is left out (not that of a continuation); no other cell or cycle is;
//! * capacities are the cycler's; internal resistance is that of the summary.
//!
//! Time is in minutes there, which the authors took for seconds; here it becomes seconds.
//!
//! Files as MATLAB writes them are read by `plain`; what that does not understand, by the HDF5 library. The library is not
//! made for damaged files, so it runs in a process of its own: see [`read_by`].

mod apart;
mod batch;
mod batches;
mod limits;
mod message;
mod plain;

use std::path::{Path, PathBuf};

use super::assembly::Assembly;
use super::format::{CellFiles, Datasets, Format};
use super::imported::Imported;
use crate::Error;
use apart::Reader;
pub use apart::{VERB, read_by, serve};
pub(crate) use batches::{BATCHES, BatchFile, CONTINUATIONS, Continuation, place_of};
use cells::catalogue;
use cells::cell::Cycle;
use cells::quote::shown;
use cells::time_unit::TimeUnit;
use message::{Head, Outline, Recorded};

/// See the module.
pub const FORMAT: Format = Format {
    name: "matr",
    files: "the batch files 2017-05-12_batchdata_updated_struct_errorcorrect.mat and so on (batch 1 only together with 2), \
            or a folder of them",
    datasets: Datasets::Of(&["MATR", "CLO"]),
    open: |paths| Ok(Box::new(Batches::open(paths)?)),
    own: None,
};

/// In which the files count time.
pub(crate) const TIME: TimeUnit = TimeUnit::Minutes;

/// One file, open.
struct Batch {
    path: PathBuf,
    head: Head,
    reader: Reader,
}

/// How far a cell has been read: continuations go on from there.
#[derive(Default)]
struct Part {
    /// Cycles so far, the first of the first file among them.
    cycles: usize,
    /// Of the summaries so far, one after the other.
    resistance: Vec<f64>,
    /// The file's count of cycles, likewise.
    number: Vec<f64>,
    /// How the cell was charged, as the first file says.
    policy: String,
}

impl Part {
    fn begin(&mut self, outline: Outline) {
        let offset = self.number.len() as f64;
        self.number.extend(outline.number.iter().map(|number| number + offset));
        self.resistance.extend(outline.resistance);
        if self.cycles == 0 {
            self.policy = outline.policy;
        }
    }

    /// The cycle at this position of all parts.
    fn cycle(&self, position: usize, recorded: Recorded) -> Cycle {
        let [voltage, current, discharged, charged, time, temperature, qdlin] = recorded;
        let voltage = voltage.unwrap_or_default();
        // of a cycle without samples, everything is there and empty
        let empty = voltage.is_empty();
        let optional = |series: Option<Vec<f64>>| series.or(empty.then(Vec::new));
        let number = self.number.get(position).copied().unwrap_or(position as f64);
        Cycle {
            number: if (0.0..=1e6).contains(&number) { number as u32 } else { position as u32 },
            current: current.unwrap_or_default(),
            discharge_capacity: discharged.unwrap_or_default(),
            charge_capacity: optional(charged),
            time: optional(time).map(|time| time.into_iter().map(|time| TIME.to_seconds(time)).collect()),
            temperature: optional(temperature),
            qdlin,
            stated_capacity: None,
            internal_resistance: self.resistance.get(position).copied(),
            voltage,
        }
    }
}

impl Batch {
    fn open(path: &Path) -> Result<Self, Error> {
        let opened = Reader::open(path);
        let refused = |what: String| Error::Refused { place: path.display().to_string(), what: shown(what, 1000) };
        let (head, reader) = opened.map_err(refused)?;
        Ok(Self { path: path.to_owned(), head, reader })
    }

    /// Number of places for cells.
    fn len(&self) -> usize {
        self.head.filled.len()
    }

    /// Whether there is a cell at this index.
    fn has(&self, index: usize) -> bool {
        self.head.filled.get(index) == Some(&true)
    }

    /// Gives the cycles of the cell at `index` to `assembly`, after what `part` says. An error is a fragment.
    fn read(&self, index: usize, assembly: &mut Assembly, part: &mut Part) -> Result<(), String> {
        let before = part.cycles;
        // the first cycle of the first part is not used
        let first = usize::from(before == 0);
        let (mut at, mut cycles) = (first, 0);
        let part = std::cell::RefCell::new(part);
        self.reader.read(
            index,
            first,
            |outline| {
                cycles = outline.cycles;
                part.borrow_mut().begin(outline);
                Ok(())
            },
            |recorded| {
                let cycle = part.borrow().cycle(before + at, recorded);
                at += 1;
                assembly.push(cycle).map_err(|what| format!("cycles({at}): {what}"))
            },
        )?;
        part.into_inner().cycles = before + cycles;
        Ok(())
    }
}

/// Files that were looked at.
struct Batches(Vec<Batch>);

impl Batches {
    fn open(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut batches: Vec<Batch> = Vec::new();
        for path in mat_files(paths)? {
            let batch = Batch::open(&path)?;
            if let Some(other) = batches.iter().find(|other| other.head.number == batch.head.number) {
                return Err(Error::Given(format!(
                    "{} and {} are both batch {} of MATR: give one of them",
                    other.path.display(),
                    path.display(),
                    batch.head.number
                )));
            }
            batches.push(batch);
        }
        let batches = Self(batches);
        let continued = |first: &&Batch| CONTINUATIONS.iter().any(|continuation| first.has(continuation.cell));
        if let (Some(first), None) = (batches.batch(1).filter(continued), batches.batch(2)) {
            return Err(Error::Given(format!(
                "{} has cells whose later cycles are in batch 2 (2017-06-30): give that file as well",
                first.path.display()
            )));
        }
        if batches.ids().is_empty() {
            return Err(Error::Given("the batch files given have no cells in them".to_owned()));
        }
        Ok(batches)
    }

    fn batch(&self, number: usize) -> Option<&Batch> {
        self.0.iter().find(|batch| batch.head.number == number)
    }
}

/// The files given, and those ending in `.mat` in the folders given.
fn mat_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        let unreadable = |source| Error::Read { path: path.clone(), source };
        if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let inside = entry.map_err(unreadable)?.path();
            if inside.extension().is_some_and(|extension| extension == "mat") {
                files.push(inside);
            }
        }
        if files.len() == before {
            return Err(Error::Given(format!("{} has no file that ends in .mat", path.display())));
        }
    }
    files.sort();
    Ok(files)
}

impl CellFiles for Batches {
    fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for batch in &self.0 {
            let own = |index: &usize| {
                let continues =
                    batch.head.number == 2 && CONTINUATIONS.iter().any(|known| known.continues_at == *index);
                batch.has(*index) && !continues
            };
            ids.extend((0..batch.len()).filter(own).map(|index| format!("MATR_b{}c{index}", batch.head.number)));
        }
        ids.sort();
        ids
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let absent = || Error::UnknownCell { id: id.to_owned(), place: "the batch files given" };
        let (number, index) = place_of(id).ok_or_else(absent)?;
        let batch = self.batch(number).ok_or_else(absent)?;
        let entry = catalogue::find(id).ok_or_else(absent)?;
        let continuation = CONTINUATIONS.iter().find(|known| number == 1 && known.cell == index);
        let rest = continuation.map(|known| known.continues_at).zip(self.batch(2));
        let refused = |what: String| {
            let place = format!("{}: cell b{number}c{index}", batch.path.display());
            Error::Refused { place, what: shown(what, 1000) }
        };

        let mut assembly = Assembly::new(entry.info(batch.head.origin));
        let mut part = Part::default();
        batch.read(index, &mut assembly, &mut part).map_err(refused)?;
        if let Some((index, batch)) = rest.filter(|(index, batch)| batch.has(*index)) {
            batch.read(index, &mut assembly, &mut part).map_err(|what| {
                refused(format!("{what} (in its continuation, {} of {})", index, batch.path.display()))
            })?;
        }
        let policy = part.policy;
        let mut imported = assembly.finish().map_err(refused)?;
        if differ(&policy, &entry.charge) {
            let policy = shown(&policy, 80);
            imported.remarks.push(format!("the file calls the charge policy \"{policy}\", not \"{}\"", entry.charge));
        }
        Ok(imported)
    }

    fn remarks(&self) -> Vec<String> {
        let file = |batch: &Batch| {
            let empty = (0..batch.len()).filter(|index| !batch.has(*index)).count();
            let empty = if empty == 0 { String::new() } else { format!(", {empty} of its places are empty") };
            format!("batch {} from {}{empty}", batch.head.number, batch.path.display())
        };
        self.0.iter().map(file).collect()
    }
}

/// Whether two policies have other numbers; how they are spelt varies.
fn differ(policy: &str, catalogued: &str) -> bool {
    let numbers = |text: &str| -> Vec<f64> {
        let parts = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
        parts.filter_map(|number| number.parse().ok()).collect()
    };
    !policy.is_empty() && !catalogued.is_empty() && numbers(policy) != numbers(catalogued)
}
