//! Cells on disk: a folder with one HDF5 file per cell.
//!
//! ```text
//! DIR/cells/MATR_b1c0.h5       described in `store/file.rs`
//! DIR/manifest.csv             which cells were imported, with hashes of their content and of their life records
//! DIR/downloads/               what `batlinet data fetch` brought, if it did
//! ```
//!
//! One process at a time puts cells in place (`DIR/.import` is locked meanwhile). One that is ended between two of them leaves the
//! others in its hidden folder, and whoever writes next puts them in place first.
//!
//! A store holds measured cells or virtual ones, never both: a result computed from it is either evidence or it is not.
//! Files come into being whole. They are written in a hidden folder inside `DIR` and renamed when all of them are on
//! disk, so a crash or a full disk leaves the store as it was.

mod chunks;
mod file;
mod fingerprint;
mod frame;
mod manifest;
mod problem;
mod ragged;
mod staging;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rayon::prelude::*;

use crate::Error;
use crate::cell::{Cell, CellInfo, DatasetName, Origin};
use crate::datasets;
use crate::notes::Notes;
use crate::source::CellSource;
use crate::suggest::did_you_mean;
use file::{Header, Written};
use problem::damaged;
use staging::Staging;

pub use fingerprint::{fingerprint, measurements};
pub use manifest::Manifest;

/// How one comes by cells.
pub(crate) const IMPORT: &str = "`batlinet data import matr-curves FILE --data DIR`, `batlinet data import cycler FILES --cells cells.yaml --data DIR` for files of \
     your own, or `batlinet data fetch matr-curves --data DIR`";

/// A cell that is to be written, with what is to be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The cell.
    pub cell: Cell,
    /// What is to be said of it.
    pub notes: Notes,
}

impl From<Cell> for Kept {
    fn from(cell: Cell) -> Self {
        Self { cell, notes: Notes::default() }
    }
}

/// A folder of cells.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    cells: BTreeMap<String, Header>,
    /// Empty where there is none that can be read; `data check` says so.
    manifest: Manifest,
    /// What was found of processes that were ended, and what was done about it.
    mended: Vec<String>,
}

/// Completes imports that were ended when all of their cells were complete, as [`Store::open`] does; what was found and done, in
/// sentences.
pub fn complete(dir: &Path) -> Vec<String> {
    staging::complete(dir)
}

