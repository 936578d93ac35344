//! The cells of an xls workbook (BIFF8, Excel 97 to 2003), as far as a table of numbers with names on top needs them.
//!
//! A workbook is one stream of records, each a type, a length and as many bytes. What a cell holds is copied out of its
//! record and nothing is taken at its word, so memory is bounded by the file. Record layouts: [MS-XLS], section 2.4.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use super::sheets::{Sheets, Value};

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const BOUND_SHEET: u16 = 0x0085;
const FILE_PASS: u16 = 0x002F;
const FORMAT: u16 = 0x041E;
const CELL_FORMAT: u16 = 0x00E0;
const SHARED_STRINGS: u16 = 0x00FC;
const CONTINUE: u16 = 0x003C;
const NUMBER: u16 = 0x0203;
const RK: u16 = 0x027E;
const SEVERAL_RK: u16 = 0x00BD;
const SHARED_LABEL: u16 = 0x00FD;
const LABEL: u16 = 0x0204;
const FORMULA: u16 = 0x0006;

const DAMAGED: &str = "it is damaged or cut short (a record ends early): get the file anew";

pub(super) struct XlsFile {
    stream: Vec<u8>,
    /// Name and offset into the stream.
    sheets: Vec<(String, usize)>,
    strings: Vec<String>,
    /// How cells of each format show a number.
    looks: Vec<Look>,
}

impl XlsFile {
    /// # Errors
    /// A fragment.
    pub(super) fn open(bytes: &[u8]) -> Result<Self, String> {
        let no_workbook =
            |error| format!("it is no xls workbook, or is damaged or cut short ({error}): get the file anew");
        let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(no_workbook)?;
        let mut stream = Vec::new();
        let mut workbook = container.open_stream("/Workbook").map_err(no_workbook)?;
        workbook.by_ref().take(bytes.len() as u64).read_to_end(&mut stream).map_err(no_workbook)?;
        let mut file = Self { stream, sheets: Vec::new(), strings: Vec::new(), looks: Vec::new() };
        file.read_globals()?;
        Ok(file)
    }

    fn read_globals(&mut self) -> Result<(), String> {
        let mut shared: Vec<&[u8]> = Vec::new();
        let mut sheets = Vec::new();
        let (mut own, mut looks) = (HashMap::new(), Vec::new());
        let mut before = 0;
        for record in Records(&self.stream) {
            let (kind, data) = record?;
            match kind {
                BOF if u16_at(data, 0)? != 0x0600 => {
                    return Err("it is of Excel 95 or older: open it and save it as xlsx".to_owned());
                }
                FILE_PASS => return Err("it is protected by a password".to_owned()),
                BOUND_SHEET if data.get(5) == Some(&0) => {
                    let name = Text { chunks: vec![slice(data, 6..data.len())?], at: 0 }.short()?;
                    sheets.push((name, u32_at(data, 0)? as usize));
                }
                FORMAT => {
                    let text = Text { chunks: vec![slice(data, 2..data.len())?], at: 0 }.long()?;
                    own.insert(u16_at(data, 0)?, Look::of(&text));
                }
                CELL_FORMAT => looks.push(u16_at(data, 2)?),
                SHARED_STRINGS => shared.push(data),
                CONTINUE if before == SHARED_STRINGS => {
                    shared.push(data);
                    continue;
                }
                EOF => break,
                _ => {}
            }
            before = kind;
        }
        self.strings = if shared.is_empty() { Vec::new() } else { strings(shared)? };
        self.sheets = sheets;
        let look = |number: u16| own.get(&number).copied().unwrap_or(Look::of_builtin(number));
        self.looks = looks.into_iter().map(look).collect();
        Ok(())
    }
}

impl Sheets for XlsFile {
    fn sheets(&self) -> Vec<String> {
        self.sheets.iter().map(|(name, _)| name.clone()).collect()
    }

