//! Files and folders of runs, whole or not at all.

use std::path::{Path, PathBuf};

use crate::Error;
use cells::{
    lock::{self, Lock},
    whole_file,
};

/// Folder of the run with this key.
pub fn run_folder(out: &Path, key: &str) -> PathBuf {
    out.join("runs").join(key)
}

/// [`whole_file::write`] with an error for a person.
///
/// # Errors
/// [`Error::Write`] names the file and the cause (no space left, no permission …).
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    whole_file::write(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// [`whole_file::fill_folder`] with an error for a person.
///
/// # Errors
/// Whatever `fill` returns; [`Error::WriteFolder`] names the folder and the cause.
pub fn write_folder<E: From<Error>>(path: &Path, fill: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E> {
    whole_file::fill_folder(path, fill, |source| Error::WriteFolder { path: path.to_owned(), source }.into())
}

/// The lock of this name in an output folder, to wait for or to try ([`Lock`]): one process at a time writes the scores, trains a model
/// or makes a run. Its file is gone when nobody holds it.
pub fn lock_file(out: &Path, name: &str) -> PathBuf {
    out.join(lock::FOLDER).join(name)
}

/// Waits for a lock.
///
/// # Errors
/// [`Error::File`] names the file of the lock.
pub fn lock(out: &Path, name: &str) -> Result<Lock, Error> {
    let path = lock_file(out, name);
    Lock::wait(&path).map_err(|source| Error::File { path, source })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_failed_write_leaves_neither_file_nor_folder() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("runs/abc");
        let failed = write_folder(&target, |partial| {
            write_whole(&partial.join("record.json"), b"{}")?;
            Err(Error::Internal("stopped".to_owned()))
        });
        assert!(failed.is_err() && !target.exists());
        assert_eq!(fs::read_dir(folder.path().join("runs")).unwrap().count(), 0);

        fs::write(folder.path().join("file"), "").unwrap();
        let message = write_whole(&folder.path().join("file/below.csv"), b"").unwrap_err().to_string();
        assert!(message.contains("below.csv: cannot write"), "{message}");
    }

    #[test]
    fn a_folder_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("abc");
        write_folder(&target, |partial| write_whole(&partial.join("old"), b"1")).unwrap();
        write_folder(&target, |partial| write_whole(&partial.join("new"), b"2")).unwrap();
        assert!(!target.join("old").exists() && target.join("new").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
