//! HDF5 files that a test changes.

use std::path::Path;

/// Opens a file to change it, without HDF5's locks: a process that another test starts meanwhile holds them until it has begun its
/// program, and whoever opens the file next would be refused.
///
/// # Panics
/// If there is no such file.
pub fn open_to_change(path: &Path) -> hdf5::File {
    let mut options = hdf5::File::with_options();
    options.with_fapl(|access| access.file_locking(false));
    options.open_rw(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
