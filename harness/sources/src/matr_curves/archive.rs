//! The tables in a folder, a tar or a compressed tar, in memory. Nothing is ever unpacked to disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use itertools::Itertools as _;
use lzma_rust2::XzReader;

use super::publication::Publication;
use crate::Error;
use cells::quote::shown;

/// The largest published table has 1.3 MB; a far larger one is something else.
const LARGEST: u64 = 4 << 20;

/// KiB that an xz archive may ask for: what `xz -9` needs, and a little more.
const XZ_MEMORY: u32 = 100 << 10;

/// The tables of one publication, by their paths from the place where they begin.
pub(super) struct Tables {
    pub(super) publication: Publication,
    pub(super) tables: BTreeMap<String, Vec<u8>>,
}

/// Reads every table of the publication that is at `path`.
///
/// # Errors
/// [`Error::Read`], and [`Error::Archive`] when `path` is of another kind, cut short, lacks one of the tables, or holds both publications.
pub(super) fn read(path: &Path) -> Result<Tables, Error> {
    let unreadable = |source: io::Error| Error::Read { path: path.to_owned(), source };
    let mut shelves = Publication::ALL.map(Shelf::new);
    if fs::metadata(path).map_err(unreadable)?.is_dir() {
        read_folder(path, &mut shelves)?;
    } else {
        let mut file = File::open(path).map_err(unreadable)?;
        let mut start = Vec::new();
        file.by_ref().take(6).read_to_end(&mut start).map_err(unreadable)?;
        let whole = BufReader::with_capacity(1 << 16, io::Cursor::new(start.clone()).chain(file));
        match start[..] {
            [0x1f, 0x8b, ..] => read_tar(GzDecoder::new(whole), path, &mut shelves)?,
            [0xfd, b'7', b'z', b'X', b'Z', 0] => {
                read_tar(XzReader::new_mem_limit(whole, true, XZ_MEMORY), path, &mut shelves)?;
            }
            [b'P', b'K', ..] => {
                return Err(refused(path, "is a zip archive: unpack it and give the folder, or get the .tar.gz"));
            }
            _ => read_tar(whole, path, &mut shelves)?,
        }
    }
    the_one(path, shelves)
}

/// Which tables a publication has, and those that were found.
struct Shelf {
    publication: Publication,
    wanted: BTreeSet<String>,
    found: BTreeMap<String, Vec<u8>>,
}

impl Shelf {
    fn new(publication: Publication) -> Self {
        Self { publication, wanted: publication.tables(), found: BTreeMap::new() }
    }

    /// Which table of this publication a file is, by its path; all of it may lie in one folder at the top.
    fn table(&self, path: &[&str]) -> Option<String> {
        let below = |top: usize| path.get(top..).map(|rest| rest.join("/")).unwrap_or_default();
        let places = [below(0), below(1)];
        let roots = self.publication.roots().iter();
        let names = roots.cartesian_product(&places).filter_map(|(root, place)| place.strip_prefix(*root));
        names.filter_map(|name| self.wanted.get(name)).next().cloned()
    }

    /// What a user might look for: the path of the first table.
    fn sample(&self) -> String {
        let root = self.publication.roots()[0];
        format!("{root}{}/train/cell1.csv (to cycle {})", self.publication.folder(), self.publication.last_cycle())
    }
}

fn the_one(path: &Path, shelves: [Shelf; 2]) -> Result<Tables, Error> {
    let samples = shelves.iter().map(Shelf::sample).join(" nor ");
    let filled: Vec<Shelf> = shelves.into_iter().filter(|shelf| !shelf.found.is_empty()).collect();
    match <[Shelf; 1]>::try_from(filled) {
        Ok([Shelf { publication, wanted, found }]) => {
            check_complete(path, &wanted, &found)?;
            Ok(Tables { publication, tables: found })
        }
        Err(none) if none.is_empty() => Err(refused(
            path,
            format!("is not a matr-curves archive: neither {samples} is in it or in a folder at its top"),
        )),
        Err(_) => {
            Err(refused(path, "holds tables of both publications of the curves: give the archive or the folder of one"))
        }
    }
}

fn check_complete(path: &Path, wanted: &BTreeSet<String>, found: &BTreeMap<String, Vec<u8>>) -> Result<(), Error> {
    let missing: Vec<&str> = wanted.iter().filter(|name| !found.contains_key(*name)).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let shown = missing.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
    let (missing, wanted) = (missing.len(), wanted.len());
    let what =
        format!("lacks {missing} of the {wanted} tables: {shown}{more}; nothing was imported, get the archive anew");
    Err(refused(path, what))
}

fn read_folder(path: &Path, shelves: &mut [Shelf]) -> Result<(), Error> {
    let unreadable = |file: &Path, source: io::Error| Error::Read { path: file.to_owned(), source };
    let mut candidates = vec![path.to_owned()];
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        candidates.push(entry.map_err(|error| unreadable(path, error))?.path());
    }
    for shelf in shelves {
        let places = candidates.iter().cartesian_product(shelf.publication.roots());
        let mut places = places.map(|(folder, root)| folder.join(root));
        let Some(place) = places.find(|place| place.join(shelf.publication.folder()).is_dir()) else { continue };
        for name in &shelf.wanted {
            let file = place.join(name);
            let size = match fs::metadata(&file) {
                Ok(metadata) => metadata.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&file, error)),
            };
            check_size(path, name, size)?;
            shelf.found.insert(name.clone(), fs::read(&file).map_err(|error| unreadable(&file, error))?);
        }
    }
    Ok(())
}

fn read_tar(reader: impl Read, path: &Path, shelves: &mut [Shelf]) -> Result<(), Error> {
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => cut_short(path),
        io::ErrorKind::OutOfMemory => refused(
            path,
            "needs more memory to unpack than xz -9 does: pack it with less, or unpack it and give the folder",
        ),
        _ => refused(path, format!("is not a matr-curves archive, or is damaged: {}; get it anew", shown(error, 120))),
    };
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let inner = entry.path().map(|inner| inner.into_owned()).unwrap_or_default();
        let Some(parts) = parts(&inner) else { continue };
        let on_shelf = shelves.iter_mut().find_map(|shelf| shelf.table(&parts).map(|name| (shelf, name)));
        let Some((shelf, name)) = on_shelf else { continue };
        let size = entry.size();
        check_size(path, &name, size)?;
        let mut bytes = Vec::with_capacity(size as usize);
        entry.read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 != size {
            return Err(cut_short(path));
        }
        if shelf.found.insert(name.clone(), bytes).is_some() {
            return Err(refused(path, format!("has {name} twice; get the archive anew")));
        }
    }
    // to the end, so that the checksum of the compressed stream is compared
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(())
}

/// The names that a path is made of; none for a path that climbs, or that is no text.
fn parts(path: &Path) -> Option<Vec<&str>> {
    let named = path.components().filter(|component| *component != Component::CurDir);
    named.map(|component| if let Component::Normal(part) = component { part.to_str() } else { None }).collect()
}

fn check_size(path: &Path, name: &str, size: u64) -> Result<(), Error> {
    if size <= LARGEST {
        return Ok(());
    }
    let size = size >> 20;
    let what = format!("is not a matr-curves archive: {name} has {size} MiB, the published tables have less than two");
    Err(refused(path, what))
}

fn cut_short(path: &Path) -> Error {
    refused(path, "ends too early, it was cut short: get the archive anew")
}

fn refused(path: &Path, what: impl Into<String>) -> Error {
    Error::Archive { place: path.display().to_string(), what: what.into() }
}
