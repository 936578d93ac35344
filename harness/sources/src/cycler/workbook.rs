//! Samples from an Excel workbook, old or new.

use std::collections::BTreeSet;

use super::beside::Said;
use super::calendar::{self, Dates, Moments};
use super::clock;
use super::dialect::Dialect;
use super::error::Error;
use super::heading::Heading;
use super::plan::Plan;
use super::role::Role;
use super::samples::Samples;
use super::unit::{Form, Unit};
use crate::calce::{Sheets, Value, channel, is_aside, open_workbook};
use crate::delimited::{count, grouped, not_a_number};
use crate::packed::PublishedFile;
use cells::quote::shown;

/// Bytes of a workbook.
const LARGEST: u64 = 1 << 30;
/// Rows that are looked through for headings.
const MOST_ROWS_ABOVE: u32 = 12;
/// Columns that are looked at.
const MOST_COLUMNS: u32 = 512;
/// Days of a test, at most; dates of cyclers have more since the last of 1899.
const LONGEST_TEST: f64 = 20_000.0;
/// Stops the reading of a sheet.
const ENOUGH: &str = "\0enough";

/// Where the table of a workbook is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sheet {
    /// The sheets that hold it, in order.
    names: Vec<String>,
    /// The row of the headings, from 0.
    row: u32,
}

/// The sheets with samples and the headings of their columns.
///
/// # Errors
/// [`Error`] where it is no workbook, no sheet is a table of samples, and where the sheets are of two channels.
pub(super) fn headings(file: &PublishedFile) -> Result<(Sheet, Vec<Heading>), Error> {
    let bytes = file.bytes(LARGEST)?;
    let refuse = |what: String| Error::File { file: file.place(), what };
    let mut workbook = open_workbook(&bytes).map_err(refuse)?;
    let mut found: Vec<(String, u32, Vec<Heading>)> = Vec::new();
    let mut tables: Vec<(String, u32, Vec<Heading>)> = Vec::new();
    let sheets = workbook.sheets();
    for sheet in sheets.iter().filter(|sheet| !is_aside(sheet)) {
        for (row, headings) in first_rows(&mut *workbook, sheet).map_err(refuse)? {
            let words = headings.iter().filter(|heading| !heading.key.is_empty()).count();
            if Dialect::recognised(&headings, &[]).is_some() {
                found.push((sheet.clone(), row, headings));
                break;
            } else if words >= 3 && tables.last().is_none_or(|(last, ..)| last != sheet) {
                tables.push((sheet.clone(), row, headings));
            }
        }
    }
    let chosen = if found.is_empty() {
        // of a table that is mapped, sheets with the same columns go on with each other, or are of two channels
        let first = tables.first().map(|(.., headings)| headings.clone()).unwrap_or_default();
        tables.into_iter().filter(|(.., headings)| *headings == first).collect()
    } else {
        found
    };
    let Some((_, row, headings)) = chosen.first().cloned() else {
        return Err(refuse("none of its sheets has a row with the names of columns".to_owned()));
    };
    let channels: BTreeSet<&str> = chosen.iter().map(|(name, ..)| channel(name)).collect();
    if channels.len() > 1 {
        return Err(refuse(format!(
            "it holds {} tests in its sheets ({}): save each as a workbook of its own",
            channels.len(),
            chosen.iter().map(|(name, ..)| shown(name, 40)).collect::<Vec<_>>().join(", ")
        )));
    }
    let same = chosen.iter().filter(|(_, other, names)| *other == row && *names == headings);
    Ok((Sheet { names: same.map(|(name, ..)| name.clone()).collect(), row }, headings))
}

fn first_rows(workbook: &mut dyn Sheets, sheet: &str) -> Result<Vec<(u32, Vec<Heading>)>, String> {
    let mut rows: Vec<(u32, Vec<Heading>)> = Vec::new();
    let read = workbook.each(sheet, &mut |row, column, value| {
        if row > MOST_ROWS_ABOVE {
            return Err(ENOUGH.to_owned());
        }
        if column >= MOST_COLUMNS {
            return Ok(());
        }
        if let Value::Text(text) = value {
            if rows.last().is_none_or(|(last, _)| *last != row) {
                rows.push((row, Vec::new()));
            }
            if let Some((_, headings)) = rows.last_mut() {
                headings.resize(headings.len().max(column as usize), Heading::new(""));
                headings.push(Heading::new(text));
            }
        }
        Ok(())
    });
    match read {
        Err(what) if what != ENOUGH => Err(format!("sheet {}: {what}", shown(sheet, 40))),
        _ => Ok(rows),
    }
}

