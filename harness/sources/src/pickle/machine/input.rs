//! The bytes of a pickle, as its opcodes take them: so many, or a line.

use std::io::{BufRead as _, BufReader, Read};

use crate::pickle::Problem;

/// Bytes of a line of a text opcode.
const LONGEST_LINE: u64 = 1 << 20;

/// Bytes that are still to be read.
pub(super) struct Input<R> {
    reader: BufReader<R>,
    /// How many were read.
    pub(super) offset: u64,
}

impl<R: Read> Input<R> {
    /// All of `reader`.
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(1 << 16, reader), offset: 0 }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(|error| unreadable(&error))?;
        self.offset += N as u64;
        Ok(bytes)
    }

    /// An unsigned integer of `N` bytes.
    pub(super) fn length<const N: usize>(&mut self) -> Result<u64, Problem> {
        let bytes: [u8; N] = self.array()?;
        let mut whole = [0; 8];
        whole[..N].copy_from_slice(&bytes);
        Ok(u64::from_le_bytes(whole))
    }

    /// As many bytes as announced (and allowed by the caller), which are taken as they come: an announcement reserves nothing.
    pub(super) fn take(&mut self, length: u64) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::with_capacity(length.min(1 << 16) as usize);
        let read = self.reader.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        self.offset += read as u64;
        if (read as u64) < length { Err(ended()) } else { Ok(bytes) }
    }

    pub(super) fn line(&mut self) -> Result<Vec<u8>, Problem> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        self.offset += read.map_err(|error| unreadable(&error))? as u64;
        match line.pop() {
            Some(b'\n') => Ok(line),
            Some(_) if line.len() as u64 + 1 == LONGEST_LINE => Err(Problem::new("a line is far too long")),
            _ => Err(ended()),
        }
    }
}

fn unreadable(error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::UnexpectedEof { ended() } else { Problem::new(error.to_string()) }
}

fn ended() -> Problem {
    Problem::new("the file ends too early, it was cut short: get the file anew")
}
