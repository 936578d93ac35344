//! What can go wrong with cells.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::store::IMPORT;
use crate::whole_file::said;

/// Why there is no cell, no life or no split.
///
/// The texts are whole sentences for a person: what is wrong, where (file, line, cell), what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The system does not let a file be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let a folder be read.
    #[error("cannot read the folder {path}: {source}")]
    ReadFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let something be written; its kind tells a full disk.
    #[error("cannot {doing}: {}", said(source))]
    Write {
        /// What was to be done, such as `write to DIR`.
        doing: String,
        /// What the system says, or the library that writes.
        source: io::Error,
    },
    /// A folder in which there should be cells is no store.
    #[error("{dir} holds no cells: import some with {import}, or use `--data virtual`", import = IMPORT)]
    NoStore {
        /// The folder.
        dir: PathBuf,
    },
    /// A store without cells.
    #[error("the cell store {dir} is empty: import cells with {import}", import = IMPORT)]
    EmptyStore {
        /// Its folder.
        dir: PathBuf,
    },
    /// A store would hold both.
    #[error(
        "the cell store {dir} would mix measured cells ({measured}) with virtual ones ({simulated}): keep them in two \
         folders"
    )]
    MixedOrigins {
        /// Its folder.
        dir: PathBuf,
        /// Id of the first measured cell.
        measured: String,
        /// Id of the first virtual cell.
        simulated: String,
    },
    /// A cell that a collection does not have.
    #[error("cell {id} {what}")]
    UnknownCell {
        /// Its id.
        id: String,
        /// Where it is not, and what may be meant; the rest of the sentence.
        what: String,
    },
    /// A file of a cell that is not what this program wrote.
    #[error("{path} is damaged: {what}; delete the file and import its dataset again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How one sees that.
        what: String,
    },
    /// A file in a store that is of another kind or version.
    #[error("{path} {what}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is and what to do; the rest of the sentence.
        what: String,
    },
    /// The manifest of a store cannot be understood.
    #[error("{path}: {what}; delete it to accept the cells that are here")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        what: String,
    },
    /// A table that a person wrote says what cannot be.
    #[error("{table}: {what}")]
    Declared {
        /// Which one, such as `split FILE`.
        table: String,
        /// What is wrong, with its line.
        what: String,
    },
    /// Only a life to another threshold was published.
    #[error(
        "cell {id}: only its life to {published} of nominal capacity was published, not to {wanted}; set end_of_life to \
         {published} or leave the cell out"
    )]
    OtherThreshold {
        /// Id of the cell.
        id: String,
        /// Share of nominal capacity that its life is published to.
        published: f64,
        /// The one that was asked for.
        wanted: f64,
    },
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}
