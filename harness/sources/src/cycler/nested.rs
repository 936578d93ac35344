//! Neware's layered tables: lines of cycles, below each those of its steps, below each those of its records.
//!
//! ```text
//! Cycle ID,Cap_Chg(mAh)
//! ,Step ID,Step Name
//! ,,Record ID,Time(h:min:s.ms),Vol(mV)
//! 1,1100.0
//! ,1,CC Chg
//! ,,1,00:00:00.000,3300.1
//! ```

use std::io::{self, BufRead as _, BufReader, Read};

/// Bytes of a line; what is longer is not one of a table.
const LONGEST: u64 = 1 << 16;

/// So many separators a line begins with.
fn depth(line: &[u8], delimiter: u8) -> usize {
    line.iter().take_while(|byte| **byte == delimiter).count()
}

/// Whether three lines are the headings of such a table.
pub(super) fn are_headings(lines: &[&str], delimiter: u8) -> bool {
    let is_one = |(at, line): (usize, &&str)| {
        let words = line.split(delimiter as char).filter(|field| field.chars().any(char::is_alphabetic)).count();
        depth(line.as_bytes(), delimiter) == at && words >= 2
    };
    lines.len() == 3 && lines.iter().enumerate().all(is_one)
}

/// What of the lines above a record stands before it.
#[derive(Debug, Default)]
pub(super) struct Above {
    cycle: Vec<u8>,
    step: Vec<u8>,
}

impl Above {
    /// The line of a flat table: the first of the cycle, the first two of the step, and the record; nothing of a line of a cycle or a
    /// step.
    pub(super) fn flat(&mut self, line: &[u8], delimiter: u8) -> Vec<u8> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut fields = line.split(|byte| *byte == delimiter);
        match depth(line, delimiter) {
            0 => {
                self.cycle = fields.next().unwrap_or_default().to_vec();
                Vec::new()
            }
            1 => {
                let step: Vec<&[u8]> = fields.skip(1).take(2).collect();
                self.step = step.join(&delimiter);
                Vec::new()
            }
            _ => [&self.cycle[..], &self.step, &line[2..]].join(&delimiter),
        }
    }
}

/// A reader of such a table that gives a flat one, of as many lines.
pub(super) struct Flat<R> {
    reader: BufReader<R>,
    delimiter: u8,
    above: Above,
    line: Vec<u8>,
    taken: usize,
}

impl<R: Read> Flat<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Self {
        let reader = BufReader::with_capacity(1 << 16, reader);
        Self { reader, delimiter, above: Above::default(), line: Vec::new(), taken: 0 }
    }
}

impl<R: Read> Read for Flat<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.line.len() {
            let mut line = Vec::new();
            if self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                return Ok(0);
            }
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            (self.line, self.taken) = (self.above.flat(line, self.delimiter), 0);
            self.line.push(b'\n');
        }
        let length = buffer.len().min(self.line.len() - self.taken);
        buffer[..length].copy_from_slice(&self.line[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_get_what_stands_above_them_and_lines_keep_their_numbers() {
        let text = "Cycle ID,Cap\r\n,Step ID,Step Name,x\r\n,,Record ID,V\r\n1,5\r\n,1,Rest,a\r\n,,1,3.3\r\n,2,CC Chg\r\n,,2,3.4\r\n2,5\r\n,1,Rest\r\n,,3,3.5";
        let lines: Vec<&str> = text.lines().take(3).collect();
        assert!(
            are_headings(&lines, b',')
                && !are_headings(&lines[..2], b',')
                && !are_headings(&["a,b", "1,2", "3,4"], b',')
        );
        let mut flat = String::new();
        Flat::new(text.as_bytes(), b',').read_to_string(&mut flat).unwrap();
        assert_eq!(
            flat,
            "\n\nCycle ID,Step ID,Step Name,Record ID,V\n\n\n1,1,Rest,1,3.3\n\n1,2,CC Chg,2,3.4\n\n\n2,1,Rest,3,3.5\n"
        );
    }
}
