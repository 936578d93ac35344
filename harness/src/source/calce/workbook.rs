//! The table of an Arbin workbook: which sheets, which columns.

use super::Sample;
use super::xls::XlsFile;
use super::xlsx::XlsxFile;
use crate::source::delimited::count;
use crate::source::import::VIRTUAL_MARK;

/// The columns that are read.
pub(super) const COLUMNS: [&str; 4] = ["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"];
/// Rows that a sheet can have.
const MOST_ROWS: usize = 1 << 20;

/// What a cell of a sheet holds.
pub(super) enum Value<'a> {
    Number(f64),
    Text(&'a str),
    /// A truth value, an error, a date in words.
    Other,
}

/// A workbook of either format.
pub(super) trait Cells {
    /// The names of its sheets, in order.
    fn sheets(&self) -> Vec<String>;

    /// Shows the cells of a sheet that are not empty, by row and column from 0, mostly row by row.
    ///
    /// # Errors
    /// A fragment; and what `visit` says.
    fn each(
        &mut self,
        sheet: &str,
        visit: &mut dyn FnMut(u32, u32, Value<'_>) -> Result<(), String>,
    ) -> Result<(), String>;
}

/// What a workbook holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) samples: Vec<Sample>,
    /// Whether the workbook says that its cell is simulated.
    pub(super) is_virtual: bool,
}

/// Reads all sheets whose names begin with `Channel`; if there is none, every sheet that has the columns.
///
/// # Errors
/// A fragment that names sheet, row and column.
pub(super) fn read(bytes: &[u8]) -> Result<Content, String> {
    let mut workbook: Box<dyn Cells + '_> = match bytes {
        [] => return Err("it is empty".to_owned()),
        // an old container may bear the new name, and the other way round
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Box::new(XlsFile::open(bytes)?),
        _ => Box::new(XlsxFile::open(bytes)?),
    };
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
    let channels: Vec<&String> = sheets.iter().filter(|sheet| sheet.starts_with("Channel")).collect();
    for sheet in &channels {
        let missing = |missing: Vec<&str>| format!("no column {} in its first row", missing.join(", "));
        let samples = table(&mut *workbook, sheet).and_then(|table| table.map_err(missing));
        content.samples.extend(samples.map_err(|what| in_sheet(sheet, &what))?);
    }
    if channels.is_empty() {
        let mut found = false;
        for sheet in &sheets {
            if let Ok(samples) = table(&mut *workbook, sheet).map_err(|what| in_sheet(sheet, &what))? {
                content.samples.extend(samples);
                found = true;
            }
        }
        if !found {
            return Err(format!("no sheet Channel…, and none with the columns {}", COLUMNS.join(", ")));
        }
    }
    Ok(content)
}

fn in_sheet(sheet: &str, what: &str) -> String {
    format!("sheet {}: {what}", sheet.escape_debug())
}

/// The samples of a sheet, or which columns it lacks.
fn table(workbook: &mut dyn Cells, sheet: &str) -> Result<Result<Vec<Sample>, Vec<&'static str>>, String> {
    let mut rows = Rows::default();
    workbook.each(sheet, &mut |row, column, value| rows.visit(row, column, value))?;
    rows.finish()
}

/// Puts cells together to rows.
#[derive(Default)]
struct Rows {
    header: Option<u32>,
    /// Where each of [`COLUMNS`] is.
    columns: [Option<u32>; 4],
    row: u32,
    fields: [Option<f64>; 4],
    samples: Vec<Sample>,
}

impl Rows {
    fn visit(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), String> {
        if row == *self.header.get_or_insert(row) {
            if let Value::Text(text) = value
                && let Some(k) = COLUMNS.iter().position(|name| *name == text.trim())
            {
                self.columns[k].get_or_insert(column);
            }
            return Ok(());
        }
        let Some(k) = self.columns.iter().position(|found| *found == Some(column)) else { return Ok(()) };
        if self.columns.contains(&None) {
            return Ok(());
        }
        if row != self.row {
            self.end_row()?;
            self.row = row;
        }
        let number = match value {
            Value::Number(number) => number,
            Value::Text(text) if text.trim().is_empty() => return Ok(()),
            Value::Text(text) => text.trim().parse().map_err(|_| {
                let shown: String = text.chars().take(24).flat_map(char::escape_debug).collect();
                at(row, k, &format!("\"{shown}\" is not a number"))
            })?,
            Value::Other => return Err(at(row, k, "the value is not a number")),
        };
        if !number.is_finite() {
            return Err(at(row, k, &format!("{number} is not a finite number")));
        }
        self.fields[k] = Some(number);
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

    fn finish(mut self) -> Result<Result<Vec<Sample>, Vec<&'static str>>, String> {
        let missing: Vec<&str> =
            COLUMNS.into_iter().zip(self.columns).filter(|(_, at)| at.is_none()).map(|(name, _)| name).collect();
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        self.end_row()?;
        Ok(Ok(self.samples))
    }
}

fn at(row: u32, k: usize, what: &str) -> String {
    format!("row {}, column {}: {what}", row + 1, COLUMNS[k])
}
