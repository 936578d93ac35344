//! CSV files in zip archives in zip archives.

use std::io::{self, BufReader, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::{NamedTempFile, SpooledTempFile};
use zip::ZipArchive;

use super::table::Samples;
use crate::Error;
use crate::packed::{self, Bounded, PublishedFile, broken, damaged, names, open_zip, refused_archive};
use cells::quote::shown;

/// Bytes of the archive of all archives.
const LARGEST_MIDDLE: u64 = 64 << 30;
/// Bytes of the archive of one test.
const LARGEST_INNER: u64 = 4 << 30;
/// Bytes of one table.
const LARGEST_TABLE: u64 = 16 << 30;
/// Bytes of an inner archive that stay in memory.
const IN_MEMORY: usize = 64 << 20;

/// The tests at the begin of life are not read.
const LEFT_OUT: &str = "BOL";

/// One CSV file.
pub(super) struct Recording {
    name: String,
    place: Place,
}

enum Place {
    File(PublishedFile),
    Inside { archive: Arc<Inner>, index: usize },
}

/// The archive of one test.
enum Inner {
    File(PublishedFile),
    /// In the middle archive, which is a temporary file; with what the user knows it by.
    Entry {
        middle: Arc<(NamedTempFile, String)>,
        index: usize,
        name: String,
    },
}

/// Every CSV file at these paths, in folders and archives there and in the archives within.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Recording>, Error> {
    let mut recordings = Vec::new();
    for file in packed::find(paths)? {
        if file.has_extension(&["csv"]) {
            recordings.push(Recording { name: file.name.clone(), place: Place::File(file) });
        } else if file.name == "Rawdata.zip" {
            look_into_middle(&file, &mut recordings)?;
        } else if file.has_extension(&["zip"]) && !file.name.contains(LEFT_OUT) {
            look_into(Inner::File(file), &mut recordings)?;
        }
    }
    Ok(recordings)
}

fn look_into_middle(file: &PublishedFile, recordings: &mut Vec<Recording>) -> Result<(), Error> {
    let mut temporary = NamedTempFile::with_prefix("batlinet-").map_err(|error| no_room(&file.place(), error))?;
    file.read(LARGEST_MIDDLE, |reader| copy(reader, temporary.as_file_mut(), &file.place()))?;
    let archive =
        open_zip(temporary.path()).map_err(|_| file.refused("it is no zip archive, or damaged: get the file anew"))?;
    let names = names(&archive, &file.place())?;
    let middle = Arc::new((temporary, file.place()));
    for (index, name) in names {
        if name.to_ascii_lowercase().ends_with(".zip") && !name.contains(LEFT_OUT) {
            look_into(Inner::Entry { middle: Arc::clone(&middle), index, name }, recordings)?;
        }
    }
    Ok(())
}

fn look_into(inner: Inner, recordings: &mut Vec<Recording>) -> Result<(), Error> {
    let inner = Arc::new(inner);
    for (index, name) in names(&inner.open()?, &inner.place())? {
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        if name.ends_with(".csv") {
            recordings.push(Recording { name, place: Place::Inside { archive: Arc::clone(&inner), index } });
        }
    }
    Ok(())
}

impl Inner {
    fn place(&self) -> String {
        match self {
            Self::File(file) => file.place(),
            Self::Entry { middle, name, .. } => format!("{}: {}", middle.1, shown(name, 200)),
        }
    }

    fn open(&self) -> Result<ZipArchive<BufReader<SpooledTempFile>>, Error> {
        let place = self.place();
        let mut spool = SpooledTempFile::new(IN_MEMORY);
        match self {
            Self::File(file) => file.read(LARGEST_INNER, |reader| copy(reader, &mut spool, &place))?,
            Self::Entry { middle, index, .. } => {
                let mut archive = open_zip(middle.0.path())?;
                let mut entry = archive.by_index(*index).map_err(|error| refused_archive(&place, &error))?;
                copy(&mut Bounded::new(&mut entry, LARGEST_INNER), &mut spool, &place)?;
            }
        }
        spool.rewind().map_err(|error| no_room(&place, error))?;
        ZipArchive::new(BufReader::new(spool)).map_err(|error| refused_archive(&place, &error))
    }
}

impl Recording {
    /// Its name without folders.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Adds its samples.
    pub(super) fn read(&self, samples: &mut Samples) -> Result<(), Error> {
        match &self.place {
            Place::File(file) => {
                file.read(LARGEST_TABLE, |reader| samples.read(reader).map_err(|problem| file.refused(problem)))
            }
            Place::Inside { archive, index } => {
                let place = format!("{}: {}", archive.place(), shown(&self.name, 200));
                let refused = |what: String| Error::Refused { place: place.clone(), what: shown(what, 1000) };
                let mut opened = archive.open()?;
                let entry = opened.by_index(*index).map_err(|error| refused(damaged(error)))?;
                let mut table = Bounded::new(entry, LARGEST_TABLE);
                samples.read(&mut table).map_err(|problem| refused(problem.to_string()))?;
                // the rest, for the checksum
                io::copy(&mut table, &mut io::sink()).map_err(|error| refused(broken(&error)))?;
                Ok(())
            }
        }
    }
}

/// Copies, and tells an archive that cannot be read from a folder that cannot be written.
fn copy(reader: &mut dyn io::Read, writer: &mut dyn Write, place: &str) -> Result<(), Error> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => return writer.flush().map_err(|error| no_room(place, error)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Error::Refused { place: place.to_owned(), what: broken(&error) });
            }
        };
        writer.write_all(&buffer[..read]).map_err(|error| no_room(place, error))?;
    }
}

fn no_room(place: &str, source: io::Error) -> Error {
    Error::Unpack { place: place.to_owned(), folder: std::env::temp_dir(), source }
}
