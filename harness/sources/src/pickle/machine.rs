//! The opcodes of protocols 0 to 5, as documented in Python's `pickletools`.

mod calls;
mod input;
mod stack;
mod text;

use std::io::Read;

use super::Problem;
use super::tree::{Node, Object, Pickle, Value};
use input::Input;
use stack::Stack;
use text::{lossy, parsed, unescaped, unquoted};

impl Pickle {
    /// Reads one pickle, keeping at most `limit` bytes. What follows it is not looked at.
    ///
    /// # Errors
    /// [`Problem`] names the byte at which the input ends too early, is no pickle, has a name that is not on the list of
    /// those that frames and arrays need, or would take more memory than the limit.
    pub fn read(input: impl Read, limit: usize) -> Result<Self, Problem> {
        let mut machine = Machine {
            input: Input::new(input),
            stack: Stack::new(limit),
            pickle: Self { objects: Vec::new(), root: Value::None },
        };
        loop {
            let began = machine.input.offset;
            match machine.step() {
                Ok(true) => {}
                Ok(false) => return Ok(machine.pickle),
                Err(Problem(what)) => return Err(Problem::new(format!("at byte {began}: {what}"))),
            }
        }
    }
}

struct Machine<R> {
    input: Input<R>,
    stack: Stack,
    pickle: Pickle,
}

