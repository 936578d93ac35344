//! Text files as editors and spreadsheets save them: UTF-8, perhaps with a mark in front.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// What is said of a file in UTF-16.
pub const IS_UTF16: &str = "it is written in UTF-16: save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet)";

/// The text of a small file, without the mark of its encoding.
///
/// # Errors
/// A fragment: it cannot be read, or is no UTF-8, with the line.
pub fn read(path: &Path) -> Result<String, String> {
    let bytes = bytes(path, LARGEST).map_err(|error| format!("cannot be opened: {error}"))?;
    decode(&bytes).map(str::to_owned)
}

/// Bytes of a table or declaration that a person wrote, at most.
const LARGEST: u64 = 64_000_000;

/// The bytes of a file that is one, and no larger than it may be: devices and pipes never end, or never begin.
///
/// # Errors
/// Of the system; else what is wrong, as a fragment.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    let refused = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(refused("it is a device or a pipe; save what comes from it as a file".to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(refused(format!("it is larger than {} MB, so it is another file", most / 1_000_000)));
    }
    Ok(bytes)
}

/// The text that these bytes are, without the mark of their encoding.
///
/// # Errors
/// A fragment: UTF-16 by name, else the line that is no UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, String> {
    if is_utf16(bytes) {
        return Err(IS_UTF16.to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        format!("it is not a text file in UTF-8: line {line} has other bytes")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Whether a file that begins so is text in UTF-16, with or without a mark: every other byte of plain text is 0 there.
pub fn is_utf16(start: &[u8]) -> bool {
    match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, b, c, d, ..] => {
            let zeros = [a, b, c, d].map(|byte| *byte == 0);
            zeros == [false, true, false, true] || zeros == [true, false, true, false]
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_off_and_utf16_is_called_by_name() {
        assert_eq!(decode("a,b\n".as_bytes()), Ok("a,b\n"));
        assert_eq!(decode("\u{feff}a,b\n".as_bytes()), Ok("a,b\n"));
        assert_eq!(decode(b""), Ok(""));
        let little: Vec<u8> = "a,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "a,b\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in
            [little.clone(), big.clone(), [&[0xff, 0xfe], &little[..]].concat(), [&[0xfe, 0xff], &big[..]].concat()]
        {
            assert_eq!(decode(&bytes), Err(IS_UTF16.to_owned()));
        }
        assert_eq!(decode(b"a\nb\n\xfc\n").unwrap_err(), "it is not a text file in UTF-8: line 3 has other bytes");
    }
}
