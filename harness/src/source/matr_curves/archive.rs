//! The wanted files of a folder, a tar or a gzipped tar, in memory. Nothing is ever unpacked to disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

use crate::failure::Failure;
use crate::quote::shown;

/// The largest published table has 0.8 MiB; a far larger one is something else.
const LARGEST: u64 = 16 << 20;

/// Reads the files `wanted`, given by their paths from the folder that holds `data/`.
///
/// # Errors
/// [`Failure::Usage`] when `path` is of another kind, cut short, or lacks one of the files.
pub(super) fn read(path: &Path, wanted: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let unreadable = |error: io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
    let files = if fs::metadata(path).map_err(unreadable)?.is_dir() {
        read_folder(path, wanted)?
    } else {
        let mut file = File::open(path).map_err(unreadable)?;
        let mut start = Vec::new();
        file.by_ref().take(4).read_to_end(&mut start).map_err(unreadable)?;
        let whole = BufReader::with_capacity(1 << 16, io::Cursor::new(start.clone()).chain(file));
        match start[..] {
            [0x1f, 0x8b, ..] => read_tar(GzDecoder::new(whole), path, wanted)?,
            [b'P', b'K', ..] => {
                return Err(Failure::Usage(format!(
                    "{} is a zip archive: unpack it and give the folder, or get the .tar.gz",
                    path.display()
                )));
            }
            _ => read_tar(whole, path, wanted)?,
        }
    };
    check_complete(path, wanted, &files)?;
    Ok(files)
}

fn check_complete(path: &Path, wanted: &[String], files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let missing: Vec<&str> = wanted.iter().filter(|name| !files.contains_key(*name)).map(String::as_str).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    if files.is_empty() {
        return Err(Failure::Usage(format!(
            "{} is not the matr-curves archive: no {first} in it, nor in a folder at its top",
            path.display()
        )));
    }
    let shown = missing.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
    Err(Failure::Usage(format!(
        "{} lacks {} of the {} tables: {shown}{more}; nothing was imported, get the archive anew",
        path.display(),
        missing.len(),
        wanted.len()
    )))
}

fn read_folder(path: &Path, wanted: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let unreadable = |file: &Path, error: io::Error| Failure::Usage(format!("cannot read {}: {error}", file.display()));
    let mut candidates = vec![path.to_owned()];
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        candidates.push(entry.map_err(|error| unreadable(path, error))?.path());
    }
    let Some(root) = candidates.iter().find(|folder| folder.join("data").is_dir()) else {
        return Ok(BTreeMap::new());
    };
    let mut files = BTreeMap::new();
    for name in wanted {
        let file = root.join(name);
        let size = match fs::metadata(&file) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(&file, error)),
        };
        check_size(path, name, size)?;
        files.insert(name.clone(), fs::read(&file).map_err(|error| unreadable(&file, error))?);
    }
    Ok(files)
}

fn read_tar(reader: impl Read, path: &Path, wanted: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => cut_short(path),
        _ => Failure::Usage(format!(
            "{} is not the matr-curves archive, or is damaged: {}; get it anew",
            path.display(),
            shown(error, 120)
        )),
    };
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let inner = entry.path().ok().and_then(|inner| table_name(&inner));
        let Some(name) = inner.filter(|name| entry.header().entry_type().is_file() && wanted.contains(name)) else {
            continue;
        };
        let size = entry.size();
        check_size(path, &name, size)?;
        let mut bytes = Vec::with_capacity(size as usize);
        entry.read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 != size {
            return Err(cut_short(path));
        }
        if files.insert(name.clone(), bytes).is_some() {
            return Err(Failure::Usage(format!("{} has {name} twice; get the archive anew", path.display())));
        }
    }
    // to the end, so that the checksum of the compressed stream is compared
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(files)
}

/// `data/…` of an entry's path, which may lie in one folder at the top; none for a path that climbs.
fn table_name(path: &Path) -> Option<String> {
    let mut inner = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => inner.push(part),
            _ => return None,
        }
    }
    let mut parts = inner.components();
    if !inner.starts_with("data") {
        parts.next();
    }
    parts.as_path().to_str().map(|name| name.replace('\\', "/"))
}

fn check_size(path: &Path, name: &str, size: u64) -> Result<(), Failure> {
    if size <= LARGEST {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{} is not the matr-curves archive: {name} has {} MiB, the published tables have less than one",
        path.display(),
        size >> 20
    )))
}

fn cut_short(path: &Path) -> Failure {
    Failure::Usage(format!("{} ends too early, it was cut short: get the archive anew", path.display()))
}
