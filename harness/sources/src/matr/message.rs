//! What is said of a batch file, and how one process says it to another: a length, and as many bytes of postcard.
//!
//! The listener takes nothing at its word, since the speaker may have read a damaged file with a library that such files
//! can lead astray.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::assembly::LONGEST_CYCLE;
use cells::cell::Origin;

/// Bytes of a message; the largest is a cycle.
const LONGEST: u64 = 7 * 8 * LONGEST_CYCLE as u64 + 1024;

/// A batch file, looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// From 1.
    pub(super) number: usize,
    pub(super) origin: Origin,
    /// Whether there is a cell at each index.
    pub(super) filled: Vec<bool>,
}

/// A cell, before its cycles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
        let bytes = postcard::to_allocvec(self).map_err(io::Error::other)?;
        out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        out.write_all(&bytes)
    }

    /// Waits for one; none if the speaker has gone.
    ///
    /// # Errors
    /// As those of `input`, and when what comes is no message.
    pub(super) fn read(input: &mut dyn Read) -> io::Result<Option<Self>> {
        let mut length = [0; 8];
        match input.read(&mut length[..1])? {
            0 => return Ok(None),
            _ => input.read_exact(&mut length[1..])?,
        }
        let length = u64::from_le_bytes(length);
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = Vec::new();
        input.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Ok(None);
        }
        match postcard::take_from_bytes(&bytes) {
            Ok((message, [])) => Ok(Some(message)),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
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
        let said = |length: u64, bytes: &[u8]| Message::read(&mut &[&length.to_le_bytes()[..], bytes].concat()[..]);
        let bytes = |message: &Message| postcard::to_allocvec(message).unwrap();
        let (opened, cycle) = (bytes(&messages()[0]), bytes(&messages()[3]));
        assert!(said(0, b"").is_err());
        assert!(said(1, b"?").is_err());
        assert!(said(2, &[opened[0], b'x']).is_err());
        assert!(said(u64::MAX, &cycle).is_err(), "before anything is kept for it");
        let long = [&[cycle[0], 1][..], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
        assert!(said(7, &long).is_err(), "a series longer than its message");
        assert!(said(8, &cycle).is_ok_and(|message| message == Some(Message::Cycle(Recorded::default()))));
        assert!(said(9, &[&cycle[..], &[0]].concat()).is_err(), "something after the last series");
    }
}
