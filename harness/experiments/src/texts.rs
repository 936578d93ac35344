//! Texts of an experiment file: the bytes that an editor wrote, and words that YAML takes for something else.

use serde_yaml::Value;

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

/// Keys whose values are texts, by section; `models` and `expect` are lists of maps.
const TEXTS: [(&str, &[&str]); 4] = [
    ("", &["name", "scenario", "description", "analysis", "train_test_split"]),
    ("transfer", &["target"]),
    ("models", &["feature", "variant"]),
    ("expect", &["model", "variant", "source", "profile"]),
];

/// Of these keys, those that may as well be left out.
const OPTIONAL: [&str; 2] = ["analysis", "feature"];

/// A number, a truth value or nothing, where a text is needed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Misread<'a> {
    /// Where, as in other errors: `name`, `models[1].variant`; of a name, the map that has it.
    path: String,
    what: What<'a>,
}

#[derive(Clone, Debug, PartialEq)]
enum What<'a> {
    /// The value of this key.
    Value(&'static str, &'a Value),
    /// A name: it is a key itself.
    Name(&'a Value),
}

/// The first word of a declaration that YAML takes for something else than the text that is needed there.
pub(super) fn misread(tree: &Value) -> Option<Misread<'_>> {
    let values = TEXTS.iter().find_map(|&(section, keys)| {
        let maps: Vec<(String, &Value)> = match tree.get(section) {
            _ if section.is_empty() => vec![(String::new(), tree)],
            Some(Value::Sequence(items)) => {
                items.iter().enumerate().map(|(index, item)| (format!("{section}[{index}]"), item)).collect()
            }
            Some(map) => vec![(section.to_owned(), map)],
            None => Vec::new(),
        };
        maps.into_iter().find_map(|(path, map)| {
            keys.iter().find_map(|&key| {
                let value = map.get(key).filter(|value| !is_text(key, value))?;
                Some(Misread { path: join(&path, key), what: What::Value(key, value) })
            })
        })
    });
    values.or_else(|| name(tree, ""))
}

/// Lists and maps are left to the reader, which has a sentence for them.
fn is_text(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => OPTIONAL.contains(&key),
        Value::Number(_) | Value::Bool(_) => false,
        _ => true,
    }
}

/// The first key that is no text, at any depth.
fn name<'a>(tree: &'a Value, path: &str) -> Option<Misread<'a>> {
    match tree {
        Value::Mapping(map) => map.iter().find_map(|(key, value)| match key.as_str() {
            None => Some(Misread { path: path.to_owned(), what: What::Name(key) }),
            Some(key) => name(value, &join(path, key)),
        }),
        Value::Sequence(items) => {
            items.iter().enumerate().find_map(|(index, item)| name(item, &format!("{path}[{index}]")))
        }
        _ => None,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Misread<'_> {
    /// What is wrong and what to do; `written` is how the word is spelt.
    fn sentence(&self, written: &str) -> String {
        let path = &self.path;
        let place = if path.is_empty() { "this file" } else { path };
        let (word, needed) = match self.what {
            What::Value(_, value) => (value, format!("key {path} needs a text")),
            What::Name(name) => (name, format!("a name in {place} needs to be a text")),
        };
        match word {
            Value::Null => format!("{needed}, and there is none"),
            Value::Bool(_) => format!("{needed}, and {written} is true or false: write \"{written}\" in quotes"),
            _ => format!("{needed}, and {written} is a number: write \"{written}\" in quotes"),
        }
    }

    /// The sentence without a place.
    pub(super) fn anywhere(&self) -> String {
        let (What::Value(_, word) | What::Name(word)) = self.what;
        self.sentence(spelt(word).as_str())
    }

    /// The sentence behind file, line and column, and in the spelling of the file.
    pub(super) fn within(&self, text: &str, file: &str) -> String {
        let found = pairs(text).find_map(|pair| match self.what {
            What::Value(key, value) => {
                (pair.key == key && pair.value_is(value)).then_some((pair.line, pair.value_column, pair.value))
            }
            What::Name(name) => pair.key_is(name).then_some((pair.line, pair.column, pair.key)),
        });
        match found {
            Some((line, column, written)) => format!("{file}:{line}:{column}: {}", self.sentence(written)),
            None => format!("{file}: {}", self.anywhere()),
        }
    }
}

