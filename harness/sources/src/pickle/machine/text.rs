//! Numbers and texts that a pickle writes as lines of text, or as the letters of bytes.

use crate::pickle::Problem;
use cells::quote::shown;

pub(super) fn lossy(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

pub(super) fn parsed<T: std::str::FromStr>(line: &[u8]) -> Result<T, Problem> {
    let text = lossy(line);
    text.parse().map_err(|_| Problem::new(format!("\"{}\" is no number", shown(&text, 40))))
}

/// A byte string as Python writes it: in quotes, with escapes.
pub(super) fn unquoted(line: &[u8]) -> Result<Vec<u8>, Problem> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err(Problem::new("a byte string has no quotes")),
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'x') => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                match (digit(), digit()) {
                    (Some(high), Some(low)) => (16 * high + low) as u8,
                    _ => return Err(Problem::new("an escape in a byte string has no digits")),
                }
            }
            Some(other @ (b'\\' | b'\'' | b'"')) => other,
            _ => return Err(Problem::new("an escape in a byte string is unknown")),
        });
    }
    Ok(bytes)
}

/// Text in Python's raw Unicode escapes: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn unescaped(line: &[u8]) -> Result<String, Problem> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let digits = match rest {
            [b'\\', b'u', ..] => 4,
            [b'\\', b'U', ..] => 8,
            _ => 0,
        };
        if digits == 0 {
            text.push(char::from(*first));
            rest = tail;
            continue;
        }
        let number = rest.get(2..2 + digits).and_then(|digits| std::str::from_utf8(digits).ok());
        let letter = number.and_then(|number| u32::from_str_radix(number, 16).ok()).and_then(char::from_u32);
        text.push(letter.ok_or_else(|| Problem::new("an escape in a text is no letter"))?);
        rest = &rest[2 + digits..];
    }
    Ok(text)
}

/// Bytes that were written as the characters of the same numbers.
pub(super) fn from_latin1(text: &str) -> Result<Vec<u8>, Problem> {
    text.chars()
        .map(|letter| u8::try_from(u32::from(letter)).map_err(|_| Problem::new("bytes are written as other letters")))
        .collect()
}
