//! The two tables of a cell.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cell::Cycle;
use crate::failure::Failure;
use crate::source::delimited::{Problem, Table};
use crate::source::import::VIRTUAL_MARK;
use crate::source::packed::PublishedFile;

/// Bytes of one table; the largest published one has some 500 MB.
const LARGEST_FILE: u64 = 8 << 30;
/// Samples of one cell.
const MOST_SAMPLES: usize = 20_000_000;
/// Cycles of one cell.
const MOST_CYCLES: usize = 1_000_000;

/// What is read of the table of samples.
const COLUMNS: [&str; 7] = [
    "Cycle_Index",
    "Test_Time (s)",
    "Current (A)",
    "Voltage (V)",
    "Charge_Capacity (Ah)",
    "Discharge_Capacity (Ah)",
    "Cell_Temperature (C)",
];

/// One line of the table of cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CycleSummary {
    pub(super) index: u32,
    /// Ah.
    pub(super) discharged: f64,
}

/// All samples of a cell, column by column, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Samples {
    index: Vec<u32>,
    /// s, A, V, Ah, Ah, °C; NaN where no temperature was logged.
    columns: [Vec<f64>; 6],
    /// Whether the file says that its cell is simulated.
    pub(super) is_virtual: bool,
}

impl Samples {
    /// The samples of each cycle, in the order of the file: mostly one range.
    pub(super) fn by_cycle(&self) -> BTreeMap<u32, Vec<Range<usize>>> {
        let mut samples: BTreeMap<u32, Vec<Range<usize>>> = BTreeMap::new();
        let mut start = 0;
        for run in self.index.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            samples.entry(run[0]).or_default().push(start..end);
            start = end;
        }
        samples
    }

    /// The cycle of these samples.
    pub(super) fn cycle(&self, number: u32, samples: &[Range<usize>]) -> Cycle {
        let [mut time, current, voltage, charged, discharged, temperature] = self.columns.each_ref().map(|column| {
            let runs: Vec<&[f64]> = samples.iter().map(|samples| &column[samples.clone()]).collect();
            runs.concat()
        });
        let start = time.first().copied().unwrap_or_default();
        time.iter_mut().for_each(|time| *time -= start);
        Cycle {
            number,
            voltage,
            current,
            charge_capacity: Some(charged),
            discharge_capacity: discharged,
            time: Some(time),
            temperature: temperature.iter().all(|celsius| celsius.is_finite()).then_some(temperature),
            ..Cycle::default()
        }
    }
}

/// Reads the table of cycles.
pub(super) fn read_cycles(file: &PublishedFile) -> Result<Vec<CycleSummary>, Failure> {
    file.read(LARGEST_FILE, |reader| {
        let read = || -> Result<Vec<CycleSummary>, Problem> {
            let mut table = Table::new(reader, b',', ["Cycle_Index", "Discharge_Capacity (Ah)"])?;
            let mut cycles = Vec::new();
            while let Some(row) = table.next()? {
                cycles.push(CycleSummary { index: row.count(0)?, discharged: row.number(1)? });
                if cycles.len() > MOST_CYCLES {
                    return Err(Problem::Whole(format!("it has more than {MOST_CYCLES} lines")));
                }
            }
            Ok(cycles)
        };
        read().map_err(|problem| file.refused(problem))
    })
}

/// Reads the table of samples.
pub(super) fn read_samples(file: &PublishedFile) -> Result<Samples, Failure> {
    file.read(LARGEST_FILE, |reader| {
        let read = || -> Result<Samples, Problem> {
            let mut table = Table::new(reader, b',', COLUMNS)?;
            let is_virtual = table.header().iter().any(|name| name.contains(VIRTUAL_MARK));
            let mut samples = Samples { is_virtual, ..Samples::default() };
            while let Some(row) = table.next()? {
                samples.index.push(row.count(0)?);
                for (k, column) in samples.columns.iter_mut().enumerate() {
                    let value = if k == 5 { row.optional(k + 1)?.unwrap_or(f64::NAN) } else { row.number(k + 1)? };
                    column.push(value);
                }
                if samples.index.len() > MOST_SAMPLES {
                    return Err(Problem::Whole(format!("it has more than {MOST_SAMPLES} lines")));
                }
            }
            Ok(samples)
        };
        read().map_err(|problem| file.refused(problem))
    })
}

/// Whether there is anything after the header. A file that is no such table is said to have samples: reading them tells
/// what is wrong with it.
pub(super) fn has_samples(file: &PublishedFile) -> Result<bool, Failure> {
    let start = file.start(1 << 16)?;
    let empty = Table::new(&start[..], b',', COLUMNS).and_then(|mut table| Ok(table.next()?.is_none()));
    Ok(empty != Ok(true))
}
