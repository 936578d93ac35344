//! Published files of one pickle per cell, named after it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::format::CellFiles;
use super::imported::Imported;
use super::nominal::Nominal;
use super::packed::{self, PublishedFile};
use super::pickle::{self, Node, Pickle};
use crate::Error;
use cells::catalogue::{Catalogue, CatalogueEntry};
use cells::quote::shown;

/// How a publisher's pickles are to be understood.
pub(super) struct Reading {
    /// What goes before the name of its file without `.pkl` to make the id of a published cell.
    pub(super) prefix: &'static str,
    /// Bytes of the largest file that is read.
    pub(super) largest_file: u64,
    /// What a pickle holds of a cell, by the name of its file.
    pub(super) assemble: fn(&CatalogueEntry, &str, Node<'_>) -> Result<Imported, String>,
    /// The nominal capacity in Ah that a pickle states.
    pub(super) nominal: fn(Node<'_>) -> Option<f64>,
    /// What to say of paths without any published cell.
    pub(super) none_found: &'static str,
}

/// The pickle of each cell.
pub(super) struct PickledCells {
    reading: Reading,
    catalogue: Arc<Catalogue>,
    nominal: Nominal,
    files: BTreeMap<String, PublishedFile>,
    left_out: Vec<String>,
}

impl PickledCells {
    /// Looks for pickles of the cells of a catalogue in files, folders and zip archives.
    ///
    /// # Errors
    /// [`Error::Given`] if there are none, or two of one cell; as [`packed::find`].
    pub(super) fn find(paths: &[PathBuf], reading: Reading, catalogue: Arc<Catalogue>) -> Result<Self, Error> {
        let (nominal, files, left_out) = (Nominal::default(), BTreeMap::new(), Vec::new());
        let mut found = Self { reading, catalogue, nominal, files, left_out };
        for file in packed::find(paths)? {
            let entry = found.catalogue.named(found.reading.prefix, &stem(&file));
            let Some(entry) = entry.filter(|_| file.has_extension(&["pkl"])) else {
                found.left_out.push(shown(file.name, 80));
                continue;
            };
            let id = entry.id.clone();
            if let Some(other) = found.files.get(&id) {
                let (one, two) = (other.place(), file.place());
                return Err(Error::Given(format!("{one} and {two} are both cell {id}: give one of them")));
            } else {
                found.files.insert(id, file);
            }
        }
        if found.files.is_empty() {
            let given: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            let none_found = match found.catalogue.is_own() {
                true => format!("no pickle is named after {}", found.catalogue.a_cell()),
                false => found.reading.none_found.to_owned(),
            };
            return Err(Error::Given(format!("{}: {none_found}", given.join(", "))));
        }
        Ok(found)
    }
}

impl CellFiles for PickledCells {
    fn ids(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let found = self.files.get(id).zip(self.catalogue.find(id));
        let (file, entry) = found.ok_or_else(|| Error::UnknownCell { id: id.to_owned(), place: "the files given" })?;
        let pickle = file.read(self.reading.largest_file, |reader| {
            Pickle::read(reader, pickle::MEMORY).map_err(|problem| file.refused(problem))
        })?;
        let imported = (self.reading.assemble)(entry, &stem(file), pickle.root()).map_err(|what| file.refused(what))?;
        let stated = (self.reading.nominal)(pickle.root());
        self.nominal.settle(imported, stated).map_err(|what| file.refused(what))
    }

    fn choose(&mut self, nominal: Nominal) -> Result<(), Error> {
        self.nominal = nominal;
        Ok(())
    }

    fn remarks(&self) -> Vec<String> {
        let a_cell = self.catalogue.a_cell();
        match &self.left_out[..] {
            [] => Vec::new(),
            [one] => vec![format!("{one} is no pickle of {a_cell} and was not read")],
            [first, ..] => {
                let count = self.left_out.len();
                vec![format!("{count} files that are no pickle of {a_cell} were not read: {first} …")]
            }
        }
    }
}

fn stem(file: &PublishedFile) -> String {
    let name = packed::as_served(&file.name);
    name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned())
}
