//! The cells that `predict` is asked about: those of a store, of the built-in lab, or of a cycler's files.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{collection, failure::Failure, output::say};
use cells::{quote::harmless, source::CellSource, store::Store};
use sources::import;

/// Cells to be asked about.
pub(super) struct Asked {
    source: Box<dyn CellSource>,
    /// Cells of files go through a store, as an import does; it goes with this.
    _store: Option<TempDir>,
}

impl Asked {
    /// Opens what was given, and says aloud what it is.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what is not there, for files of which nobody says what they hold, and as an import refuses cells.
    pub(super) fn open(given: &[PathBuf], described: Option<&Path>) -> Result<Self, Failure> {
        let usage = |sentence: String| Err(Failure::Usage(sentence));
        if let Some(lost) = given.iter().find(|path| !collection::is_virtual(path) && !path.exists()) {
            return usage(format!(
                "{}: there is nothing here; give a folder of imported cells, or the files of a cycler with --cells cells.yaml",
                lost.display()
            ));
        }
        let is_store = |path: &PathBuf| collection::is_virtual(path) || Store::is_at(path);
        match (given, described) {
            (_, Some(described)) => match given.iter().find(|path| is_store(path)) {
                Some(store) => usage(format!(
                    "--cells says what the files of a cycler hold, and {} holds cells already: leave --cells out",
                    store.display()
                )),
                None => Self::of_files(given, described),
            },
            ([store], None) if is_store(store) || store.is_dir() => {
                Ok(Self { source: collection::open_aloud(store)?, _store: None })
            }
            (_, None) if given.iter().all(|path| path.is_file()) => usage(
                "what the files of a cycler hold must be said: `batlinet data describe FILES > cells.yaml` drafts it, then give \
                 --cells cells.yaml. Published files come in by `batlinet data import FORMAT FILES --data DIR`: then give DIR"
                    .to_owned(),
            ),
            (_, None) => usage("give one folder of imported cells, or the files of a cycler with --cells cells.yaml".to_owned()),
        }
    }

    fn of_files(files: &[PathBuf], described: &Path) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|error| Failure::Usage(format!("no temporary folder: {error}")))?;
        let cells = sources::cycler::open(files, described).map_err(sources::Error::from)?;
        let mut store = Store::create(folder.path())?;
        let imported = import::write(&cells, &mut store, false, &|_, _| Ok(())).map_err(mixed)?;
        say(&format!("cells: {}", harmless(&imported.to_string())));
        Ok(Self { source: Box::new(Store::open(folder.path())?), _store: Some(folder) })
    }

    /// The cells.
    pub(super) fn source(&self) -> &dyn CellSource {
        &*self.source
    }
}

/// Cells of files lie in a folder that nobody knows of.
fn mixed(error: sources::Error) -> Failure {
    match error {
        sources::Error::Cells(cells::Error::MixedOrigins { measured, simulated, .. }) => Failure::Usage(format!(
            "the file of the cell {simulated} is marked as VIRTUAL, simulated by the lab of this program, and that of {measured} is not: \
             ask about one kind at a time, with --only or with two files of cells"
        )),
        other => other.into(),
    }
}
