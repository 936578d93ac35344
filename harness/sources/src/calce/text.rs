//! The other table of the dataset: text with tabs.

use std::io::Read;

use super::Sample;
use crate::delimited::{Problem, Table};

/// Rows that a file can have; far more than any has.
const MOST_ROWS: usize = 5_000_000;

/// Reads `Charge count`, `Time` (s), `mA` and `mV`. Two charge counts are one cycle.
///
/// # Errors
/// [`Problem`], with line and column.
pub(super) fn read(reader: impl Read) -> Result<Vec<Sample>, Problem> {
    let mut table = Table::new(reader, b'\t', ["Charge count", "Time", "mA", "mV"])?;
    let mut samples = Vec::new();
    while let Some(row) = table.next()? {
        samples.push(Sample {
            cycle: row.count(0)? / 2 + 1,
            time: row.number(1)?,
            current: row.number(2)? / 1000.0,
            voltage: row.number(3)? / 1000.0,
        });
        if samples.len() > MOST_ROWS {
            return Err(Problem::Whole(format!("it has more than {MOST_ROWS} rows")));
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_charge_counts_are_a_cycle_and_milli_units_become_units() {
        let text = "Time\tmV\tCharge count\tmA\n0\t3500\t0\t-550\n10\t3600\t1\t0\n20\t4200\t2\t550\n";
        let samples = read(text.as_bytes()).unwrap();
        let cycles: Vec<u32> = samples.iter().map(|sample| sample.cycle).collect();
        assert_eq!(cycles, [1, 1, 2]);
        assert_eq!(samples[2], Sample { cycle: 2, time: 20.0, current: 0.55, voltage: 4.2 });
        let problem = read("Time\tmV\tmA\n".as_bytes()).unwrap_err().to_string();
        assert!(problem.starts_with("no column \"Charge count\""), "{problem}");
    }
}
