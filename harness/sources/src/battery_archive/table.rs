//! The two tables of a cell.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::Error;
use crate::delimited::{Problem, Table};
use crate::format::VIRTUAL_MARK;
use crate::packed::PublishedFile;
use cells::cell::Cycle;

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

/// The samples of a cycle, in the order of the file: s, A, V, Ah, Ah, °C; NaN where no temperature was logged.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples([Vec<f64>; Self::COLUMNS]);

impl Samples {
    pub(super) const COLUMNS: usize = 6;

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0[0].len()
    }

    /// The most that a discharge gave, in Ah.
    pub(super) fn discharged(&self) -> f64 {
        self.0[4].iter().copied().fold(0.0, f64::max)
    }

    fn with_capacity(samples: usize) -> Self {
        Self(std::array::from_fn(|_| Vec::with_capacity(samples)))
    }

    fn append(&mut self, later: Self) {
        self.0.iter_mut().zip(later.0).for_each(|(column, later)| column.extend(later));
    }

    /// Two samples of a discharge.
    #[cfg(test)]
    pub(super) fn of_discharge(given: f64) -> Self {
        let pair = |one, two| vec![one, two];
        Self([pair(0.0, 60.0), pair(-1.0, -1.0), pair(4.0, 3.0), pair(0.0, 0.0), pair(0.0, given), pair(25.0, 25.0)])
    }

    /// Their cycle.
    pub(super) fn cycle(self, number: u32) -> Cycle {
        let [mut time, current, voltage, charged, discharged, temperature] = self.0;
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

/// What was recorded of a cell.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// By cycle index.
    pub(super) cycles: BTreeMap<u32, Samples>,
    /// Whether the file says that its cell is simulated.
    pub(super) is_virtual: bool,
}

impl Recorded {
    /// Adds samples that follow one another in the file. A cycle may have several runs of them.
    fn add(&mut self, index: u32, samples: Samples) {
        match self.cycles.entry(index) {
            Entry::Vacant(place) => drop(place.insert(samples)),
            Entry::Occupied(mut earlier) => earlier.get_mut().append(samples),
        }
    }
}

/// Reads the table of cycles.
pub(super) fn read_cycles(file: &PublishedFile) -> Result<Vec<CycleSummary>, Error> {
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
pub(super) fn read_samples(file: &PublishedFile) -> Result<Recorded, Error> {
    file.read(LARGEST_FILE, |reader| {
        let read = || -> Result<Recorded, Problem> {
            let mut table = Table::new(reader, b',', COLUMNS)?;
            let is_virtual = table.header().iter().any(|name| name.contains(VIRTUAL_MARK));
            let mut recorded = Recorded { is_virtual, ..Recorded::default() };
            let (mut index, mut samples, mut count) = (0, Samples::default(), 0);
            while let Some(row) = table.next()? {
                let next = row.count(0)?;
                if next != index {
                    // one cycle is about as long as the next
                    let room = samples.len() + samples.len() / 8;
                    let run = std::mem::replace(&mut samples, Samples::with_capacity(room));
                    if run.len() > 0 {
                        recorded.add(index, run);
                    }
                    index = next;
                }
                for (k, column) in samples.0.iter_mut().enumerate() {
                    let value = if k == 5 { row.optional(k + 1)?.unwrap_or(f64::NAN) } else { row.number(k + 1)? };
                    column.push(value);
                }
                count += 1;
                if count > MOST_SAMPLES {
                    return Err(Problem::Whole(format!("it has more than {MOST_SAMPLES} lines")));
                }
            }
            if samples.len() > 0 {
                recorded.add(index, samples);
            }
            Ok(recorded)
        };
        read().map_err(|problem| file.refused(problem))
    })
}

/// Whether there is anything after the header. A file that is no such table is said to have samples: reading them tells
/// what is wrong with it.
pub(super) fn has_samples(file: &PublishedFile) -> Result<bool, Error> {
    let start = file.start(1 << 16)?;
    let empty = Table::new(&start[..], b',', COLUMNS).and_then(|mut table| Ok(table.next()?.is_none()));
    Ok(empty != Ok(true))
}
