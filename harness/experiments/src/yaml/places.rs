//! Line and column of every key and value of a text.

use std::fmt;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::path::{Path, Step};

/// Levels of maps and lists, at most; `serde_yaml` takes no more either.
const DEEPEST: usize = 128;

/// A line and a column, both from 1; shown as `12:5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A value with where it stands.
#[derive(Debug)]
struct Node {
    place: Place,
    below: Below,
}

#[derive(Debug)]
enum Below {
    /// As written, but for quotes.
    Text(String),
    Items(Vec<Node>),
    Entries(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug)]
struct Entry {
    key: String,
    place: Place,
    value: Node,
}

/// What was found at the end of a way.
pub(super) struct Found<'a> {
    /// Of the value.
    pub(super) value: Place,
    /// Of its key, if it has one.
    pub(super) key: Option<Place>,
    /// The value as written, if it is a single word.
    pub(super) text: Option<&'a str>,
}

/// The places of a text; none where the parser does not understand it.
#[derive(Debug, Default)]
pub(crate) struct Places(Option<Node>);

impl Places {
    /// Those of a text.
    pub(crate) fn of(text: &str) -> Self {
        Self(Builder::default().build(text))
    }

    /// What stands at the end of a way.
    pub(super) fn find(&self, path: &Path) -> Option<Found<'_>> {
        let walk = self.walk(path)?;
        let text = if let Below::Text(text) = &walk.node.below { Some(text.as_str()) } else { None };
        walk.is_whole.then_some(Found { value: walk.node.place, key: walk.key, text })
    }

    /// The start of the line that what comes nearest to the end of a way begins in.
    pub(super) fn near(&self, path: &Path) -> Option<Place> {
        self.walk(path).map(|walk| Place { line: walk.key.unwrap_or(walk.node.place).line, column: 1 })
    }

    /// The key number `nth` of a map, from 0, as written.
    pub(super) fn name(&self, map: &Path, nth: usize) -> Option<(Place, &str)> {
        let walk = self.walk(map).filter(|walk| walk.is_whole)?;
        let Below::Entries(entries) = &walk.node.below else { return None };
        entries.get(nth).map(|entry| (entry.place, entry.key.as_str()))
    }

    /// The first key that its map has before, and where it stands.
    pub(super) fn duplicate(&self) -> Option<(Path, Place)> {
        self.0.as_ref().and_then(|root| duplicate(root, &Path::default()))
    }

    /// Where a key stands.
    pub(crate) fn key(&self, path: &Path) -> Option<Place> {
        self.find(path).and_then(|found| found.key)
    }

    fn walk(&self, path: &Path) -> Option<Walk<'_>> {
        let mut walk = Walk { node: self.0.as_ref()?, key: None, is_whole: true };
        for step in path.steps() {
            let next = match (step, &walk.node.below) {
                (Step::Key(key), Below::Entries(entries)) => {
                    entries.iter().find(|entry| entry.key == *key).map(|entry| (&entry.value, Some(entry.place)))
                }
                (Step::Item(index), Below::Items(items)) => items.get(*index).map(|item| (item, None)),
                _ => None,
            };
            let Some((node, key)) = next else { return Some(Walk { is_whole: false, ..walk }) };
            walk = Walk { node, key, is_whole: true };
        }
        Some(walk)
    }
}

/// How far a way leads.
struct Walk<'a> {
    node: &'a Node,
    key: Option<Place>,
    is_whole: bool,
}

fn duplicate(node: &Node, path: &Path) -> Option<(Path, Place)> {
    match &node.below {
        Below::Text(_) => None,
        Below::Items(items) => {
            items.iter().enumerate().find_map(|(index, item)| duplicate(item, &path.clone().item(index)))
        }
        Below::Entries(entries) => entries.iter().enumerate().find_map(|(index, entry)| {
            let path = path.clone().key(&entry.key);
            let is_known = entries[..index].iter().any(|earlier| earlier.key == entry.key);
            if is_known { Some((path, entry.place)) } else { duplicate(&entry.value, &path) }
        }),
    }
}

/// Maps and lists that are open, and the root once it is closed.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
}

