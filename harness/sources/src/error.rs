//! What can go wrong between published files and cells.

use std::io;
use std::path::PathBuf;

use cells::cell::InvalidCell;
use cells::whole_file::said;
use thiserror::Error;

/// Why files were not fetched, read or written.
///
/// The texts are whole sentences for a person: what is wrong, where (file, line, cell), what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The store, the lab or another collection of cells has it.
    #[error(transparent)]
    Cells(#[from] cells::Error),
    /// Files gave a cell that cannot be.
    #[error(transparent)]
    InvalidCell(#[from] InvalidCell),
    /// The system does not let a file or folder be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let something be written; its kind tells a full disk.
    #[error("cannot {doing}: {}", said(source))]
    Write {
        /// What was to be done, such as `write FILE`.
        doing: String,
        /// What the system says, or the library that writes.
        source: io::Error,
    },
    /// There is no room to unpack an archive.
    #[error("cannot unpack {place} into the temporary folder {folder}: {source}; TMPDIR can name another")]
    Unpack {
        /// The archive.
        place: String,
        /// Where to.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file, or something in an archive, is not what it should be.
    #[error("{place}: {what}; nothing was imported")]
    Refused {
        /// A path, or `CS2_35.zip: CS2_35/CS2_35_1_10_11.xlsx`.
        place: String,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// An archive or folder is of another kind, or not whole.
    #[error("{place} {what}")]
    Archive {
        /// As in [`Error::Refused`].
        place: String,
        /// What is wrong with it, and what to do; the rest of the sentence.
        what: String,
    },
    /// A table in an archive holds what it should not.
    #[error("{archive}: {table}{}: {what}; nothing was imported, get the archive anew", place(*line, *column))]
    Table {
        /// The archive or folder.
        archive: PathBuf,
        /// The path of the table in it.
        table: String,
        /// From 1.
        line: Option<usize>,
        /// From 1.
        column: Option<usize>,
        /// What is wrong there.
        what: String,
    },
    /// The files that were given are not those of a format, or do not go together.
    #[error("{0}")]
    Given(String),
    /// A cell that is not where it is looked for.
    #[error("cell {id} is not in {place}")]
    UnknownCell {
        /// Its id.
        id: String,
        /// Where it is not.
        place: &'static str,
    },
    /// What a cycler wrote, or what is declared of it, is not let in.
    #[error("{0}; nothing was imported")]
    Cycler(crate::cycler::Error),
    /// A cell cannot be as a file has it.
    #[error("cell {id} cannot be as the file has it: {what}; nothing was imported")]
    Impossible {
        /// Its id.
        id: String,
        /// What cannot be, with cycles and values, and what it probably is.
        what: String,
    },
    /// A format cannot hold a cell.
    #[error("cell {id} cannot be written as {format}: {why}")]
    Unwritable {
        /// Id of the cell.
        id: String,
        /// Name of the format.
        format: String,
        /// What it lacks.
        why: String,
    },
    /// Cells are in the store that were not to be replaced.
    #[error(
        "{present} of these {asked} cells are in {dir} already{new}: give --force to take all of them from these files, or \
         leave it at what is there"
    )]
    Present {
        /// Cells that are there.
        present: usize,
        /// Cells that were to be written.
        asked: usize,
        /// Folder of the store.
        dir: PathBuf,
        /// How many would be new, where some would; the end of the clause.
        new: String,
    },
    /// There is nothing of this name to fetch.
    #[error("there is nothing called '{name}' to fetch{hint} (known: {known})")]
    UnknownCollection {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
        /// Those that there are.
        known: String,
    },
    /// A list of files or of their hashes cannot be understood.
    #[error("{list}: {what}")]
    List {
        /// Which one, such as `manifest FILE`.
        list: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A file has another size or hash than it should.
    #[error("{file} has {what}")]
    Mismatch {
        /// Its name.
        file: String,
        /// What it has, and what it should have.
        what: String,
    },
    /// No address gives a file.
    #[error("{0}")]
    Unreachable(String),
    /// Whoever is told of the progress wants no more of it.
    #[error("stopped; what was there before is as it was")]
    Stopped,
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// `, line 3, column 2`, as far as they are known.
fn place(line: Option<usize>, column: Option<usize>) -> String {
    let named =
        [("line", line), ("column", column)].map(|(name, number)| (name, number.map(|number| number.to_string())));
    named.into_iter().filter_map(|(name, number)| Some(format!(", {name} {}", number?))).collect()
}

impl From<crate::cycler::Error> for Error {
    fn from(error: crate::cycler::Error) -> Self {
        // what reading files says is a whole sentence of its own
        match error {
            crate::cycler::Error::Files(error) => *error,
            other => Self::Cycler(other),
        }
    }
}

impl Error {
    /// A cell was asked for that was never found.
    pub(crate) fn never_found(id: &str) -> Self {
        Self::Internal(format!("cell {id} was not found in the files"))
    }
}