    fn each(
        &mut self,
        sheet: &str,
        visit: &mut dyn FnMut(u32, u32, Value<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let offset = self.sheets.iter().find(|(name, _)| name == sheet).map(|(_, offset)| *offset);
        let records = offset.and_then(|offset| self.stream.get(offset..)).ok_or(DAMAGED)?;
        let mut depth = 0;
        for record in Records(records) {
            let (kind, data) = record?;
            match kind {
                BOF => depth += 1,
                EOF if depth <= 1 => return Ok(()),
                EOF => depth -= 1,
                // a chart within the sheet has cells of its own
                _ if depth > 1 => {}
                NUMBER | RK | SEVERAL_RK | SHARED_LABEL | LABEL | FORMULA => self.cell(kind, data, visit)?,
                _ => {}
            }
        }
        Err(DAMAGED.to_owned())
    }
}

impl XlsFile {
    fn cell(
        &self,
        kind: u16,
        data: &[u8],
        visit: &mut dyn FnMut(u32, u32, Value<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let (row, column) = (u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?));
        let number = |format: u16, value: f64| match self.looks.get(usize::from(format)) {
            Some(Look::Duration) => Value::Duration(value),
            Some(Look::Date) => Value::Date(Some(value)),
            Some(Look::Number) | None => Value::Number(value),
        };
        match kind {
            NUMBER => visit(row, column, number(u16_at(data, 4)?, f64_at(data, 6)?)),
            RK => visit(row, column, number(u16_at(data, 4)?, rk(u32_at(data, 6)?))),
            SEVERAL_RK => {
                let pairs = slice(data, 4..data.len().saturating_sub(2).max(4))?;
                (column..)
                    .zip(pairs.chunks_exact(6))
                    .try_for_each(|(column, pair)| visit(row, column, number(u16_at(pair, 0)?, rk(u32_at(pair, 2)?))))
            }
            SHARED_LABEL => {
                let text = self.strings.get(u32_at(data, 6)? as usize).ok_or(DAMAGED)?;
                visit(row, column, Value::Text(text))
            }
            LABEL => {
                let text = Text { chunks: vec![slice(data, 6..data.len())?], at: 0 }.long()?;
                visit(row, column, Value::Text(&text))
            }
            // the result of a formula; two bytes of ones mark one that is no number
            _ if u16_at(data, 12)? == 0xFFFF => visit(row, column, Value::Other),
            _ => visit(row, column, number(u16_at(data, 4)?, f64_at(data, 6)?)),
        }
    }
}

/// What a number is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Number,
    Duration,
    Date,
}

impl Look {
    /// That of a format as it is written, such as `[h]:mm:ss`: what is in quotes, behind `\\` or in other brackets is no part
    /// of a date.
    fn of(format: &str) -> Self {
        let (mut look, mut letters) = (Self::Number, format.chars());
        while let Some(letter) = letters.next() {
            match letter.to_ascii_lowercase() {
                '"' => letters.by_ref().take_while(|letter| *letter != '"').for_each(drop),
                '\\' | '_' | '*' => drop(letters.next()),
                '[' => {
                    let inside: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                    if matches!(inside.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                        return Self::Duration;
                    }
                }
                'd' | 'h' | 'm' | 's' | 'y' => look = Self::Date,
                _ => {}
            }
        }
        look
    }

    /// That of a format which every workbook has ([MS-XLS] 2.5.165).
    fn of_builtin(number: u16) -> Self {
        match number {
            46 => Self::Duration,
            14..=22 | 27..=36 | 45 | 47 | 50..=58 => Self::Date,
            _ => Self::Number,
        }
    }
}

/// A number in 30 bits: an integer or the upper half of a double, perhaps in hundredths.
fn rk(bits: u32) -> f64 {
    let value =
        if bits & 2 != 0 { f64::from(bits as i32 >> 2) } else { f64::from_bits(u64::from(bits & 0xFFFF_FFFC) << 32) };
    if bits & 1 != 0 { value / 100.0 } else { value }
}

/// Type and content of one record after another.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(u16, &'a [u8]), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let header = (u16_at(self.0, 0), u16_at(self.0, 2));
        let record = match header {
            (Ok(kind), Ok(length)) => slice(self.0, 4..4 + usize::from(length)).map(|data| (kind, data)),
            _ => Err(DAMAGED.to_owned()),
        };
        self.0 = record.as_ref().map_or(&[], |(_, data)| &self.0[4 + data.len()..]);
        Some(record)
    }
}

/// The table of strings, which may go on over several records.
fn strings(chunks: Vec<&[u8]>) -> Result<Vec<String>, String> {
    let mut text = Text { chunks, at: 0 };
    text.bytes(4)?;
    let count = text.number(4)?;
    let mut strings = Vec::new();
    for _ in 0..count {
        strings.push(text.long()?);
    }
    Ok(strings)
}

/// Strings in one or several records. Where characters go on in the next record, that begins with their width anew.
struct Text<'a> {
    /// What is left; the first is being read.
    chunks: Vec<&'a [u8]>,
    at: usize,
}

