//! Named columns of numbers from delimited text, one line at a time, with the place of whatever is wrong.
//!
//! Files of this kind have gigabytes. Memory is one buffer, and only the fields asked for are turned into numbers. Almost all
//! lines are plain, and are read in one pass ([`plain_fields`]); what is not, is looked at anew, more slowly. A field may
//! stand in double quotes, within its line.

mod cause;
mod decimal;
pub(super) mod grouped;
mod lines;
mod problem;

use std::io::Read;
use std::ops::Range;

use itertools::Itertools as _;
use memchr::{memchr, memchr_iter};

pub(super) use cause::{ZEROS, not_a_number, of_missing_columns, place_of};
use cells::count::counted;
use cells::quote::shown;
use cells::text;
use grouped::Grouped;
use lines::Lines;
pub(super) use problem::Problem;

/// What is known of the marks in the numbers of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Whether numbers in quotes have decimal commas.
    pub(super) has_commas: bool,
    /// Whether somebody has said which mark is the decimal one, so that the other stands between thousands.
    pub(super) is_stated: bool,
}

/// A table that is being read; see the module.
pub(super) struct Table<R, const N: usize> {
    lines: Lines<R>,
    delimiter: u8,
    marks: Marks,
    names: [&'static str; N],
    /// Of every column, which of the wanted ones it is.
    columns: Vec<Option<usize>>,
    header: Vec<String>,
    /// Of the line that was read last.
    fields: [Field; N],
}

impl<R: Read, const N: usize> Table<R, N> {
    /// Reads the header and looks for the columns `names`.
    ///
    /// # Errors
    /// [`Problem`] names the columns that are missing.
    pub(super) fn new(reader: R, delimiter: u8, names: [&'static str; N]) -> Result<Self, Problem> {
        let mut lines = Lines::new(reader);
        if lines.ahead()?.is_some_and(text::is_utf16) {
            return Err(Problem::Whole(text::IS_UTF16.to_owned()));
        }
        let (range, _) = lines.next()?.ok_or_else(|| Problem::Whole("it is empty".to_owned()))?;
        let line = lines.text(range);
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        let mut header = Vec::new();
        each_field(line, delimiter, |_, field| {
            header.push(String::from_utf8_lossy(unquoted(&line[field])).trim().to_owned());
        });
        let mut columns = vec![None; header.len()];
        let mut missing = Vec::new();
        for (k, name) in names.iter().enumerate() {
            match cause::place_of(name, &header).map_err(Problem::Whole)? {
                Some(position) => columns[position] = Some(k),
                None => missing.push(*name),
            }
        }
        if missing.is_empty() {
            let marks = Marks::default();
            return Ok(Self { lines, delimiter, marks, names, columns, header, fields: [Field::EMPTY; N] });
        }
        let found = shown(header.join(", "), 200);
        let why = cause::of_missing_columns(&missing, &header, delimiter);
        let missing = missing.iter().map(|name| format!("\"{name}\"")).join(", ");
        Err(Problem::Whole(format!("no column {missing} in line 1, which has: {found}{why}")))
    }

    /// A table whose columns are known already: of every column, which of the wanted ones it is. The first `above` lines are
    /// passed over.
    ///
    /// # Errors
    /// [`Problem`] where these cannot be read.
    pub(super) fn below(
        reader: R,
        delimiter: u8,
        marks: Marks,
        above: usize,
        columns: Vec<Option<usize>>,
        names: [&'static str; N],
    ) -> Result<Self, Problem> {
        let mut lines = Lines::new(reader);
        for _ in 0..above {
            lines.next()?;
        }
        Ok(Self { lines, delimiter, marks, names, columns, header: Vec::new(), fields: [Field::EMPTY; N] })
    }

    /// The names of all columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next line as text, whatever it holds.
    pub(super) fn skip_line(&mut self) -> Result<Option<String>, Problem> {
        let Some((range, _)) = self.lines.next()? else { return Ok(None) };
        Ok(Some(String::from_utf8_lossy(self.lines.text(range)).into_owned()))
    }

    /// The wanted fields of the next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_, N>>, Problem> {
        let Some(text) = self.lines.ahead()? else { return Ok(None) };
        if let Some(length) = plain_fields(text, self.delimiter, &self.columns, &mut self.fields) {
            let (range, line) = self.lines.take(length);
            let text = self.lines.text(range);
            return Ok(Some(Row { text, fields: &self.fields, line, names: &self.names, marks: self.marks }));
        }
        self.next_of_any_kind()
    }

    /// The same for lines with quotes, empty ones, and those that are too short or too long.
    #[cold]
    fn next_of_any_kind(&mut self) -> Result<Option<Row<'_, N>>, Problem> {
        let (range, line) = loop {
            match self.lines.next()? {
                None => return Ok(None),
                Some((range, _)) if is_blank(self.lines.text(range.clone()), self.delimiter) => {}
                Some(found) => break found,
            }
        };
        let text = self.lines.text(range.clone());
        if memchr(0, text).is_some() {
            return Err(Problem::Line { line, what: ZEROS.to_owned() });
        }
        let mut width = 0;
        each_field(text, self.delimiter, |position, range| {
            if let Some(Some(k)) = self.columns.get(position) {
                self.fields[*k] = Field { start: range.start as u32, end: range.end as u32, number: None };
            }
            width = position + 1;
        });
        if width != self.columns.len() {
            let columns = self.columns.len();
            let is_prose = cause::is_prose(text, width, columns);
            let why = cause::of_width(width, columns, is_prose, self.lines.is_over());
            return Err(Problem::Line {
                line,
                what: format!("{}, but the header has {columns}; {why}", counted(width, "field")),
            });
        }
        // taken anew, since looking ahead moves what was taken before
        let text = self.lines.text(range);
        Ok(Some(Row { text, fields: &self.fields, line, names: &self.names, marks: self.marks }))
    }
}

/// Where a wanted field is in its line, and its value if that was plain to see.
#[derive(Clone, Copy)]
struct Field {
    start: u32,
    end: u32,
    number: Option<f64>,
}

impl Field {
    const EMPTY: Self = Self { start: 0, end: 0, number: None };
}

/// Finds the wanted fields of the line at the start of `text`, and how long it is with its end. None where it is empty or has
/// quotes, or more or fewer fields than there are columns.
///
/// One pass: the end of a number is found by reading it.
fn plain_fields(text: &[u8], delimiter: u8, columns: &[Option<usize>], fields: &mut [Field]) -> Option<usize> {
    if matches!(text[0], b'\r' | b'\n') || text[0] == delimiter && is_blank(line_at(text), delimiter) {
        return None;
    }
    let mut at = 0;
    for (position, column) in columns.iter().enumerate() {
        let start = at;
        if let Some(k) = *column {
            let number = decimal::read(text, start).filter(|(_, end)| is_end(text, *end, delimiter));
            at = match number {
                Some((_, end)) => end,
                None => end_of_field(text, start, delimiter)?,
            };
            fields[k] = Field { start: start as u32, end: at as u32, number: number.map(|(value, _)| value) };
        } else {
            at = end_of_field(text, start, delimiter)?;
        }
        let last = position + 1 == columns.len();
        if (text[at] == b'\n') != last {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// The line that a text starts with.
fn line_at(text: &[u8]) -> &[u8] {
    &text[..memchr(b'\n', text).unwrap_or(text.len())]
}

/// Whether a line has nothing but separators, as spreadsheets write behind the last one.
fn is_blank(line: &[u8], delimiter: u8) -> bool {
    line.iter().all(|&byte| byte == delimiter || matches!(byte, b'\r' | b' ' | b'\t'))
}

fn is_end(text: &[u8], at: usize, delimiter: u8) -> bool {
    text.get(at).is_some_and(|&byte| byte == delimiter || byte == b'\n')
}

/// Where the field ends that `start` is in; none at a quote. Eight bytes at a time, which is fastest for short ones.
#[inline]
fn end_of_field(text: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // the lowest bit is of the first byte that is 0; higher ones may be of others
    let zeros = |eight: u64| eight.wrapping_sub(ONES) & !eight & (ONES << 7);
    let mut at = start;
    loop {
        let eight = u64::from_le_bytes(*text.get(at..)?.first_chunk()?);
        let found = [delimiter, b'\n', b'"'].map(|byte| zeros(eight ^ (ONES * u64::from(byte))));
        let found = found[0] | found[1] | found[2];
        if found != 0 {
            let end = at + found.trailing_zeros() as usize / 8;
            return (text[end] != b'"').then_some(end);
        }
        at += 8;
    }
}

/// The wanted fields of one line.
pub(super) struct Row<'a, const N: usize> {
    text: &'a [u8],
    fields: &'a [Field; N],
    line: u64,
    names: &'a [&'static str; N],
    marks: Marks,
}

impl<'a, const N: usize> Row<'a, N> {
    /// Field `k` as a number, where it is plain to see.
    pub(super) fn plain(&self, k: usize) -> Option<f64> {
        self.fields[k].number
    }

    /// From 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Field `k` as it stands.
    pub(super) fn bytes(&self, k: usize) -> &'a [u8] {
        let Field { start, end, .. } = self.fields[k];
        unquoted(&self.text[start as usize..end as usize]).trim_ascii()
    }

    /// Field `k` as a finite number.
    pub(super) fn number(&self, k: usize) -> Result<f64, Problem> {
        match self.fields[k].number {
            Some(value) => Ok(value),
            None => self.number_of_any_kind(k),
        }
    }

    #[cold]
    fn number_of_any_kind(&self, k: usize) -> Result<f64, Problem> {
        let written = self.written(k);
        let text = grouped::pointed(&written);
        match grouped::read(&written) {
            Some(Grouped::Number(value)) => return Ok(value),
            Some(Grouped::Unclear(value)) if self.marks.is_stated => return Ok(value),
            Some(Grouped::Unclear(value)) => {
                return Err(self.problem(
                    k,
                    format!(
                        "\"{}\" is not a number: it has a decimal comma, or is {value} with its thousands apart; export the file \
                         with decimal points and nothing between thousands",
                        shown(text, 24)
                    ),
                ));
            }
            None => {}
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(value) => Err(self.problem(k, format!("{value} is not a finite number"))),
            Err(_) if text.is_empty() => Err(self.problem(k, "the value is missing".to_owned())),
            Err(_) => Err(self.problem(k, not_a_number(&text))),
        }
    }

    /// Field `k` as [`grouped::text`] has it.
    fn written(&self, k: usize) -> String {
        grouped::text(self.bytes(k), self.marks.has_commas)
    }

    /// Field `k` as a text with decimal points and a plain minus.
    pub(super) fn text(&self, k: usize) -> String {
        grouped::pointed(&self.written(k))
    }

    /// Field `k` as a finite number, or none where the field is empty or says that there is none.
    pub(super) fn optional(&self, k: usize) -> Result<Option<f64>, Problem> {
        match (self.fields[k].number, self.bytes(k)) {
            (None, b"" | b"nan" | b"NaN" | b"NA" | b"N/A" | b"null" | b"None" | b"-" | b"--" | b"---") => Ok(None),
            _ => self.number(k).map(Some),
        }
    }

    /// Field `k` as a count, which may be written as `12.0`.
    pub(super) fn count(&self, k: usize) -> Result<u32, Problem> {
        let value = match self.fields[k].number {
            Some(value) => value,
            None => match grouped::read(&self.written(k)) {
                // a count has no decimals
                Some(Grouped::Unclear(value)) => value,
                _ => self.number(k)?,
            },
        };
        count(value).map_err(|what| self.problem(k, what))
    }

    /// What is wrong with field `k`.
    pub(super) fn problem(&self, k: usize, what: String) -> Problem {
        Problem::Field { line: self.line, column: self.names[k], value: self.text(k), what }
    }
}

/// A number of cycles; no cell was ever cycled a million times.
pub(super) fn count(value: f64) -> Result<u32, String> {
    let whole = value as u32;
    if f64::from(whole) == value && (0.0..1e6).contains(&value) {
        Ok(whole)
    } else {
        Err(format!("{value} is not a number of cycles"))
    }
}

/// Shows position and place of every field. Delimiters between double quotes are not looked at.
pub(super) fn each_field(line: &[u8], delimiter: u8, mut visit: impl FnMut(usize, Range<usize>)) {
    let (mut position, mut start) = (0, 0);
    let mut end_at = |end: usize| {
        visit(position, start..end);
        (position, start) = (position + 1, end + 1);
    };
    if memchr(b'"', line).is_none() {
        memchr_iter(delimiter, line).for_each(&mut end_at);
    } else {
        let mut quoted = false;
        for (at, &byte) in line.iter().enumerate() {
            quoted ^= byte == b'"';
            if byte == delimiter && !quoted {
                end_at(at);
            }
        }
    }
    end_at(line.len());
}

pub(super) fn unquoted(field: &[u8]) -> &[u8] {
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::lines::LONGEST_LINE;
    use super::*;

    const NAMES: [&str; 2] = ["V", "n"];

    /// Reads one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn read(text: &[u8]) -> Result<Vec<(f64, u32)>, Problem> {
        let mut table = Table::new(text, b',', NAMES)?;
        let mut rows = Vec::new();
        while let Some(row) = table.next()? {
            rows.push((row.number(0)?, row.count(1)?));
        }
        Ok(rows)
    }

