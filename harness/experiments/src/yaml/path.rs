//! The way to a value in a tree.

use std::fmt;

use serde_path_to_error::Segment;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a map.
    Key(String),
    /// Into a list, from 0.
    Item(usize),
}

/// Steps from the root; shown as `models[1].ridge.alpha`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    /// That of a key at the root.
    pub(crate) fn of(key: &str) -> Self {
        Self::default().key(key)
    }

    /// One step into a map.
    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// One step into a list, from 0.
    pub(crate) fn item(mut self, index: usize) -> Self {
        self.0.push(Step::Item(index));
        self
    }

    /// The way to what holds this.
    pub(crate) fn holder(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// Its steps, from the root.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether it is that of the root.
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&serde_path_to_error::Path> for Path {
    fn from(path: &serde_path_to_error::Path) -> Self {
        path.iter().fold(Self::default(), |path, segment| match segment {
            Segment::Map { key } => path.key(key),
            Segment::Seq { index } => path.item(*index),
            Segment::Enum { .. } | Segment::Unknown => path,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(depth, step)| match step {
            Step::Key(key) if depth == 0 => formatter.write_str(key),
            Step::Key(key) => write!(formatter, ".{key}"),
            Step::Item(index) => write!(formatter, "[{index}]"),
        })
    }
}
