//! How a command ends when it does not end well.

use thiserror::Error;

/// Why a command stopped, and with which exit code.
///
/// The texts are whole sentences for a person: what is wrong, where (file, line, cell), what to do.
#[derive(Debug, Error)]
pub enum Failure {
    /// The user's to mend: a file, an option, a cell, the machine.
    #[error("{0}")]
    Usage(String),
    /// The command did its work, but some runs failed; their reasons are rows of the scores.
    #[error("{0}")]
    RunsFailed(String),
    /// The command did its work and found something wrong; what, it has printed.
    #[error("{0}")]
    Faulty(String),
    /// A number moved that should not have; which, the command has printed.
    #[error("{0}")]
    Regressed(String),
    /// Stopped by the user with the work so far kept.
    #[error("{0}")]
    Interrupted(String),
    /// Nothing is wrong, but something is missing that only the user can bring.
    #[error("{0}")]
    Incomplete(String),
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Failure {
    /// The exit code of the program: 1 internal, 2 usage or configuration, 3 some run failed or something
    /// checked is wrong, 4 a number regressed, 5 incomplete.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Internal(_) => 1,
            Self::Usage(_) => 2,
            Self::RunsFailed(_) | Self::Faulty(_) => 3,
            Self::Regressed(_) => 4,
            Self::Interrupted(_) | Self::Incomplete(_) => 5,
        }
    }
}
