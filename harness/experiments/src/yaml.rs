//! YAML whose errors know by type what is wrong, and where it stands.
//!
//! | file | what |
//! |---|---|
//! | `path` | the way to a value: `models[1].ridge.alpha` |
//! | `places` | line and column of every key and value of a text |
//! | `flaw` | what is wrong, as serde tells it, and in the words of a person |
//! | `problem` | a flaw with its place |
//! | `reader` | a tree of values as serde reads it |
//! | `syntax` | what the parser says of a text that is no YAML |
//!
//! Values are those of `serde_yaml`. It keeps no places, so these are taken from a second parser, `saphyr-parser`; what is read
//! never depends on it.

mod flaw;
mod path;
mod places;
mod problem;
mod reader;
mod syntax;

use serde_yaml::Value;

pub(crate) use path::Path;
pub(crate) use places::Places;
pub(crate) use problem::Problem;
pub(crate) use reader::read;
pub(crate) use syntax::sentence;

/// The values of a text, and where they stand.
pub(crate) fn parse(text: &str) -> Result<(Value, Places), Problem> {
    let places = Places::of(text);
    match serde_yaml::from_str(text) {
        Ok(tree) => Ok((tree, places)),
        Err(error) => Err(match places.duplicate() {
            Some(twice) => Problem::duplicate(twice),
            None => Problem::syntax(&error),
        }),
    }
}
