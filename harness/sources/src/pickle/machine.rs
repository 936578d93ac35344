//! The opcodes of protocols 0 to 5, as documented in Python's `pickletools`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use super::Problem;
use super::array;
use super::globals::Global;
use super::tree::{Node, Object, Pickle, Value};
use cells::quote::shown;

/// Values and marks on the stack; pandas and BatteryML need some thousands.
const DEEPEST_STACK: usize = 1 << 20;
/// Bytes of a line of a text opcode.
const LONGEST_LINE: u64 = 1 << 20;

/// Runs the program.
pub(super) fn run(input: impl Read, limit: usize) -> Result<Pickle, Problem> {
    let mut machine = Machine {
        input: BufReader::with_capacity(1 << 16, input),
        offset: 0,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        pickle: Pickle { objects: Vec::new(), root: Value::None },
        left: limit,
    };
    loop {
        let began = machine.offset;
        match machine.step() {
            Ok(true) => {}
            Ok(false) => return Ok(machine.pickle),
            Err(Problem(what)) => return Err(Problem::new(format!("at byte {began}: {what}"))),
        }
    }
}

struct Machine<R> {
    input: BufReader<R>,
    offset: u64,
    stack: Vec<Value>,
    /// Heights of the stack at which a mark lies.
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    pickle: Pickle,
    /// Bytes that may still be kept.
    left: usize,
}

