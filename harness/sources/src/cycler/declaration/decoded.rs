//! The text of a declaration, whatever editor it was saved by.

use std::borrow::Cow;

use super::super::encoding;

/// The text of a declaration; that of UTF-16 is known for certain. Fails with a fragment.
pub(super) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    if cells::text::is_utf16(bytes) {
        return Ok(encoding::of(bytes).1);
    }
    cells::text::decode(bytes).map(Cow::Borrowed).map_err(|_| {
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let line = 1 + bytes[..valid].iter().filter(|byte| **byte == b'\n').count();
        format!("line {line}: it has letters in the encoding of a system (as ° and µ outside of UTF-8): save it as UTF-8 in the editor, or write without them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_in_utf_and_else_it_is_said_which_line_is_in_another_encoding() {
        let text = "# 25 °C\ncells: []\n";
        let utf16: Vec<u8> = "\u{feff}"
            .chars()
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decoded(&utf16).unwrap(), text);
        assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        let said = decoded(b"cells:\n# 25 \xb0C\n").unwrap_err();
        assert!(said.starts_with("line 2: ") && said.contains("UTF-8 in the editor"), "{said}");
    }
}