fn spelt(value: &Value) -> String {
    serde_yaml::to_string(value).map_or_else(|_| String::new(), |text| text.trim().to_owned())
}

/// A key with what stands behind it on the same line.
pub(super) struct Pair<'a> {
    /// From 1.
    pub(super) line: usize,
    /// Of the key, from 1.
    pub(super) column: usize,
    /// As written.
    pub(super) key: &'a str,
    value: &'a str,
    value_column: usize,
}

impl Pair<'_> {
    fn value_is(&self, value: &Value) -> bool {
        (self.value.is_empty() && value.is_null())
            || matches!(serde_yaml::from_str::<Value>(self.value), Ok(read) if read == *value)
    }

    fn key_is(&self, key: &Value) -> bool {
        !self.key.is_empty() && matches!(serde_yaml::from_str::<Value>(self.key), Ok(read) if read == *key)
    }
}

/// Everything in a text that looks like a key with its value. Prose may look so too; who asks knows what is meant.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = Pair<'_>> {
    (1..).zip(text.lines()).flat_map(|(line, text)| {
        let text = text.split(" #").next().unwrap_or(text);
        let is_colon =
            move |&(at, _): &(usize, &str)| text[at + 1..].is_empty() || text[at + 1..].starts_with([' ', '\t']);
        text.match_indices(':').filter(is_colon).map(move |(at, _)| {
            let start = text[..at].rfind(['{', ',', '[']).map_or(0, |before| before + 1);
            let key = text[start..at].trim_start().trim_start_matches("- ").trim();
            let after = &text[at + 1..];
            let value = after.split([',', '}', ']']).next().unwrap_or(after).trim();
            let column = |part: &str| text[..part.as_ptr() as usize - text.as_ptr() as usize].chars().count() + 1;
            Pair { line, column: column(key), key, value, value_column: column(value) }
        })
    })
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

    fn said(text: &str) -> Option<String> {
        let tree: Value = serde_yaml::from_str(text).unwrap();
        misread(&tree).map(|misread| misread.within(text, "e.yaml"))
    }

    #[test]
    fn every_key_that_needs_a_text_says_so_in_the_spelling_of_the_file() {
        for (section, keys) in TEXTS {
            for key in keys {
                for (written, kind) in
                    [("1.10", "a number"), ("0x1F", "a number"), ("1e3", "a number"), ("true", "true or false")]
                {
                    let (text, line) = match section {
                        "" => (format!("{key}: {written} # a word\n"), 1),
                        "transfer" => (format!("transfer: {{cells: [1], {key}: {written}}}\n"), 1),
                        list => (format!("{list}:\n  - {key}: a\n  - other: b\n    {key}: {written}\n"), 4),
                    };
                    let message = said(&text).unwrap_or_else(|| panic!("{text}"));
                    let column = text.lines().nth(line - 1).unwrap().find(written).unwrap() + 1;
                    assert!(message.starts_with(&format!("e.yaml:{line}:{column}: ")), "{text}{message}");
                    assert!(message.contains(&format!("{key} needs a text, and {written} is {kind}")), "{message}");
                    assert!(message.ends_with(&format!("write \"{written}\" in quotes")), "{message}");
                }
            }
        }
        assert_eq!(said("name: \"2024\"\nscenario: 2024-a\ndescription: 'yes'\nseeds: [1]\n"), None);
        assert_eq!(said("scenario:\n").unwrap(), "e.yaml:1:10: key scenario needs a text, and there is none");
    }

    #[test]
    fn names_are_texts_too() {
        let message = said("features:\n  a: {x: {}}\n  2024: {capacity_map: {}}\n").unwrap();
        assert_eq!(
            message,
            "e.yaml:3:3: a name in features needs to be a text, and 2024 is a number: write \"2024\" in quotes"
        );
        assert!(
            said("profiles: {quick: {seeds: [1]}, 7: {}}\n").unwrap().starts_with("e.yaml:1:33: a name in profiles")
        );
    }
}
