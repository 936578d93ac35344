//! Files as publishers serve them: in folders, or packed in zip archives.
//!
//! Nothing is ever unpacked to where a name in an archive says. Whatever a file claims of itself, no more is read of it
//! than its reader allows, and a packed file is read to its end, so that its checksum is compared.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::Error;
use cells::quote::shown;

/// Far more files than any dataset has; an archive or folder with more is something else.
const MOST_FILES: usize = 100_000;
/// Letters of the name of a packed file that are shown.
const LONGEST_NAME: usize = 200;
/// Letters of what is wrong with a file that are shown.
const LONGEST_PROBLEM: usize = 1000;
/// Folders within folders that are searched.
const DEEPEST: usize = 6;

/// A file that can be read, wherever it is.
#[derive(Clone, Debug)]
pub(super) struct PublishedFile {
    place: Place,
    /// Its name without folders.
    pub(super) name: String,
    /// The folders it lies in, innermost first; an archive counts as a folder named by its stem.
    pub(super) folders: Vec<String>,
}

#[derive(Clone, Debug)]
enum Place {
    Disk(PathBuf),
    Packed { archive: PathBuf, index: usize, name: String },
}

impl PublishedFile {
    /// How to tell the user of it: its path, or `CS2_35.zip: CS2_35/CS2_35_1_10_11.xlsx`.
    pub(super) fn place(&self) -> String {
        match &self.place {
            Place::Disk(path) => path.display().to_string(),
            Place::Packed { archive, name, .. } => format!("{}: {}", archive.display(), shown(name, LONGEST_NAME)),
        }
    }

    /// The archive that it is packed in, and its name there; none of a file on a disk.
    pub(super) fn packed_in(&self) -> Option<(&Path, &str)> {
        match &self.place {
            Place::Disk(_) => None,
            Place::Packed { archive, name, .. } => Some((archive, name)),
        }
    }

    /// The error of a file that is not what it should be. What is to be done, `what` says: see [`damaged`].
    pub(super) fn refused(&self, what: impl std::fmt::Display) -> Error {
        Error::Refused { place: self.place(), what: shown(what, LONGEST_PROBLEM) }
    }

    /// Whether the name ends in one of these, whatever the case.
    pub(super) fn has_extension(&self, extensions: &[&str]) -> bool {
        let extension = Path::new(&self.name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        extensions.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted))
    }

    /// Reads the file whole.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::Refused`] when it is damaged or has more than `largest` bytes.
    pub(super) fn bytes(&self, largest: u64) -> Result<Vec<u8>, Error> {
        self.read(largest, |reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(|error| self.refused(broken(&error)))?;
            Ok(bytes)
        })
    }

    /// The first bytes, at most so many; the rest is not looked at.
    ///
    /// # Errors
    /// As [`PublishedFile::bytes`].
    pub(super) fn start(&self, bytes: u64) -> Result<Vec<u8>, Error> {
        let first = |reader: &mut dyn Read| {
            let mut start = Vec::new();
            reader.take(bytes).read_to_end(&mut start).map_err(|error| self.refused(broken(&error)))?;
            Ok(start)
        };
        match &self.place {
            Place::Disk(path) => first(&mut *unzipped(path)?),
            Place::Packed { archive, index, .. } => {
                first(&mut open_zip(archive)?.by_index(*index).map_err(|error| self.refused(damaged(error)))?)
            }
        }
    }

    /// Gives the content to `consume`, and reads what that leaves, for the checksum.
    ///
    /// # Errors
    /// As [`PublishedFile::bytes`], and what `consume` says.
    pub(super) fn read<T>(
        &self,
        largest: u64,
        consume: impl FnOnce(&mut dyn Read) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let whole = |reader: &mut dyn Read| {
            let mut reader = Bounded::new(reader, largest);
            let result = consume(&mut reader)?;
            io::copy(&mut reader, &mut io::sink()).map_err(|error| self.refused(broken(&error)))?;
            Ok(result)
        };
        match &self.place {
            Place::Disk(path) => whole(&mut *unzipped(path)?),
            Place::Packed { archive, index, .. } => {
                let mut archive = open_zip(archive)?;
                let mut entry = archive.by_index(*index).map_err(|error| self.refused(damaged(error)))?;
                if entry.size() > largest {
                    return Err(self.refused(too_large(largest)));
                }
                whole(&mut entry)
            }
        }
    }
}

