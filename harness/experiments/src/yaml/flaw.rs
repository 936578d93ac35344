//! What is wrong with a value, as serde tells it, and in the words of a person.

use std::fmt;

use serde::de::{self, Expected, Unexpected};
use serde_yaml::Value;

use super::path::{Path, Step};
use crate::names::unknown;
use cells::quote::shown;

/// Letters of a sentence, at most; a quotation mark that is not closed makes one word of half a file.
const LONGEST: usize = 1500;

/// Letters of a word of the file in it, at most.
const WORD: usize = 120;

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Flaw {
    /// A key that its map does not take.
    UnknownKey { name: String, known: &'static [&'static str] },
    /// A word that is none of those that stand there.
    UnknownValue { name: String, known: &'static [&'static str] },
    /// A key that its map needs.
    Missing(&'static str),
    /// A key that its map has before.
    Duplicate,
    /// Something else than what is needed.
    Unfit { how: &'static str, found: String, needed: String },
    /// A number, a truth value or nothing, where a text is needed.
    NoText(Value),
    /// The same, and the text is a name: the value is a key itself.
    NoName(Value),
    /// A sentence of who reads the value, which does not say where it is.
    Refused(String),
    /// A sentence that says it.
    Said(String),
}

impl Flaw {
    /// What a person reads; `path` leads to the value, and `written` is how it is spelt.
    pub(super) fn sentence(&self, path: &Path, written: Option<&str>) -> String {
        shown(self.whole_sentence(path, written), LONGEST)
    }

    fn whole_sentence(&self, path: &Path, written: Option<&str>) -> String {
        let behind = |path: &Path| if path.is_root() { String::new() } else { format!(" in {path}") };
        let before = || if path.is_root() { String::new() } else { format!("{path}: ") };
        match self {
            Self::UnknownKey { name, known } => {
                let holder = path.holder();
                let is_entry = matches!(holder.steps(), [Step::Key(list), Step::Item(_)] if list == "models");
                unknown(if is_entry { "model or key" } else { "key" }, name, known, &holder.to_string())
            }
            Self::UnknownValue { name, known } => unknown("value", name, known, &path.to_string()),
            Self::Missing(key) => format!("key {key} is missing{}", behind(&path.holder())),
            Self::Duplicate => {
                let name = match path.steps().last() {
                    Some(Step::Key(name)) => name.as_str(),
                    _ => "",
                };
                format!("duplicate key '{name}'{}: keep one of the two", behind(&path.holder()))
            }
            Self::Unfit { how, found, needed } => format!("{}{how}: {found}, expected {needed}", before()),
            Self::NoText(value) => no_text(&format!("key {path} needs a text"), value, written),
            Self::NoName(name) => {
                let map = if path.is_root() { "this file".to_owned() } else { path.to_string() };
                no_text(&format!("a name in {map} needs to be a text"), name, written)
            }
            Self::Refused(sentence) => format!("{}{sentence}", before()),
            Self::Said(sentence) => sentence.clone(),
        }
    }
}

fn no_text(needed: &str, word: &Value, written: Option<&str>) -> String {
    let spelt = || serde_yaml::to_string(word).map_or_else(|_| String::new(), |text| text.trim().to_owned());
    let written = written.map_or_else(spelt, str::to_owned);
    match word {
        Value::Null => format!("{needed}, and there is none"),
        Value::Bool(_) => format!("{needed}, and {written} is true or false: write \"{written}\" in quotes"),
        _ => format!("{needed}, and {written} is a number: write \"{written}\" in quotes"),
    }
}

/// serde's words for what it needs, in those of a person.
fn words(needed: &dyn Expected) -> String {
    match needed.to_string().as_str() {
        "f64" | "f32" => "a number",
        "u64" | "usize" => "a whole number from 0 on",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a string" => "a text; put one that begins with [ or { or holds a colon in quotes",
        other if other.starts_with("struct ") => "a mapping, such as {key: value}",
        other => return plain(other),
    }
    .to_owned()
}

/// Quotation marks as sentences have them.
fn plain(text: &str) -> String {
    text.replace('`', "'")
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence(&Path::default(), None))
    }
}

impl std::error::Error for Flaw {}

impl de::Error for Flaw {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Refused(plain(&message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, needed: &dyn Expected) -> Self {
        Self::Unfit { how: "invalid type", found: plain(&shown(found, WORD)), needed: words(needed) }
    }

    fn invalid_value(found: Unexpected<'_>, needed: &dyn Expected) -> Self {
        Self::Unfit { how: "invalid value", found: plain(&shown(found, WORD)), needed: words(needed) }
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownValue { name: shown(name, WORD), known }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownKey { name: shown(name, WORD), known }
    }

    fn missing_field(key: &'static str) -> Self {
        Self::Missing(key)
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::Duplicate
    }
}
