//! Arrays and scalars of NumPy, read off the tree.

use super::globals::Global;
use super::tree::{Node, Object, Value};
use super::{Problem, frame};
use cells::quote::shown;

/// `numpy.dtype`, as far as it has numbers or objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ElementType {
    /// `f`loat, `i`nteger, `u`nsigned integer, `b`oolean or `O`bject.
    kind: u8,
    size: usize,
    big_endian: bool,
}

impl ElementType {
    /// From `dtype('f8', …)` with the state `(version, '<', …)`.
    fn read(node: Node<'_>) -> Result<Self, Problem> {
        let Some((Global::ElementType, arguments, state)) = node.call() else {
            return Err(Problem::new(format!("an array's element type is {}", node.kind())));
        };
        let name = arguments.first().and_then(|name| name.text()).unwrap_or_default();
        let order = state.and_then(Node::few).and_then(|state| state.get(1)?.text());
        let (kind, size) = name.split_at_checked(1).unwrap_or_default();
        let known = matches!(
            (kind, size),
            ("f", "2" | "4" | "8") | ("i" | "u", "1" | "2" | "4" | "8") | ("b", "1") | ("O", "4" | "8")
        );
        match (known, size.parse()) {
            (true, Ok(size)) => Ok(Self { kind: kind.as_bytes()[0], size, big_endian: order == Some(">") }),
            _ => Err(Problem::new(format!("an array has elements of type \"{}\", which are no numbers", short(name)))),
        }
    }

    /// One element, of [`ElementType::size`] bytes.
    fn value(self, bytes: &[u8]) -> Option<Value> {
        let mut little = [0; 8];
        for (place, byte) in bytes.iter().enumerate().take(8) {
            little[if self.big_endian { self.size - 1 - place } else { place }] = *byte;
        }
        let unsigned = u64::from_le_bytes(little);
        let unused = 64 - 8 * self.size as u32;
        Some(match (self.kind, self.size) {
            (b'f', 8) => Value::Float(f64::from_bits(unsigned)),
            (b'f', 4) => Value::Float(f64::from(f32::from_bits(unsigned as u32))),
            (b'f', 2) => Value::Float(half(unsigned as u16)),
            (b'i', _) => Value::Int((unsigned << unused) as i64 >> unused),
            (b'u', 8) if unsigned > i64::MAX as u64 => Value::Float(unsigned as f64),
            (b'u', _) => Value::Int(unsigned as i64),
            (b'b', _) => Value::Bool(unsigned != 0),
            _ => return None,
        })
    }

    fn number(self, bytes: &[u8]) -> f64 {
        match self.value(bytes) {
            Some(Value::Float(value)) => value,
            Some(Value::Int(value)) => value as f64,
            Some(Value::Bool(value)) => f64::from(u8::from(value)),
            _ => f64::NAN, // objects have no bytes, see Array::read
        }
    }
}

/// The value of a number of 16 bits.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f64::from(bits & 0x3ff);
    match i32::from(bits >> 10 & 0x1f) {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

/// The value of `scalar(type, bytes)`; none for what is no number.
pub(super) fn scalar(element: Node<'_>, bytes: Node<'_>) -> Option<Value> {
    let element = ElementType::read(element).ok()?;
    let bytes = bytes.bytes().filter(|bytes| bytes.len() == element.size)?;
    element.value(bytes)
}

/// An array of one or two dimensions.
pub(super) struct Array<'a> {
    pub(super) shape: Vec<usize>,
    /// Whether columns, not rows, lie together.
    by_columns: bool,
    content: Content<'a>,
}

