//! Writing files whole or not at all.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use cells::failure::Failure;

/// Folder of the run with this key.
pub fn run_folder(out: &Path, key: &str) -> PathBuf {
    out.join("runs").join(key)
}

/// Writes `bytes` to a temporary sibling and renames it, so that a reader never sees half a file.
///
/// # Errors
/// [`Failure::Usage`] names the file and the cause (no space left, no permission …).
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let named = |error: std::io::Error| {
        Failure::Usage(format!("{}: cannot write this file: {error}; nothing of it was left behind", path.display()))
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(named)?;
    // removed again when dropped before it is persisted
    let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(named)?;
    make_readable(file.path());
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

/// Temporary files are private to their owner; results are for everyone whom the folder lets in.
fn make_readable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // a file that stays private is a nuisance, not a failure
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o644));
    }
}

/// Fills a temporary folder beside `path` by `fill` and renames it to `path`, replacing what was there.
///
/// # Errors
/// Whatever `fill` returns; [`Failure::Usage`] names the folder and the cause.
pub fn write_folder(path: &Path, fill: impl FnOnce(&Path) -> Result<(), Failure>) -> Result<(), Failure> {
    let named =
        |error: std::io::Error| Failure::Usage(format!("{}: cannot write this folder: {error}", path.display()));
    let parent: PathBuf = path.parent().unwrap_or(Path::new(".")).to_owned();
    fs::create_dir_all(&parent).map_err(named)?;
    let partial = tempfile::Builder::new().prefix(".part-").tempdir_in(&parent).map_err(named)?;
    fill(partial.path())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(partial.path(), fs::Permissions::from_mode(0o755)).map_err(named)?;
    }
    // what was there is moved aside first, so that it is whole until its successor is
    let aside = tempfile::Builder::new().prefix(".old-").tempdir_in(&parent).map_err(named)?;
    let old = aside.path().join("folder");
    let was_there = path.exists();
    if was_there {
        fs::rename(path, &old).map_err(named)?;
    }
    if let Err(error) = fs::rename(partial.path(), path) {
        if was_there {
            fs::rename(&old, path).map_err(named)?;
        }
        return Err(named(error));
    }
    // renamed away: there is nothing left for its destructor
    let _ = partial.keep();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_neither_file_nor_folder() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("runs/abc");
        let failed = write_folder(&target, |partial| {
            write_whole(&partial.join("record.json"), b"{}")?;
            Err(Failure::Internal("stopped".to_owned()))
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
