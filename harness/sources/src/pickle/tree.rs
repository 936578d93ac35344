//! What a pickle holds: objects in one vector, which name each other by position. Shared and even circular objects are
//! no trouble, nor is a million levels of nesting, since nothing here is walked or freed recursively.

use super::globals::Global;

/// Entries of a record, columns of a frame, arguments of a call, at most.
const FEW: usize = 1000;

/// A value small enough to be copied, or the place of one that is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Object(u32),
}

/// A value that has a place of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Text(Box<str>),
    /// Bytes, or the text of a Python without Unicode.
    Bytes(Box<[u8]>),
    /// An integer of more than 64 bits; nothing here needs its value.
    Large,
    Tuple(Box<[Value]>),
    /// A list as long as it has only floating-point numbers: half the memory of the general one.
    Numbers(Vec<f64>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Set(Vec<Value>),
    Global(Global),
    /// "Call this with that", and the state to set afterwards.
    Call {
        callee: Global,
        arguments: Value,
        state: Option<Value>,
    },
}

/// A pickle, read and inert.
#[derive(Clone, Debug)]
pub struct Pickle {
    pub(super) objects: Vec<Object>,
    pub(super) root: Value,
}

impl Pickle {
    /// What was pickled.
    pub fn root(&self) -> Node<'_> {
        Node { pickle: self, value: self.root }
    }
}

/// One value of a pickle.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    pub(super) pickle: &'a Pickle,
    pub(super) value: Value,
}

impl<'a> Node<'a> {
    pub(super) fn object(self) -> Option<&'a Object> {
        match self.value {
            Value::Object(place) => self.pickle.objects.get(place as usize),
            _ => None,
        }
    }

    pub(super) fn at(self, value: Value) -> Self {
        Self { pickle: self.pickle, value }
    }

    /// Whether it is `None`.
    pub fn is_none(self) -> bool {
        self.value == Value::None
    }

    /// A text.
    pub fn text(self) -> Option<&'a str> {
        match self.object()? {
            Object::Text(text) => Some(text),
            Object::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub(super) fn bytes(self) -> Option<&'a [u8]> {
        match self.object()? {
            Object::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// An integer.
    pub fn integer(self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            Value::Bool(value) => Some(i64::from(value)),
            _ => None,
        }
    }

    /// A number, of NumPy or of Python.
    pub fn number(self) -> Option<f64> {
        match self.value {
            Value::Float(value) => Some(value),
            Value::Int(value) => Some(value as f64),
            Value::Bool(value) => Some(f64::from(u8::from(value))),
            _ => None,
        }
    }

    /// The elements of a list, a tuple or a set.
    pub fn items(self) -> Option<Vec<Node<'a>>> {
        match self.object()? {
            Object::Tuple(items) => Some(items.iter().map(|value| self.at(*value)).collect()),
            Object::List(items) | Object::Set(items) => Some(items.iter().map(|value| self.at(*value)).collect()),
            Object::Numbers(items) => Some(items.iter().map(|value| self.at(Value::Float(*value))).collect()),
            _ => None,
        }
    }

    /// The elements of what should have no more than a few; none if it has more, so that nothing long is looked at again
    /// and again where many objects share it.
    pub(super) fn few(self) -> Option<Vec<Node<'a>>> {
        self.length().filter(|length| *length <= FEW).and_then(|_| self.items())
    }

    /// Number of elements or entries.
    pub(super) fn length(self) -> Option<usize> {
        match self.object()? {
            Object::Tuple(items) => Some(items.len()),
            Object::List(items) | Object::Set(items) => Some(items.len()),
            Object::Numbers(items) => Some(items.len()),
            Object::Dict(entries) => Some(entries.len()),
            _ => None,
        }
    }

    /// Keys and values of a dictionary, in its order.
    pub fn entries(self) -> Option<impl Iterator<Item = (Node<'a>, Node<'a>)>> {
        match self.object()? {
            Object::Dict(entries) => Some(entries.iter().map(move |(key, value)| (self.at(*key), self.at(*value)))),
            _ => None,
        }
    }

    /// The value of a small dictionary for this key; the last one, as Python keeps it.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.length().filter(|length| *length <= FEW)?;
        self.entries()?.filter(|(name, _)| name.text() == Some(key)).last().map(|(_, value)| value)
    }

    /// Callee, arguments and state of a call.
    pub(super) fn call(self) -> Option<(Global, Vec<Node<'a>>, Option<Node<'a>>)> {
        match self.object()? {
            Object::Call { callee, arguments, state } => {
                let arguments = self.at(*arguments).few().unwrap_or_default();
                Some((*callee, arguments, state.map(|state| self.at(state))))
            }
            _ => None,
        }
    }

    /// What it is, in words, for an error.
    pub fn kind(self) -> &'static str {
        match self.value {
            Value::None => "None",
            Value::Bool(_) => "a truth value",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Object(_) => match self.object() {
                Some(Object::Text(_)) => "a text",
                Some(Object::Bytes(_)) => "bytes",
                Some(Object::Large) => "a large integer",
                Some(Object::Tuple(_)) => "a tuple",
                Some(Object::Numbers(_) | Object::List(_)) => "a list",
                Some(Object::Dict(_)) => "a dictionary",
                Some(Object::Set(_)) => "a set",
                Some(Object::Global(_)) => "a class or function",
                Some(Object::Call { callee: Global::Frame, .. }) => "a frame",
                Some(Object::Call { callee: Global::Series, .. }) => "a series",
                Some(Object::Call { callee: Global::ArrowTexts | Global::ArrowArray, .. }) => "an array of Arrow",
                Some(Object::Call { callee: Global::Reconstruct | Global::FromBuffer, .. }) => "an array",
                Some(Object::Call { .. }) => "an object",
                None => "nothing",
            },
        }
    }
}
