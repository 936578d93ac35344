//! Names and calls. No call is made: what is plain data is worked out at once, the rest noted.

use std::io::Read;

use super::{Machine, text::from_latin1};
use crate::pickle::{
    Problem, array,
    globals::Global,
    tree::{Node, Object, Value},
};
use cells::quote::shown;

impl<R: Read> Machine<R> {
    pub(super) fn global(&mut self, module: &str, name: &str) -> Result<(), Problem> {
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
    pub(super) fn call(&mut self, callee: Value, arguments: Value) -> Result<(), Problem> {
        let node = |value: Value| Node { pickle: &self.pickle, value };
        let Some(Object::Global(callee)) = node(callee).object() else {
            return Err(Problem::new(format!("{} is called", node(callee).kind())));
        };
        let callee = *callee;
        let given = node(arguments).items().ok_or_else(|| Problem::new("the arguments of a call are no tuple"))?;
        let object = match (callee, &given[..]) {
            (Global::Scalar, [element, bytes]) => {
                if let Some(value) = array::scalar(*element, *bytes) {
                    return self.stack.push(value);
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
        self.stack.charge(copied)?;
        self.new_object(object)
    }
}

fn items_of(given: &[Node<'_>]) -> Vec<Value> {
    let items = given.first().and_then(|items| items.items()).unwrap_or_default();
    items.into_iter().map(|item| item.value).collect()
}