/// Reads the samples of all sheets that go on with each other.
///
/// # Errors
/// [`Error`] with sheet, row and column.
pub(super) fn read(file: &PublishedFile, sheet: &Sheet, plan: &Plan) -> Result<Samples, Error> {
    let bytes = file.bytes(LARGEST)?;
    let refuse = |what: String| Error::File { file: file.place(), what };
    let mut workbook = open_workbook(&bytes).map_err(refuse)?;
    let mut rows = Rows::new(plan, u64::from(sheet.row) + 2);
    for name in &sheet.names {
        let in_sheet = |what: String| refuse(format!("sheet {}, {what}", shown(name, 40)));
        let visit =
            &mut |row, column, value: Value<'_>| if row <= sheet.row { Ok(()) } else { rows.add(row, column, value) };
        workbook.each(name, visit).map_err(in_sheet)?;
        rows.end().map_err(in_sheet)?;
        rows.row = None;
    }
    if rows.samples.is_empty() {
        return Err(refuse("it has no samples below its headings".to_owned()));
    }
    if let Form::Date(order) = rows.time_form {
        rows.samples.time = rows.dates.settle(order).map_err(refuse)?;
    }
    Ok(rows.samples)
}

/// Rows on their way into samples.
struct Rows<'a> {
    plan: &'a Plan,
    row: Option<u32>,
    values: [Option<f64>; Role::ALL.len()],
    /// How times are written.
    time_form: Form,
    /// What the date of the row can be.
    moment: Moments,
    dates: Dates,
    /// The cycler's word of the row.
    state: String,
    /// What the row says beside its samples: a word or a number.
    beside: Vec<Option<Result<f64, String>>>,
    samples: Samples,
}

impl<'a> Rows<'a> {
    fn new(plan: &'a Plan, first_line: u64) -> Self {
        let has = |role: Role| plan.column(role).map(|_| Vec::new());
        let samples = Samples {
            charge: has(Role::ChargeCapacity),
            discharge: has(Role::DischargeCapacity),
            capacity: has(Role::Capacity),
            temperature: has(Role::Temperature),
            cycle: plan.column(Role::Cycle).map(|_| Vec::new()),
            step: plan.column(Role::Step).map(|_| Vec::new()),
            state: plan.column(Role::State).map(|_| Vec::new()),
            first_line,
            beside: plan.beside.iter().map(Said::of).collect(),
            ..Samples::default()
        };
        let time_form = plan.column(Role::Time).and_then(|read| read.unit).map_or(Form::Number, |unit| unit.form);
        let (values, dates) = ([None; Role::ALL.len()], Dates::default());
        Self {
            plan,
            row: None,
            values,
            time_form,
            moment: [0.0; 3],
            dates,
            state: String::new(),
            beside: vec![None; plan.beside.len()],
            samples,
        }
    }

