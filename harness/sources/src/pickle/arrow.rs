//! Texts that pandas keeps in arrays of Arrow, as it does with names of columns since 3.0 where pyarrow is installed.
//!
//! Such an array is its type by name, its length, and buffers: which texts there are (one bit each, or nothing where all are),
//! where each ends in the third, and all of them in a row. Only names are read so; numbers are left to arrays of NumPy.

use super::Problem;
use super::globals::Global;
use super::tree::Node;

/// The texts of an array of pandas around one of Arrow, at most `most`; a missing one is empty. None of what is no such array.
pub(super) fn texts(node: Node<'_>, most: usize) -> Option<Result<Vec<String>, Problem>> {
    let Some((Global::ArrowTexts, _, state)) = node.call() else { return None };
    let found = || texts_of(state?.get("_pa_array")?, most);
    let misshapen = "texts in an array of Arrow are not laid out as this program knows it: save the frame with \
                     `frame.columns = frame.columns.astype(object)`";
    Some(found().ok_or_else(|| Problem::new(misshapen)))
}

/// The texts of one `_restore_array((type, length, nulls, offset, [bits, ends, letters], …))`.
fn texts_of(array: Node<'_>, most: usize) -> Option<Vec<String>> {
    let (Global::ArrowArray, arguments, _) = array.call()? else { return None };
    let parts = arguments.first()?.few()?;
    let [kind, length, _, offset, buffers, ..] = parts[..] else { return None };
    let (Global::ArrowType, kind, _) = kind.call()? else { return None };
    let width = match kind.first()?.text()? {
        "string" | "utf8" => 4,
        "large_string" | "large_utf8" => 8,
        _ => return None,
    };
    let whole = |node: Node<'_>| node.integer().and_then(|number| usize::try_from(number).ok());
    let (length, offset) = (whole(length)?, whole(offset)?);
    let buffers = buffers.few()?;
    let [present, ends, letters] = buffers[..] else { return None };
    if length > most {
        return None;
    }
    let (ends, letters) = (buffer(ends)?, buffer(letters)?);
    let end = |place: usize| {
        let bytes = ends.get(place.checked_mul(width)?..)?.get(..width)?;
        let number = bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        usize::try_from(number).ok()
    };
    let mut texts = Vec::new();
    for place in offset..offset.checked_add(length)? {
        let is_there = present.is_none() || buffer(present)?.get(place / 8)? >> (place % 8) & 1 == 1;
        let bytes = if is_there { letters.get(end(place)?..end(place + 1)?)? } else { &[] };
        texts.push(std::str::from_utf8(bytes).ok()?.to_owned());
    }
    Some(texts)
}

/// The bytes of `py_buffer(bytes)`; none of an absent one.
fn buffer(node: Node<'_>) -> Option<&[u8]> {
    if node.is_none() {
        return Some(&[]);
    }
    let (Global::ArrowBuffer, arguments, _) = node.call()? else { return None };
    arguments.first()?.bytes()
}