impl<'a> Text<'a> {
    fn chunk(&mut self) -> Result<&mut &'a [u8], String> {
        while self.chunks.get(self.at).is_some_and(|chunk| chunk.is_empty()) {
            self.at += 1;
        }
        self.chunks.get_mut(self.at).ok_or_else(|| DAMAGED.to_owned())
    }

    fn bytes(&mut self, mut count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        while count > 0 {
            let chunk = self.chunk()?;
            let (taken, left) = chunk.split_at(count.min(chunk.len()));
            bytes.extend_from_slice(taken);
            *chunk = left;
            count -= taken.len();
        }
        Ok(bytes)
    }

    fn number(&mut self, bytes: usize) -> Result<usize, String> {
        Ok(self.bytes(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A string with its length in one byte.
    fn short(&mut self) -> Result<String, String> {
        let length = self.number(1)?;
        let flags = self.number(1)?;
        self.characters(length, flags)
    }

    /// A string with its length in two bytes, and perhaps formats and phonetics after it.
    fn long(&mut self) -> Result<String, String> {
        let length = self.number(2)?;
        let flags = self.number(1)?;
        let runs = if flags & 8 != 0 { self.number(2)? } else { 0 };
        let extra = if flags & 4 != 0 { self.number(4)? } else { 0 };
        let text = self.characters(length, flags)?;
        self.bytes(4 * runs)?;
        self.bytes(extra)?;
        Ok(text)
    }

    fn characters(&mut self, length: usize, mut flags: usize) -> Result<String, String> {
        let mut units: Vec<u16> = Vec::new();
        while units.len() < length {
            if self.chunks.get(self.at).is_some_and(|chunk| chunk.is_empty()) {
                flags = self.number(1)?;
            }
            let width = 1 + (flags & 1);
            let here = (self.chunk()?.len() / width).min(length - units.len());
            if here == 0 {
                return Err(DAMAGED.to_owned());
            }
            let bytes = self.bytes(here * width)?;
            let unit = |bytes: &[u8]| bytes.iter().rev().fold(0, |unit, byte| unit << 8 | u16::from(*byte));
            units.extend(bytes.chunks_exact(width).map(unit));
        }
        Ok(String::from_utf16_lossy(&units))
    }
}

fn slice(data: &[u8], range: std::ops::Range<usize>) -> Result<&[u8], String> {
    data.get(range).ok_or_else(|| DAMAGED.to_owned())
}

fn u16_at(data: &[u8], at: usize) -> Result<u16, String> {
    slice(data, at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32_at(data: &[u8], at: usize) -> Result<u32, String> {
    Ok(u32::from(u16_at(data, at)?) | u32::from(u16_at(data, at + 2)?) << 16)
}

fn f64_at(data: &[u8], at: usize) -> Result<f64, String> {
    Ok(f64::from_bits(u64::from(u32_at(data, at)?) | u64::from(u32_at(data, at + 4)?) << 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_integers_or_halves_of_doubles_perhaps_in_hundredths() {
        // [MS-XLS] 2.5.217
        assert_eq!(rk((123 << 2) | 2), 123.0);
        assert_eq!(rk(((-123_i32) << 2) as u32 | 2), -123.0);
        assert_eq!(rk((12345 << 2) | 3), 123.45);
        assert_eq!(rk((1.5_f64.to_bits() >> 32) as u32), 1.5);
        assert_eq!(rk((150.0_f64.to_bits() >> 32) as u32 | 1), 1.5);
    }

    #[test]
    fn formats_tell_dates_and_durations_from_numbers() {
        for format in ["General", "0.00", "0.00E+00", "#,##0.00", "[Red]0.0", "0.0\" days\"", "0\\d", "@", "", "\""] {
            assert_eq!(Look::of(format), Look::Number, "{format}");
        }
        for format in ["yyyy-mm-dd", "h:mm:ss", "mm:ss.0", "[$-409]h:mm AM/PM", "DD.MM.YYYY"] {
            assert_eq!(Look::of(format), Look::Date, "{format}");
        }
        for format in ["[h]:mm:ss", "[HH]:mm", "[mm]:ss", "[ss].00", "[Red][h]:mm"] {
            assert_eq!(Look::of(format), Look::Duration, "{format}");
        }
        assert_eq!(
            [0, 14, 46, 49, 164].map(Look::of_builtin),
            [Look::Number, Look::Date, Look::Duration, Look::Number, Look::Number]
        );
    }

    #[test]
    fn a_string_that_goes_on_in_the_next_record_may_change_its_width() {
        let first = [2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, b'V', b'o'];
        let second = [1, b'l', 0, 0xB0, 0];
        assert_eq!(strings(vec![&first, &second]).unwrap(), ["Vol°"]);
        assert_eq!(strings(vec![&first]).unwrap_err(), DAMAGED);
        let many = [0xff; 8];
        assert_eq!(strings(vec![&many]).unwrap_err(), DAMAGED);
    }
}