impl<R: Read> Machine<R> {
    /// One opcode; false after the last.
    fn step(&mut self) -> Result<bool, Problem> {
        let [opcode] = self.input.array()?;
        match opcode {
            b'.' => {
                self.pickle.root = self.stack.pop()?;
                return Ok(false);
            }
            // what the pickle says of itself
            0x80 => {
                let [version] = self.input.array()?;
                if version > 5 {
                    return Err(Problem::new(format!("protocol {version} is newer than this program")));
                }
            }
            0x95 => {
                self.input.array::<8>()?; // the length of a frame: a hint to readers with other buffers
            }
            // values
            b'N' => self.stack.push(Value::None)?,
            0x88 => self.stack.push(Value::Bool(true))?,
            0x89 => self.stack.push(Value::Bool(false))?,
            b'J' => {
                let value = i32::from_le_bytes(self.input.array()?);
                self.stack.push(Value::Int(value.into()))?;
            }
            b'K' => {
                let [value] = self.input.array()?;
                self.stack.push(Value::Int(value.into()))?;
            }
            b'M' => {
                let value = u16::from_le_bytes(self.input.array()?);
                self.stack.push(Value::Int(value.into()))?;
            }
            b'G' => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.stack.push(Value::Float(value))?;
            }
            0x8a => {
                let length = self.input.length::<1>()?;
                self.long(length)?;
            }
            0x8b => {
                let length = self.input.length::<4>()?;
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
                let line = self.input.line()?;
                let bytes = unquoted(&line)?;
                self.new_object(Object::Bytes(bytes.into()))?;
            }
            b'V' => {
                let line = self.input.line()?;
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
                let items = self.stack.pop_many(count)?;
                self.new_object(Object::Tuple(items.into()))?;
            }
            b't' => {
                let items = self.stack.pop_to_mark()?;
                self.new_object(Object::Tuple(items.into()))?;
            }
            b'l' => {
                let items = self.stack.pop_to_mark()?;
                self.new_object(Object::Numbers(Vec::new()))?;
                self.append(&items)?;
            }
            b'd' => {
                let items = self.stack.pop_to_mark()?;
                self.new_object(Object::Dict(Vec::new()))?;
                self.set_items(&items)?;
            }
            0x91 => {
                let items = self.stack.pop_to_mark()?;
                self.new_object(Object::Set(items))?;
            }
            b'a' => {
                let item = self.stack.pop()?;
                self.append(&[item])?;
            }
            b'e' => {
                let items = self.stack.pop_to_mark()?;
                self.append(&items)?;
            }
            b's' => {
                let items = self.stack.pop_many(2)?;
                self.set_items(&items)?;
            }
            b'u' => {
                let items = self.stack.pop_to_mark()?;
                self.set_items(&items)?;
            }
            0x90 => {
                let items = self.stack.pop_to_mark()?;
                self.stack.charge(size_of_val(&items[..]))?;
                match self.top_object()? {
                    Object::Set(set) => set.extend(items),
                    _ => return Err(Problem::new("elements are added to what is no set")),
                }
            }
            // the stack and the memo
            b'(' => self.stack.mark()?,
            b'0' => self.stack.discard()?,
            b'1' => {
                self.stack.pop_to_mark()?;
            }
            b'2' => {
                let top = self.stack.top()?;
                self.stack.push(top)?;
            }
            b'p' | b'g' => {
                let line = self.input.line()?;
                let key: u64 = parsed(&line)?;
                if opcode == b'p' { self.stack.remember(key)? } else { self.stack.recall(key)? }
            }
            b'q' => {
                let key = self.input.length::<1>()?;
                self.stack.remember(key)?;
            }
            b'r' => {
                let key = self.input.length::<4>()?;
                self.stack.remember(key)?;
            }
            0x94 => self.stack.memoize()?,
            b'h' => {
                let key = self.input.length::<1>()?;
                self.stack.recall(key)?;
            }
            b'j' => {
                let key = self.input.length::<4>()?;
                self.stack.recall(key)?;
            }
            // names and calls, none of which is made
            b'c' => {
                let module = self.input.line()?;
                let name = self.input.line()?;
                self.global(&lossy(&module), &lossy(&name))?;
            }
            0x93 => {
                let names = self.stack.pop_many(2)?;
                let text = |value: Value| Node { pickle: &self.pickle, value }.text().map(str::to_owned);
                let (Some(module), Some(name)) = (text(names[0]), text(names[1])) else {
                    return Err(Problem::new("a name is no text"));
                };
                self.global(&module, &name)?;
            }
            b'R' | 0x81 => {
                let parts = self.stack.pop_many(2)?;
                self.call(parts[0], parts[1])?;
            }
            0x92 => {
                let parts = self.stack.pop_many(3)?;
                self.call(parts[0], parts[1])?;
            }
            b'b' => {
                let state = self.stack.pop()?;
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

    /// As many bytes as announced, if so many may be kept.
    fn take(&mut self, length: u64) -> Result<Vec<u8>, Problem> {
        self.stack.charge(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.input.take(length)
    }

    fn bytes_of_length<const N: usize>(&mut self) -> Result<(), Problem> {
        let length = self.input.length::<N>()?;
        let bytes = self.take(length)?;
        self.new_object(Object::Bytes(bytes.into()))
    }

    fn text_of_length<const N: usize>(&mut self) -> Result<(), Problem> {
        let length = self.input.length::<N>()?;
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
        self.stack.push(Value::Int(i64::from_le_bytes(whole)))
    }

    fn number_in_text(&mut self, opcode: u8) -> Result<(), Problem> {
        let line = self.input.line()?;
        let value = match (opcode, &line[..]) {
            (b'I', b"00") => Value::Bool(false),
            (b'I', b"01") => Value::Bool(true),
            (b'F', digits) => Value::Float(parsed(digits)?),
            (_, digits) => Value::Int(parsed(digits.strip_suffix(b"L").unwrap_or(digits))?),
        };
        self.stack.push(value)
    }

    fn new_object(&mut self, object: Object) -> Result<(), Problem> {
        let items = match &object {
            Object::Tuple(items) => size_of_val(&items[..]),
            Object::Set(items) => size_of_val(&items[..]),
            _ => 0,
        };
        self.stack.charge(size_of::<Object>() + items)?;
        let place = u32::try_from(self.pickle.objects.len()).map_err(|_| Problem::new("there are too many objects"))?;
        self.pickle.objects.push(object);
        self.stack.push(Value::Object(place))
    }

    fn top_object(&mut self) -> Result<&mut Object, Problem> {
        match self.stack.top()? {
            Value::Object(place) => Ok(&mut self.pickle.objects[place as usize]),
            _ => Err(Problem::new("a number is treated as a container")),
        }
    }

    fn append(&mut self, items: &[Value]) -> Result<(), Problem> {
        self.stack.charge(size_of_val(items))?;
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
        self.stack.charge(size_of_val(items))?;
        if items.len() % 2 == 1 {
            return Err(Problem::new("a key has no value"));
        }
        match self.top_object()? {
            Object::Dict(entries) => entries.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err(Problem::new("a key is set on what is no dictionary")),
        }
        Ok(())
    }
}
