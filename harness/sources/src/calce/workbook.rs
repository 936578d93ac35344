//! The table of an Arbin workbook: which sheets, which columns.

use super::Sample;
use super::sheets::{Sheets, Value};
use super::xls::XlsFile;
use super::xlsx::XlsxFile;
use crate::delimited::{count, not_a_number, of_missing_columns, place_of};
use crate::format::VIRTUAL_MARK;
use cells::quote::shown;

/// The columns that are read.
pub(super) const COLUMNS: [&str; 4] = ["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"];
/// Which of them is the time.
const TIME: usize = 1;
/// Names of the first row that are kept to be shown, and letters of each.
const MOST_NAMES: usize = 100;
const LONGEST_NAME: usize = 80;
/// Rows that a sheet can have.
const MOST_ROWS: usize = 1 << 20;

/// What a workbook holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) samples: Vec<Sample>,
    /// Whether the workbook says that its cell is simulated.
    pub(super) is_virtual: bool,
}

/// Opens a workbook of either format.
///
/// # Errors
/// A fragment.
pub(crate) fn open_workbook(bytes: &[u8]) -> Result<Box<dyn Sheets + '_>, String> {
    Ok(match bytes {
        [] => return Err("it is empty".to_owned()),
        // an old container may bear the new name, and the other way round
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Box::new(XlsFile::open(bytes)?),
        _ => Box::new(XlsxFile::open(bytes)?),
    })
}

/// Reads all sheets whose names begin with `Channel`; if there is none, every sheet that has the columns. Empty sheets are
/// passed over, and those that a cycler calls charts or statistics.
///
/// # Errors
/// A fragment that names sheet, row and column.
pub(super) fn read(bytes: &[u8]) -> Result<Content, String> {
    let mut workbook = open_workbook(bytes)?;
    let sheets = workbook.sheets();
    let mut content = Content::default();
    for sheet in &sheets {
        if sheet == "Info" {
            let mut look = |_, _, value: Value<'_>| {
                content.is_virtual |= matches!(value, Value::Text(text) if text.contains(VIRTUAL_MARK));
                Ok(())
            };
            workbook.each(sheet, &mut look).map_err(|what| in_sheet(sheet, &what))?;
        }
    }
    let (channels, others): (Vec<&String>, Vec<&String>) =
        sheets.iter().filter(|sheet| !is_aside(sheet)).partition(|sheet| sheet.starts_with("Channel"));
    let mut found = false;
    let mut first: Option<&str> = None;
    for sheet in channels {
        match table(&mut *workbook, sheet).map_err(|what| in_sheet(sheet, &what))? {
            Table::Empty => continue,
            Table::Samples(samples) => {
                let here = channel(sheet);
                if let Some(other) = first.filter(|other| *other != here) {
                    return Err(format!(
                        "it holds two channels, {} and {}, which are two cells: save each as a workbook of its own",
                        shown(other, 40),
                        shown(here, 40)
                    ));
                }
                first = Some(here);
                content.samples.extend(samples);
            }
            Table::Other(header) => return Err(in_sheet(sheet, &lacking(&header))),
        }
        found = true;
    }
    if !found {
        for sheet in others {
            if let Table::Samples(samples) = table(&mut *workbook, sheet).map_err(|what| in_sheet(sheet, &what))? {
                content.samples.extend(samples);
                found = true;
            }
        }
    }
    if found {
        Ok(content)
    } else {
        Err(format!("no sheet Channel… that has samples, and no other with the columns {}", COLUMNS.join(", ")))
    }
}

/// The name of a sheet without the number of its part: `Channel_1-009_2` goes on with `Channel_1-009_1`.
pub(crate) fn channel(sheet: &str) -> &str {
    let stem = sheet.trim_end_matches(|letter: char| letter.is_ascii_digit());
    match stem.strip_suffix(['_', '(', ' ']) {
        Some(stem) if stem.contains(|letter: char| letter.is_ascii_digit()) && stem.len() < sheet.len() => stem,
        _ => sheet,
    }
}

/// Whether a sheet is one of those that cyclers put beside the samples.
pub(crate) fn is_aside(sheet: &str) -> bool {
    let name = sheet.to_ascii_lowercase();
    name.contains("chart") || name.contains("statistic")
}

