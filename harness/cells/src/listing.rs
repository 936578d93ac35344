//! Small CSV files that people write, such as splits: a header, then a line for each cell.
//!
//! What spreadsheets leave behind is harmless: a mark of the encoding, empty lines, empty fields at the end. Whatever could
//! mean something else than it says is named with its line.

use std::path::Path;

use itertools::Itertools as _;

use crate::quote::shown;
use crate::text;

/// The wanted fields of a line.
pub struct Line<const N: usize> {
    /// From 1, the header included.
    pub number: usize,
    /// In the order in which they are wanted, without spaces around them.
    pub fields: [String; N],
}

/// The lines of the CSV file at `path`, of which the columns `wanted` are read; others are ignored.
///
/// # Errors
/// A fragment that names the line: a file that cannot be read, a column that is missing or there twice, a line
/// with fewer fields than are wanted or more than the header has.
pub fn read<const N: usize>(path: &Path, wanted: [&str; N]) -> Result<Vec<Line<N>>, String> {
    let text = text::read(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| shown(error, 200))?.clone();
    let mut columns = [0; N];
    for (column, name) in columns.iter_mut().zip(wanted) {
        *column = match header.iter().positions(|found| found == name).collect::<Vec<_>>()[..] {
            [one] => one,
            [] => return Err(no_column(name, &wanted, &header)),
            _ => return Err(format!("has the column {name} twice")),
        };
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| shown(error, 200))?;
        let filled = record.iter().positions(|field| !field.is_empty()).last().map_or(0, |last| last + 1);
        if filled == 0 {
            continue;
        }
        let number = line_of(&text, record.position().map_or(0, csv::Position::byte) as usize);
        if filled > header.len() {
            let stray = shown(&record[filled - 1], 40);
            let (fields, named) = (record.len(), header.len());
            return Err(format!("line {number} has {fields} fields, the header has {named}: what is \"{stray}\"?"));
        }
        if let Some((_, name)) = columns.iter().zip(wanted).find(|(column, _)| **column >= record.len()) {
            let (fields, named) = (record.len(), header.len());
            return Err(format!("line {number} has no {name}: it has {fields} fields, the header has {named}"));
        }
        lines.push(Line { number, fields: columns.map(|column| record[column].to_owned()) });
    }
    Ok(lines)
}

fn no_column(name: &str, wanted: &[&str], header: &csv::StringRecord) -> String {
    let needs = format!("has no column {name}; it needs {}", wanted.join(" and "));
    match header.get(0) {
        Some(only) if header.len() == 1 && only.contains([';', '\t']) => {
            format!("{needs}, separated by commas and not by semicolons or tabs")
        }
        _ => needs,
    }
}

/// The number of the line at or after this byte that is not empty; the reader's own is that of the first empty one.
fn line_of(text: &str, byte: usize) -> usize {
    let bytes = text.as_bytes();
    let start = (byte..bytes.len()).find(|&at| !matches!(bytes[at], b'\r' | b'\n')).unwrap_or(bytes.len());
    1 + memchr::memchr_iter(b'\n', &bytes[..start]).count()
}
