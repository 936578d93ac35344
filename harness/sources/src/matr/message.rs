//! What is said of a batch file, and how one process says it to another: a letter, a length, and as many bytes.
//!
//! The listener takes nothing at its word, since the speaker may have read a damaged file with a library that such files
//! can lead astray.

use std::io::{self, Read, Write};

use crate::assembly::LONGEST_CYCLE;
use cells::cell::Origin;

/// Bytes of a message; the largest is a cycle.
const LONGEST: u64 = 7 * 8 * LONGEST_CYCLE as u64 + 1024;
/// Stands for the length of a series that is not there.
const NOTHING: u32 = u32::MAX;

/// A batch file, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// From 1.
    pub(super) number: usize,
    pub(super) origin: Origin,
    /// Whether there is a cell at each index.
    pub(super) filled: Vec<bool>,
}

/// A cell, before its cycles.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outline {
    /// How it was charged.
    pub(super) policy: String,
    /// Ω, of the summary.
    pub(super) resistance: Vec<f64>,
    /// The file's own count of cycles.
    pub(super) number: Vec<f64>,
    /// How many cycles there are, the first of the file among them.
    pub(super) cycles: usize,
}

/// V, I, Qd, Qc, t, T and Qdlin of a cycle, as far as the file has them.
pub(super) type Recorded = [Option<Vec<f64>>; 7];

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    Opened(Head),
    Begin(Outline),
    Cycle(Recorded),
    End,
    /// A fragment that says why not.
    Refused(String),
}

impl Message {
    /// Sends it.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        let letter = match self {
            Self::Opened(Head { number, origin, filled }) => {
                bytes.extend([*number as u8, u8::from(*origin == Origin::Virtual)]);
                bytes.extend(filled.iter().map(|filled| u8::from(*filled)));
                b'O'
            }
            Self::Begin(Outline { policy, resistance, number, cycles }) => {
                bytes.extend((*cycles as u32).to_le_bytes());
                put(&mut bytes, Some(resistance));
                put(&mut bytes, Some(number));
                bytes.extend(policy.as_bytes());
                b'B'
            }
            Self::Cycle(recorded) => {
                recorded.iter().for_each(|series| put(&mut bytes, series.as_ref()));
                b'C'
            }
            Self::End => b'E',
            Self::Refused(why) => {
                bytes.extend(why.as_bytes());
                b'R'
            }
        };
        out.write_all(&[letter])?;
        out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        out.write_all(&bytes)
    }

    /// Waits for one; none if the speaker has gone.
    ///
    /// # Errors
    /// As those of `input`, and when what comes is no message.
    pub(super) fn read(input: &mut dyn Read) -> io::Result<Option<Self>> {
        let mut start = [0; 9];
        match input.read(&mut start[..1])? {
            0 => return Ok(None),
            _ => input.read_exact(&mut start[1..])?,
        }
        let [letter, length @ ..] = start;
        let length = u64::from_le_bytes(length);
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = Vec::new();
        input.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Ok(None);
        }
        Self::parse(letter, &bytes).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn parse(letter: u8, mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        match letter {
            b'O' => {
                let ([number, is_virtual], filled) = rest.split_first_chunk()?;
                let origin = if *is_virtual == 1 { Origin::Virtual } else { Origin::Real };
                let filled = filled.iter().map(|filled| *filled == 1).collect();
                Some(Self::Opened(Head { number: usize::from(*number), origin, filled }))
            }
            b'B' => {
                let cycles = length(rest)? as usize;
                let (resistance, number) = (series(rest)??, series(rest)??);
                Some(Self::Begin(Outline { policy: text(rest), resistance, number, cycles }))
            }
            b'C' => {
                let mut recorded = Recorded::default();
                for place in &mut recorded {
                    *place = series(rest)?;
                }
                rest.is_empty().then_some(Self::Cycle(recorded))
            }
            b'E' => Some(Self::End),
            b'R' => Some(Self::Refused(text(rest))),
            _ => None,
        }
    }
}

fn put(bytes: &mut Vec<u8>, series: Option<&Vec<f64>>) {
    bytes.extend(series.map_or(NOTHING, |values| values.len() as u32).to_le_bytes());
    bytes.extend(series.into_iter().flatten().flat_map(|value| value.to_le_bytes()));
}

fn length(bytes: &mut &[u8]) -> Option<u32> {
    let (length, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*length))
}

/// `None` if there are too few bytes, `Some(None)` for a series that is not there.
fn series(bytes: &mut &[u8]) -> Option<Option<Vec<f64>>> {
    let length = length(bytes)?;
    if length == NOTHING {
        return Some(None);
    }
    let (values, rest) = bytes.split_at_checked(8 * length as usize)?;
    *bytes = rest;
    Some(Some(values.as_chunks().0.iter().map(|value| f64::from_le_bytes(*value)).collect()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Message> {
        vec![
            Message::Opened(Head { number: 3, origin: Origin::Virtual, filled: vec![true, false] }),
            Message::Begin(Outline {
                policy: "3.6C(80%)-3.6C é".to_owned(),
                resistance: vec![0.016, 0.017],
                number: vec![],
                cycles: 2,
            }),
            Message::Cycle([Some(vec![3.5, -0.0, f64::MAX]), Some(vec![]), None, None, None, None, Some(vec![1.0])]),
            Message::Cycle(Recorded::default()),
            Message::End,
            Message::Refused("why not".to_owned()),
        ]
    }

    #[test]
    fn what_is_said_is_heard() {
        let mut bytes = Vec::new();
        messages().iter().for_each(|message| message.write(&mut bytes).unwrap());
        let mut input = &bytes[..];
        for message in messages() {
            assert_eq!(Message::read(&mut input).unwrap(), Some(message));
        }
        assert_eq!(Message::read(&mut input).unwrap(), None);
    }

    #[test]
    fn a_speaker_who_breaks_off_or_babbles_is_not_believed() {
        for message in messages() {
            let mut bytes = Vec::new();
            message.write(&mut bytes).unwrap();
            for length in 1..bytes.len() {
                assert!(!matches!(Message::read(&mut &bytes[..length]), Ok(Some(_))), "{message:?} cut to {length}");
            }
        }
        let said = |letter: u8, length: u64, bytes: &[u8]| {
            Message::read(&mut &[&[letter], &length.to_le_bytes()[..], bytes].concat()[..])
        };
        assert!(said(b'?', 0, b"").is_err());
        assert!(said(b'O', 1, b"x").is_err());
        assert!(said(b'C', u64::MAX, b"x").is_err(), "before anything is kept for it");
        assert!(said(b'C', 4, &[0xfe, 0xff, 0xff, 0xff]).is_err(), "a series longer than its message");
        assert!(said(b'C', 29, &[0xff; 29]).is_err(), "something after the last series");
    }
}
