//! Files and folders, whole or not at all: written as a temporary sibling, down to the disk, then renamed.
//!
//! So a reader never sees half a file, and after a crash or on a full disk there is what was there before. Permissions are those
//! of any other file: what the umask lets in.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The bytes of a file that is one: a pipe never begins, and a device never ends.
///
/// # Errors
/// Of the system; of what is no file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    may_be_read(path)?;
    fs::read(path)
}

/// Refuses a pipe or a device; of a folder the system has a sentence.
pub(crate) fn may_be_read(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "this is a device or a pipe, and no file"))
}

/// The same as a text.
///
/// # Errors
/// As [`read`]; and of what is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let no_text = |_| io::Error::new(io::ErrorKind::InvalidData, "this is no text in UTF-8");
    String::from_utf8(read(path)?).map_err(no_text)
}

/// Writes `bytes` as the file `path`, making its folder where there is none and replacing what was there.
///
/// # Errors
/// Of the system; nothing is left behind then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
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
    // removed again when dropped before it is persisted
    let (_held, part) = held(|| {
        let (file, part) = temporary(".part-", 0o666).tempfile_in(folder_of(path))?.into_parts();
        Ok((file, part))
    })
    .map_err(&failed)?;
    write(&part)?;
    sync(&part).map_err(&failed)?;
    part.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder_of(path)).map_err(failed)
}

/// Gives a file that is complete its name, where it outlives a power cut.
///
/// # Errors
/// Of the system.
pub fn put_in_place(part: &Path, path: &Path) -> io::Result<()> {
    sync(part)?;
    fs::rename(part, path)?;
    sync_folder(folder_of(path))
}

/// Fills a temporary folder beside `path` by `fill` and renames it to `path`, replacing the folder that was there; of a link, the
/// folder that it leads to.
///
/// # Errors
/// The error of `fill`, or what `failed` makes of one of the system, as where `path` is a file; what was there stays then.
pub fn fill_folder<E>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    if path.exists() && !path.is_dir() {
        return Err(failed(io::Error::new(io::ErrorKind::NotADirectory, "this is a file, and no folder")));
    }
    let led = if path.is_symlink() { fs::canonicalize(path).map_err(&failed)? } else { path.to_owned() };
    let path = led.as_path();
    fs::create_dir_all(folder_of(path)).map_err(&failed)?;
    let (_held, partial) = temporary_folder(folder_of(path), ".part-").map_err(&failed)?;
    fill(partial.path())?;
    replace(partial, path).map_err(failed)
}

fn replace(partial: TempDir, path: &Path) -> io::Result<()> {
    let parent = folder_of(path);
    sync_folder(partial.path())?;
    // what was there is moved aside first, so that it is whole until its successor is
    let (_held, aside) = temporary_folder(parent, ".old-")?;
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

/// A temporary folder, which nobody takes for a left-over as long as the file is open.
pub(crate) fn temporary_folder(parent: &Path, beginning: &str) -> io::Result<(Option<File>, TempDir)> {
    held(|| {
        let folder = temporary(beginning, 0o777).tempdir_in(parent)?;
        // only Unix lets a folder be opened
        Ok((File::open(folder.path()).ok(), folder))
    })
}

/// Makes something temporary and locks it, until nobody has taken it for a left-over in between.
fn held<F, P: AsRef<Path>>(make: impl Fn() -> io::Result<(F, P)>) -> io::Result<(F, P)>
where
    F: Holds,
{
    loop {
        let (file, path) = make()?;
        // a file system without locks is no reason to stop
        file.hold();
        if path.as_ref().exists() {
            return Ok((file, path));
        }
    }
}

/// What may be locked.
trait Holds {
    fn hold(&self);
}

impl Holds for File {
    fn hold(&self) {
        let _ = self.lock();
    }
}

impl Holds for Option<File> {
    fn hold(&self) {
        if let Some(file) = self {
            file.hold();
        }
    }
}

/// What was left in `folder` by processes that were ended while they wrote there: names that begin as temporary ones do and that no
/// process holds. Where a file system knows no locks nobody can tell, and there is none.
pub(crate) fn left_over(folder: &Path, beginnings: &[&str]) -> Vec<(File, PathBuf)> {
    let is_temporary = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        beginnings.iter().any(|beginning| name.starts_with(beginning.as_bytes()))
    };
    let free = |path: PathBuf| File::open(&path).ok().filter(|file| file.try_lock().is_ok()).map(|file| (file, path));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut left: Vec<(File, PathBuf)> = entries.filter(is_temporary).filter_map(free).collect();
    left.sort_by(|one, other| one.1.cmp(&other.1));
    left
}

/// Removes what writing whole files and folders left over in `folder`, and says what it was.
pub fn clean(folder: &Path) -> Vec<PathBuf> {
    clean_those(folder, |_| true)
}

/// As [`clean`], of what `is_ours` in a folder in which others may leave things under such names.
pub fn clean_those(folder: &Path, is_ours: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let is_gone = |path: &PathBuf| if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.is_ok();
    // each is locked until it is gone
    let left = left_over(folder, &[".part-", ".old-"]);
    left.into_iter().filter(|(_, path)| is_ours(path) && is_gone(path)).map(|(_, path)| path).collect()
}

/// What a person is told of an error of the system.
pub fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "no space left on the disk".to_owned(),
        _ => error.to_string(),
    }
}

/// The folder of a path; of a bare name, the current one.
pub fn folder_of(path: &Path) -> &Path {
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
fn temporary(beginning: &str, mode: u32) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(beginning);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
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
    fn what_a_process_left_that_was_ended_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".part-file", "file", ".hidden"] {
            fs::write(path(name), "x").unwrap();
        }
        fs::create_dir(path(".old-folder")).unwrap();
        fs::write(path(".old-folder").join("file"), "x").unwrap();
        let (held, partial) = temporary_folder(folder.path(), ".part-").unwrap();
        assert_eq!(clean(folder.path()), [path(".old-folder"), path(".part-file")]);
        drop(held);
        assert_eq!(clean(folder.path()), [partial.path()]);
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, [".hidden", "file"]);
        // while one cleans, others write
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    clean(folder.path());
                }
            });
            for number in 0..300 {
                write(&path("often"), format!("{number}").as_bytes()).unwrap();
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(fs::read(path("often")).unwrap(), b"299");
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
