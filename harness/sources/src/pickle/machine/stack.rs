//! Stack, marks and memo of the machine, and the bound on what is kept.

use std::collections::HashMap;

use crate::pickle::{Problem, tree::Value};

/// Values and marks on the stack; pandas and BatteryML need some thousands.
const DEEPEST: usize = 1 << 20;

/// Values at hand.
pub(super) struct Stack {
    values: Vec<Value>,
    /// Heights of the stack at which a mark lies.
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    /// Bytes that may still be kept.
    left: usize,
}

impl Stack {
    /// Empty, with so many bytes to keep.
    pub(super) fn new(limit: usize) -> Self {
        Self { values: Vec::new(), marks: Vec::new(), memo: HashMap::new(), left: limit }
    }

    /// Counts bytes that are about to be kept.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Problem> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| Problem::new("more memory would be needed than any published cell takes"))?;
        Ok(())
    }

    pub(super) fn push(&mut self, value: Value) -> Result<(), Problem> {
        if self.values.len() >= DEEPEST {
            return Err(Problem::new("the stack grows beyond all measure"));
        }
        self.values.push(value);
        Ok(())
    }

    /// What is below belongs to an open bracket.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self) -> Result<Value, Problem> {
        if self.values.len() <= self.floor() {
            return Err(Problem::new("the stack is empty"));
        }
        self.values.pop().ok_or_else(|| Problem::new("the stack is empty"))
    }

    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Value>, Problem> {
        if self.values.len() < self.floor() + count {
            return Err(Problem::new("the stack is too short"));
        }
        Ok(self.values.split_off(self.values.len() - count))
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Value>, Problem> {
        let mark = self.marks.pop().ok_or_else(|| Problem::new("a bracket is closed that was never opened"))?;
        Ok(self.values.split_off(mark))
    }

    pub(super) fn top(&self) -> Result<Value, Problem> {
        let own = self.values.get(self.floor()..).and_then(<[Value]>::last);
        own.copied().ok_or_else(|| Problem::new("the stack is empty"))
    }

    pub(super) fn remember(&mut self, key: u64) -> Result<(), Problem> {
        const ENTRY: usize = 2 * size_of::<(u64, Value)>();
        self.charge(ENTRY)?;
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    pub(super) fn recall(&mut self, key: u64) -> Result<(), Problem> {
        let value = self.memo.get(&key).copied();
        self.push(value.ok_or_else(|| Problem::new(format!("memo {key} is asked for and was never set")))?)
    }

    /// Opens a bracket.
    pub(super) fn mark(&mut self) -> Result<(), Problem> {
        if self.marks.len() >= DEEPEST {
            return Err(Problem::new("there are too many open brackets"));
        }
        self.marks.push(self.values.len());
        Ok(())
    }

    /// Drops the value on top, or the bracket that was opened last.
    pub(super) fn discard(&mut self) -> Result<(), Problem> {
        if self.values.len() > self.floor() {
            self.values.pop();
        } else {
            self.pop_to_mark()?;
        }
        Ok(())
    }

    /// Keeps the value on top under the next free key.
    pub(super) fn memoize(&mut self) -> Result<(), Problem> {
        self.remember(self.memo.len() as u64)
    }
}
