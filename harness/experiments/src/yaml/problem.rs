//! What is wrong with a declaration, and where.

use serde_yaml::Value;

use super::{
    flaw::Flaw,
    path::Path,
    places::{Place, Places},
    syntax,
};

/// A flaw with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    path: Path,
    part: Part,
    /// In a box, since every function that reads a declaration gives one of these or what it read.
    flaw: Box<Flaw>,
}

/// What of that to which the path leads.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Value,
    Key,
    /// One of its keys, from 0.
    Name(usize),
    /// A place in the text that no path leads to.
    Place(Option<Place>),
}

impl Problem {
    /// A sentence about the value at `path`.
    pub(crate) fn of_value(path: Path, sentence: String) -> Self {
        Self { path, part: Part::Value, flaw: Box::new(Flaw::Said(sentence.replace('`', "'"))) }
    }

    /// A sentence about the key at `path`.
    pub(crate) fn of_key(path: Path, sentence: String) -> Self {
        Self { part: Part::Key, ..Self::of_value(path, sentence) }
    }

    /// A value that is no text.
    pub(crate) fn no_text(path: Path, value: &Value) -> Self {
        Self { path, part: Part::Value, flaw: Box::new(Flaw::NoText(value.clone())) }
    }

    /// The key number `nth` of the map at `path`, from 0, which is no text.
    pub(crate) fn no_name(path: Path, nth: usize, name: &Value) -> Self {
        Self { path, part: Part::Name(nth), flaw: Box::new(Flaw::NoName(name.clone())) }
    }

    /// What serde found at `path`.
    pub(super) fn of_flaw(path: Path, flaw: Flaw) -> Self {
        let part = if matches!(flaw, Flaw::UnknownKey { .. }) { Part::Key } else { Part::Value };
        let path = if let Flaw::Missing(key) = flaw { path.key(key) } else { path };
        Self { path, part, flaw: Box::new(flaw) }
    }

    /// A key that its map has before.
    pub(super) fn duplicate((path, place): (Path, Place)) -> Self {
        Self { path, part: Part::Place(Some(place)), flaw: Box::new(Flaw::Duplicate) }
    }

    /// A text that is no YAML.
    pub(super) fn syntax(error: &serde_yaml::Error) -> Self {
        let place = error.location().map(|place| Place { line: place.line(), column: place.column() });
        Self { path: Path::default(), part: Part::Place(place), flaw: Box::new(Flaw::Said(syntax::sentence(error))) }
    }

    /// What is wrong, behind the name of the file with line and column.
    pub(crate) fn within(&self, file: &str, places: &Places) -> String {
        let found = places.find(&self.path);
        let value = || found.as_ref().map(|found| found.value);
        let name = if let Part::Name(nth) = self.part { places.name(&self.path, nth) } else { None };
        let place = match self.part {
            Part::Value => value(),
            Part::Key => found.as_ref().and_then(|found| found.key).or_else(value),
            Part::Name(_) => name.map(|(place, _)| place),
            Part::Place(place) => place,
        };
        // what is not written is missed where it would be
        let is_known = matches!(self.part, Part::Place(_));
        let place = place.or_else(|| if is_known { None } else { places.near(&self.path) });
        let written = name.map(|(_, written)| written).or(found.as_ref().and_then(|found| found.text));
        let sentence = self.flaw.sentence(&self.path, written);
        match place {
            Some(place) => format!("{file}:{place}: {sentence}"),
            None => format!("{file}: {sentence}"),
        }
    }

    /// What is wrong, where something else says what is meant: a setting, a sweep.
    pub(crate) fn anywhere(&self) -> String {
        match *self.flaw {
            Flaw::NoText(_) | Flaw::NoName(_) => self.flaw.sentence(&self.path, None),
            _ => self.flaw.sentence(&Path::default(), None),
        }
    }
}
