//! One batch file. MATLAB keeps a structure array as a group of columns, each a dataset of references; what they refer to
//! lies in the group `#refs#`.
//!
//! ```text
//! batch/cycle_life, policy_readable, summary, cycles    (N, 1) references
//!   summary of a cell       group of (1, n) vectors: IR, QDischarge, cycle, …
//!   cycles of a cell        group of (n, 1) references to vectors: I, Qc, Qd, Qdlin, T, V, t, …
//! ```
//!
//! A value that is not there is an array with the attribute `MATLAB_empty`.

use std::path::{Path, PathBuf};

use hdf5::{File, Group, H5Type, ObjectReference1, ReferencedObject};

use super::{BATCHES, Cycle, Failure, Origin};
use crate::source::assembly::{LONGEST_CYCLE, MOST_CYCLES};
use crate::source::import::origin_of;

/// An open file.
pub(super) struct Batch {
    pub(super) path: PathBuf,
    /// From 1.
    pub(super) number: usize,
    pub(super) origin: Origin,
    file: File,
    policies: Vec<ObjectReference1>,
    summaries: Vec<ObjectReference1>,
    cycles: Vec<ObjectReference1>,
    /// Whether there is a cell at each index.
    filled: Vec<bool>,
}

/// How far a cell has been read: continuations go on from there.
#[derive(Default)]
pub(super) struct Part {
    /// Cycles so far, the first of the first file among them.
    cycles: usize,
    /// Of the summaries so far, one after the other.
    resistance: Vec<f64>,
    /// The file's count of cycles, likewise.
    number: Vec<f64>,
}

impl Batch {
    /// Opens the file and looks which batch it is.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let refused = |what: String| Failure::Usage(format!("{}: {what}; nothing was imported", path.display()));
        let file = open_file(path).map_err(refused)?;
        Self::read_head(path, file).map_err(refused)
    }

    fn read_head(path: &Path, file: File) -> Result<Self, String> {
        let named = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let not_a_batch = |_| "it is no batch file of MATR: it has no structure \"batch\"".to_owned();
        let batch = file.group("batch").map_err(not_a_batch)?;
        let dated = file.dataset("batch_date").ok().and_then(|date| text(&date).ok()).unwrap_or_default();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let by_date = |text: &str| BATCHES.iter().find(|known| digits(text).contains(&digits(known.date)));
        let Some(known) = by_date(&named).or_else(|| by_date(&dated)) else {
            return Err(
                "which of the four batches it is cannot be told: give it the name that the publisher gives, which \
                        begins with the date (2017-05-12, 2017-06-30, 2018-04-12 or 2019-01-24)"
                    .to_owned(),
            );
        };
        let column = |name: &str| references(&batch, name, 1000);
        let (cycles, summaries, policies) = (column("cycles")?, column("summary")?, column("policy_readable")?);
        if cycles.len() != known.cells || summaries.len() != known.cells || policies.len() != known.cells {
            return Err(format!(
                "it has {} cells, batch {} ({}) has {}: it has another batch's name or is damaged",
                cycles.len(),
                known.number,
                known.date,
                known.cells
            ));
        }
        let filled = cycles.iter().map(|cell| Ok(matches!(dereference(&file, cell)?, ReferencedObject::Group(_))));
        let filled = filled.collect::<Result<Vec<bool>, String>>()?;
        let mark = file.attr("origin").and_then(|mark| mark.read_scalar::<hdf5::types::VarLenUnicode>()).ok();
        let origin = origin_of(mark.as_ref().map(|mark| mark.as_str()));
        Ok(Self { path: path.to_owned(), number: known.number, origin, file, policies, summaries, cycles, filled })
    }

    /// Number of places for cells.
    pub(super) fn len(&self) -> usize {
        self.cycles.len()
    }

    /// Whether there is a cell at this index.
    pub(super) fn has(&self, index: usize) -> bool {
        self.filled.get(index) == Some(&true)
    }

    /// Gives the cycles of the cell at `index` to `take`, one by one, after what `before` says; returns the policy.
    pub(super) fn read(
        &self,
        index: usize,
        mut take: impl FnMut(Cycle) -> Result<(), String>,
        before: &mut Part,
    ) -> Result<String, String> {
        let policy = match dereference(&self.file, &self.policies[index])? {
            ReferencedObject::Dataset(policy) => text(&policy).map_err(|what| format!("policy_readable: {what}"))?,
            _ => return Err("policy_readable is no text".to_owned()),
        };
        let (ReferencedObject::Group(summary), ReferencedObject::Group(cycles)) =
            (dereference(&self.file, &self.summaries[index])?, dereference(&self.file, &self.cycles[index])?)
        else {
            return Err("its summary or its cycles are no structure".to_owned());
        };
        let offset = before.number.len() as f64;
        before.resistance.extend(self.vector(&summary, "IR")?);
        before.number.extend(self.vector(&summary, "cycle")?.iter().map(|number| number + offset));

        const NAMES: [&str; 7] = ["V", "I", "Qd", "Qc", "t", "T", "Qdlin"];
        let mut columns = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            columns.push(references(&cycles, name, MOST_CYCLES)?);
        }
        let count = columns[0].len();
        if let Some((name, column)) = NAMES.iter().zip(&columns).find(|(_, column)| column.len() != count) {
            return Err(format!("cycles.{name} has {} cycles, cycles.V has {count}", column.len()));
        }
        let series = |column: usize, cycle: usize| {
            let read = self.series(&columns[column][cycle]);
            read.map_err(|what| format!("cycles({}).{}: {what}", cycle + 1, NAMES[column]))
        };
        // the first cycle of the first part is not used
        let unused = usize::from(before.cycles == 0);
        for cycle in (0..count).skip(unused) {
            let required = |column: usize| Ok::<_, String>(series(column, cycle)?.unwrap_or_default());
            let voltage = required(0)?;
            // of a cycle without samples, everything is there and empty
            let optional =
                |column: usize| Ok::<_, String>(series(column, cycle)?.or(voltage.is_empty().then(Vec::new)));
            let original = before.cycles + cycle;
            let number = before.number.get(original).copied().unwrap_or(original as f64);
            take(Cycle {
                number: if (0.0..=1e6).contains(&number) { number as u32 } else { original as u32 },
                current: required(1)?,
                discharge_capacity: required(2)?,
                charge_capacity: optional(3)?,
                time: optional(4)?,
                temperature: optional(5)?,
                qdlin: series(6, cycle)?,
                internal_resistance: before.resistance.get(original).copied(),
                voltage,
            })
            .map_err(|what| format!("cycles({}): {what}", cycle + 1))?;
        }
        before.cycles += count;
        Ok(policy)
    }

    /// A vector of a summary.
    fn vector(&self, summary: &Group, name: &str) -> Result<Vec<f64>, String> {
        let dataset = summary.dataset(name).map_err(|error| format!("summary.{name}: {error}"))?;
        let read = if is_empty(&dataset) { Ok(Vec::new()) } else { values(&dataset, MOST_CYCLES) };
        read.map_err(|what| format!("summary.{name}: {what}"))
    }

    /// What a reference refers to; none if MATLAB has nothing there.
    fn series(&self, reference: &ObjectReference1) -> Result<Option<Vec<f64>>, String> {
        match dereference(&self.file, reference)? {
            ReferencedObject::Dataset(dataset) if is_empty(&dataset) => Ok(None),
            ReferencedObject::Dataset(dataset) => values(&dataset, LONGEST_CYCLE).map(Some),
            _ => Err("it is a structure instead of numbers".to_owned()),
        }
    }
}

