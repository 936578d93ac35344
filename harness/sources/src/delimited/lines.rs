//! Lines, in one buffer.

use std::io::Read;
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::problem::Problem;
use crate::packed::broken;

/// A line of more bytes is not one of a table.
pub(super) const LONGEST_LINE: usize = 1 << 16;
/// Bytes that are read at a time.
const BLOCK: usize = 4 * LONGEST_LINE;
/// Bytes that can be looked at after the last line.
const SLACK: usize = 8;

/// Whole lines, each with a line feed at its end, of which more are read when all have been taken.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where the next line starts.
    start: usize,
    /// Where the last whole line ends.
    whole: usize,
    /// Where the bytes end that were read.
    end: usize,
    line: u64,
    over: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BLOCK + SLACK], start: 0, whole: 0, end: 0, line: 0, over: false }
    }

    /// The next line, and what is in the buffer after it; none after the last. It must be [taken](Self::take).
    pub(super) fn ahead(&mut self) -> Result<Option<&[u8]>, Problem> {
        while self.start == self.whole {
            if self.over {
                return Ok(None);
            }
            self.read()?;
        }
        Ok(Some(&self.buffer[self.start..]))
    }

    /// Goes on to the line that starts `length` bytes later.
    pub(super) fn take(&mut self, length: usize) -> (Range<usize>, u64) {
        let line = self.start..self.start + length;
        self.start = line.end;
        self.line += 1;
        (line, self.line)
    }

    /// Takes the next line whatever it holds; where it is, without its end, and its number.
    pub(super) fn next(&mut self) -> Result<Option<(Range<usize>, u64)>, Problem> {
        let Some(text) = self.ahead()? else { return Ok(None) };
        let length = memchr(b'\n', text).map_or(text.len(), |end| end + 1);
        let (mut line, number) = self.take(length);
        line.end -= 1;
        if self.buffer[line.clone()].last() == Some(&b'\r') {
            line.end -= 1;
        }
        Ok(Some((line, number)))
    }

    /// Whether all lines have been taken; where no more can be read, the next one says so.
    pub(super) fn is_over(&mut self) -> bool {
        matches!(self.ahead(), Ok(None))
    }

    pub(super) fn text(&self, place: Range<usize>) -> &[u8] {
        &self.buffer[place]
    }

    /// Reads on behind the beginning of a line that is not whole yet.
    fn read(&mut self) -> Result<(), Problem> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            (self.start, self.whole) = (0, 0);
        }
        if self.end > LONGEST_LINE {
            let what = match memchr(0, &self.buffer[..self.end]) {
                Some(_) => super::ZEROS.to_owned(),
                None => format!("more than {LONGEST_LINE} bytes without an end: not a table"),
            };
            return Err(Problem::Line { line: self.line + 1, what });
        }
        match self.reader.read(&mut self.buffer[self.end..BLOCK]) {
            Ok(0) => {
                self.over = true;
                if self.end > 0 {
                    self.buffer[self.end] = b'\n';
                    self.end += 1;
                    self.whole = self.end;
                }
            }
            Ok(read) => {
                let last = memrchr(b'\n', &self.buffer[self.end..self.end + read]);
                self.whole = last.map_or(0, |last| self.end + last + 1);
                self.end += read;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Problem::Whole(format!("after line {}: {}", self.line, broken(&error)))),
        }
        Ok(())
    }
}
