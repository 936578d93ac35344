//! The cells of an xlsx workbook.
//!
//! The reader, calamine, takes an archive at its word. So the archive is looked through before: its parts must be no larger
//! than those of a workbook, and their checksums must hold.

use std::io::{self, Cursor};

use calamine::{DataRef, Reader as _, SheetType, Xlsx};
use zip::ZipArchive;

use super::sheets::{Sheets, Value};
use crate::packed::{Bounded, broken};
use cells::quote::shown;

/// Bytes of a sheet's text; a published one has some 13 MB, up to 60 for the longest.
const LARGEST_SHEET: u64 = 512 << 20;
/// Bytes of any other part, such as the table of strings, which is read into memory.
const LARGEST_PART: u64 = 32 << 20;
/// Parts of a workbook.
const MOST_PARTS: usize = 2000;

pub(super) struct XlsxFile<'a>(Xlsx<Cursor<&'a [u8]>>);

impl<'a> XlsxFile<'a> {
    /// # Errors
    /// A fragment.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        look_through(bytes)?;
        Ok(Self(Xlsx::new(Cursor::new(bytes)).map_err(|error| format!("it is no workbook: {error}"))?))
    }
}

fn look_through(bytes: &[u8]) -> Result<(), String> {
    let no_archive = |error| format!("it is no workbook, or is damaged or cut short ({error}): get the file anew");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(no_archive)?;
    if archive.len() > MOST_PARTS {
        return Err(format!("it has {} parts, no workbook of a cycler has so many", archive.len()));
    }
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(no_archive)?;
        let name = part.name().map_err(no_archive)?.into_owned();
        let largest = if name.starts_with("xl/worksheets/") { LARGEST_SHEET } else { LARGEST_PART };
        if part.size() > largest {
            let (name, size) = (shown(&name, 80), part.size() >> 20);
            return Err(format!("its part {name} has {size} MiB, no workbook of a cycler is so large"));
        }
        io::copy(&mut Bounded::new(&mut part, largest), &mut io::sink())
            .map_err(|error| format!("its part {}: {}", shown(&name, 80), broken(&error)))?;
    }
    Ok(())
}

impl Sheets for XlsxFile<'_> {
    fn sheets(&self) -> Vec<String> {
        let sheets = self.0.sheets_metadata().iter();
        sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet).map(|sheet| sheet.name.clone()).collect()
    }

    fn each(
        &mut self,
        sheet: &str,
        visit: &mut dyn FnMut(u32, u32, Value<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let unreadable = |error| format!("cannot be read: {error}");
        let mut cells = self.0.worksheet_cells_reader(sheet).map_err(unreadable)?;
        while let Some(cell) = cells.next_cell().map_err(unreadable)? {
            let (row, column) = cell.get_position();
            let value = match cell.get_value() {
                DataRef::Float(number) => Value::Number(*number),
                DataRef::Int(number) => Value::Number(*number as f64),
                DataRef::DateTime(duration) if duration.is_duration() => Value::Duration(duration.as_f64()),
                DataRef::DateTime(date) => Value::Date(Some(date.as_f64())),
                DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Value::Date(None),
                DataRef::SharedString(text) => Value::Text(text),
                DataRef::String(text) => Value::Text(text),
                DataRef::Empty => continue,
                _ => Value::Other,
            };
            visit(row, column, value)?;
        }
        Ok(())
    }
}