impl Store {
    /// Opens the store in `dir`, reading what each file says of its cell but none of its series. An import that was ended when all of
    /// its cells were complete is completed first: [`Store::mended`] says so.
    ///
    /// # Errors
    /// [`Error::NoStore`] and [`Error::EmptyStore`]; [`Error::Damaged`] and [`Error::Foreign`] name a file;
    /// [`Error::MixedOrigins`] when measured and virtual cells are mixed.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        if !Self::is_at(dir) {
            return Err(Error::NoStore { dir: dir.to_owned() });
        }
        let mended = staging::complete(dir);
        let store = Self { mended, ..Self::open_or_empty(dir)? };
        if store.cells.is_empty() {
            return Err(Error::EmptyStore { dir: dir.to_owned() });
        }
        Ok(store)
    }

    /// Whether there is a store in `dir`, be it empty or damaged.
    pub fn is_at(dir: &Path) -> bool {
        dir.join("cells").is_dir()
    }

    /// Opens the store in `dir` for writing, making it where there is none.
    ///
    /// # Errors
    /// As [`Store::open`], save that an empty store is fine; and when `dir` cannot be made.
    pub fn create(dir: &Path) -> Result<Self, Error> {
        let cells = dir.join("cells");
        fs::create_dir_all(&cells)
            .map_err(|source| Error::Write { doing: format!("make the folder {}", cells.display()), source })?;
        let mended = staging::mend(dir)?;
        Ok(Self { mended, ..Self::open_or_empty(dir)? })
    }

    /// Sentences on what [`Store::create`] and [`Store::open`] found of imports that were ended before their time.
    pub fn mended(&self) -> &[String] {
        &self.mended
    }

    fn open_or_empty(dir: &Path) -> Result<Self, Error> {
        let mut cells = BTreeMap::new();
        for path in cell_files(dir)? {
            let header = file::read_header(&path)?;
            cells.insert(header.info.id.clone(), header);
        }
        let manifest = Manifest::read(dir).ok().flatten().unwrap_or_default();
        let store = Self { dir: dir.to_owned(), cells, manifest, mended: Vec::new() };
        store.check_origins(store.cells.values())?;
        Ok(store)
    }

    /// Writes one cell, replacing the one of that id if there is one.
    ///
    /// # Errors
    /// As [`Store::write_all`].
    pub fn write(&mut self, cell: &Cell) -> Result<(), Error> {
        self.write_all([Ok::<_, Error>(cell.clone())])
    }

    /// Writes cells, replacing those of the same ids: all of them, or none.
    ///
    /// The cells are asked for one by one, so they need not fit into memory together.
    ///
    /// # Errors
    /// [`Error::Write`] names the file and the reason when the disk is full or the folder is not writable,
    /// [`Error::MixedOrigins`] the cell whose origin differs from that of the others; the first error of `cells` is passed on.
    pub fn write_all<I, C, E>(&mut self, cells: I) -> Result<(), E>
    where
        I: IntoParallelIterator<Item = Result<C, E>>,
        C: Into<Kept> + Send,
        E: From<Error> + Send,
    {
        let staging = Staging::new(&self.dir)?;
        let written: Vec<Written> = cells
            .into_par_iter()
            .map(|cell| {
                let Kept { cell, notes } = cell?.into();
                Ok(file::write(&staging.path().join(file_name(cell.id())), &cell, notes)?)
            })
            .collect::<Result<_, E>>()?;
        let _alone = staging::alone(&self.dir)?;
        // another process may have put cells in place since this one looked
        if Manifest::read(&self.dir)?.is_some_and(|manifest| manifest != self.manifest) {
            self.cells = Self::open_or_empty(&self.dir)?.cells;
        }
        let replaced = |header: &&Header| !written.iter().any(|new| new.header.info.id == header.info.id);
        let new = written.iter().map(|written| &written.header);
        self.check_origins(new.chain(self.cells.values().filter(replaced)))?;
        let mut manifest = self.extended(&written)?;
        for Written { header, life } in &written {
            manifest.put(&header.info.id, header.info.dataset.name(), &header.fingerprint, life.clone());
        }
        staging.put_in_place(written.iter().map(|written| &*written.header.info.id), &manifest)?;
        self.cells.extend(written.into_iter().map(|written| (written.header.info.id.clone(), written.header)));
        self.manifest = manifest;
        Ok(())
    }

    /// Files of older programs bear no seal, but their life records stand in the manifest. A file that was put in the place of
    /// another one is none of its lines.
    fn check_life(&self, cell: &Cell, header: &Header) -> Result<(), Error> {
        let is_imported = self.manifest.fingerprint(cell.id()) == Some(header.fingerprint.as_str());
        let imported = self.manifest.life(cell.id()).filter(|_| is_imported);
        if imported.is_some_and(|life| life != fingerprint::life(cell)) {
            let what = format!(
                "the life or the nominal capacity of the cell {} is not the imported one, that of manifest.csv",
                cell.id()
            );
            return Err(damaged(&self.path(cell.id()), &what));
        }
        Ok(())
    }

    /// The manifest with a line for every cell that is here and will not be replaced; of one that was brought here by
    /// hand, or before there were manifests, the line is made now.
    fn extended(&self, replaced: &[Written]) -> Result<Manifest, Error> {
        let mut manifest = Manifest::read(&self.dir)?.unwrap_or_default();
        for (id, header) in &self.cells {
            let is_replaced = replaced.iter().any(|new| new.header.info.id == *id);
            if manifest.fingerprint(id).is_none() && !is_replaced {
                let life = fingerprint::life(&file::read(&self.path(id), 0)?);
                manifest.put(id, header.info.dataset.name(), &header.fingerprint, life);
            }
        }
        Ok(manifest)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// One hash over the contents of all its cells and one over their life records, from which labels are made; none
    /// where there is no manifest that can be read.
    pub fn hashes(&self) -> Option<[String; 2]> {
        Manifest::read(&self.dir).ok().flatten().map(|manifest| manifest.hashes())
    }

    /// Whether the store has this cell.
    pub fn contains(&self, id: &str) -> bool {
        self.cells.contains_key(id)
    }

    /// What is known of every cell, in order of id.
    pub fn infos(&self) -> impl Iterator<Item = &CellInfo> {
        self.cells.values().map(|header| &header.info)
    }

    /// Number of cells of each dataset that has any, the published ones first.
    pub fn counts(&self) -> Vec<(DatasetName, usize)> {
        datasets::counted(self.infos().map(|info| &info.dataset))
    }

    /// The source's numbers of the first and the last cycle at hand, of the cells of `dataset` that have any, and how
    /// many cells have these.
    pub fn numbered(&self, dataset: &DatasetName) -> BTreeMap<(u32, u32), usize> {
        let of_dataset = self.cells.values().filter(|header| header.info.dataset == *dataset);
        of_dataset.filter_map(|header| header.numbered).fold(BTreeMap::new(), |mut counts, numbered| {
            *counts.entry(numbered).or_insert(0) += 1;
            counts
        })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join("cells").join(file_name(id))
    }

    fn header(&self, id: &str) -> Result<&Header, Error> {
        self.cells.get(id).ok_or_else(|| {
            let hint = did_you_mean(id, self.cells.keys().map(String::as_str));
            let dir = self.dir.display();
            let what =
                format!("is not in the cell store {dir}{hint} (`batlinet data list --data {dir}` says what is there)");
            Error::UnknownCell { id: id.to_owned(), what }
        })
    }

    fn check_origins<'a>(&self, headers: impl Iterator<Item = &'a Header>) -> Result<(), Error> {
        let infos: Vec<&CellInfo> = headers.map(|header| &header.info).collect();
        let first_of = |origin| infos.iter().find(|info| info.origin == origin);
        match (first_of(Origin::Real), first_of(Origin::Virtual)) {
            (Some(real), Some(simulated)) => Err(Error::MixedOrigins {
                dir: self.dir.clone(),
                measured: real.id.clone(),
                simulated: simulated.id.clone(),
            }),
            _ => Ok(()),
        }
    }
}

