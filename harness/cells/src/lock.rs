//! One process at a time: a file that is locked while something is done.
//!
//! The system lets go of a lock when its process ends, however it ends, so none is ever stale. The file is there as long as somebody
//! holds it, and says which process. Locks reach as far as the file system carries them: between processes of one machine always,
//! between machines on NFS 4 and on Lustre mounted with `flock`. Where a file system knows none, nothing is locked, and
//! [`Lock::is_held`] says so.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// `None` where the file system knows no locks.
    file: Option<File>,
}

impl Lock {
    /// Waits until nobody else holds it.
    ///
    /// # Errors
    /// Of the system, such as when the file cannot be made.
    pub fn wait(path: &Path) -> io::Result<Self> {
        loop {
            let file = open(path)?;
            match file.lock() {
                Ok(()) if is_at(&file, path) => return Ok(Self::held(file, path)),
                // whoever held it took the file away
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if knows_no_locks(&error) => return Ok(Self { path: path.to_owned(), file: None }),
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes it, unless somebody else holds it: then `None`.
    ///
    /// # Errors
    /// As [`Lock::wait`].
    pub fn attempt(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path) => return Ok(Some(Self::held(file, path))),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) if knows_no_locks(&error) => {
                    return Ok(Some(Self { path: path.to_owned(), file: None }));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Whether the file system knows locks, so that others are really kept out.
    pub fn is_held(&self) -> bool {
        self.file.is_some()
    }

    fn held(file: File, path: &Path) -> Self {
        // for a person who looks; nothing reads it
        let _ = file.set_len(0).and_then(|()| writeln!(&file, "process {}", std::process::id()));
        Self { path: path.to_owned(), file: Some(file) }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // while it is held still: who opened it before finds that it is gone; and its folder, if it was the last one there
        if cfg!(unix) && fs::remove_file(&self.path).is_ok() && is_for_locks(self.path.parent()) {
            let _ = self.path.parent().map(fs::remove_dir);
        }
    }
}

/// Removes the files of locks in `folder` that nobody holds: of processes that were ended. Whoever takes one meanwhile has it.
pub fn clean(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files.filter_map(|path| Lock::attempt(&path).ok().flatten()).for_each(drop);
}

/// The folder that is made for locks and holds nothing else.
pub const FOLDER: &str = ".locks";

fn is_for_locks(folder: Option<&Path>) -> bool {
    folder.and_then(Path::file_name).is_some_and(|name| name == FOLDER)
}

fn open(path: &Path) -> io::Result<File> {
    loop {
        if let Some(folder) = path.parent() {
            match fs::create_dir_all(folder) {
                // it was there, and went with the last lock in it before it was seen to be a folder
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !is_in_the_way(folder) => continue,
                outcome => outcome?,
            }
        }
        match File::options().create(true).truncate(false).write(true).open(path) {
            // the folder went with the last lock in it
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => return outcome,
        }
    }
}

/// Whether something else than a folder has its name.
fn is_in_the_way(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|metadata| !metadata.is_dir())
}

/// Whether what was locked is what others will open.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().ok().map(place) == fs::metadata(path).ok().map(place)
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// `EOPNOTSUPP` and, of network file systems without a lock daemon, `ENOLCK`.
fn knows_no_locks(error: &io::Error) -> bool {
    const NO_LOCKS: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported || (cfg!(target_os = "linux") && error.raw_os_error() == Some(NO_LOCKS))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn a_lock_keeps_others_out_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".locks/one");
        let lock = Lock::attempt(&path).unwrap().unwrap();
        assert!(lock.is_held() && Lock::attempt(&path).unwrap().is_none());
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("process {}\n", std::process::id()));
        let other = Lock::attempt(&folder.path().join(".locks/other")).unwrap().unwrap();
        drop(lock);
        assert!(path.parent().unwrap().exists(), "another one is held");
        drop(Lock::attempt(&path).unwrap().unwrap());
        drop(other);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn locks_that_nobody_holds_are_removed_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let locks = folder.path().join(FOLDER);
        let lock = Lock::attempt(&locks.join("held")).unwrap().unwrap();
        fs::write(locks.join("left"), "process 1").unwrap();
        clean(&locks);
        assert!(locks.join("held").exists() && !locks.join("left").exists());
        drop(lock);
        fs::create_dir(&locks).unwrap();
        fs::write(locks.join("left"), "process 1").unwrap();
        clean(&locks);
        assert!(!locks.exists());
        clean(&locks);
    }

    #[test]
    fn the_folder_of_locks_comes_and_goes_under_many() {
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for own in 0..8 {
                let path = folder.path().join(FOLDER).join(own.to_string());
                scope.spawn(move || (0..500).for_each(|_| drop(Lock::attempt(&path).unwrap().unwrap())));
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join(FOLDER), "a file").unwrap();
        assert!(Lock::attempt(&folder.path().join(FOLDER).join("one")).is_err());
    }

    #[test]
    fn many_who_wait_have_it_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/one");
        let (inside, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _lock = Lock::wait(&path).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        total.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!((total.into_inner(), path.exists()), (1600, false));
    }
}
