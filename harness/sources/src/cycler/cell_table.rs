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
/// The same by which it does not differ in cycle after cycle.
const USUAL: f64 = 0.01;
/// Cycles that show it.
const FEWEST: usize = 10;
/// Cycles that one of the two may lack: the last of a test is often not finished.
const LACKING: f64 = 2.0;

/// Compares the discharge capacities of the table with those of the cycles, and its last number with that of the samples, `last`; a
/// fragment about what does not agree.
///
/// # Errors
/// [`Error`] where most of them are of another cell.
pub(super) fn compare(file: &PublishedFile, cell: &Cell, last: Option<u32>) -> Result<Option<String>, Error> {
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
    let (mut pairs, mut stated_last) = (Vec::new(), 0.0_f64);
    for record in reader.records() {
        let record = record.map_err(|error| refuse(error.to_string()))?;
        let number = |place: usize| record.get(place).and_then(|text| text.trim().parse::<f64>().ok());
        let (Some(index), Some(stated)) = (number(index), number(discharge)) else { continue };
        stated_last = stated_last.max(index);
        if let Some(cycle) = cell.cycles().iter().find(|cycle| f64::from(cycle.number) == index) {
            pairs.push((cycle.number, stated, Cycle::discharged(cycle)));
        }
    }
    let compared = pairs.len();
    // the first cycle that differs by more than this, in words, and how many do
    let differing = |share: f64| {
        let by = share * cell.info().nominal_capacity;
        let mut found = pairs.iter().filter(|(_, stated, counted)| (stated - counted).abs() > by);
        let (number, stated, counted) = found.next()?;
        let count = 1 + found.count();
        let what = format!(
            "it says that cycle {number} gave {stated} Ah, the samples say {counted:.4}, and so in {count} of {compared} cycles"
        );
        Some((what, count))
    };
    if let Some((what, _)) = differing(TOLERANCE).filter(|(_, count)| 10 * count > compared) {
        return Err(refuse(format!("{what}: the two files are not of one cell")));
    }
    if let Some((what, _)) = differing(USUAL).filter(|(_, count)| compared >= FEWEST && 2 * count > compared) {
        return Ok(Some(format!(
            "{}: {what}: it is of another cell, numbered or scaled otherwise; the samples are taken",
            file.place()
        )));
    }
    let ends = last.filter(|last| (f64::from(*last) - stated_last).abs() > LACKING);
    Ok(ends.map(|last| {
        format!(
            "{}: it ends with cycle {stated_last} and the samples with cycle {last}: one of the two is cut short, or of another cell; the \
             samples are taken",
            file.place()
        )
    }))
}
