//! Series packed by the thread that has them.
//!
//! The HDF5 library lets one thread in at a time, and its filters (shuffle, deflate) are where writing a cell takes its time.
//! So chunks are packed here, as the filters would, and given to the library as they are to lie in the file.

use std::ffi::c_void;
use std::io::{self, Write as _};
use std::thread;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdf5::{Dataset, h5check};
use hdf5_sys::h5d::H5Dwrite_chunk;
use hdf5_sys::h5p::H5P_DEFAULT;

use super::problem::Problem;

const BYTES: usize = size_of::<f64>();

/// Writes all values of a dataset of one dimension, whose filters are shuffle and deflate and whose chunks have `chunk`
/// elements.
pub(super) fn write(dataset: &Dataset, values: &[f64], chunk: usize, level: u8) -> Result<(), Problem> {
    for (k, packed) in packed(values, chunk, level).into_iter().enumerate() {
        let packed = packed.map_err(|error| Problem::new(error.to_string()))?;
        let start = (k * chunk) as u64;
        let filters_left_out = 0;
        // SAFETY: the dataset is open and of rank 1, so that one number is its place; the library reads as many bytes as there
        // are, under its lock
        hdf5::sync::sync(|| unsafe {
            let bytes = packed.as_ptr().cast::<c_void>();
            h5check(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, filters_left_out, &raw const start, packed.len(), bytes))
        })?;
    }
    Ok(())
}

/// Chunks from which on several threads pack them. They are threads of their own: a worker of a pool would begin another cell while it
/// waits, and hold both in memory.
const MANY: usize = 32;

/// All chunks, packed.
fn packed(values: &[f64], chunk: usize, level: u8) -> Vec<io::Result<Vec<u8>>> {
    let parts: Vec<&[f64]> = values.chunks(chunk).collect();
    let pack = |part: &&[f64]| deflated(&shuffled(part, chunk), level);
    let cores = thread::available_parallelism().map_or(1, usize::from).min(8);
    if parts.len() < MANY || cores == 1 {
        return parts.iter().map(pack).collect();
    }
    let share = parts.len().div_ceil(cores);
    thread::scope(|scope| {
        let all = |parts: &[&[f64]]| parts.iter().map(pack).collect::<Vec<_>>();
        // where the system gives no more threads, this one does it
        let begin = |parts| thread::Builder::new().spawn_scoped(scope, move || all(parts)).map_err(|_| parts);
        let packers: Vec<_> = parts.chunks(share).map(begin).collect();
        let lost = |_| vec![Err(io::Error::other("a thread that packed it died"))];
        packers
            .into_iter()
            .flat_map(|packer| packer.map_or_else(all, |packer| packer.join().unwrap_or_else(lost)))
            .collect()
    })
}

/// The first bytes of all values, little-endian, the second bytes of all, and so on. A chunk is always whole: where values end,
/// zeros fill it up.
fn shuffled(values: &[f64], chunk: usize) -> Vec<u8> {
    let mut bytes = vec![0; BYTES * chunk];
    for (place, plane) in bytes.chunks_exact_mut(chunk).enumerate() {
        for (byte, value) in plane.iter_mut().zip(values) {
            *byte = (value.to_bits() >> (8 * place)) as u8;
        }
    }
    bytes
}

fn deflated(bytes: &[u8], level: u8) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len()), Compression::new(level.into()));
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_reads_what_was_packed_here() {
        let folder = tempfile::tempdir().unwrap();
        let file = hdf5::File::create(folder.path().join("series.h5")).unwrap();
        let values: Vec<f64> =
            (0..2500).map(|i| (0.1 * f64::from(i)).sin()).chain([-0.0, f64::NAN, f64::MIN]).collect();
        // the last are so many that several threads pack them
        for (count, chunk) in [(1000, 1000), (2503, 1000), (2000, 1000), (1, 1), (2503, 2503), (2503, 17)] {
            let builder = file.new_dataset_builder().chunk(chunk).shuffle().deflate(1).empty::<f64>();
            let dataset = builder.shape(count).create(format!("{count} by {chunk}").as_str()).unwrap();
            write(&dataset, &values[..count], chunk, 1).unwrap();
            let read = dataset.read_raw::<f64>().unwrap();
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
            assert_eq!(bits(&read), bits(&values[..count]), "{count} by {chunk}");
        }
    }
}
