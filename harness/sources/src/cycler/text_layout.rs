//! How a text file is laid out: its encoding, the lines above the table, what separates fields, decimal points or commas.

use crate::delimited::{
    each_field,
    grouped::{self, Grouped},
    unquoted,
};
use encoding_rs::{Encoding, UTF_8};

use super::calendar;
use super::clock;
use super::encoding;
use super::heading::Heading;

/// Lines that are looked through for a heading.
const MOST_LINES: usize = 400;

/// The layout of a text file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Between fields.
    pub delimiter: u8,
    /// Lines before the first one with values, the heading among them.
    pub above: usize,
    /// The headings of all columns; as many as a line of values has fields.
    pub headings: Vec<Heading>,
    /// The lines above the heading.
    pub preamble: Vec<String>,
    /// Whether numbers have commas.
    pub has_commas: bool,
    /// Whether points stand between thousands, where numbers have commas.
    pub points_group: bool,
    /// Whether lines end in a carriage return alone.
    pub ends_in_cr: bool,
    /// Of the text.
    pub encoding: &'static Encoding,
    /// Whether somebody has said which mark is the decimal one.
    pub decimal_is_stated: bool,
}

/// What the user says of a layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stated {
    /// Between fields.
    pub separator: Option<char>,
    /// `.` or `,`.
    pub decimal: Option<char>,
    /// The line of the heading, from 1.
    pub header_line: Option<usize>,
}

impl Layout {
    /// Looks at the first bytes of a file. None where nothing in it is a table.
    pub(super) fn of(start: &[u8], stated: &Stated) -> Option<Self> {
        let (encoding, text) = encoding::of(start);
        let ends_in_cr = text.contains('\r') && !text.contains('\n');
        let lines: Vec<&str> = if ends_in_cr {
            text.split('\r').take(MOST_LINES).collect()
        } else {
            text.lines().take(MOST_LINES).collect()
        };
        let delimiters = match stated.separator {
            Some(separator) => vec![u8::try_from(separator).ok()?],
            None => b"\t;,|".to_vec(),
        };
        let candidates = (0..lines.len()).filter(|k| stated.header_line.is_none_or(|line| line == k + 1));
        for k in candidates {
            for &delimiter in &delimiters {
                if let Some(found) = heading_at(&lines, k, delimiter, stated) {
                    let preamble = lines[..k].iter().map(|line| (*line).to_owned()).collect();
                    return Some(Self { preamble, ends_in_cr, encoding, ..found });
                }
            }
        }
        None
    }
}

fn fields(line: &str, delimiter: u8) -> Vec<String> {
    let mut found = Vec::new();
    each_field(line.as_bytes(), delimiter, |_, range| {
        found.push(String::from_utf8_lossy(unquoted(&line.as_bytes()[range])).trim().to_owned());
    });
    found
}

/// Whether a text is a number with a decimal comma, its thousands apart or not.
fn is_comma(value: &str) -> bool {
    value.matches(',').count() == 1 && {
        let pointed = value.replace('.', "\u{1f}").replace(',', ".");
        pointed.parse::<f64>().is_ok() || matches!(grouped::read(&pointed), Some(Grouped::Number(_)))
    }
}

/// The layout of a table whose headings are in line `k`, as far as the lines around it tell.
fn heading_at(lines: &[&str], k: usize, delimiter: u8, stated: &Stated) -> Option<Layout> {
    let mut names = fields(lines[k], delimiter);
    let words = names.iter().filter(|name| name.chars().any(char::is_alphabetic)).count();
    if words < 3 || 2 * words < names.iter().filter(|name| !name.is_empty()).count() {
        return None;
    }
    // an empty line, or one of units, may stand between
    let (first, line) = lines.iter().enumerate().skip(k + 1).find(|(_, line)| !line.trim().is_empty())?;
    let values = fields(line, delimiter);
    let is_value = |value: &String| {
        let value = grouped::signed(value);
        value.parse::<f64>().is_ok()
            || is_comma(&value)
            || grouped::read(&value).is_some()
            || clock::seconds(value.as_bytes()).is_some()
            || calendar::seconds(&value).is_some()
    };
    let numbers = values.iter().filter(|value| is_value(value)).count();
    let enough = numbers >= 3 || numbers >= 2 && values.len() <= 3;
    if !enough || stated.header_line.is_none() && names.len().abs_diff(values.len()) > 1 + names.len() / 8 {
        return None;
    }
    let later = lines.iter().skip(first).take(100).filter(|line| !line.trim().is_empty());
    let any = |is: &dyn Fn(&str) -> bool| {
        later.clone().flat_map(|line| fields(line, delimiter)).any(|value| is(&grouped::signed(&value)))
    };
    // `1,234` may have its thousands apart: it tells nothing
    let has_commas = match stated.decimal {
        Some(mark) => mark == ',',
        None => any(&|value| is_comma(value) && !matches!(grouped::read(value), Some(Grouped::Unclear(_)))),
    };
    // where a point marks decimals, too, it does not stand between thousands
    let is_decimal = |value: &str| {
        value.contains('.') && value.parse::<f64>().is_ok() && grouped::read(&value.replace('.', "\u{1f}")).is_none()
    };
    let points_group = has_commas && !any(&is_decimal);
    // trailing separators stand in one and not in the other, as programs like
    names.resize(values.len(), String::new());
    Some(Layout {
        delimiter,
        above: first,
        headings: names.iter().map(|name| Heading::new(name)).collect(),
        preamble: Vec::new(),
        has_commas,
        points_group,
        ends_in_cr: false,
        encoding: UTF_8,
        decimal_is_stated: stated.decimal.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        Layout::of(text.as_bytes(), &Stated::default()).unwrap()
    }

    #[test]
    fn tables_are_found_below_other_lines_and_in_other_locales() {
        let found = layout("Today's Date ,28-Nov-23\nRec,Cycle C,Time (sec),V\n1,1,0.5,3.6\n");
        assert_eq!((found.delimiter, found.above, found.has_commas), (b',', 2, false));
        let found = layout("Zeit;U[V];I[A]\n0,5;3,6;1\n");
        assert_eq!((found.delimiter, found.has_commas, found.points_group), (b';', true, true));
        let found = layout("Zeit;U[V];I[A]\n1.000,5;3,6;1\n");
        assert_eq!((found.delimiter, found.has_commas, found.points_group), (b';', true, true));
        let found = layout("Zeit;U[V];I[A]\n0,5;3.65;1\n");
        assert!(found.has_commas && !found.points_group);
        let found = layout("Zeit;U[V];I[A]\r0,5;3,6;1\r");
        assert!(found.ends_in_cr && found.above == 1 && found.headings.len() == 3);
        let utf16: Vec<u8> = "a,b,c\n1,2,3\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = Layout::of(&utf16, &Stated::default()).unwrap();
        assert!(found.encoding == encoding_rs::UTF_16LE && found.headings.len() == 3);
        // what stands in quotes between commas, and what does not tell
        let found = layout("t,U,I\n\"0\",\"3,65\",\"1,5\"\n");
        assert!(found.has_commas && found.delimiter == b',');
        assert!(!layout("t;U;I\n1;3,650;1,100\n").has_commas);
        assert!(layout("t;U;I\n1;3,650;\u{2212}0,100\n").has_commas);
        assert_eq!(Layout::of(b"<html>\n<body>\n", &Stated::default()), None);
    }
}