enum Content<'a> {
    Numbers(ElementType, &'a [u8]),
    Objects(Node<'a>),
}

impl<'a> Array<'a> {
    /// Reads `_reconstruct(…)` with its state, `_frombuffer(…)`, or what pandas puts around these: a series, too.
    pub(super) fn read(node: Node<'a>) -> Result<Self, Problem> {
        let malformed = || Problem::new("an array lacks its shape, its type or its values");
        let node = frame::column_of_series(node).unwrap_or(node);
        let mut call = node.call();
        if let Some((Global::BackedArray, _, Some(state))) = &call {
            let inner = |node: &Node<'a>| matches!(node.call(), Some((Global::Reconstruct | Global::FromBuffer, ..)));
            call = state.few().and_then(|state| state.into_iter().find(inner)).and_then(Node::call);
        }
        let (shape, element, by_columns, values) = match call {
            Some((Global::Reconstruct, _, state)) => {
                let state = state.and_then(Node::few).ok_or_else(malformed)?;
                let [.., shape, element, by_columns, values] = state[..] else { return Err(malformed()) };
                (shape, element, by_columns.integer() == Some(1), values)
            }
            Some((Global::FromBuffer, arguments, _)) => {
                let [buffer, element, shape, order] = arguments[..] else { return Err(malformed()) };
                (shape, element, order.text() == Some("F"), buffer)
            }
            _ => return Err(Problem::new(format!("{} stands where an array should be", node.kind()))),
        };
        let length = |node: Node<'_>| node.integer().and_then(|length| usize::try_from(length).ok());
        let shape = shape.few().unwrap_or_default().into_iter().map(length).collect::<Option<Vec<usize>>>();
        let shape = shape.filter(|shape| (1..=2).contains(&shape.len()));
        let shape = shape.ok_or_else(|| Problem::new("an array does not have one or two dimensions"))?;
        let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length));
        let element = ElementType::read(element)?;
        let (content, length) = if element.kind == b'O' {
            (Content::Objects(values), values.length())
        } else {
            let bytes = values.bytes().ok_or_else(malformed)?;
            let whole = bytes.len() % element.size == 0;
            (Content::Numbers(element, bytes), whole.then_some(bytes.len() / element.size))
        };
        if count.is_none() || count != length {
            return Err(Problem::new(format!("an array of shape {shape:?} has other than that many values")));
        }
        Ok(Self { shape, by_columns, content })
    }

    /// The numbers of an array of one dimension.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, Problem> {
        match self.shape[..] {
            [length] => self.strided(0, 1, length),
            _ => Err(Problem::new("an array has two dimensions instead of one")),
        }
    }

    /// The numbers of one row of an array of two dimensions; one of one dimension is its own only row.
    pub(super) fn row(&self, row: usize) -> Result<Vec<f64>, Problem> {
        match self.shape[..] {
            [length] if row == 0 => self.strided(0, 1, length),
            [rows, columns] if row < rows && self.by_columns => self.strided(row, rows, columns),
            [rows, columns] if row < rows => self.strided(row * columns, 1, columns),
            _ => Err(Problem::new(format!("an array of shape {:?} has no row {row}", self.shape))),
        }
    }

    /// The objects of a short array of one dimension.
    pub(super) fn objects(&self) -> Option<Vec<Node<'a>>> {
        match &self.content {
            Content::Objects(objects) if self.shape.len() == 1 => objects.few(),
            _ => None,
        }
    }

    fn strided(&self, first: usize, step: usize, count: usize) -> Result<Vec<f64>, Problem> {
        let places = (0..count).map(|index| first + index * step);
        match &self.content {
            Content::Numbers(ElementType { kind: b'f', size: 8, big_endian: false }, bytes) if step == 1 => {
                let (values, _) = bytes[8 * first..8 * (first + count)].as_chunks();
                Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
            }
            Content::Numbers(element, bytes) => {
                let at = |place: usize| element.number(&bytes[place * element.size..][..element.size]);
                Ok(places.map(at).collect())
            }
            Content::Objects(objects) => {
                let objects = objects.items().unwrap_or_default();
                places.map(|place| number(objects[place], place)).collect()
            }
        }
    }
}

fn number(node: Node<'_>, place: usize) -> Result<f64, Problem> {
    node.number().ok_or_else(|| Problem::new(format!("element {place} is {} instead of a number", node.kind())))
}

impl Node<'_> {
    /// The numbers of a list, a tuple or an array, at most `most`.
    ///
    /// # Errors
    /// [`Problem`] when it is something else, has something else in it, or is longer.
    pub fn numbers(self, most: usize) -> Result<Vec<f64>, Problem> {
        let check = |length: usize| match length {
            _ if length > most => Err(Problem::new(format!("{length} values, more than any published series has"))),
            _ => Ok(()),
        };
        match self.object() {
            Some(Object::Numbers(numbers)) => check(numbers.len()).map(|()| numbers.clone()),
            Some(Object::List(_) | Object::Tuple(_)) => {
                check(self.length().unwrap_or(0))?;
                let items = self.items().unwrap_or_default();
                items.into_iter().enumerate().map(|(place, item)| number(item, place)).collect()
            }
            _ => {
                let array = Array::read(self)?;
                check(array.shape[0])?;
                array.numbers()
            }
        }
    }
}

/// The beginning of a text from the file.
pub(super) fn short(text: &str) -> String {
    shown(text, 80)
}