fn open_file(path: &Path) -> Result<File, String> {
    use std::io::Read as _;
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| format!("it cannot be read: {error}"))?;
    file.take(10).read_to_end(&mut start).map_err(|error| format!("it cannot be read: {error}"))?;
    if start == b"MATLAB 5.0" {
        return Err("it is a MATLAB file of an older version: the published ones are v7.3".to_owned());
    }
    let mut options = File::with_options();
    options.with_fapl(|access| access.file_locking(false));
    options
        .open(path)
        .map_err(|error| format!("it is no MATLAB v7.3 (HDF5) file, or is damaged or cut short ({error})"))
}

fn dereference(file: &File, reference: &ObjectReference1) -> Result<ReferencedObject, String> {
    file.dereference(reference).map_err(|error| format!("a reference leads nowhere, the file is damaged ({error})"))
}

/// A column of a structure array.
fn references(group: &Group, name: &str, most: usize) -> Result<Vec<ObjectReference1>, String> {
    let dataset = group.dataset(name).map_err(|error| format!("field {name}: {error}"))?;
    if is_empty(&dataset) {
        return Ok(Vec::new());
    }
    values(&dataset, most).map_err(|what| format!("field {name}: {what}"))
}

/// The elements of a dataset, once its dimensions are known to be sane.
fn values<T: H5Type>(dataset: &hdf5::Dataset, most: usize) -> Result<Vec<T>, String> {
    let count = dataset.shape().into_iter().try_fold(1_usize, usize::checked_mul);
    if count.is_none_or(|count| count > most) {
        return Err(format!("its dimensions are {:?}, more than any published file has", dataset.shape()));
    }
    // the library inflates a chunk whole, however little of it is wanted
    let chunk = dataset.chunk().unwrap_or_default().into_iter().try_fold(1_usize, usize::checked_mul);
    if chunk.is_none_or(|chunk| chunk > 16 * LONGEST_CYCLE) {
        return Err("it is stored in chunks far larger than itself".to_owned());
    }
    dataset.read_raw().map_err(|error| format!("it cannot be read, the file is damaged ({error})"))
}

/// Text in UTF-16, as MATLAB keeps it.
fn text(dataset: &hdf5::Dataset) -> Result<String, String> {
    if is_empty(dataset) {
        return Ok(String::new());
    }
    Ok(String::from_utf16_lossy(&values::<u16>(dataset, 10_000)?))
}

fn is_empty(dataset: &hdf5::Dataset) -> bool {
    // most datasets are vectors of many values, and asking for an attribute takes longer than asking for the size
    dataset.size() <= 4 && dataset.attr("MATLAB_empty").is_ok()
}