struct Open {
    node: Node,
    /// In a map, the key whose value comes next.
    key: Option<(String, Place)>,
}

impl Builder {
    fn build(mut self, text: &str) -> Option<Node> {
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.ok()?;
            match event {
                Event::Scalar(text, style, ..) => {
                    let place = self.place_of_word(&text, style, span);
                    self.close(Node { place, below: Below::Text(text.into_owned()) });
                }
                // what it stands for is written elsewhere
                Event::Alias(_) => self.close(Node { place: start(span), below: Below::Items(Vec::new()) }),
                Event::SequenceStart(..) => self.begin(span, Below::Items(Vec::new()))?,
                Event::MappingStart(..) => self.begin(span, Below::Entries(Vec::new()))?,
                Event::SequenceEnd | Event::MappingEnd => {
                    let open = self.open.pop()?;
                    self.close(open.node);
                }
                _ => {}
            }
        }
        self.root
    }

    /// Of nothing at all behind a key, behind the colon.
    fn place_of_word(&self, text: &str, style: ScalarStyle, span: Span) -> Place {
        let place = start(span);
        let is_value = self.open.last().is_some_and(|open| open.key.is_some());
        let is_nothing = text.is_empty() && style == ScalarStyle::Plain;
        Place { column: place.column + usize::from(is_nothing && is_value), ..place }
    }

    fn begin(&mut self, span: Span, below: Below) -> Option<()> {
        self.open.push(Open { node: Node { place: start(span), below }, key: None });
        (self.open.len() <= DEEPEST).then_some(())
    }

    fn close(&mut self, node: Node) {
        let Some(Open { node: holder, key }) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match (&mut holder.below, key.take()) {
            (Below::Items(items), _) => items.push(node),
            (Below::Entries(entries), Some((key, place))) => entries.push(Entry { key, place, value: node }),
            (_, _) => {
                let place = node.place;
                *key = Some((if let Below::Text(text) = node.below { text } else { String::new() }, place));
            }
        }
    }
}

fn start(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
a: 1
ü:  {b: [x, 'it''s']} # b: [y]
models:
  - mean: {}
  - ridge:
      alpha: much
    nothing:
same: &same {a: 1}
again: *same
";

    #[test]
    fn keys_and_values_are_found_by_their_way() {
        let places = Places::of(TEXT);
        let ridge = Path::of("models").item(1).key("ridge");
        for (path, key, value, text) in [
            (Path::of("a"), Some((1, 1)), (1, 4), Some("1")),
            (Path::of("ü").key("b"), Some((2, 6)), (2, 9), None),
            (Path::of("ü").key("b").item(1), None, (2, 13), Some("it's")),
            (Path::of("models").item(1), None, (5, 5), None),
            (ridge.clone().key("alpha"), Some((6, 7)), (6, 14), Some("much")),
            (Path::of("models").item(1).key("nothing"), Some((7, 5)), (7, 13), Some("")),
            (Path::of("again"), Some((9, 1)), (9, 8), None),
        ] {
            let found = places.find(&path).unwrap_or_else(|| panic!("{path}"));
            let pair = |place: Place| (place.line, place.column);
            assert_eq!((found.key.map(pair), pair(found.value), found.text), (key, value, text), "{path}");
        }
        let missing = ridge.key("alfa");
        assert!(places.find(&missing).is_none());
        assert_eq!(places.near(&missing).unwrap().to_string(), "5:1");
        assert_eq!(places.duplicate(), None);
    }

    #[test]
    fn the_second_of_two_equal_keys_is_found() {
        let twice = |text: &str| Places::of(text).duplicate().map(|(path, place)| format!("{path} {place}"));
        assert_eq!(twice("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n").unwrap(), "b.c 2:17");
        assert_eq!(twice("- {a: 1}\n- {a: 1, 'a': 2}\n").unwrap(), "[1].a 2:10");
    }

    #[test]
    fn texts_that_are_none_have_no_places() {
        for text in ["", "a: [", "a: b: c", &"[".repeat(100_000), "*b"] {
            assert!(Places::of(text).find(&Path::of("a")).is_none(), "{text:.10}");
        }
    }
}
