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
use super::nested;
use super::unit::Quantity;

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
    /// Whether lines of records stand below those of steps and cycles.
    pub is_nested: bool,
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
                let found =
                    nested_at(&lines, k, delimiter, stated).or_else(|| heading_at(&lines, k, delimiter, stated));
                if let Some(found) = found {
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

/// The layout of a table whose records stand below lines of steps and cycles, and whose headings begin in line `k`.
fn nested_at(lines: &[&str], k: usize, delimiter: u8, stated: &Stated) -> Option<Layout> {
    let (headings, records) = (lines.get(k..k + 3)?, lines.get(k + 3..)?);
    if !nested::are_headings(headings, delimiter) {
        return None;
    }
    let mut above = nested::Above::default();
    let flat = headings.iter().chain(records).map(|line| above.flat(line.as_bytes(), delimiter));
    let flat: Vec<String> =
        flat.filter(|line| !line.is_empty()).map(|line| String::from_utf8_lossy(&line).into_owned()).collect();
    let flat: Vec<&str> = flat.iter().map(String::as_str).collect();
    let layout = heading_at(&flat, 0, delimiter, stated)?;
    Some(Layout { above: k + 3, is_nested: true, ..layout })
}

/// The units of a line between headings and values, where it is one: `[V]`, `s`, nothing where a column has none.
fn units(line: &str, delimiter: u8) -> Option<Vec<String>> {
    let bare = |field: String| field.trim_matches(['[', ']', '(', ')']).trim().to_owned();
    let units: Vec<String> = fields(line, delimiter).into_iter().map(bare).collect();
    let known = units.iter().filter(|unit| Quantity::is_any(unit)).count();
    let is_number = |unit: &String| unit.chars().any(|letter| letter.is_ascii_digit());
    (known >= 2 && !units.iter().any(is_number)).then_some(units)
}

/// The layout of a table whose headings are in line `k`, as far as the lines around it tell.
fn heading_at(lines: &[&str], k: usize, delimiter: u8, stated: &Stated) -> Option<Layout> {
    let mut names = fields(lines[k], delimiter);
    let words = names.iter().filter(|name| name.chars().any(char::is_alphabetic)).count();
    if words < 3 || 2 * words < names.iter().filter(|name| !name.is_empty()).count() {
        return None;
    }
    // an empty line, or one of units, may stand between
    let mut below = lines.iter().enumerate().skip(k + 1).filter(|(_, line)| !line.trim().is_empty());
    let (mut first, mut line) = below.next()?;
    let units = units(line, delimiter);
    if units.is_some() {
        (first, line) = below.next()?;
    }
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
        headings: names
            .iter()
            .enumerate()
            .map(|(place, name)| {
                let heading = Heading::new(name);
                let below = units.as_ref().and_then(|units| units.get(place)).filter(|unit| !unit.is_empty()).cloned();
                Heading { unit: heading.unit.or(below), ..heading }
            })
            .collect(),
        preamble: Vec::new(),
        has_commas,
        points_group,
        ends_in_cr: false,
        is_nested: false,
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
        // a line of units
        let found = layout("Pt\tT\tVf\tIm\n#\ts\tV vs. Ref.\tmA\n0\t1.5\t3.6\t1\n");
        let units: Vec<Option<&str>> = found.headings.iter().map(|heading| heading.unit.as_deref()).collect();
        assert_eq!((found.above, units), (2, vec![Some("#"), Some("s"), Some("V vs. Ref."), Some("mA")]));
        // and lines of records below those of steps and cycles
        let found = layout(
            "Cycle ID,Cap(mAh)\n,Step ID,Step Name\n,,Record ID,Time(h:min:s.ms),Vol(mV)\n1,5\n,1,Rest\n,,1,0:00:00,3300\n",
        );
        assert!(found.is_nested && found.above == 3 && found.headings.len() == 6 && found.headings[0].key == "cycleid");
        assert_eq!(Layout::of(b"<html>\n<body>\n", &Stated::default()), None);
    }
}
