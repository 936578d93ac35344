//! Numbers whose thousands stand apart: `1,234.56`, `1 234.56`, `1'234.56`.

use std::borrow::Cow;

/// Stands for a point of a file whose numbers have commas: there it can only group thousands.
pub(crate) const POINT: u8 = 0x1f;

/// A number whose digits stand in groups of three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Grouped {
    /// One that can be nothing else.
    Number(f64),
    /// A mark and three digits, such as `1,234`: thousands, or a decimal mark. The number with thousands.
    Unclear(f64),
}

/// Reads such a number, with a point for the decimals; none where it is none.
pub(crate) fn read(text: &str) -> Option<Grouped> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mark = unsigned.chars().find(|letter| !letter.is_ascii_digit())?;
    let is_point = mark == POINT as char;
    // blanks that do not break, those of typesetters, and the apostrophes of Switzerland
    if !(is_point || [',', ' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '\u{2019}'].contains(&mark)) {
        return None;
    }
    let (whole, rest) = match unsigned.find('.') {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let groups: Vec<&str> = whole.split(mark).collect();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, others) = groups.split_first()?;
    let is_grouped = (1..=3).contains(&first.len()) && is_digits(first) && !first.starts_with('0');
    if !is_grouped || others.is_empty() || others.iter().any(|group| group.len() != 3 || !is_digits(group)) {
        return None;
    }
    let plain = groups.concat() + rest;
    let value: f64 = plain.parse().ok().filter(|value: &f64| value.is_finite())?;
    let value = if text.starts_with('-') { -value } else { value };
    let may_be_decimal = (is_point || mark == ',') && others.len() == 1 && rest.is_empty();
    Some(if may_be_decimal { Grouped::Unclear(value) } else { Grouped::Number(value) })
}

/// A text as a person wrote it: with points where [`POINT`] stands for them.
pub(crate) fn pointed(text: &str) -> String {
    text.replace(POINT as char, ".")
}

/// A number with the minus of a keyboard in the place of that of typesetters, and of dashes.
pub(crate) fn signed(text: &str) -> Cow<'_, str> {
    const MINUS: [char; 5] = ['\u{2212}', '\u{2013}', '\u{2012}', '\u{ff0d}', '\u{fe63}'];
    match text.trim_start().strip_prefix(MINUS) {
        Some(rest) => Cow::Owned(format!("-{rest}")),
        None => Cow::Borrowed(text),
    }
}

/// A field as text with a decimal point, [`POINT`] between thousands, and a plain minus. Where `has_commas`, its comma is the decimal
/// mark.
pub(crate) fn text(field: &[u8], has_commas: bool) -> String {
    let text = match std::str::from_utf8(field) {
        Ok(text) => signed(text).into_owned(),
        // blanks that do not break are one byte in the encoding of spreadsheets
        Err(_) if field.contains(&0xa0) => field.iter().map(|&byte| byte as char).collect(),
        Err(_) => String::from_utf8_lossy(field).into_owned(),
    };
    if has_commas && text.contains(',') { text.replace('.', "\u{1f}").replace(',', ".") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_read_where_they_can_be_nothing_else() {
        for (text, value) in [
            ("1,234.56", 1234.56),
            ("-12,345,678", -12_345_678.0),
            ("1 234.5", 1234.5),
            ("1\u{a0}234", 1234.0),
            ("1\u{202f}234.25", 1234.25),
            ("12'345.5", 12_345.5),
            ("1\u{1f}234.56", 1234.56),
        ] {
            assert_eq!(read(text), Some(Grouped::Number(value)), "{text}");
        }
        for text in ["\u{2212}1", "\u{2013}1", "-1"] {
            assert_eq!(signed(text), "-1");
        }
        assert_eq!((text("1,5".as_bytes(), true), text(b"1.5", true)), ("1.5".to_owned(), "1.5".to_owned()));
        assert_eq!(read("1,234"), Some(Grouped::Unclear(1234.0)));
        assert_eq!(read("-1\u{1f}234"), Some(Grouped::Unclear(-1234.0)));
        for text in
            ["", "1234", "1,23", "0,123", "1,2345", ",123", "1234,567.8", "1,234 567.8", "1,234.5.6", "a,123", "1, 234"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
