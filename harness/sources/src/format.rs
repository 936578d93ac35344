//! What a format gives the one way into the store: its name, files that were looked at, cells that were read.

use std::path::PathBuf;
use std::sync::Arc;

use super::imported::Imported;
use super::nominal::Nominal;
use crate::Error;
use cells::catalogue::Catalogue;
use cells::cell::{DatasetName, Origin};

/// One kind of published files.
#[derive(Debug)]
pub struct Format {
    /// As the user names it, such as `hust`.
    pub name: &'static str,
    /// What the user gives, such as `hust_data.zip`; the help text.
    pub files: &'static str,
    /// Which published datasets' cells may come out.
    pub datasets: Datasets,
    /// How files are looked at for published cells.
    pub open: Open,
    /// How files are looked at for the cells of a catalogue; none where files can only hold published cells.
    pub own: Option<OpenOwn>,
}

/// Some of the published datasets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datasets {
    /// All of them.
    All,
    /// Those of these names.
    Of(&'static [&'static str]),
}

impl Datasets {
    /// Whether this is one of them. (Where they are all, so is any other.)
    pub fn has(self, dataset: &DatasetName) -> bool {
        match self {
            Self::All => true,
            Self::Of(names) => names.contains(&dataset.name()),
        }
    }
}

/// Looks at files: which cells are in them? Reads as little as that needs.
///
/// Fails with an [`Error`] that names the file when it cannot be read or is of another kind.
pub type Open = fn(&[PathBuf]) -> Result<Box<dyn CellFiles>, Error>;

/// As [`Open`], for the cells of a catalogue. They are called there what the files call them.
pub type OpenOwn = fn(&[PathBuf], Arc<Catalogue>) -> Result<Box<dyn CellFiles>, Error>;

/// Published files, looked at.
pub trait CellFiles: Sync {
    /// The ids of the cells that an import writes, sorted.
    fn ids(&self) -> Vec<String>;

    /// Reads one of them.
    ///
    /// # Errors
    /// [`Error::Refused`] names the file and the place in it.
    fn cell(&self, id: &str) -> Result<Imported, Error>;

    /// Settles which nominal capacity cells count to, before any is read.
    ///
    /// # Errors
    /// [`Error::Given`] where that of the file is wanted and files of this format state none.
    fn choose(&mut self, nominal: Nominal) -> Result<(), Error> {
        match nominal {
            Nominal::File => Err(Error::Given(
                "files of this format state no nominal capacity: leave --nominal-capacity out, that of the catalogue is used"
                    .to_owned(),
            )),
            Nominal::Agreed | Nominal::Catalogue => Ok(()),
        }
    }

    /// What the user should know of the files as a whole; sentences.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What [`crate::export`] writes into files of virtual cells, at a place where the publisher's readers do not look (an
/// attribute, a comment, one more column), and what importers must look for: a file with it holds cells of
/// [`Origin::Virtual`].
pub const VIRTUAL_MARK: &str = "virtual cells, simulated by batlinet, not measured";

/// What a mark, or its absence, says.
pub fn origin_of(mark: Option<&str>) -> Origin {
    if mark.is_some_and(|mark| mark.contains(VIRTUAL_MARK)) { Origin::Virtual } else { Origin::Real }
}
