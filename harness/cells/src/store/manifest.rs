//! `manifest.csv` of a store: which cells were imported, with the hash of their content and of their life record. It lets
//! a check notice what no cell can say of itself: that it was exchanged, or is gone.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::quote::shown;
use crate::text;
use crate::whole_file;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    cell_id: String,
    dataset: String,
    /// Of the whole content.
    fingerprint: String,
    /// Of the life record, from which labels are made.
    life: String,
}

const COLUMNS: [&str; 4] = ["cell_id", "dataset", "fingerprint", "life"];

/// The cells of a store, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest(BTreeMap<String, Line>);

impl Manifest {
    /// Where the store in `dir` has its manifest.
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("manifest.csv")
    }

    /// The manifest of the store in `dir`, if it has one.
    ///
    /// # Errors
    /// [`Error::Manifest`] names the file and line if it is broken.
    pub fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(dir);
        if !path.exists() {
            return Ok(None);
        }
        let broken = |what: String| Error::Manifest { path: path.clone(), what };
        let text = text::read(&path).map_err(broken)?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| broken(shown(error, 200)))?;
        // a file that was emptied would else have lost its cells without a word
        if let Some(column) = COLUMNS.into_iter().find(|column| !header.iter().any(|name| name == *column)) {
            return Err(broken(format!("its first line names no {column}")));
        }
        let mut lines = BTreeMap::new();
        for line in reader.deserialize::<Line>() {
            let line = line.map_err(|error| broken(shown(error, 200)))?;
            lines.insert(line.cell_id.clone(), line);
        }
        Ok(Some(Self(lines)))
    }

    /// The ids of its cells, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The hash of the content of this cell.
    pub fn fingerprint(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|line| line.fingerprint.as_str())
    }

    /// The hash of the life record of this cell.
    pub(super) fn life(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|line| line.life.as_str())
    }

    /// One hash over the contents of all cells, and one over their life records: two stores with the same second one
    /// give the same labels.
    pub fn hashes(&self) -> [String; 2] {
        [|line: &Line| line.fingerprint.clone(), |line: &Line| line.life.clone()].map(|of| {
            let mut hash = blake3::Hasher::new();
            for line in self.0.values() {
                hash.update(format!("{},{}\n", line.cell_id, of(line)).as_bytes());
            }
            hash.finalize().to_hex()[..16].to_owned()
        })
    }

    /// With the lines of another one, which replace those of the same cells.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(super) fn put(&mut self, id: &str, dataset: &str, fingerprint: &str, life: String) {
        let [cell_id, dataset, fingerprint] = [id, dataset, fingerprint].map(str::to_owned);
        self.0.insert(cell_id.clone(), Line { cell_id, dataset, fingerprint, life });
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = Self::path(dir);
        let written = self.text().and_then(|text| whole_file::write(&path, &text));
        written.map_err(|source| Error::Write { doing: format!("write {}", path.display()), source })
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        // its first line is there without cells too
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        writer.write_record(COLUMNS).map_err(io::Error::other)?;
        for line in self.0.values() {
            writer.serialize(line).map_err(io::Error::other)?;
        }
        writer.into_inner().map_err(|error| error.into_error())
    }
}
