//! Samples from Apache Parquet, as the Battery Data Format has them.
//!
//! The columns are read by whoever has a library for it: this crate waits for none.

use std::sync::OnceLock;

use super::beside::Said;
use super::calendar::{self, Dates};
use super::clock;
use super::error::Error;
use super::heading::Heading;
use super::plan::Plan;
use super::role::Role;
use super::samples::Samples;
use super::unit::{Form, Unit};
use crate::delimited::count;
use crate::packed::PublishedFile;
use cells::quote::shown;

/// Bytes of one file, at most.
const LARGEST: u64 = 2 << 30;

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; NaN where there is none.
    Numbers(Vec<f64>),
    /// Words; empty where there is none.
    Words(Vec<String>),
    /// Times that are kept as such, in s: dates, moments since 1970, durations; NaN where there is none.
    Times(Vec<f64>),
    /// Something else, such as lists.
    Other,
}

/// A reader of the columns of a file, as bytes, with their names; of those that `is_wanted` names, or of all with no values read.
/// Fails with a fragment.
pub type ReadColumns = fn(Vec<u8>, Wanted<'_>) -> Result<Vec<(String, Values)>, String>;

/// Which columns are wanted with their values: those of these places, from 0; the others are [`Values::Other`].
pub type Wanted<'a> = &'a [usize];

static READER: OnceLock<ReadColumns> = OnceLock::new();

/// Names the reader of this program; the first that is named counts.
pub fn read_parquet_by(reader: ReadColumns) {
    let _ = READER.set(reader);
}

fn columns(file: &PublishedFile, wanted: &[usize]) -> Result<Vec<(String, Values)>, Error> {
    let refuse = |what: String| Error::File { file: file.place(), what };
    let reader = READER.get().ok_or_else(|| refuse("Parquet is not read here: save the table as CSV".to_owned()))?;
    reader(file.bytes(LARGEST)?, wanted).map_err(refuse)
}

/// The headings of its columns.
///
/// # Errors
/// [`Error`]: it is damaged.
pub(super) fn headings(file: &PublishedFile) -> Result<Vec<Heading>, Error> {
    Ok(columns(file, &[])?.iter().map(|(name, _)| Heading::new(name)).collect())
}

/// All samples.
///
/// # Errors
/// [`Error`] with row and column.
pub(super) fn read(file: &PublishedFile, plan: &Plan) -> Result<Samples, Error> {
    let places: Vec<usize> = Role::ALL.into_iter().filter_map(|role| Some(plan.column(role)?.place)).collect();
    let places: Vec<usize> = places.into_iter().chain(plan.beside.iter().map(|beside| beside.place)).collect();
    let mut columns = columns(file, &places)?;
    let refuse = |what: String| Error::File { file: file.place(), what };
    samples(&mut columns, plan).map_err(refuse)
}

fn samples(columns: &mut [(String, Values)], plan: &Plan) -> Result<Samples, String> {
    let mut take = |role: Role| -> Result<Option<Vec<f64>>, String> {
        let Some(read) = plan.column(role) else { return Ok(None) };
        let (name, values) = columns.get_mut(read.place).ok_or("its columns changed while it was read")?;
        let in_column = |what: &str| format!("column \"{}\": {what}", shown(&*name, 80));
        let values = std::mem::replace(values, Values::Other);
        // what is kept as a time says its unit itself, whatever the heading says
        let (mut values, unit) = match (values, role, read.unit) {
            (Values::Times(times), Role::Time, _) => (times, None),
            (Values::Words(words), Role::Time, unit) => (times(&words, unit).map_err(|what| in_column(&what))?, None),
            (Values::Numbers(days), Role::Time, Some(Unit { form: Form::Date(_), .. })) => {
                let moments = days.iter().map(|days| calendar::of_spreadsheet(*days).unwrap_or(f64::NAN));
                (moments.collect(), None)
            }
            (Values::Numbers(values), _, unit) => (values, unit),
            _ => {
                return Err(in_column(
                    "it holds no numbers, or stands for two things: name another column under mapping",
                ));
            }
        };
        let may_lack = role == Role::Temperature;
        if let Some(row) = values.iter().position(|value| !value.is_finite()).filter(|_| !may_lack) {
            return Err(format!("row {}, {}", row + 1, in_column("the value is missing, or no finite number")));
        }
        if let Some(unit) = unit {
            values.iter_mut().for_each(|value| *value = unit.to_ours(*value));
        }
        Ok(Some(values))
    };
    let missing = || "it has no samples".to_owned();
    let time = take(Role::Time)?.filter(|values| !values.is_empty()).ok_or_else(missing)?;
    let voltage = take(Role::Voltage)?.ok_or_else(missing)?;
    let mut current = take(Role::Current)?.ok_or_else(missing)?;
    if !plan.charge_is_positive {
        current.iter_mut().for_each(|value| *value = -*value);
    }
    let mut whole = |role: Role| -> Result<Option<Vec<u32>>, String> {
        let Some(values) = take(role)? else { return Ok(None) };
        let counted = values
            .into_iter()
            .enumerate()
            .map(|(row, value)| count(value).map_err(|what| format!("row {}, the {}: {what}", row + 1, role.name())));
        counted.collect::<Result<_, String>>().map(Some)
    };
    let (cycle, step) = (whole(Role::Cycle)?, whole(Role::Step)?);
    let mut samples = Samples {
        charge: take(Role::ChargeCapacity)?,
        discharge: take(Role::DischargeCapacity)?,
        capacity: take(Role::Capacity)?,
        temperature: take(Role::Temperature)?,
        time,
        voltage,
        current,
        cycle,
        step,
        first_line: 1,
        ..Samples::default()
    };
    if let Some((_, Values::Words(words))) = plan.column(Role::State).and_then(|read| columns.get(read.place)) {
        samples.state = Some(Vec::new());
        words.iter().for_each(|word| samples.push_state(word.as_bytes()));
    }
    for beside in &plan.beside {
        let mut said = Said::of(beside);
        match columns.get(beside.place) {
            Some((_, Values::Numbers(values) | Values::Times(values))) => {
                values.iter().zip(1..).for_each(|(value, row)| said.push_number(*value, row));
            }
            Some((_, Values::Words(words))) => {
                words.iter().zip(1..).for_each(|(word, row)| said.push_text(word.trim().as_bytes(), row));
            }
            _ => {}
        }
        samples.beside.push(said);
    }
    if samples.len() > super::text::MOST_SAMPLES {
        return Err(format!("it has more than {} samples: give it in several files", super::text::MOST_SAMPLES));
    }
    Ok(samples)
}

/// Times that are written out: dates, or durations with colons. Fails with a fragment.
fn times(words: &[String], unit: Option<Unit>) -> Result<Vec<f64>, String> {
    let Some(Unit { form: Form::Date(order), .. }) = unit else {
        let of_clock = words.iter().enumerate().map(|(row, word)| {
            clock::seconds(word.as_bytes()).ok_or_else(|| {
                let how = match calendar::seconds(word) {
                    Some(_) => "is a date: write `unit: date` under mapping: time",
                    None => "is no duration like 26:10:00.5, and no date: name another column under mapping: time",
                };
                format!("row {}: \"{}\" {how}", row + 1, shown(word, 40))
            })
        });
        return of_clock.collect();
    };
    let mut dates = Dates::default();
    for (row, word) in words.iter().enumerate() {
        let moment = calendar::seconds(word).ok_or_else(|| {
            format!(
                "row {}: \"{}\" is no date like 2024-03-01 14:30:00: name another column under mapping: time",
                row + 1,
                shown(word, 40)
            )
        })?;
        dates.push(moment);
    }
    dates.settle(order)
}
