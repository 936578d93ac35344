//! What lies behind the end of the HDF5 part of a file, so that the library only ever sees structure that was written.
//!
//! ```text
//! begin, length   u64 each, little-endian, per stretch of packed series, in order
//! hash            32 bytes: BLAKE3 of all bytes before this that are in no stretch, and of the stretches' places
//! count           u64, of the stretches
//! mark            8 bytes
//! ```
//!
//! A library that follows a damaged length may never come back. Packed series are left out: they are most of a file, are read in part,
//! and have hashes of their own, cycle by cycle. The library passes over what is behind its end, so older programs read such files;
//! files of theirs end without a mark, and nothing is known of their structure.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use hdf5::Group;

use super::problem::Problem;
use crate::whole_file;

const MARK: &[u8; 8] = b"batlcell";
/// Bytes of hash, count and mark.
const END: u64 = 32 + 8 + 8;

/// Where packed series lie: begin and length, ascending and apart.
type Stretches = Vec<(u64, u64)>;

/// Where the chunks of all datasets in a file lie.
pub(super) fn stretches(file: &hdf5::File) -> Result<Stretches, Problem> {
    let mut all = Vec::new();
    collect(file, &mut all)?;
    all.sort_unstable();
    // one group may have two names
    all.dedup();
    let mut merged: Stretches = Vec::new();
    for (begin, length) in all {
        match merged.last_mut() {
            Some(last) if last.0 + last.1 == begin => last.1 += length,
            _ => merged.push((begin, length)),
        }
    }
    Ok(merged)
}

fn collect(group: &Group, all: &mut Stretches) -> Result<(), Problem> {
    for dataset in group.datasets()? {
        let chunks = dataset.num_chunks().unwrap_or(0);
        let stretch = |index| dataset.chunk_info(index).map(|chunk| (chunk.addr, chunk.size));
        let found: Option<Stretches> = (0..chunks).map(stretch).collect();
        all.extend(found.ok_or_else(|| Problem::new(format!("the chunks of {} are nowhere", dataset.name())))?);
    }
    group.groups()?.iter().try_for_each(|below| collect(below, all))
}

/// Ends a file that the library has closed.
pub(super) fn close(path: &Path, stretches: &Stretches) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    let length = file.metadata()?.len();
    let mut end: Vec<u8> =
        stretches.iter().flat_map(|(begin, length)| [begin.to_le_bytes(), length.to_le_bytes()].concat()).collect();
    let hash = hash(&mut file, length, stretches)?;
    end.extend(hash.as_bytes());
    end.extend((stretches.len() as u64).to_le_bytes());
    end.extend(MARK);
    file.write_all(&end)?;
    file.sync_all()
}

/// Whether everything but packed series is as it was written; of files without an end of ours, nobody knows.
pub(super) fn check(path: &Path) -> io::Result<Result<(), Problem>> {
    let damaged = || Ok(Err(Problem::new("its structure is not what was written")));
    whole_file::may_be_read(path)?;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let Some(end) = length.checked_sub(END) else { return Ok(Ok(())) };
    let mut last = [0; END as usize];
    file.seek(SeekFrom::Start(end))?;
    file.read_exact(&mut last)?;
    if last[40..] != MARK[..] {
        return Ok(Ok(()));
    }
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let Some(body) = number(&last[32..40]).checked_mul(16).and_then(|bytes| end.checked_sub(bytes)) else {
        return damaged();
    };
    let mut places = vec![0; (end - body) as usize];
    file.seek(SeekFrom::Start(body))?;
    file.read_exact(&mut places)?;
    let stretches: Stretches =
        places.chunks_exact(16).map(|place| (number(&place[..8]), number(&place[8..]))).collect();
    let mut from = 0;
    for (begin, length) in &stretches {
        match begin.checked_add(*length) {
            Some(to) if *begin >= from && to <= body => from = to,
            _ => return damaged(),
        }
    }
    if hash(&mut file, body, &stretches)?.as_bytes()[..] == last[..32] { Ok(Ok(())) } else { damaged() }
}

/// Whether something is behind the end that the library noted, at the fortieth byte of the file, and no mark of ours: what is left of an
/// end that was cut short.
pub(super) fn is_cut(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let (mut begin, mut mark) = ([0; 48], [0; MARK.len()]);
    if length < 48 {
        return Ok(true);
    }
    file.read_exact(&mut begin)?;
    file.seek(SeekFrom::Start(length - MARK.len() as u64))?;
    file.read_exact(&mut mark)?;
    let noted = begin[40..].iter().rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    // of files of the first version of HDF5's superblock, which ours are
    Ok(mark != *MARK && begin[8] == 0 && noted != length)
}

fn hash(file: &mut File, length: u64, stretches: &Stretches) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut from = 0;
    let mut bytes = Vec::new();
    for (begin, length) in stretches.iter().copied().chain([(length, 0)]) {
        bytes.clear();
        file.seek(SeekFrom::Start(from))?;
        file.take(begin.saturating_sub(from)).read_to_end(&mut bytes)?;
        hasher.update(&bytes);
        hasher.update(&begin.to_le_bytes());
        hasher.update(&length.to_le_bytes());
        from = begin + length;
    }
    Ok(hasher.finalize())
}
