//! The table of cycles that Battery Archive puts beside the samples, held against them.

use std::collections::BTreeMap;

use itertools::Itertools as _;

use super::error::Error;
use super::heading::Heading;
use super::odd::middle;
use crate::packed::PublishedFile;
use cells::cell::{Cell, Cycle};
use cells::count::ah;
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

/// The cycle that is named where numbers are shifted.
const SHOWN: i64 = 10;
/// Numbers by which a table is looked for beside its own.
const SHIFTS: [i64; 6] = [1, -1, 2, -2, 3, -3];
/// Share of the scatter between table and samples that is left where both count alike.
const SHARP: f64 = 0.2;
/// Share of the nominal capacity that a table is rounded to, at least.
const ROUNDED: f64 = 2e-5;
/// Cycles that show it.
const MANY: usize = 20;

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
    let (mut pairs, mut stated_last, mut table) = (Vec::new(), 0.0_f64, Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| refuse(error.to_string()))?;
        let number = |place: usize| record.get(place).and_then(|text| text.trim().parse::<f64>().ok());
        let (Some(index), Some(stated)) = (number(index), number(discharge)) else { continue };
        stated_last = stated_last.max(index);
        table.push((index, stated));
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
            "it says that cycle {number} gave {stated} Ah, the samples say {counted}, and so in {count} of {compared} cycles",
            counted = ah(*counted)
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
    let numbers = table.iter().map(|(index, _)| *index);
    if let Some((before, index)) = numbers.tuple_windows().find(|(before, index)| index <= before) {
        let what = match before == index {
            true => format!("cycle {index} stands there twice"),
            false => format!("it goes from cycle {before} back to {index}"),
        };
        return Ok(Some(format!(
            "{}: {what}: lines stand there twice or out of order, or it is of two tests; the samples are taken",
            file.place()
        )));
    }
    let nominal = cell.info().nominal_capacity;
    if let Some(by) = shifted(&table, cell.cycles(), nominal) {
        return Ok(Some(format!(
            "{}: what it says of cycle {} the samples give in cycle {}, and so on: its cycles are numbered otherwise, or lines of it lack \
             or stand there twice; the samples are taken",
            file.place(),
            SHOWN,
            SHOWN + by
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

/// By how much the cycles of the samples have greater numbers than those of the table, as the scatter of their capacities shows. A
/// table that says a little more or less in every cycle is not shifted: what is left of the difference then scatters as before.
fn shifted(table: &[(f64, f64)], cycles: &[Cycle], nominal: f64) -> Option<i64> {
    let given: BTreeMap<i64, f64> = cycles.iter().map(|cycle| (i64::from(cycle.number), cycle.discharged())).collect();
    // most of the record, and its last third, which a line too many or too few puts behind
    let parts = [table, &table[2 * table.len() / 3..]];
    parts.into_iter().find_map(|part| {
        let scatter = |by: i64| {
            let apart: Vec<f64> =
                part.iter().filter_map(|(index, stated)| Some(stated - given.get(&(*index as i64 + by))?)).collect();
            let usual = middle(apart.clone()).filter(|_| apart.len() >= MANY && 4 * apart.len() >= 3 * part.len())?;
            middle(apart.iter().map(|apart| (apart - usual).abs()).collect())
        };
        let as_numbered = scatter(0).filter(|scatter| *scatter > ROUNDED * nominal)?;
        SHIFTS.into_iter().find(|by| scatter(*by).is_some_and(|scatter| scatter < SHARP * as_numbered))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::made_up::discharge_cycle;

    #[test]
    fn numbers_that_are_shifted_are_told_by_what_cycles_give() {
        let given = |number: u32| 1.0 - 1e-4 * f64::from(number) + 1e-4 * f64::from(number * number % 101);
        let cycles: Vec<Cycle> = (1..=100).map(|number| discharge_cycle(number, given(number))).collect();
        let table = |by: i64, offset: f64| -> Vec<(f64, f64)> {
            (1..=100_u32).map(|number| ((i64::from(number) - by) as f64, given(number) + offset)).collect()
        };
        for (by, found) in [(0, None), (1, Some(1)), (-1, Some(-1)), (-2, Some(-2))] {
            assert_eq!(shifted(&table(by, 0.0), &cycles, 1.0), found, "{by}");
            assert_eq!(shifted(&table(by, 5e-3), &cycles, 1.0), found, "{by}");
        }
        // a line too many in the middle
        let late: Vec<(f64, f64)> = table(0, 0.0)
            .into_iter()
            .map(|(index, stated)| (if index > 50.0 { index + 1.0 } else { index }, stated))
            .collect();
        assert_eq!(shifted(&late, &cycles, 1.0), Some(-1));
        // a fade without scatter, rounded, and a table that says more
        let smooth: Vec<Cycle> =
            (1..=100).map(|number| discharge_cycle(number, 1.0 - 1e-4 * f64::from(number))).collect();
        let more: Vec<(f64, f64)> =
            (1..=100).map(|number| (f64::from(number), 1.0003 - 1e-4 * f64::from(number))).collect();
        assert_eq!(shifted(&more, &smooth, 1.0), None);
        assert_eq!(shifted(&table(0, 0.0)[..5], &cycles, 1.0), None);
    }
}
