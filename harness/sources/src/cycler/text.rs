//! Samples from text.

use std::io::{self, Read};

use super::beside::{self, Said};
use super::calendar::{self, Dates, Moments};
use super::clock;
use super::encoding::Decoded;
use super::error::Error;
use super::nested::Flat;
use super::plan::Plan;
use super::role::Role;
use super::samples::Samples;
use super::text_layout::Layout;
use super::unit::{Form, Unit};
use crate::delimited::{Marks, Problem, Row, Table, count, grouped::POINT};
use crate::packed::PublishedFile;
use cells::quote::shown;
use encoding_rs::UTF_8;

/// Bytes of one file, at most.
pub(super) const LARGEST_FILE: u64 = 8 << 30;
/// Samples of one file, at most.
pub(super) const MOST_SAMPLES: usize = 1 << 25;

/// Other bytes in the place of some.
struct Exchanged<R> {
    reader: R,
    /// From which to which.
    pairs: Vec<(u8, u8)>,
}

impl<R: Read> Read for Exchanged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        for byte in &mut buffer[..read] {
            if let Some((_, other)) = self.pairs.iter().find(|(one, _)| one == byte) {
                *byte = *other;
            }
        }
        Ok(read)
    }
}

/// What is exchanged in a file that is laid out so: numbers with commas are read as if they had points, and lines that end in the
/// old way of the Mac as if in ours.
fn exchanged(layout: &Layout) -> Vec<(u8, u8)> {
    let mut pairs = Vec::new();
    // between commas, numbers with commas stand in quotes
    let has_commas = layout.has_commas && layout.delimiter != b',';
    if has_commas {
        pairs.push((b',', b'.'));
    }
    if has_commas && layout.points_group {
        pairs.push((b'.', POINT));
    }
    if layout.ends_in_cr {
        pairs.push((b'\r', b'\n'));
    }
    pairs
}

/// Reads all samples of a file that is laid out so.
///
/// # Errors
/// [`Error`] with file, line and column.
pub(super) fn read(file: &PublishedFile, layout: &Layout, plan: &Plan) -> Result<Samples, Error> {
    let mut outcome = Ok(Samples::default());
    file.read(LARGEST_FILE, |reader| {
        let mut decoded;
        let reader: &mut dyn Read = if layout.encoding == UTF_8 {
            reader
        } else {
            decoded = Decoded::new(reader, layout.encoding);
            &mut decoded
        };
        outcome = if layout.is_nested {
            samples(&mut Flat::new(reader, layout.delimiter), layout, plan)
        } else {
            samples(reader, layout, plan)
        };
        Ok(())
    })?;
    outcome.map_err(|problem| refused(file, plan, problem))
}

fn refused(file: &PublishedFile, plan: &Plan, problem: Problem) -> Error {
    let file = file.place();
    match problem {
        Problem::Whole(what) => Error::File { file, what },
        Problem::Line { line, what } => Error::Line { file, line, column: String::new(), what },
        Problem::Field { line, column, value, what } => {
            let heading = Role::ALL.iter().find(|role| role.name() == column).and_then(|role| plan.column(*role));
            let heading = heading.map_or(column, |read| &read.heading);
            let what = if !value.is_empty() && value == *heading {
                "the headings stand here once more, as where two exports were put into one file: delete this line if the same test goes \
                 on, or divide the file here if another begins"
                    .to_owned()
            } else {
                what
            };
            Error::Line { file, line, column: format!(", column \"{}\"", shown(heading, 80)), what }
        }
    }
}

fn samples(reader: &mut dyn Read, layout: &Layout, plan: &Plan) -> Result<Samples, Problem> {
    match exchanged(layout) {
        pairs if pairs.is_empty() => table(reader, layout, plan),
        pairs => table(Exchanged { reader, pairs }, layout, plan),
    }
}

