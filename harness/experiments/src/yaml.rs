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

/// Brackets within one another, wherever they stand; parsers take a hundred.
const DEEPEST: usize = 1000;

/// The line of a text in which brackets are too deep.
fn too_deep(text: &str) -> Option<usize> {
    let (mut line, mut depth) = (1, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'\n' => line += 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(line);
        }
    }
    None
}

/// The values of a text, and where they stand.
pub(crate) fn parse(text: &str) -> Result<(Value, Places), Problem> {
    // the time that parsers take for brackets in brackets grows with the square of their number
    if let Some(line) = too_deep(text) {
        let sentence = format!("line {line} opens more than {DEEPEST} brackets that are not closed before");
        return Err(Problem::of_value(Path::default(), sentence));
    }
    let places = Places::of(text);
    match serde_yaml::from_str(text) {
        Ok(tree) => Ok((tree, places)),
        Err(error) => Err(match places.duplicate() {
            Some(twice) => Problem::duplicate(twice),
            None => Problem::syntax(&error),
        }),
    }
}