fn lacking(header: &[String]) -> String {
    let missing: Vec<&str> = COLUMNS.into_iter().filter(|name| !header.iter().any(|found| found == name)).collect();
    let why = of_missing_columns(&missing, header, b',');
    let has = shown(header.join(", "), 200);
    format!("no column {} in its first row, which has: {has}{why}", missing.join(", "))
}

fn in_sheet(sheet: &str, what: &str) -> String {
    format!("sheet {}: {what}", shown(sheet, 40))
}

/// What a sheet holds.
enum Table {
    Empty,
    Samples(Vec<Sample>),
    /// Something without one of the columns, with its first row.
    Other(Vec<String>),
}

fn table(workbook: &mut dyn Sheets, sheet: &str) -> Result<Table, String> {
    let mut rows = Rows::default();
    workbook.each(sheet, &mut |row, column, value| rows.visit(row, column, value))?;
    rows.finish()
}

/// Puts cells together to rows.
#[derive(Default)]
struct Rows {
    header: Option<u32>,
    /// The texts in it.
    names: Vec<String>,
    /// Where these are.
    places: Vec<u32>,
    /// Whether the columns were looked for among them.
    is_settled: bool,
    /// Where each of [`COLUMNS`] is.
    columns: [Option<u32>; 4],
    row: u32,
    fields: [Option<f64>; 4],
    /// Whether the times so far are durations; none as long as all are 0.
    times_are_durations: Option<bool>,
    samples: Vec<Sample>,
}

impl Rows {
    fn visit(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), String> {
        if row == *self.header.get_or_insert(row) {
            if let Value::Text(text) = value
                && self.names.len() < MOST_NAMES
            {
                self.names.push(text.trim().chars().take(LONGEST_NAME).collect());
                self.places.push(column);
            }
            return Ok(());
        }
        self.settle()?;
        let Some(k) = self.columns.iter().position(|found| *found == Some(column)) else { return Ok(()) };
        if self.columns.contains(&None) {
            return Ok(());
        }
        if row != self.row {
            self.end_row()?;
            self.row = row;
        }
        let is_duration = matches!(value, Value::Duration(_));
        let number = match value {
            Value::Number(number) => number,
            Value::Text(text) if text.trim().is_empty() => return Ok(()),
            Value::Text(text) => text.trim().parse().map_err(|_| at(row, k, &not_a_number(text)))?,
            Value::Duration(days) if k == TIME => days * 86_400.0,
            Value::Duration(_) | Value::Date(_) => {
                let what = "the value is a date or a time of day: give the column the format of a number, see that it has \
                            what its name says, and save the workbook";
                return Err(at(row, k, what));
            }
            Value::Other => return Err(at(row, k, "the value is not a number")),
        };
        if !number.is_finite() {
            return Err(at(row, k, &format!("{number} is not a finite number")));
        }
        if k == TIME && number != 0.0 && *self.times_are_durations.get_or_insert(is_duration) != is_duration {
            let what =
                "durations and plain numbers stand in one column: give all of it one format, and save the workbook";
            return Err(at(row, k, what));
        }
        self.fields[k] = Some(number);
        Ok(())
    }

    /// Looks for the columns in the header.
    fn settle(&mut self) -> Result<(), String> {
        if !std::mem::replace(&mut self.is_settled, true) {
            for (name, column) in COLUMNS.iter().zip(&mut self.columns) {
                *column = place_of(name, &self.names)?.map(|place| self.places[place]);
            }
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), String> {
        match std::mem::take(&mut self.fields) {
            [Some(cycle), Some(time), Some(current), Some(voltage)] => {
                let cycle = count(cycle).map_err(|what| at(self.row, 0, &what))?;
                if self.samples.len() == MOST_ROWS {
                    return Err(format!("it has more than {MOST_ROWS} rows"));
                }
                self.samples.push(Sample { cycle, time, current, voltage });
                Ok(())
            }
            [None, None, None, None] => Ok(()),
            fields => {
                let missing = fields.iter().position(Option::is_none).unwrap_or_default();
                Err(at(self.row, missing, "the value is missing"))
            }
        }
    }

    fn finish(mut self) -> Result<Table, String> {
        if self.header.is_none() {
            return Ok(Table::Empty);
        }
        self.settle()?;
        if self.columns.contains(&None) {
            return Ok(Table::Other(self.names));
        }
        self.end_row()?;
        Ok(Table::Samples(self.samples))
    }
}

fn at(row: u32, k: usize, what: &str) -> String {
    format!("row {}, column {}: {what}", row + 1, COLUMNS[k])
}
