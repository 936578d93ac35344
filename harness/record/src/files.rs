//! Files and folders of runs, whole or not at all.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

use crate::{Error, RunRecord, attachments, ingredients::KEY_DIGITS};
use cells::{
    lock::{self, Lock},
    whole_file,
};

/// Folder of the run with this key.
pub fn run_folder(out: &Path, key: &str) -> PathBuf {
    out.join("runs").join(key)
}

/// The output folder and the key of the run whose folder this is; `None` if it is no folder of a run.
pub fn run_at(folder: &Path) -> Option<(PathBuf, String)> {
    if !RunRecord::exists(folder) {
        return None;
    }
    let named = |folder: &Path| {
        let key = folder.file_name()?.to_str().filter(|name| is_key(name))?;
        let out = folder.parent().filter(|runs| runs.ends_with("runs"))?.parent()?;
        // of `runs/KEY`, the folder in which everything is
        let out = if out.as_os_str().is_empty() { Path::new(".") } else { out };
        Some((out.to_owned(), key.to_owned()))
    };
    // by another name, such as from within, or by a link
    named(folder).or_else(|| named(&fs::canonicalize(folder).ok()?))
}

/// Whether a file of this name may lie in the folder of a run.
pub fn is_of_run(name: &OsStr) -> bool {
    name == RunRecord::FILE || attachments::FILES.iter().any(|known| name == *known)
}

/// Whether a word has the form of a key.
pub fn is_key(word: &str) -> bool {
    word.len() == KEY_DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What lies in a folder, by name; nothing where there is no such folder.
///
/// # Errors
/// [`Error::Read`] if the system does not show it.
pub fn entries(folder: &Path) -> Result<Vec<DirEntry>, Error> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    match listed {
        Ok(mut entries) => {
            entries.sort_by_key(DirEntry::file_name);
            Ok(entries)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(Error::Read { path: folder.to_owned(), source }),
    }
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
    use super::*;

    #[test]
    fn what_lies_in_a_folder_is_listed_by_name_and_what_cannot_be_listed_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "c"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = entries(folder.path()).unwrap().iter().map(DirEntry::file_name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(entries(&folder.path().join("nowhere")).unwrap().is_empty());
        let message = entries(&folder.path().join("a")).unwrap_err().to_string();
        assert!(message.contains("cannot read") && message.contains("/a"), "{message}");
    }

    #[test]
    fn the_folder_of_a_run_is_known_by_any_name() {
        let temporary = tempfile::tempdir().unwrap();
        let out = fs::canonicalize(temporary.path()).unwrap();
        let run = out.join("runs/0123456789abcdef");
        write_whole(&run.join(RunRecord::FILE), b"{}").unwrap();
        let expected = Some((out.clone(), "0123456789abcdef".to_owned()));
        assert_eq!(run_at(&run), expected);
        assert_eq!(run_at(&run.join("../0123456789abcdef/.")), expected);
        assert_eq!((run_at(&out), run_at(&out.join("runs"))), (None, None));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&run, out.join("link")).unwrap();
            assert_eq!(run_at(&out.join("link")), expected);
        }
    }

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