fn table<R: Read>(reader: R, layout: &Layout, plan: &Plan) -> Result<Samples, Problem> {
    let mut columns = vec![None; layout.headings.len()];
    for role in Role::ALL {
        let Some(read) = plan.column(role) else { continue };
        if columns[read.place].replace(role as usize).is_some() {
            return Err(Problem::Whole(format!("the column \"{}\" is named for two things", read.heading)));
        }
    }
    for (k, beside) in plan.beside.iter().enumerate() {
        columns[beside.place] = Some(Role::ALL.len() + k);
    }
    let marks =
        Marks { has_commas: layout.has_commas && layout.delimiter == b',', is_stated: layout.decimal_is_stated };
    let mut table = Table::below(reader, layout.delimiter, marks, layout.above, columns, NAMES)?;
    let wanted = Role::ALL.map(|role| plan.column(role).is_some());
    let has = |role: Role| wanted[role as usize];
    let mut samples = Samples {
        charge: has(Role::ChargeCapacity).then(Vec::new),
        discharge: has(Role::DischargeCapacity).then(Vec::new),
        capacity: has(Role::Capacity).then(Vec::new),
        temperature: has(Role::Temperature).then(Vec::new),
        cycle: has(Role::Cycle).then(Vec::new),
        step: has(Role::Step).then(Vec::new),
        state: has(Role::State).then(Vec::new),
        first_line: layout.above as u64 + 1,
        ..Samples::default()
    };
    let unit = |role: Role| plan.column(role).and_then(|read| read.unit).unwrap_or(super::unit::CLOCK);
    let units = Role::ALL.map(unit);
    let sign = if plan.charge_is_positive { 1.0 } else { -1.0 };
    let mut dates = Dates::default();
    let mut beside: Vec<Said> = plan.beside.iter().map(Said::of).collect();
    while let Some(row) = table.next()? {
        if samples.time.len() == MOST_SAMPLES {
            return Err(Problem::Whole(format!("it has more than {MOST_SAMPLES} samples: give it in several files")));
        }
        let number =
            |role: Role| -> Result<f64, Problem> { Ok(units[role as usize].to_ours(row.number(role as usize)?)) };
        match units[Role::Time as usize] {
            Unit { form: Form::Date(_), .. } => {
                let moment = date(&row)?;
                samples.time.push(moment[0]);
                dates.push(moment);
            }
            unit => samples.time.push(time(&row, unit)?),
        }
        samples.voltage.push(number(Role::Voltage)?);
        samples.current.push(sign * number(Role::Current)?);
        if let Some(values) = &mut samples.charge {
            values.push(number(Role::ChargeCapacity)?);
        }
        if let Some(values) = &mut samples.discharge {
            values.push(number(Role::DischargeCapacity)?);
        }
        if let Some(values) = &mut samples.capacity {
            values.push(number(Role::Capacity)?);
        }
        if let Some(values) = &mut samples.temperature {
            let value = row.optional(Role::Temperature as usize)?;
            values.push(value.map_or(f64::NAN, |value| units[Role::Temperature as usize].to_ours(value)));
        }
        if let Some(values) = &mut samples.cycle {
            values.push(row.count(Role::Cycle as usize)?);
        }
        if let Some(values) = &mut samples.step {
            let step = row.number(Role::Step as usize)?;
            values.push(
                count(step)
                    .map_err(|_| row.problem(Role::Step as usize, format!("{step} is not the number of a step")))?,
            );
        }
        if has(Role::State) {
            samples.push_state(row.bytes(Role::State as usize));
        }
        for (k, said) in (Role::ALL.len()..).zip(&mut beside) {
            match row.plain(k).filter(|_| !said.is_of_words()) {
                Some(number) => said.push_number(number, row.line()),
                None => said.push_text(row.bytes(k), row.line()),
            }
        }
    }
    samples.beside = beside;
    if let Unit { form: Form::Date(order), .. } = units[Role::Time as usize] {
        samples.time = dates.settle(order).map_err(Problem::Whole)?;
    }
    if samples.is_empty() { Err(Problem::Whole("it has no samples below its heading".to_owned())) } else { Ok(samples) }
}

const TIME: usize = Role::Time as usize;
/// Columns that are looked at.
const COLUMNS: usize = Role::ALL.len() + beside::MOST;
/// What they are called; those beside are never said to be wrong.
const NAMES: [&str; COLUMNS] = {
    let mut names = [""; COLUMNS];
    let mut k = 0;
    while k < Role::ALL.len() {
        names[k] = Role::NAMES[k];
        k += 1;
    }
    names
};

fn time(row: &Row<'_, COLUMNS>, unit: Unit) -> Result<f64, Problem> {
    let is_clock = unit.form == Form::Clock;
    if let (false, Some(value)) = (is_clock, row.plain(TIME)) {
        return Ok(unit.to_ours(value));
    }
    let field = row.text(TIME);
    // a clock says its unit itself, whatever the heading says
    if let Some(seconds) = clock::seconds(field.as_bytes()) {
        return Ok(seconds);
    }
    let number = if is_clock { None } else { row.number(TIME).ok() };
    match number {
        Some(value) => Ok(unit.to_ours(value)),
        None if calendar::seconds(&field).is_some() => Err(row.problem(
            TIME,
            format!(
                "\"{}\" is a date; write `unit: date` under mapping: time, or name another column",
                shown(field, 40)
            ),
        )),
        None if is_clock => Err(row.problem(
            TIME,
            format!(
                "\"{}\" is no duration like 26:10:00.5; write the unit of the time under mapping",
                shown(field, 40)
            ),
        )),
        None => Ok(unit.to_ours(row.number(TIME)?)),
    }
}

/// The moments that the time of a row can be; a number is that of days in a spreadsheet.
fn date(row: &Row<'_, COLUMNS>) -> Result<Moments, Problem> {
    let field = row.text(TIME);
    let of_spreadsheet = || row.plain(TIME).and_then(calendar::of_spreadsheet).map(|seconds| [seconds; 3]);
    calendar::seconds(&field).or_else(of_spreadsheet).ok_or_else(|| {
        let what = format!(
            "\"{}\" is no date like 2024-03-01 14:30:00; write the unit of the time under mapping, or name another column",
            shown(field, 40)
        );
        row.problem(TIME, what)
    })
}
