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

use std::path::Path;

use hdf5::{File, Group, H5Type, ObjectReference1, ReferencedObject};

use super::batches::BATCHES;
use super::message::{Head, Outline, Recorded};
use crate::assembly::{LONGEST_CYCLE, MOST_CYCLES};
use crate::format::origin_of;

/// What is read of each cycle; see [`Recorded`].
pub(super) const SERIES: [&str; 7] = ["V", "I", "Qd", "Qc", "t", "T", "Qdlin"];

/// An open file.
pub(super) struct Batch {
    pub(super) head: Head,
    file: File,
    policies: Vec<ObjectReference1>,
    summaries: Vec<ObjectReference1>,
    cycles: Vec<ObjectReference1>,
}

impl Batch {
    /// Opens the file and looks which batch it is. An error is a fragment.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = open_file(path)?;
        let not_a_batch = |_| "it is no batch file of MATR: it has no structure \"batch\"".to_owned();
        let batch = file.group("batch").map_err(not_a_batch)?;
        let dated = file.dataset("batch_date").ok().and_then(|date| text(&date).ok()).unwrap_or_default();
        let Some(number) = number(path, &dated) else {
            return Err(
                "which of the four batches it is cannot be told: give it the name that the publisher gives, which \
                        begins with the date (2017-05-12, 2017-06-30, 2018-04-12 or 2019-01-24)"
                    .to_owned(),
            );
        };
        let known = &BATCHES[number - 1];
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
        let is_nothing = |voltages: hdf5::Dataset| voltages.size() == 0 || is_empty(&voltages);
        let has_cycles = |cycles: &Group| !cycles.dataset("V").is_ok_and(is_nothing);
        let filled = cycles.iter().map(|cell| {
            Ok(matches!(dereference(&file, cell)?, ReferencedObject::Group(cycles) if has_cycles(&cycles)))
        });
        let filled = filled.collect::<Result<Vec<bool>, String>>()?;
        let mark = file.attr("origin").and_then(|mark| mark.read_scalar::<hdf5::types::VarLenUnicode>()).ok();
        let origin = origin_of(mark.as_ref().map(|mark| mark.as_str()));
        Ok(Self { head: Head { number, origin, filled }, file, policies, summaries, cycles })
    }

    /// Gives what is known of the cell at `index` to `begin` and then its cycles from position `first` on to `take`, one by
    /// one. An error is a fragment, or what `begin` or `take` said.
    pub(super) fn read(
        &self,
        index: usize,
        first: usize,
        begin: impl FnOnce(Outline) -> Result<(), String>,
        mut take: impl FnMut(Recorded) -> Result<(), String>,
    ) -> Result<(), String> {
        let reference =
            |column: &[ObjectReference1]| column.get(index).copied().ok_or_else(|| "there is no such cell".to_owned());
        let policy = match dereference(&self.file, &reference(&self.policies)?)? {
            ReferencedObject::Dataset(policy) => text(&policy).map_err(|what| format!("policy_readable: {what}"))?,
            _ => return Err("policy_readable is no text".to_owned()),
        };
        let (ReferencedObject::Group(summary), ReferencedObject::Group(cycles)) = (
            dereference(&self.file, &reference(&self.summaries)?)?,
            dereference(&self.file, &reference(&self.cycles)?)?,
        ) else {
            return Err("its summary or its cycles are no structure".to_owned());
        };
        let (resistance, number) = (self.vector(&summary, "IR")?, self.vector(&summary, "cycle")?);
        let mut columns = Vec::with_capacity(SERIES.len());
        for name in SERIES {
            columns.push(references(&cycles, name, MOST_CYCLES)?);
        }
        let count = columns[0].len();
        if let Some((name, column)) = SERIES.iter().zip(&columns).find(|(_, column)| column.len() != count) {
            return Err(format!("cycles.{name} has {} cycles, cycles.V has {count}", column.len()));
        }
        begin(Outline { policy, resistance, number, cycles: count })?;
        for cycle in first..count {
            let mut recorded = Recorded::default();
            for ((series, column), name) in recorded.iter_mut().zip(&columns).zip(SERIES) {
                let read = self.series(&column[cycle]);
                *series = read.map_err(|what| format!("cycles({}).{name}: {what}", cycle + 1))?;
            }
            take(recorded)?;
        }
        Ok(())
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

/// Which batch a file is, by its name or by the date in it.
pub(super) fn number(path: &Path, dated: &str) -> Option<usize> {
    let named = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let by_date = |text: &str| BATCHES.iter().find(|known| digits(text).contains(&digits(known.date)));
    by_date(&named).or_else(|| by_date(dated)).map(|known| known.number)
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
