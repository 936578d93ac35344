//! `train_test_split:` of an experiment file: one split, or one per fold of a cross-validation.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
};

use cells::split::Split;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

/// As written: a path, or a list of at least two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SplitFiles {
    pub(crate) first: PathBuf,
    /// All of a list, the first among them; empty for one split.
    pub(crate) folds: Vec<PathBuf>,
}

impl JsonSchema for SplitFiles {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SplitFiles".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 2, "uniqueItems": true },
            ],
        })
    }
}

impl<'de> Deserialize<'de> for SplitFiles {
    // by hand rather than as an untagged enum, which would lose the position of an error
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Files)
    }
}

/// Reads a split; of one that is not there, it is said where it was looked for, and where one of its name is.
///
/// # Errors
/// As [`Split::read`].
pub(crate) fn read(path: &Path) -> Result<Split, cells::Error> {
    match Split::read(path) {
        Err(cells::Error::Declared { table, what }) if !path.exists() => {
            Err(cells::Error::Declared { table, what: format!("{what}{}", where_to(path)) })
        }
        other => other,
    }
}

/// The end of a sentence about a file that is not there.
fn where_to(path: &Path) -> String {
    let parts: Vec<_> = path.components().collect();
    // the folder of the experiment file stands before what was written
    let here = (1..parts.len()).map(|first| parts[first..].iter().collect::<PathBuf>()).find(|end| end.is_file());
    let whole = here.and_then(|here| std::path::absolute(here).ok());
    let whole = whole.map_or_else(String::new, |whole| format!("; to take {0}, write its whole path", whole.display()));
    format!("; `train_test_split` is looked for beside the experiment file, be it written there or by --set{whole}")
}

struct Files;

impl<'de> Visitor<'de> for Files {
    type Value = SplitFiles;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the path of a split file, or a list of at least two, one per fold")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<SplitFiles, E> {
        Ok(SplitFiles { first: path.into(), folds: Vec::new() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SplitFiles, A::Error> {
        let mut folds: Vec<PathBuf> = Vec::new();
        while let Some(path) = list.next_element::<String>()? {
            folds.push(path.into());
        }
        if let Some(twice) = (1..folds.len()).find(|&place| folds[..place].contains(&folds[place])) {
            return Err(A::Error::custom(format_args!("split file {} is given twice", folds[twice].display())));
        }
        match folds.first().cloned() {
            Some(first) if folds.len() > 1 => Ok(SplitFiles { first, folds }),
            _ => Err(A::Error::invalid_length(folds.len(), &Self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn of_a_split_that_is_not_there_it_is_said_where_it_was_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str| read(&folder.path().join(name)).unwrap_err().to_string();
        let lost = said("mine.csv");
        assert!(
            lost.contains("cannot be opened") && lost.contains("is looked for beside the experiment file"),
            "{lost}"
        );
        assert!(!lost.contains("whole path"), "{lost}");
        // one of that name is here, where the program was called
        let here = said("Cargo.toml");
        let whole = std::env::current_dir().unwrap().join("Cargo.toml");
        assert!(here.contains(&format!("to take {}, write its whole path", whole.display())), "{here}");
    }
}
