//! Why files of a cycler are not let in: sentences for a person.

/// What is wrong with files of a cycler, or with what is declared of them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file as a whole.
    #[error("{file}: {what}")]
    File {
        /// Its place.
        file: String,
        /// A fragment: what, and what to do.
        what: String,
    },
    /// A line of a file.
    #[error("{file}, line {line}{column}: {what}")]
    Line {
        /// Its place.
        file: String,
        /// From 1.
        line: u64,
        /// `, column "Voltage(V)"`, or nothing.
        column: String,
        /// A fragment: what, and what to do.
        what: String,
    },
    /// The file that declares the cells.
    #[error("{file}: {what}")]
    Declaration {
        /// Its place.
        file: String,
        /// A fragment with the line where it is known.
        what: String,
    },
    /// A cell, after its files were read.
    #[error("cell {cell}: {what}")]
    Cell {
        /// Its id.
        cell: String,
        /// A fragment: what, and what to do.
        what: String,
    },
    /// No file that could be read is among those given.
    #[error("{0}")]
    Place(String),
    /// A file that cannot be opened, or an archive that is damaged: what reading files says.
    #[error("{0}")]
    Files(Box<crate::Error>),
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Files(Box::new(error))
    }
}
