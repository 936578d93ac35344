//! The table of a cycling test.

use std::io::Read;

use crate::source::delimited::{Problem, Table};
use crate::source::import::VIRTUAL_MARK;

/// Samples of one cell; the longest test has some millions.
const MOST_SAMPLES: usize = 10_000_000;
/// Bytes of a time stamp.
const STAMP: usize = 32;

/// One line.
struct Sample {
    /// Filled up with zeros, so that it compares as text does.
    stamp: [u8; STAMP],
    /// ms.
    time: f64,
    /// A.
    current: f64,
    /// V.
    voltage: f64,
}

/// The samples of all tests of a cell.
#[derive(Default)]
pub(super) struct Samples {
    samples: Vec<Sample>,
    /// Whether a file says that its cell is simulated.
    pub(super) is_virtual: bool,
}

impl Samples {
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Adds those of a file: `Zeit` (time stamp), `Programmdauer` (ms), `Strom` (A) and `Spannung` (V). The second line has
    /// the units.
    pub(super) fn read(&mut self, reader: impl Read) -> Result<(), Problem> {
        let mut table = Table::new(reader, b',', ["Zeit", "Programmdauer", "Strom", "Spannung"])?;
        let units = table.skip_line()?.ok_or_else(|| Problem::Whole("it ends after line 1".to_owned()))?;
        self.is_virtual |= units.contains(VIRTUAL_MARK);
        while let Some(row) = table.next()? {
            let text = row.bytes(0);
            let mut stamp = [0; STAMP];
            match stamp.get_mut(..text.len()) {
                Some(start) if !text.is_empty() => start.copy_from_slice(text),
                _ => return Err(row.problem(0, format!("a time stamp of {} characters", text.len()))),
            }
            self.samples.push(Sample { stamp, time: row.number(1)?, current: row.number(2)?, voltage: row.number(3)? });
            if self.samples.len() > MOST_SAMPLES {
                return Err(Problem::Whole(format!("with it, its cell has more than {MOST_SAMPLES} samples")));
            }
        }
        Ok(())
    }

    /// Time, current and voltage in the order of the time stamps, which are compared as text; of several samples with the
    /// same stamp the first that was read.
    pub(super) fn in_order(self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let mut samples = self.samples;
        samples.sort_by_key(|sample| sample.stamp);
        samples.dedup_by(|later, first| later.stamp == first.stamp);
        let column = |of: fn(&Sample) -> f64| samples.iter().map(of).collect();
        (column(|sample| sample.time), column(|sample| sample.current), column(|sample| sample.voltage))
    }
}
