//! The encoding of a text, told by its first bytes, and a reader that makes UTF-8 of it.

use std::borrow::Cow;
use std::io::{self, Read};

use cells::text::is_utf16;
use encoding_rs::{
    BIG5, CoderResult, Decoder, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

/// Encodings of systems that write no UTF-8, with what files of cyclers have in their languages. Where none of it is there, a text
/// is of a western system, in whose encoding every byte is a letter.
const OF_SYSTEMS: [(&Encoding, &[&str]); 4] = [
    (GB18030, &["电压", "电流", "时间", "容量", "循环", "工步", "充电", "放电", "静置", "搁置", "℃"]),
    (BIG5, &["電壓", "電流", "時間", "充電", "放電"]),
    (SHIFT_JIS, &["電圧", "電流", "時間", "充電", "放電", "℃"]),
    (EUC_KR, &["전압", "전류", "시간", "충전", "방전"]),
];

/// The encoding of a text that begins so, and this beginning.
pub(super) fn of(start: &[u8]) -> (&'static Encoding, Cow<'_, str>) {
    if is_utf16(start) {
        let is_big = matches!(start, [0xfe, 0xff, ..]) || start.first() == Some(&0);
        let encoding = if is_big { UTF_16BE } else { UTF_16LE };
        return (encoding, encoding.decode_with_bom_removal(start).0);
    }
    // what is cut in the middle of a letter is not wrong
    let is_whole = |bytes| std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_whole(start) {
        return (UTF_8, UTF_8.decode_with_bom_removal(start).0);
    }
    let lines = start.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(start, |end| &start[..=end]);
    for (encoding, words) in OF_SYSTEMS {
        let text = encoding.decode_without_bom_handling_and_without_replacement(lines);
        if let Some(text) = text.filter(|text| words.iter().any(|word| text.contains(word))) {
            return (encoding, text);
        }
    }
    (WINDOWS_1252, WINDOWS_1252.decode_without_bom_handling(start).0)
}

/// A reader of what another has, in UTF-8.
pub(super) struct Decoded<R> {
    reader: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// The bytes of `raw` that are still to be decoded.
    open: std::ops::Range<usize>,
    /// What was decoded and had no room, and how much of it is taken.
    rest: ([u8; LEAST], std::ops::Range<usize>),
    is_over: bool,
    is_done: bool,
}

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 16;
/// Bytes of room for a letter, which the decoder does not divide.
const LEAST: usize = 16;

impl<R: Read> Decoded<R> {
    pub(super) fn new(reader: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        let raw = vec![0; BLOCK];
        Self { reader, decoder, raw, open: 0..0, rest: ([0; LEAST], 0..0), is_over: false, is_done: false }
    }

    /// As [`Read::read`], into room for a letter at least.
    fn decode(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_done {
            if self.open.is_empty() && !self.is_over {
                let read = self.reader.read(&mut self.raw)?;
                self.open = 0..read;
                self.is_over = read == 0;
            }
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.open.clone()], buffer, self.is_over);
            self.open.start += read;
            self.is_done = self.is_over && result == CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.1.is_empty() && buffer.len() >= LEAST {
            return self.decode(buffer);
        }
        if self.rest.1.is_empty() {
            let mut letters = [0; LEAST];
            let length = self.decode(&mut letters)?;
            self.rest = (letters, 0..length);
        }
        let (letters, open) = &mut self.rest;
        let length = open.len().min(buffer.len());
        buffer[..length].copy_from_slice(&letters[open.start..open.start + length]);
        open.start += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_system_are_read_as_one() {
        let chinese = "总时间,电压(V),电流(A),T1(℃)\n".repeat(9000);
        let (gbk, ..) = GB18030.encode(&chinese);
        let (japanese, korean) = ("時間,電圧(V),電流(A)\n", "시간,전압(V),전류(A)\n");
        let western = "Zeit;U[V];Temperatur[°C];R[mΩ]\n".replace('Ω', "O");
        let utf16 = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (bytes, encoding, text) in [
            (chinese.as_bytes().to_vec(), UTF_8, &chinese[..]),
            (gbk.to_vec(), GB18030, &chinese),
            (SHIFT_JIS.encode(japanese).0.to_vec(), SHIFT_JIS, japanese),
            (EUC_KR.encode(korean).0.to_vec(), EUC_KR, korean),
            (WINDOWS_1252.encode(&western).0.to_vec(), WINDOWS_1252, &western),
            (utf16(&western, false), UTF_16LE, &western),
            (utf16(&format!("\u{feff}{western}"), true), UTF_16BE, &western),
        ] {
            let (found, start) = of(&bytes);
            assert_eq!((found, &start[..]), (encoding, text));
            let mut read = String::new();
            Decoded::new(&bytes[..], encoding).read_to_string(&mut read).unwrap();
            assert!(read == text);
        }
        // a beginning that is cut within a letter
        assert_eq!(of(&chinese.as_bytes()[..1]).0, UTF_8);
        assert_eq!(of(&gbk[..gbk.len() - 5]).0, GB18030);
    }
}