    fn add(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), String> {
        if self.row != Some(row) {
            self.end()?;
            self.row = Some(row);
        }
        for (beside, column_beside) in self.beside.iter_mut().zip(&self.plan.beside) {
            if column_beside.place == column as usize {
                *beside = match &value {
                    Value::Number(number) | Value::Date(Some(number)) => Some(Ok(*number)),
                    Value::Text(text) => Some(Err(text.trim().to_owned())),
                    _ => None,
                };
            }
        }
        for role in Role::ALL {
            let Some(read) = self.plan.column(role).filter(|read| read.place == column as usize) else { continue };
            if role == Role::State {
                if let Value::Text(text) = &value {
                    self.state = text.to_string();
                    self.values[role as usize] = Some(0.0);
                }
                continue;
            }
            let bad = |what: String| format!("row {}, column \"{}\": {what}", row + 1, shown(&read.heading, 80));
            let unit = |number: f64| read.unit.map_or(number, |unit| unit.to_ours(number));
            if let (Role::Time, Some(Unit { form: Form::Date(_), .. })) = (role, read.unit) {
                let of_number = |days| calendar::of_spreadsheet(days).map(|seconds| [seconds; 3]);
                let moment = match value {
                    Value::Number(days) | Value::Date(Some(days)) => of_number(days),
                    Value::Text(text) if text.trim().is_empty() => continue,
                    Value::Text(text) => calendar::seconds(text),
                    _ => None,
                };
                self.moment = moment.ok_or_else(|| match value {
                    Value::Duration(_) | Value::Date(Some(_)) => {
                        bad("it is a duration, and no date: write `unit: \"h:min:s\"` in place of `unit: date`"
                            .to_owned())
                    }
                    _ => bad("the value is no date: name another column under mapping".to_owned()),
                })?;
                self.values[role as usize] = Some(self.moment[0]);
                continue;
            }
            let number = match value {
                Value::Number(number) => unit(number),
                Value::Duration(days) if role == Role::Time => days * 86_400.0,
                // `hh:mm:ss` is the format of a time of day, and durations are given it, too: no test is as old as its days
                Value::Date(Some(days)) if role == Role::Time && (0.0..LONGEST_TEST).contains(&days) => days * 86_400.0,
                Value::Text(text) if text.trim().is_empty() => continue,
                Value::Text(text) => match grouped::signed(text.trim()).parse::<f64>() {
                    Ok(number) => unit(number),
                    Err(_) => match clock::seconds(text.as_bytes()).filter(|_| role == Role::Time) {
                        Some(seconds) => seconds,
                        None => return Err(bad(not_a_number(text))),
                    },
                },
                _ if role == Role::Temperature => continue,
                _ => {
                    return Err(bad(
                        "the value is a date or no number: name another column under mapping (a date has `unit: date`)"
                            .to_owned(),
                    ));
                }
            };
            if !number.is_finite() {
                return Err(bad(format!("{number} is not a finite number")));
            }
            self.values[role as usize] = Some(number);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let values = std::mem::take(&mut self.values);
        let beside: Vec<_> = self.beside.iter_mut().map(Option::take).collect();
        let Some(row) = self.row.filter(|_| values.iter().any(Option::is_some)) else { return Ok(()) };
        if self.samples.len() >= super::text::MOST_SAMPLES {
            return Err("it has more samples than any workbook".to_owned());
        }
        let get = |role: Role| -> Result<f64, String> {
            values[role as usize].ok_or_else(|| {
                let heading = self.plan.column(role).map_or("", |read| &read.heading);
                format!("row {}, column \"{}\": the value is missing", row + 1, shown(heading, 80))
            })
        };
        let whole = |role: Role| {
            let heading = self.plan.column(role).map_or("", |read| &read.heading);
            count(get(role)?).map_err(|what| format!("row {}, column \"{}\": {what}", row + 1, shown(heading, 80)))
        };
        let sign = if self.plan.charge_is_positive { 1.0 } else { -1.0 };
        let samples = &mut self.samples;
        samples.time.push(get(Role::Time)?);
        if let Form::Date(_) = self.time_form {
            self.dates.push(self.moment);
        }
        samples.voltage.push(get(Role::Voltage)?);
        samples.current.push(sign * get(Role::Current)?);
        let columns = [
            (&mut samples.charge, Role::ChargeCapacity),
            (&mut samples.discharge, Role::DischargeCapacity),
            (&mut samples.capacity, Role::Capacity),
        ];
        for (column, role) in columns {
            if let Some(column) = column {
                column.push(get(role)?);
            }
        }
        if let Some(column) = &mut samples.temperature {
            column.push(values[Role::Temperature as usize].unwrap_or(f64::NAN));
        }
        for (column, role) in [(&mut samples.cycle, Role::Cycle), (&mut samples.step, Role::Step)] {
            if let Some(column) = column {
                column.push(whole(role)?);
            }
        }
        if samples.state.is_some() {
            samples.push_state(self.state.as_bytes());
        }
        let line = u64::from(row) + 1;
        for (said, beside) in samples.beside.iter_mut().zip(beside) {
            match beside {
                Some(Ok(number)) => said.push_number(number, line),
                Some(Err(text)) => said.push_text(text.as_bytes(), line),
                None => {}
            }
        }
        Ok(())
    }
}
