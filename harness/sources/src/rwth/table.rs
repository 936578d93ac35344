//! The table of a cycling test.

use std::io::Read;

use crate::delimited::{Problem, Table};
use crate::format::VIRTUAL_MARK;

/// Samples of one cell; the longest test has some millions.
const MOST_SAMPLES: usize = 10_000_000;
/// Bytes of a time stamp.
const STAMP: usize = 32;

/// Filled up with zeros, so that it compares as text does.
type Stamp = [u8; STAMP];

/// The samples of all tests of a cell.
#[derive(Default)]
pub(super) struct Samples {
    stamps: Vec<Stamp>,
    /// ms, A, V.
    columns: [Vec<f64>; 3],
    /// Whether a file says that its cell is simulated.
    pub(super) is_virtual: bool,
}

impl Samples {
    pub(super) fn len(&self) -> usize {
        self.stamps.len()
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
            self.stamps.push(stamp);
            for (k, column) in self.columns.iter_mut().enumerate() {
                column.push(row.number(k + 1)?);
            }
            if self.stamps.len() > MOST_SAMPLES {
                return Err(Problem::Whole(format!("with it, its cell has more than {MOST_SAMPLES} samples")));
            }
        }
        Ok(())
    }

    /// Time, current and voltage in the order of the time stamps, which are compared as text; of several samples with the
    /// same stamp the first that was read.
    pub(super) fn in_order(self) -> [Vec<f64>; 3] {
        let Self { stamps, columns, .. } = self;
        if stamps.is_sorted_by(|a, b| a < b) {
            return columns;
        }
        let mut order: Vec<u32> = (0..stamps.len() as u32).collect();
        let stamp = |sample: &u32| stamps[*sample as usize];
        order.sort_by_key(stamp);
        order.dedup_by_key(|sample| stamp(sample));
        columns.map(|column| order.iter().map(|&sample| column[sample as usize]).collect())
    }
}
