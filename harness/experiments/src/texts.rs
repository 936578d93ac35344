//! The text of an experiment file, from the bytes that an editor wrote.

/// The text of a file, without the mark (BOM) that some editors put before it.
///
/// # Errors
/// What stands behind the name of the file in the error: the encoding by its name, or the place of the first byte that
/// is no UTF-8; and what to do.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let encoding = match bytes[..] {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        // without a mark, but every second byte of plain text is 0
        [first, 0, second, 0, ..] | [0, first, 0, second, ..] if first != 0 && second != 0 => Some("UTF-16"),
        _ => None,
    };
    if let Some(encoding) = encoding {
        return Err(format!(": this file is {encoding}; save it as UTF-8, which editors offer under `encoding`"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let byte = error.as_bytes()[before.len()];
        let (line, column) = (before.split('\n').count(), before.rsplit('\n').next().unwrap_or("").chars().count() + 1);
        format!(":{line}:{column}: here stands the byte 0x{byte:02X}, which is no UTF-8; save the file as UTF-8")
    })?;
    Ok(without_mark(&text).to_owned())
}

/// The text without a byte order mark.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_passed_over_and_other_encodings_are_called_by_name() {
        let utf_16 = |text: &str, little: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        };
        assert_eq!(decode(b"\xEF\xBB\xBFname: a\n".to_vec()).unwrap(), "name: a\n");
        assert_eq!(decode("name: ä\n".as_bytes().to_vec()).unwrap(), "name: ä\n");
        for text in ["\u{feff}name: a\n", "name: a\n"] {
            for little in [true, false] {
                let message = decode(utf_16(text, little)).unwrap_err();
                assert!(message.contains("this file is UTF-16; save it as UTF-8"), "{message}");
            }
        }
        let latin = decode(b"name: a\nscenario: M\xC4\n".to_vec()).unwrap_err();
        assert!(latin.starts_with(":2:12: here stands the byte 0xC4"), "{latin}");
        for short in [&b""[..], b"a", b"\0", b"\xFF"] {
            let _ = decode(short.to_vec());
        }
    }
}
