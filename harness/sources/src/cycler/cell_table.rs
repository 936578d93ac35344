//! The table of cycles that Battery Archive puts beside the samples, held against them.

use super::error::Error;
use super::heading::Heading;
use crate::packed::PublishedFile;
use cells::cell::{Cell, Cycle};
use cells::text;

/// Bytes of such a table.
const LARGEST: u64 = 64 << 20;
/// Share of a capacity by which the table may differ: samples end before the counter does.
const TOLERANCE: f64 = 0.05;

/// Compares the discharge capacities of the table with those of the cycles.
///
/// # Errors
/// [`Error`] where most of them are of another cell.
pub(super) fn compare(file: &PublishedFile, cell: &Cell) -> Result<(), Error> {
    let refuse = |what: String| Error::File { file: file.place(), what };
    let bytes = file.bytes(LARGEST)?;
    let text = text::decode(&bytes).map_err(refuse)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headings: Vec<Heading> =
        reader.headers().map_err(|error| refuse(error.to_string()))?.iter().map(Heading::new).collect();
    let place = |key: &str| headings.iter().position(|heading| heading.key == key);
    let (Some(index), Some(discharge)) = (place("cycleindex"), place("dischargecapacity")) else {
        return Err(refuse("it has no columns Cycle_Index and Discharge_Capacity (Ah)".to_owned()));
    };
    let mut differing: Vec<(u32, f64, f64)> = Vec::new();
    let mut compared = 0;
    for record in reader.records() {
        let record = record.map_err(|error| refuse(error.to_string()))?;
        let number = |place: usize| record.get(place).and_then(|text| text.trim().parse::<f64>().ok());
        let (Some(index), Some(stated)) = (number(index), number(discharge)) else { continue };
        let Some(cycle) = cell.cycles().iter().find(|cycle| f64::from(cycle.number) == index) else { continue };
        compared += 1;
        let counted = Cycle::discharged(cycle);
        if (stated - counted).abs() > TOLERANCE * cell.info().nominal_capacity {
            differing.push((cycle.number, stated, counted));
        }
    }
    match differing.first() {
        Some((number, stated, counted)) if 10 * differing.len() > compared => Err(refuse(format!(
            "it says that cycle {number} gave {stated} Ah, the samples say {counted:.4}, and so in {} of {compared} cycles: the \
             two files are not of one cell",
            differing.len()
        ))),
        _ => Ok(()),
    }
}