impl CellSource for Store {
    /// That of all cells; an empty store counts as real, since nothing in it is simulated.
    fn origin(&self) -> Origin {
        self.infos().next().map_or(Origin::Real, |info| info.origin)
    }

    fn ids(&self) -> Vec<String> {
        self.cells.keys().cloned().collect()
    }

    fn cell(&self, id: &str, cycles: usize) -> Result<Cell, Error> {
        let header = self.header(id)?;
        let cell = file::read(&self.path(id), cycles)?;
        self.check_life(&cell, header)?;
        Ok(cell)
    }

    fn glance(&self, id: &str) -> Result<(Cell, usize), Error> {
        Ok((self.cell(id, 1)?, file::held(&self.path(id))?))
    }

    fn notes(&self, id: &str) -> Result<Notes, Error> {
        self.header(id).map(|header| header.notes.clone())
    }

    fn fingerprint(&self, id: &str) -> Result<String, Error> {
        self.header(id).map(|header| header.fingerprint.clone())
    }
}

/// The files of all cells of the store in `dir`, sorted by name.
///
/// # Errors
/// [`Error::ReadFolder`].
pub fn cell_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    cell_files_in(&dir.join("cells"))
}

fn cell_files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source: io::Error| Error::ReadFolder { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension() == Some(OsStr::new("h5")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads one file whole and compares its content with the hash it was written with.
///
/// # Errors
/// As [`check_kept`].
pub fn check_file(path: &Path) -> Result<Cell, Error> {
    check_kept(path).map(|kept| kept.cell)
}

/// The same with what is noted of the cell.
///
/// # Errors
/// [`Error::Read`], [`Error::Damaged`] and [`Error::Foreign`] name the file and what is wrong with it.
pub fn check_kept(path: &Path) -> Result<Kept, Error> {
    let header = file::read_header(path)?;
    let (written, cell) = file::read_whole(path)?;
    if written == header.fingerprint {
        Ok(Kept { cell, notes: header.notes })
    } else {
        Err(damaged(path, "its content does not match the hash it was written with"))
    }
}

fn file_name(id: &str) -> String {
    format!("{id}.h5")
}
