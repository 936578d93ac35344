//! Writing files and folders whole or not at all: a temporary sibling, down to the disk, then renamed.
//!
//! So a reader never sees half a file, and after a crash or on a full disk there is what was there before. Permissions are those
//! of any other file: what the umask lets in.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use tempfile::TempDir;

/// Writes `bytes` as the file `path`, making its folder where there is none and replacing what was there.
///
/// # Errors
/// Of the system; nothing is left behind then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(parent(path))?;
    fill(path, |part| File::options().write(true).open(part)?.write_all(bytes), |error| error)
}

/// Makes the file `path` of what `write` leaves at the path it is given.
///
/// # Errors
/// The error of `write`, or what `failed` makes of one of the system; nothing is left behind then.
pub fn fill<E>(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".part-");
    permit(&mut builder, 0o666);
    // removed again when dropped before it is persisted
    let part = builder.tempfile_in(parent(path)).map_err(&failed)?.into_temp_path();
    write(&part)?;
    sync(&part).map_err(&failed)?;
    part.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(parent(path)).map_err(failed)
}

/// Gives a file that is complete its name, where it outlives a power cut.
///
/// # Errors
/// Of the system.
pub fn put_in_place(part: &Path, path: &Path) -> io::Result<()> {
    sync(part)?;
    fs::rename(part, path)?;
    sync_folder(parent(path))
}

/// Fills a temporary folder beside `path` by `fill` and renames it to `path`, replacing what was there.
///
/// # Errors
/// The error of `fill`, or what `failed` makes of one of the system; what was there stays then.
pub fn fill_folder<E>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".part-");
    permit(&mut builder, 0o777);
    fs::create_dir_all(parent(path)).map_err(&failed)?;
    let partial = builder.tempdir_in(parent(path)).map_err(&failed)?;
    fill(partial.path())?;
    replace(partial, path).map_err(failed)
}

fn replace(partial: TempDir, path: &Path) -> io::Result<()> {
    let parent = parent(path);
    sync_folder(partial.path())?;
    // what was there is moved aside first, so that it is whole until its successor is
    let aside = tempfile::Builder::new().prefix(".old-").tempdir_in(parent)?;
    let old = aside.path().join("folder");
    let was_there = path.exists();
    if was_there {
        fs::rename(path, &old)?;
    }
    if let Err(error) = fs::rename(partial.path(), path) {
        if was_there {
            fs::rename(&old, path)?;
        }
        return Err(error);
    }
    // renamed away: there is nothing left for its destructor
    let _ = partial.keep();
    sync_folder(parent)
}

/// What a person is told of an error of the system.
pub fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "no space left on the disk".to_owned(),
        _ => error.to_string(),
    }
}

/// The folder of a path; of a bare name, the current one.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync(file: &Path) -> io::Result<()> {
    File::options().append(true).open(file)?.sync_all()
}

/// A name is on the disk when its folder is; only Unix lets a folder be opened for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Temporary files are private to their owner, these are not.
fn permit(builder: &mut tempfile::Builder<'_, '_>, mode: u32) {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = (builder, mode);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/file");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let stopped = |part: &Path| {
            fs::write(part, "thr")?;
            Err(io::Error::other("stopped"))
        };
        assert_eq!(fill(&path, stopped, |error| error).unwrap_err().to_string(), "stopped");
        assert_eq!(
            (fs::read(&path).unwrap(), names(&folder.path().join("below"))),
            (b"two".to_vec(), vec!["file".to_owned()])
        );
        fs::write(folder.path().join("part"), "four").unwrap();
        put_in_place(&folder.path().join("part"), &path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"four".to_vec(), vec!["below".to_owned()]));
        assert!(write(&path.join("below.csv"), b"").is_err(), "a file is no folder");
    }

    #[test]
    fn a_folder_comes_into_being_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/abc");
        let stopped = |partial: &Path| {
            fs::write(partial.join("file"), "one")?;
            Err(io::Error::other("stopped"))
        };
        assert!(fill_folder(&path, stopped, |error| error).is_err() && names(&folder.path().join("runs")).is_empty());
        for name in ["old", "new"] {
            fill_folder(&path, |partial| fs::write(partial.join(name), "one"), |error| error).unwrap();
        }
        assert_eq!(
            (names(&path), names(&folder.path().join("runs"))),
            (vec!["new".to_owned()], vec!["abc".to_owned()])
        );
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_any_other_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        fs::write(folder.path().join("plain"), "").unwrap();
        fs::create_dir(folder.path().join("plain folder")).unwrap();
        write(&folder.path().join("whole"), b"").unwrap();
        fill_folder(&folder.path().join("whole folder"), |_| Ok(()), |error| error).unwrap();
        assert_eq!((mode("whole"), mode("whole folder")), (mode("plain"), mode("plain folder")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_by_its_kind() {
        let error =
            File::options().write(true).open("/dev/full").and_then(|mut full| full.write_all(b"x")).unwrap_err();
        assert_eq!(said(&error), "no space left on the disk");
        assert_eq!(said(&io::Error::other("x")), "x");
    }
}