/// The bytes of a file; of one that `gzip` packed, those that it packed.
fn unzipped(path: &Path) -> Result<Box<dyn Read>, Error> {
    const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
    let mut file = File::open(path).map_err(|error| unreadable(path, error))?;
    let mut start = Vec::new();
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start).map_err(|error| unreadable(path, error))?;
    file.rewind().map_err(|error| unreadable(path, error))?;
    if start == MAGIC {
        Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file))))
    } else {
        Ok(Box::new(file))
    }
}

/// The name that a file had before a browser or a file manager made a copy of it: without `(1)`, `(copy)`, `- Copy` and `copy 2`
/// before its ending.
pub(super) fn as_served(name: &str) -> String {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let mut stem = stem;
    while let Some(shorter) = without_mark(stem) {
        stem = shorter;
    }
    format!("{stem}{ending}")
}

fn without_mark(stem: &str) -> Option<&str> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let lower = stem.to_ascii_lowercase();
    let bracketed = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once('('));
    let shorter = match (bracketed, lower.rfind(" copy")) {
        (Some((before, inside)), _) => {
            let inside = inside.trim().to_ascii_lowercase();
            let is_copy = !inside.is_empty() && is_number(inside.strip_prefix("copy").unwrap_or(&inside).trim());
            is_copy.then_some(before)?
        }
        (None, Some(at)) => is_number(lower[at + " copy".len()..].trim()).then_some(&stem[..at])?,
        (None, None) => return None,
    };
    let shorter = shorter.trim_end();
    let shorter = shorter.strip_suffix(" -").unwrap_or(shorter);
    (!shorter.is_empty()).then_some(shorter)
}

/// All files at these paths and in the folders and zip archives at these paths, in order of their places. What systems add
/// of their own (`__MACOSX`, `.DS_Store`, `~$…`) is not among them.
///
/// # Errors
/// [`Error::Read`], [`Error::Archive`] when an archive is damaged or an entry would climb out of it, and [`Error::Given`].
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<PublishedFile>, Error> {
    let mut files = Vec::new();
    for path in paths {
        look(path, 0, &mut files)?;
    }
    Ok(files)
}

fn look(path: &Path, depth: usize, files: &mut Vec<PublishedFile>) -> Result<(), Error> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if metadata.is_dir() {
        if depth > DEEPEST {
            return Ok(());
        }
        let entries = fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut inside: Vec<PathBuf> =
            entries.map_err(|error| unreadable(path, error))?.iter().map(fs::DirEntry::path).collect();
        inside.sort();
        return inside
            .iter()
            .filter(|path| !is_clutter(&last_name(path)))
            .try_for_each(|path| look(path, depth + 1, files));
    }
    if !metadata.is_file() {
        return Err(Error::Given(format!("{} is neither a file nor a folder", path.display())));
    }
    let name = last_name(path);
    if name.to_ascii_lowercase().ends_with(".zip") {
        look_into_zip(path, files)?;
    } else {
        // absolute, so that `import calce .` knows the name of the folder
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folders = absolute.ancestors().skip(1).map(last_name).filter(|name| !name.is_empty()).collect();
        files.push(PublishedFile { place: Place::Disk(path.to_owned()), name, folders });
    }
    if files.len() > MOST_FILES {
        return Err(Error::Given(format!(
            "{} and what was given before hold more than {MOST_FILES} files",
            path.display()
        )));
    }
    Ok(())
}

fn look_into_zip(path: &Path, files: &mut Vec<PublishedFile>) -> Result<(), Error> {
    let archive = open_zip(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    for (index, name) in names(&archive, &path.display().to_string())? {
        let mut parts: Vec<String> = name.split('/').map(str::to_owned).collect();
        let last = parts.pop().unwrap_or_default();
        if parts.iter().chain([&last]).any(|part| is_clutter(part)) {
            continue;
        }
        let folders = parts.into_iter().rev().chain([stem.clone()]).collect();
        files.push(PublishedFile {
            place: Place::Packed { archive: path.to_owned(), index, name },
            name: last,
            folders,
        });
    }
    Ok(())
}

/// Index and name, with `/` between its parts, of every file in the archive at `place`, sorted by name.
///
/// # Errors
/// [`Error::Archive`] for an entry that would climb out of the archive, and for too many.
pub(super) fn names<R: Read + Seek>(archive: &ZipArchive<R>, place: &str) -> Result<Vec<(usize, String)>, Error> {
    if archive.len() > MOST_FILES {
        return Err(archive_error(place, format!("holds {} files, more than any dataset has", archive.len())));
    }
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let name = archive.name_for_index(index).transpose().map_err(|error| refused_archive(place, &error))?;
        let name = name.unwrap_or_default().replace('\\', "/");
        let climbs = |part: Component<'_>| !matches!(part, Component::Normal(_) | Component::CurDir);
        if Path::new(&name).components().any(climbs) {
            let name = shown(name, 60);
            return Err(archive_error(
                place,
                format!(
                    "has an entry \"{name}\", which would lie outside the archive: it is not the published one; nothing \
                     was imported"
                ),
            ));
        }
        if !name.ends_with('/') {
            names.push((index, name));
        }
    }
    names.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(names)
}