    fn refusal(text: &[u8]) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_found_by_name_whatever_their_order_and_the_ends_of_lines() {
        let expected = vec![(3.5, 1), (-0.25, 2)];
        for text in [
            "n,x,V\n1,a,3.5\n2,b,-0.25\n",
            "V,n\r\n3.5,1\r\n-2.5e-1,2.0",
            "\u{feff}\"V\",\"n\",\"a, b\"\n\"3.5\", 1,\n\n-0.25,2,\"x,y\"\n\n",
        ] {
            assert_eq!(read(text.as_bytes()), Ok(expected.clone()), "{text}");
            let mut table = Table::new(Slow(text.as_bytes()), b',', NAMES).unwrap();
            assert_eq!(table.next().unwrap().unwrap().number(0), Ok(3.5));
        }
        assert_eq!(read(b"V,n\n"), Ok(vec![]));
    }

    #[test]
    fn lines_meet_the_end_of_the_buffer_anywhere() {
        for width in 1..40 {
            let line = format!("{}3.5,1\n", "0".repeat(width));
            let count = 10 * LONGEST_LINE / line.len();
            let text = format!("V,n\n{}", line.repeat(count));
            assert_eq!(read(text.as_bytes()).unwrap(), vec![(3.5, 1); count]);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        assert_eq!(refusal(b""), "it is empty");
        assert!(refusal(b"a,n\n").starts_with("no column \"V\" in line 1, which has: a, n"));
        assert_eq!(refusal(b"V,n\n1,2\nNaN,2\n"), "line 3, column \"V\": NaN is not a finite number");
        assert_eq!(refusal(b"V,n\n1e999,2\n"), "line 2, column \"V\": inf is not a finite number");
        assert_eq!(refusal(b"V,n\n,2\n"), "line 2, column \"V\": the value is missing");
        assert_eq!(refusal(b"V,n\n3.5x,2\n"), "line 2, column \"V\": \"3.5x\" is not a number");
        assert_eq!(refusal(b"V,n\n\xff\xfe,2\n"), "line 2, column \"V\": \"\u{fffd}\u{fffd}\" is not a number");
        assert_eq!(refusal(b"V,n\n3,2.5\n"), "line 2, column \"n\": 2.5 is not a number of cycles");
        assert_eq!(refusal(b"V,n\n3,1e15\n"), "line 2, column \"n\": 1000000000000000 is not a number of cycles");
        assert!(refusal(b"V,n,t\n1,2,3\nEnd of test\n").contains("it seems to be a remark"));
        let cut = refusal(b"V,n\n1,2\n1");
        assert!(
            cut.starts_with("line 3: 1 field, but the header has 2; it is the last line")
                && cut.contains("delete this line")
        );
        assert!(refusal(b"V,n\n1,2\n1\n1,2\n").contains("the line is cut short or damaged: get the file anew"));
        assert!(refusal(b"V,n,t\n1,2,3\nEnd of test,1\n").contains("it seems to be a remark"));
        let endless = [b"V,n\n".as_slice(), &vec![b'1'; 8 * LONGEST_LINE]].concat();
        assert!(refusal(&endless).starts_with("line 2: more than 65536 bytes without an end"));
    }

    #[test]
    fn thousands_are_read_or_asked_about() {
        assert_eq!(
            read(b"V,n\n\"1,234.5\",\"1,000\"\n1 234.5,2\n1\xa0234.5,3\n"),
            Ok(vec![(1234.5, 1000), (1234.5, 2), (1234.5, 3)])
        );
        let said = refusal(b"V,n\n\"1,234\",1\n");
        assert!(
            said.contains("\"1,234\" is not a number: it has a decimal comma, or is 1234 with its thousands apart"),
            "{said}"
        );
    }

    #[test]
    fn lines_of_nothing_but_separators_are_passed_over() {
        assert_eq!(read(b"V,n,\n1,2,\n,,\n,,,,,\n3,4,\n, ,\r\n"), Ok(vec![(1.0, 2), (3.0, 4)]));
        assert!(refusal(b"V,n,x\n1,2,3\n,,3\n").contains("line 3, column \"V\": the value is missing"));
    }

    #[test]
    fn marks_that_are_known_settle_what_a_number_is() {
        let read = |text: &str, marks: Marks| {
            let columns = vec![Some(0), Some(1)];
            let mut table = Table::below(text.as_bytes(), b',', marks, 1, columns, NAMES).unwrap();
            table.next().unwrap().unwrap().number(0)
        };
        let (commas, points) =
            (Marks { has_commas: true, is_stated: true }, Marks { has_commas: false, is_stated: true });
        for (field, with_commas, with_points) in
            [("1,100", 1.1, 1100.0), ("\u{2212}1,100", -1.1, -1100.0), ("1.5", 1.5, 1.5)]
        {
            let text = format!("V,n\n\"{field}\",1\n");
            assert_eq!(read(&text, commas), Ok(with_commas), "{field}");
            assert_eq!(read(&text, points), Ok(with_points), "{field}");
        }
        assert_eq!(read("V,n\n\"1.234,5\",1\n", commas), Ok(1234.5));
        assert!(read("V,n\n\"1,100\",1\n", Marks::default()).is_err());
    }

    #[test]
    fn zeros_are_called_what_they_are() {
        let holes = [b"V,n\n1,2\n".as_slice(), &[0; 100], b"\n"].concat();
        assert!(refusal(&holes).starts_with("line 3: it has bytes of zero"), "{}", refusal(&holes));
        let longer = [b"V,n\n1,2\n".as_slice(), &vec![0; 8 * LONGEST_LINE]].concat();
        assert!(refusal(&longer).starts_with("line 3: it has bytes of zero"), "{}", refusal(&longer));
    }
}
