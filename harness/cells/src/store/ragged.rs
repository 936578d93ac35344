//! A quantity with one series per cycle, kept so that the first cycles can be read without the rest.
//!
//! ```text
//! NAME/values        f64, series one after the other; chunked, shuffled, deflated
//! NAME/begin, /end   u64 per cycle: its series is values[begin..end]; both are u64::MAX where the cycle has none
//! ```
//!
//! A cycle whose series is that of the cycle before (a fixed voltage grid, a protocol's current, a repeated cycle) points
//! to the same values, which makes the interpolated MATR curves three times as fast to read and write.

use hdf5::{Dataset, Group, H5Type};

use super::chunks;
use super::problem::Problem;

/// Elements per chunk (128 KiB of f64): a few cycles each, so that a short range inflates little more than it needs.
const CHUNK: usize = 16 * 1024;

/// Shuffled measurements hardly shrink further at higher levels, and writing is bound by deflate.
const LEVEL: u8 = 1;

/// Shorter datasets are stored plain: a chunk index costs more than they do.
const SMALL: usize = 1024;

/// The place of a series that is not there (a series of no samples is another thing).
const ABSENT: u64 = u64::MAX;

/// Writes the group `name`, unless no cycle has the quantity.
pub(super) fn write<'a>(
    parent: &Group,
    name: &str,
    cycles: impl Iterator<Item = Option<&'a [f64]>>,
) -> Result<(), Problem> {
    let mut values: Vec<f64> = Vec::new();
    let (mut begin, mut end) = (Vec::new(), Vec::new());
    let mut last: Option<&[f64]> = None;
    for series in cycles {
        let place = match series {
            None => (ABSENT, ABSENT),
            Some(series) => {
                if !last.is_some_and(|last| same_bits(last, series)) {
                    values.extend_from_slice(series);
                    last = Some(series);
                }
                ((values.len() - series.len()) as u64, values.len() as u64)
            }
        };
        begin.push(place.0);
        end.push(place.1);
    }
    if last.is_none() {
        return Ok(());
    }
    let group = parent.create_group(name)?;
    write_values(&group, &values)?;
    write_plain(&group, "begin", &begin)?;
    write_plain(&group, "end", &end)
}

/// Equality that tells 0 from −0, as the fingerprint does.
pub(super) fn same_bits(left: &[f64], right: &[f64]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.to_bits() == right.to_bits())
}

/// Deflate shrinks to no less than a part in so many.
const MOST_SHRUNK: u128 = 1032;

/// Reads the first `cycles` series of `name`; none where the group is absent.
pub(super) fn read(parent: &Group, name: &str, cycles: usize) -> Result<Vec<Option<Vec<f64>>>, Problem> {
    if !parent.link_exists(name) {
        return Ok(vec![None; cycles]);
    }
    let group = parent.group(name)?;
    let begin: Vec<u64> = read_plain(&group, "begin", cycles)?;
    let end: Vec<u64> = read_plain(&group, "end", cycles)?;
    let needed = end.iter().copied().filter(|end| *end != ABSENT).max().unwrap_or(0);
    let values: Vec<f64> = read_plain(&group, "values", usize::try_from(needed).unwrap_or(usize::MAX))?;
    let series = |(cycle, (begin, end)): (usize, (u64, u64))| {
        if (begin, end) == (ABSENT, ABSENT) {
            return Ok(None);
        }
        let place = usize::try_from(begin).ok().and_then(|begin| values.get(begin..end as usize));
        let misplaced = || Problem::new(format!("the place of {name} of the cycle at position {cycle} makes no sense"));
        place.map(|series| Some(series.to_vec())).ok_or_else(misplaced)
    };
    begin.into_iter().zip(end).enumerate().map(series).collect()
}

/// What [`write_plain`] writes, with more than one thread at work.
fn write_values(group: &Group, values: &[f64]) -> Result<(), Problem> {
    if values.len() < SMALL {
        return write_plain(group, "values", values);
    }
    let chunk = values.len().min(CHUNK);
    let builder = group.new_dataset_builder().obj_track_times(false).chunk(chunk).shuffle().deflate(LEVEL);
    let dataset = builder.empty::<f64>().shape(values.len()).create("values")?;
    chunks::write(&dataset, values, chunk, LEVEL)
}

/// Writes a dataset of one dimension, compressed where that pays.
pub(super) fn write_plain<T: H5Type>(parent: &Group, name: &str, values: &[T]) -> Result<(), Problem> {
    // without modification times the same cell gives the same bytes
    let builder = parent.new_dataset_builder().obj_track_times(false);
    if values.len() < SMALL {
        builder.with_data(values).create(name)?;
    } else {
        builder.chunk(values.len().min(CHUNK)).shuffle().deflate(LEVEL).with_data(values).create(name)?;
    }
    Ok(())
}

/// Reads the first `count` elements of a dataset of one dimension.
pub(super) fn read_plain<T: H5Type>(parent: &Group, name: &str, count: usize) -> Result<Vec<T>, Problem> {
    let dataset = parent.dataset(name)?;
    let length = length(&dataset)?;
    if count > length {
        return Err(Problem::new(format!("{} has {length} elements instead of {count}", dataset.name())));
    }
    Ok(dataset.read_slice_1d(0..count)?.into_raw_vec_and_offset().0)
}

/// The length of a dataset of one dimension. What the bytes of the file cannot hold is damage, and no memory is asked for it.
pub(super) fn length(dataset: &Dataset) -> Result<usize, Problem> {
    let [length] = dataset.shape()[..] else {
        return Err(Problem::new(format!("{} does not have one dimension", dataset.name())));
    };
    let bytes = length as u128 * dataset.dtype()?.size().max(1) as u128;
    let of_file = u128::from(dataset.file()?.size());
    let (most, chunk) = match dataset.chunk() {
        Some(chunk) => (of_file * MOST_SHRUNK, chunk),
        None => (of_file, vec![length]),
    };
    if bytes > most || chunk.iter().any(|&chunk| chunk > length.max(1)) {
        return Err(Problem::new(format!("{} cannot have {length} elements in so small a file", dataset.name())));
    }
    Ok(length)
}
