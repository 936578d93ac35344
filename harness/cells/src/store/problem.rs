//! What is wrong with a file of a cell, and what kept it from being written.

use std::io;
use std::path::Path;

use crate::Error;

/// What is wrong with a file, before its path is known; a fragment.
#[derive(Debug)]
pub(super) struct Problem(pub(super) String);

impl Problem {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl From<hdf5::Error> for Problem {
    fn from(error: hdf5::Error) -> Self {
        Self(error.to_string())
    }
}

/// The error of a file that is not what this program wrote.
pub(super) fn damaged(path: &Path, what: &str) -> Error {
    Error::Damaged { path: path.to_owned(), what: what.to_owned() }
}

/// What kept a file from being written. The HDF5 library gives nothing but text, with the number of the system's error
/// among much else: this is the one place where a kind is dug out of it. Of other kinds than a full disk, the text tells more.
pub(super) fn cause(what: String) -> io::Error {
    // as the library says it, and as the standard library does
    let number = ["errno = ", "os error "].iter().find_map(|mark| {
        let (_, rest) = what.split_once(mark)?;
        rest.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|number| number.parse().ok())
    });
    match number.map(io::Error::from_raw_os_error) {
        Some(full) if full.kind() == io::ErrorKind::StorageFull => full,
        _ => io::Error::other(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_kind_and_all_else_stays_text() {
        let text =
            "H5Fcreate(): unable to create file (unable to open file: errno = 28, error message = 'No space left')";
        assert_eq!(cause(text.to_owned()).kind(), io::ErrorKind::StorageFull);
        assert_eq!(cause("No space left on device (os error 28)".to_owned()).kind(), io::ErrorKind::StorageFull);
        for text in ["unable to lock file: errno = 11, …", "no number: errno = x", "no filter"] {
            let error = cause(text.to_owned());
            assert_eq!((error.kind(), &error.to_string()[..]), (io::ErrorKind::Other, text));
        }
    }
}