/// Opens the zip archive at `path`.
///
/// # Errors
/// [`Error::Read`], and [`Error::Archive`] if it is none.
pub(super) fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, Error> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| refused_archive(&path.display().to_string(), &error))
}

/// The error of an archive that cannot be read.
pub(super) fn refused_archive(place: &str, error: &ZipError) -> Error {
    archive_error(
        place,
        format!(
            "is not a zip archive, or is damaged or cut short: {}; nothing was imported, get the file anew",
            shown(error, 200)
        ),
    )
}

fn archive_error(place: &str, what: String) -> Error {
    Error::Archive { place: place.to_owned(), what }
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Read { path: path.to_owned(), source }
}

/// A fragment for an error in the middle of a file.
pub(super) fn broken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::FileTooLarge => error.to_string(),
        _ => damaged(error),
    }
}

/// A fragment for a file that is not whole, the one kind of fault that a new download mends.
pub(super) fn damaged(how: impl std::fmt::Display) -> String {
    format!("it is damaged or cut short ({}): get the file anew", shown(how, 200))
}

fn too_large(largest: u64) -> String {
    format!("it has more than {} MiB, far more than the published one", largest >> 20)
}

fn last_name(path: impl AsRef<Path>) -> String {
    path.as_ref().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_clutter(name: &str) -> bool {
    name == "__MACOSX" || name.starts_with('.') || name.starts_with("~$")
}

/// Fails once more than so many bytes come, whatever was declared.
pub(super) struct Bounded<R> {
    reader: R,
    left: u64,
    largest: u64,
}

impl<R: Read> Bounded<R> {
    /// Lets `largest` bytes through.
    pub(super) fn new(reader: R, largest: u64) -> Self {
        Self { reader, left: largest, largest }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, too_large(self.largest)))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn a_gzipped_file_is_read_as_what_was_packed_and_no_further_than_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv.gz");
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        // half of it in a second member, as `cat` of two files has it
        packed.write_all(&vec![b'7'; 1 << 20]).unwrap();
        let member = packed.finish().unwrap();
        fs::write(&path, [&member[..], &member[..]].concat()).unwrap();
        let file = find(std::slice::from_ref(&path)).unwrap().pop().unwrap();
        assert_eq!(file.start(5).unwrap(), b"77777");
        assert_eq!(file.bytes(2 << 20).unwrap().len(), 2 << 20);
        assert!(file.bytes(1 << 20).unwrap_err().to_string().contains("more than 1 MiB"));
        fs::write(&path, &member[..member.len() / 2]).unwrap();
        assert!(file.bytes(2 << 20).unwrap_err().to_string().contains("damaged or cut short"));
    }

    #[test]
    fn copies_have_the_name_of_what_was_copied() {
        for (name, served) in [
            ("CS2_35 (1).zip", "CS2_35.zip"),
            ("CS2_35(2).zip", "CS2_35.zip"),
            ("MATR_b1c0 (copy).pkl", "MATR_b1c0.pkl"),
            ("MATR_b1c0 (copy 3).pkl", "MATR_b1c0.pkl"),
            ("MATR_b1c0 - Copy.pkl", "MATR_b1c0.pkl"),
            ("MATR_b1c0 - Copy (2).pkl", "MATR_b1c0.pkl"),
            ("MATR_b1c0 copy 2.pkl", "MATR_b1c0.pkl"),
            ("CS2_35 (1)", "CS2_35"),
            // what is no copy
            ("1-1.pkl", "1-1.pkl"),
            ("SNL_18650_LFP_25C_0-100_0.5-1C_a_timeseries.csv", "SNL_18650_LFP_25C_0-100_0.5-1C_a_timeseries.csv"),
            ("data (old).zip", "data (old).zip"),
            ("(1).zip", "(1).zip"),
            (".pkl", ".pkl"),
        ] {
            assert_eq!(as_served(name), served, "{name}");
        }
    }
}
