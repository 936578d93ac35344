//! What tells the entries of one model apart, as values; text is made of it where it is shown or written.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `clean:intra_only`, `inter_only+references_test=4`, `fine_tune+cells=8`; empty where there is one entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
pub struct Variant {
    /// The name that the file gives it. It is for people: nothing is looked up by it.
    pub arm: String,
    /// What sweeps have set, in their order.
    pub swept: Vec<Swept>,
    /// In a transfer, how many target cells it learns from.
    pub target_cells: Option<usize>,
}

/// A value that a sweep has set.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// Last part of the path.
    pub parameter: String,
    /// A number, or a name.
    pub value: Value,
}

impl Variant {
    /// Whether there is nothing to tell apart.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

impl Swept {
    fn read(text: &str) -> Option<Self> {
        let (parameter, value) = text.split_once('=')?;
        let number = serde_json::from_str::<Value>(value).ok().filter(Value::is_number);
        let value = number.filter(|number| number.to_string().as_str() == value).unwrap_or_else(|| Value::from(value));
        Some(Self { parameter: parameter.to_owned(), value })
    }
}

impl fmt::Display for Swept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::String(text) => write!(formatter, "{}={text}", self.parameter),
            other => write!(formatter, "{}={other}", self.parameter),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arm = Some(&self.arm).filter(|arm| !arm.is_empty()).cloned();
        let swept = self.swept.iter().map(Swept::to_string);
        let cells = self.target_cells.map(|count| format!("cells={count}"));
        formatter.write_str(&arm.into_iter().chain(swept).chain(cells).collect::<Vec<_>>().join("+"))
    }
}

impl From<&str> for Variant {
    /// What the text says; a text of another form is a name.
    fn from(text: &str) -> Self {
        let mut parts: Vec<&str> = text.split('+').collect();
        let target_cells = parts.last().and_then(|last| last.strip_prefix("cells=")?.parse().ok());
        parts.truncate(parts.len() - usize::from(target_cells.is_some()));
        let swept =
            parts.iter().position(|part| part.contains('=')).map_or_else(Vec::new, |first| parts.split_off(first));
        let swept: Option<Vec<Swept>> = swept.into_iter().map(Swept::read).collect();
        let read = Self { arm: parts.join("+"), swept: swept.unwrap_or_default(), target_cells };
        if read.to_string() == text { read } else { Self { arm: text.to_owned(), ..Self::default() } }
    }
}

impl From<String> for Variant {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Variant> for String {
    fn from(variant: Variant) -> Self {
        variant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_read_as_values_and_written_as_it_was() {
        let texts = [
            "",
            "both",
            "clean:intra_only",
            "alpha=0.2",
            "inter_only+references_test=4",
            "feature=voltage",
            "a+b",
            "fine_tune+cells=8",
            "cells=2",
            "x+alpha=1e3+median=selection+cells=16",
            "alpha=0.50",
            "a=1+b",
            "cells=two",
            "cells=08",
            "+",
            "=",
            "a++b=1",
        ];
        for text in texts {
            assert_eq!(Variant::from(text).to_string(), text);
            let read: Variant = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((serde_json::to_value(&read).unwrap(), read.is_plain()), (json!(text), text.is_empty()));
        }
    }

    #[test]
    fn values_are_values() {
        let one = Variant::from("inter_only+references_test=4+feature=voltage+cells=16");
        assert_eq!((one.arm.as_str(), one.target_cells), ("inter_only", Some(16)));
        let swept: Vec<(&str, &Value)> = one.swept.iter().map(|one| (one.parameter.as_str(), &one.value)).collect();
        assert_eq!(swept, [("references_test", &json!(4)), ("feature", &json!("voltage"))]);
        assert_eq!(Variant::from("alpha=0.2").swept[0].value, json!(0.2));
    }
}
