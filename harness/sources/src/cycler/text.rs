//! Samples from text.

use std::io::{self, Cursor, Read};

use super::clock;
use super::error::Error;
use super::plan::Plan;
use super::role::Role;
use super::samples::Samples;
use super::text_layout::{Layout, from_utf16};
use crate::delimited::{
    Problem, Row, Table, count,
    grouped::{POINT, pointed},
};
use crate::packed::PublishedFile;
use cells::quote::shown;

/// Bytes of one file, at most.
pub(super) const LARGEST_FILE: u64 = 8 << 30;
/// Bytes of a file in UTF-16, which is read as a whole.
const LARGEST_UTF16: u64 = 512 << 20;
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
    if layout.has_commas {
        pairs.push((b',', b'.'));
    }
    if layout.has_commas && layout.points_group {
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
    let outcome = if layout.is_utf16 {
        let text = from_utf16(&file.bytes(LARGEST_UTF16)?);
        samples(&mut Cursor::new(text.into_bytes()), layout, plan)
    } else {
        let mut samples_of = Ok(Samples::default());
        file.read(LARGEST_FILE, |reader| {
            samples_of = samples(reader, layout, plan);
            Ok(())
        })?;
        samples_of
    };
    outcome.map_err(|problem| refused(file, plan, problem))
}

fn refused(file: &PublishedFile, plan: &Plan, problem: Problem) -> Error {
    let file = file.place();
    match problem {
        Problem::Whole(what) => Error::File { file, what },
        Problem::Line { line, what } => Error::Line { file, line, column: String::new(), what },
        Problem::Field { line, column, what } => {
            let heading = Role::ALL.iter().find(|role| role.name() == column).and_then(|role| plan.column(*role));
            let heading = heading.map_or(column, |read| &read.heading);
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
    let mut table = Table::below(reader, layout.delimiter, layout.above, columns, Role::NAMES)?;
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
    while let Some(row) = table.next()? {
        if samples.time.len() == MOST_SAMPLES {
            return Err(Problem::Whole(format!("it has more than {MOST_SAMPLES} samples: give it in several files")));
        }
        let number =
            |role: Role| -> Result<f64, Problem> { Ok(units[role as usize].to_ours(row.number(role as usize)?)) };
        samples.time.push(time(&row, units[Role::Time as usize])?);
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
    }
    if samples.is_empty() { Err(Problem::Whole("it has no samples below its heading".to_owned())) } else { Ok(samples) }
}

fn time(row: &Row<'_, { Role::ALL.len() }>, unit: super::unit::Unit) -> Result<f64, Problem> {
    const TIME: usize = Role::Time as usize;
    if let (false, Some(value)) = (unit.is_clock, row.plain(TIME)) {
        return Ok(unit.to_ours(value));
    }
    let field = pointed(row.bytes(TIME));
    // a clock says its unit itself, whatever the heading says
    match clock::seconds(field.as_bytes()) {
        Some(seconds) => Ok(seconds),
        None if unit.is_clock => {
            let shown = shown(field, 40);
            Err(row.problem(
                TIME,
                format!("\"{shown}\" is no duration like 26:10:00.5; write the unit of the time under mapping"),
            ))
        }
        None => Ok(unit.to_ours(row.number(TIME)?)),
    }
}