impl<R: Read> Machine<R> {
    /// One opcode; false after the last.
    fn step(&mut self) -> Result<bool, Problem> {
        let [opcode] = self.array()?;
        match opcode {
            b'.' => {
                self.pickle.root = self.pop()?;
                return Ok(false);
            }
            // what the pickle says of itself
            0x80 => {
                let [version] = self.array()?;
                if version > 5 {
                    return Err(Problem::new(format!("protocol {version} is newer than this program")));
                }
            }
            0x95 => {
                self.array::<8>()?; // the length of a frame: a hint to readers with other buffers
            }
            // values
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Value::Int(value.into()))?;
            }
            b'K' => {
                let [value] = self.array()?;
                self.push(Value::Int(value.into()))?;
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Value::Int(value.into()))?;
            }
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Value::Float(value))?;
            }
            0x8a => {
                let length = self.length::<1>()?;
                self.long(length)?;
            }
            0x8b => {
                let length = self.length::<4>()?;
                self.long(length)?;
            }
            b'I' | b'L' | b'F' => self.number_in_text(opcode)?,
            b'U' | b'C' => self.bytes_of_length::<1>()?,
            b'T' | b'B' => self.bytes_of_length::<4>()?,
            0x8e | 0x96 => self.bytes_of_length::<8>()?,
            0x8c => self.text_of_length::<1>()?,
            b'X' => self.text_of_length::<4>()?,
            0x8d => self.text_of_length::<8>()?,
            b'S' => {
                let line = self.line()?;
                let bytes = unquoted(&line)?;
                self.new_object(Object::Bytes(bytes.into()))?;
            }
            b'V' => {
                let line = self.line()?;
                let text = unescaped(&line)?;
                self.new_object(Object::Text(text.into()))?;
            }
            // containers
            b']' => self.new_object(Object::Numbers(Vec::new()))?,
            b'}' => self.new_object(Object::Dict(Vec::new()))?,
            0x8f => self.new_object(Object::Set(Vec::new()))?,
            b')' => self.new_object(Object::Tuple(Box::default()))?,
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.pop_many(count)?;
                self.new_object(Object::Tuple(items.into()))?;
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.new_object(Object::Tuple(items.into()))?;
            }
            b'l' => {
                let items = self.pop_to_mark()?;
                self.new_object(Object::Numbers(Vec::new()))?;
                self.append(&items)?;
            }
            b'd' => {
                let items = self.pop_to_mark()?;
                self.new_object(Object::Dict(Vec::new()))?;
                self.set_items(&items)?;
            }
            0x91 => {
                let items = self.pop_to_mark()?;
                self.new_object(Object::Set(items))?;
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(&items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set_items(&items)?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set_items(&items)?;
            }
            0x90 => {
                let items = self.pop_to_mark()?;
                self.charge(size_of_val(&items[..]))?;
                match self.top_object()? {
                    Object::Set(set) => set.extend(items),
                    _ => return Err(Problem::new("elements are added to what is no set")),
                }
            }
            // the stack and the memo
            b'(' => {
                if self.marks.len() >= DEEPEST_STACK {
                    return Err(Problem::new("there are too many open brackets"));
                }
                self.marks.push(self.stack.len());
            }
            b'0' => {
                if self.stack.len() > self.floor() {
                    self.stack.pop();
                } else {
                    self.pop_to_mark()?;
                }
            }
            b'1' => {
                self.pop_to_mark()?;
            }
            b'2' => {
                let top = self.top()?;
                self.push(top)?;
            }
            b'p' | b'g' => {
                let line = self.line()?;
                let key: u64 = parsed(&line)?;
                if opcode == b'p' { self.remember(key)? } else { self.recall(key)? }
            }
            b'q' => {
                let key = self.length::<1>()?;
                self.remember(key)?;
            }
            b'r' => {
                let key = self.length::<4>()?;
                self.remember(key)?;
            }
            0x94 => self.remember(self.memo.len() as u64)?,
            b'h' => {
                let key = self.length::<1>()?;
                self.recall(key)?;
            }
            b'j' => {
                let key = self.length::<4>()?;
                self.recall(key)?;
            }
            // names and calls, none of which is made
            b'c' => {
                let module = self.line()?;
                let name = self.line()?;
                self.global(&lossy(&module), &lossy(&name))?;
            }
            0x93 => {
                let names = self.pop_many(2)?;
                let text = |value: Value| Node { pickle: &self.pickle, value }.text().map(str::to_owned);
                let (Some(module), Some(name)) = (text(names[0]), text(names[1])) else {
                    return Err(Problem::new("a name is no text"));
                };
                self.global(&module, &name)?;
            }
            b'R' | 0x81 => {
                let parts = self.pop_many(2)?;
                self.call(parts[0], parts[1])?;
            }
            0x92 => {
                let parts = self.pop_many(3)?;
                self.call(parts[0], parts[1])?;
            }
            b'b' => {
                let state = self.pop()?;
                match self.top_object()? {
                    Object::Call { state: place, .. } => *place = Some(state),
                    _ => return Err(Problem::new("a state is set on what has none")),
                }
            }
            b'i' | b'o' | b'P' | b'Q' | 0x82..=0x84 | 0x97 | 0x98 => {
                return Err(Problem::new(format!(
                    "opcode 0x{opcode:02x} (an instance of Python 2, an extension, or something kept outside of the file) \
                     is not used by frames and arrays, and not read"
                )));
            }
            _ => return Err(Problem::new(format!("0x{opcode:02x} is no opcode: this is no pickle, or a damaged one"))),
        }
        Ok(true)
    }

    // --- input

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|error| unreadable(&error))?;
        self.offset += N as u64;
        Ok(bytes)
    }

    /// An unsigned integer of `N` bytes.
    fn length<const N: usize>(&mut self) -> Result<u64, Problem> {
        let bytes: [u8; N] = self.array()?;
        let mut whole = [0; 8];
        whole[..N].copy_from_slice(&bytes);
        Ok(u64::from_le_bytes(whole))
    }

    /// As many bytes as announced, which are taken as they come: an announcement reserves nothing.
    fn take(&mut self, length: u64) -> Result<Vec<u8>, Problem> {
        self.charge(usize::try_from(length).unwrap_or(usize::MAX))?;
        let mut bytes = Vec::with_capacity(length.min(1 << 16) as usize);
        let read = self.input.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        self.offset += read as u64;
        if (read as u64) < length { Err(ended()) } else { Ok(bytes) }
    }

    fn line(&mut self) -> Result<Vec<u8>, Problem> {
        let mut line = Vec::new();
        let read = self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        self.offset += read.map_err(|error| unreadable(&error))? as u64;
        match line.pop() {
            Some(b'\n') => Ok(line),
            Some(_) if line.len() as u64 + 1 == LONGEST_LINE => Err(Problem::new("a line is far too long")),
            _ => Err(ended()),
        }
    }

    // --- values

    fn bytes_of_length<const N: usize>(&mut self) -> Result<(), Problem> {
        let length = self.length::<N>()?;
        let bytes = self.take(length)?;
        self.new_object(Object::Bytes(bytes.into()))
    }

    fn text_of_length<const N: usize>(&mut self) -> Result<(), Problem> {
        let length = self.length::<N>()?;
        let text = String::from_utf8(self.take(length)?).map_err(|_| Problem::new("a text is not UTF-8"))?;
        self.new_object(Object::Text(text.into()))
    }

    /// A little-endian integer in two's complement.
    fn long(&mut self, length: u64) -> Result<(), Problem> {
        let bytes = self.take(length)?;
        if bytes.len() > 8 {
            return self.new_object(Object::Large);
        }
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        whole[..bytes.len()].copy_from_slice(&bytes);
        self.push(Value::Int(i64::from_le_bytes(whole)))
    }

    fn number_in_text(&mut self, opcode: u8) -> Result<(), Problem> {
        let line = self.line()?;
        let value = match (opcode, &line[..]) {
            (b'I', b"00") => Value::Bool(false),
            (b'I', b"01") => Value::Bool(true),
            (b'F', digits) => Value::Float(parsed(digits)?),
            (_, digits) => Value::Int(parsed(digits.strip_suffix(b"L").unwrap_or(digits))?),
        };
        self.push(value)
    }

    fn new_object(&mut self, object: Object) -> Result<(), Problem> {
        let items = match &object {
            Object::Tuple(items) => size_of_val(&items[..]),
            Object::Set(items) => size_of_val(&items[..]),
            _ => 0,
        };
        self.charge(size_of::<Object>() + items)?;
        let place = u32::try_from(self.pickle.objects.len()).map_err(|_| Problem::new("there are too many objects"))?;
        self.pickle.objects.push(object);
        self.push(Value::Object(place))
    }

    // --- stack and memo

    fn charge(&mut self, bytes: usize) -> Result<(), Problem> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| Problem::new("more memory would be needed than any published cell takes"))?;
        Ok(())
    }

    fn push(&mut self, value: Value) -> Result<(), Problem> {
        if self.stack.len() >= DEEPEST_STACK {
            return Err(Problem::new("the stack grows beyond all measure"));
        }
        self.stack.push(value);
        Ok(())
    }

    /// What is below belongs to an open bracket.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Value, Problem> {
        if self.stack.len() <= self.floor() {
            return Err(Problem::new("the stack is empty"));
        }
        self.stack.pop().ok_or_else(|| Problem::new("the stack is empty"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Value>, Problem> {
        if self.stack.len() < self.floor() + count {
            return Err(Problem::new("the stack is too short"));
        }
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, Problem> {
        let mark = self.marks.pop().ok_or_else(|| Problem::new("a bracket is closed that was never opened"))?;
        Ok(self.stack.split_off(mark))
    }

    fn top(&self) -> Result<Value, Problem> {
        let own = self.stack.get(self.floor()..).and_then(<[Value]>::last);
        own.copied().ok_or_else(|| Problem::new("the stack is empty"))
    }

    fn top_object(&mut self) -> Result<&mut Object, Problem> {
        match self.top()? {
            Value::Object(place) => Ok(&mut self.pickle.objects[place as usize]),
            _ => Err(Problem::new("a number is treated as a container")),
        }
    }

    fn remember(&mut self, key: u64) -> Result<(), Problem> {
        const ENTRY: usize = 2 * size_of::<(u64, Value)>();
        self.charge(ENTRY)?;
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: u64) -> Result<(), Problem> {
        let value = self.memo.get(&key).copied();
        self.push(value.ok_or_else(|| Problem::new(format!("memo {key} is asked for and was never set")))?)
    }

    // --- containers

    fn append(&mut self, items: &[Value]) -> Result<(), Problem> {
        self.charge(size_of_val(items))?;
        let list = self.top_object()?;
        if let Object::Numbers(numbers) = list {
            let floats =
                items.iter().map_while(|item| if let Value::Float(value) = item { Some(*value) } else { None });
            let before = numbers.len();
            numbers.extend(floats);
            if numbers.len() == before + items.len() {
                return Ok(());
            }
            numbers.truncate(before);
            let general = numbers.iter().map(|value| Value::Float(*value)).collect();
            *list = Object::List(general);
        }
        match list {
            Object::List(list) => list.extend_from_slice(items),
            _ => return Err(Problem::new("elements are appended to what is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self, items: &[Value]) -> Result<(), Problem> {
        self.charge(size_of_val(items))?;
        if items.len() % 2 == 1 {
            return Err(Problem::new("a key has no value"));
        }
        match self.top_object()? {
            Object::Dict(entries) => entries.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err(Problem::new("a key is set on what is no dictionary")),
        }
        Ok(())
    }

    // --- names and calls

    fn global(&mut self, module: &str, name: &str) -> Result<(), Problem> {
        let global = Global::find(module, name).ok_or_else(|| {
            let (named, instead) = (shown(format!("{module}.{name}"), 200), Global::instead_of(module));
            Problem::new(format!(
                "the file asks for {named}, which frames and arrays do not need; it was not called, and nothing ever \
                 is{instead}"
            ))
        })?;
        self.new_object(Object::Global(global))
    }

    /// Notes a call. Only what is plain data is worked out at once.
    fn call(&mut self, callee: Value, arguments: Value) -> Result<(), Problem> {
        let node = |value: Value| Node { pickle: &self.pickle, value };
        let Some(Object::Global(callee)) = node(callee).object() else {
            return Err(Problem::new(format!("{} is called", node(callee).kind())));
        };
        let callee = *callee;
        let given = node(arguments).items().ok_or_else(|| Problem::new("the arguments of a call are no tuple"))?;
        let object = match (callee, &given[..]) {
            (Global::Scalar, [element, bytes]) => {
                if let Some(value) = array::scalar(*element, *bytes) {
                    return self.push(value);
                }
                Object::Call { callee, arguments, state: None }
            }
            (Global::Encode, [text, encoding]) if matches!(encoding.text(), Some("latin1" | "latin-1")) => {
                Object::Bytes(from_latin1(text.text().unwrap_or_default())?.into())
            }
            (Global::ByteArray, []) => Object::Bytes(Box::default()),
            (Global::ByteArray, [bytes, ..]) => Object::Bytes(match bytes.bytes() {
                Some(bytes) => bytes.into(),
                None => from_latin1(bytes.text().unwrap_or_default())?.into(),
            }),
            (Global::List, [] | [_]) => Object::List(items_of(&given)),
            (Global::Set, [] | [_]) => Object::Set(items_of(&given)),
            (Global::Dict, _) => Object::Dict(Vec::new()),
            (Global::Reconstructor, [class, ..]) => match class.object() {
                Some(Object::Global(class)) => Object::Call { callee: *class, arguments: Value::None, state: None },
                _ => return Err(Problem::new(format!("an object of {} is made", class.kind()))),
            },
            _ => Object::Call { callee, arguments, state: None },
        };
        let copied = match &object {
            Object::Bytes(bytes) => bytes.len(),
            Object::List(items) => size_of_val(&items[..]),
            _ => 0,
        };
        self.charge(copied)?;
        self.new_object(object)
    }
}

fn items_of(given: &[Node<'_>]) -> Vec<Value> {
    let items = given.first().and_then(|items| items.items()).unwrap_or_default();
    items.into_iter().map(|item| item.value).collect()
}

/// Bytes that were written as the characters of the same numbers.
fn from_latin1(text: &str) -> Result<Vec<u8>, Problem> {
    text.chars()
        .map(|letter| u8::try_from(u32::from(letter)).map_err(|_| Problem::new("bytes are written as other letters")))
        .collect()
}

fn unreadable(error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::UnexpectedEof { ended() } else { Problem::new(error.to_string()) }
}

fn ended() -> Problem {
    Problem::new("the file ends too early, it was cut short: get the file anew")
}

fn lossy(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

fn parsed<T: std::str::FromStr>(line: &[u8]) -> Result<T, Problem> {
    let text = lossy(line);
    text.parse().map_err(|_| Problem::new(format!("\"{}\" is no number", shown(&text, 40))))
}

/// A byte string as Python writes it: in quotes, with escapes.
fn unquoted(line: &[u8]) -> Result<Vec<u8>, Problem> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err(Problem::new("a byte string has no quotes")),
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'x') => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                match (digit(), digit()) {
                    (Some(high), Some(low)) => (16 * high + low) as u8,
                    _ => return Err(Problem::new("an escape in a byte string has no digits")),
                }
            }
            Some(other @ (b'\\' | b'\'' | b'"')) => other,
            _ => return Err(Problem::new("an escape in a byte string is unknown")),
        });
    }
    Ok(bytes)
}

/// Text in Python's raw Unicode escapes: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
fn unescaped(line: &[u8]) -> Result<String, Problem> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let digits = match rest {
            [b'\\', b'u', ..] => 4,
            [b'\\', b'U', ..] => 8,
            _ => 0,
        };
        if digits == 0 {
            text.push(char::from(*first));
            rest = tail;
            continue;
        }
        let number = rest.get(2..2 + digits).and_then(|digits| std::str::from_utf8(digits).ok());
        let letter = number.and_then(|number| u32::from_str_radix(number, 16).ok()).and_then(char::from_u32);
        text.push(letter.ok_or_else(|| Problem::new("an escape in a text is no letter"))?);
        rest = &rest[2 + digits..];
    }
    Ok(text)
}
