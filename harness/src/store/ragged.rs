//! A quantity with one series per cycle, kept so that the first cycles can be read without the rest.
//!
//! ```text
//! NAME/values    f64, the series of all cycles one after the other; chunked, shuffled, deflated
//! NAME/offsets   u64, one more than there are cycles: cycle i is values[offsets[i]..offsets[i + 1]]
//! NAME/present   u8, only where some cycles lack the quantity: 0 for those (an absent series is not an empty one)
//! ```

use hdf5::{Dataset, Group, H5Type};

use super::file::Problem;

/// Elements per chunk (128 KiB of f64): a few cycles each, so that a short range inflates little more than it needs.
const CHUNK: usize = 16 * 1024;

/// Writes the group `name`, unless no cycle has the quantity.
pub(super) fn write<'a>(
    parent: &Group,
    name: &str,
    cycles: impl Iterator<Item = Option<&'a [f64]>>,
) -> Result<(), Problem> {
    let mut values = Vec::new();
    let mut offsets = vec![0_u64];
    let mut present = Vec::new();
    for series in cycles {
        present.push(u8::from(series.is_some()));
        values.extend_from_slice(series.unwrap_or_default());
        offsets.push(values.len() as u64);
    }
    if !present.contains(&1) {
        return Ok(());
    }
    let group = parent.create_group(name)?;
    write_plain(&group, "values", &values)?;
    write_plain(&group, "offsets", &offsets)?;
    if present.contains(&0) {
        write_plain(&group, "present", &present)?;
    }
    Ok(())
}

/// Reads the first `cycles` series of `name`; none where the group is absent.
pub(super) fn read(parent: &Group, name: &str, cycles: usize) -> Result<Vec<Option<Vec<f64>>>, Problem> {
    if !parent.link_exists(name) {
        return Ok(vec![None; cycles]);
    }
    let group = parent.group(name)?;
    let offsets: Vec<u64> = read_plain(&group, "offsets", cycles + 1)?;
    if offsets[0] != 0 || !offsets.is_sorted() {
        return Err(Problem::new(format!("the offsets of {name} are not ascending from 0")));
    }
    let end = usize::try_from(offsets[cycles]).map_err(|_| Problem::new(format!("{name} is too long")))?;
    let values: Vec<f64> = read_plain(&group, "values", end)?;
    let present: Vec<u8> =
        if group.link_exists("present") { read_plain(&group, "present", cycles)? } else { vec![1; cycles] };
    let series = |cycle: usize| values[offsets[cycle] as usize..offsets[cycle + 1] as usize].to_vec();
    Ok((0..cycles).map(|cycle| (present[cycle] != 0).then(|| series(cycle))).collect())
}

/// Writes a compressed dataset of one dimension.
pub(super) fn write_plain<T: H5Type>(parent: &Group, name: &str, values: &[T]) -> Result<(), Problem> {
    // without modification times the same cell gives the same bytes
    let builder = parent.new_dataset_builder().obj_track_times(false);
    if values.is_empty() {
        builder.empty::<T>().shape(0).create(name)?; // a chunk cannot be empty
    } else {
        builder.chunk(values.len().min(CHUNK)).shuffle().deflate(LEVEL).with_data(values).create(name)?;
    }
    Ok(())
}

/// Shuffled measurements hardly shrink further at higher levels, and writing is bound by deflate.
const LEVEL: u8 = 1;

/// Reads the first `count` elements of a dataset of one dimension.
pub(super) fn read_plain<T: H5Type>(parent: &Group, name: &str, count: usize) -> Result<Vec<T>, Problem> {
    let dataset = parent.dataset(name)?;
    let length = length(&dataset)?;
    if count > length {
        return Err(Problem::new(format!("{} has {length} elements instead of {count}", dataset.name())));
    }
    Ok(dataset.read_slice_1d(0..count)?.into_raw_vec_and_offset().0)
}

/// The length of a dataset of one dimension.
pub(super) fn length(dataset: &Dataset) -> Result<usize, Problem> {
    match dataset.shape()[..] {
        [length] => Ok(length),
        _ => Err(Problem::new(format!("{} does not have one dimension", dataset.name()))),
    }
}
