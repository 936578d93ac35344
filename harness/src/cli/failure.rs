//! How a command ends when it does not end well: the one place that knows exit codes.
//!
//! Crates below say what is wrong, by variants and in sentences. Here it is decided whose it is to mend.

use thiserror::Error;

/// Why a command stopped, and with which exit code. The text is that of the error below, a whole sentence for a person.
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
    /// The exit code of the program: 1 internal, 2 usage or configuration, 3 some run failed or something checked is wrong,
    /// 4 a number regressed, 5 interrupted or incomplete, or nobody can tell.
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

impl From<cells::Error> for Failure {
    fn from(error: cells::Error) -> Self {
        match error {
            cells::Error::Internal(what) => Self::Internal(what),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<sources::Error> for Failure {
    fn from(error: sources::Error) -> Self {
        match error {
            sources::Error::Cells(error) => error.into(),
            sources::Error::Internal(what) => Self::Internal(what),
            stopped @ sources::Error::Stopped => Self::Interrupted(stopped.to_string()),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<features::Error> for Failure {
    fn from(error: features::Error) -> Self {
        match error {
            features::Error::Cells(error) => error.into(),
            features::Error::Internal(what) => Self::Internal(what),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<record::Error> for Failure {
    fn from(error: record::Error) -> Self {
        match error {
            record::Error::Internal(what) => Self::Internal(what),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<report::Error> for Failure {
    fn from(error: report::Error) -> Self {
        match error {
            report::Error::Record(error) => error.into(),
            report::Error::Internal(what) => Self::Internal(what),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<verdicts::Error> for Failure {
    fn from(error: verdicts::Error) -> Self {
        match error {
            verdicts::Error::Record(error) => error.into(),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<bundle::Error> for Failure {
    fn from(error: bundle::Error) -> Self {
        use bundle::Error;
        match error {
            Error::Cells(error) => error.into(),
            Error::Experiments(error) => error.into(),
            Error::Record(error) => error.into(),
            Error::Internal(what) => Self::Internal(what),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<experiments::Error> for Failure {
    fn from(error: experiments::Error) -> Self {
        use experiments::Error;
        match error {
            Error::Cells(error) => error.into(),
            Error::Features(error) => error.into(),
            Error::Record(error) => error.into(),
            Error::Internal(what) => Self::Internal(what),
            failed @ (Error::FirstFailure { .. } | Error::CardLost(_)) => Self::RunsFailed(failed.to_string()),
            stopped @ Error::Stopped { .. } => Self::Interrupted(stopped.to_string()),
            other => Self::Usage(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_from_any_depth_with_their_sentences() {
        let internal = || cells::Error::Internal("x".to_owned());
        let deep = experiments::Error::Features(features::Error::Cells(internal()));
        let text = deep.to_string();
        let failure = Failure::from(deep);
        assert_eq!((failure.exit_code(), failure.to_string()), (1, text));
        assert_eq!(Failure::from(sources::Error::Cells(internal())).exit_code(), 1);
        assert_eq!(Failure::from(sources::Error::Stopped).exit_code(), 5);
        let stopped = experiments::Error::Stopped { finished: 1, total: 2, out: "out".into() };
        assert_eq!(Failure::from(stopped).exit_code(), 5);
        let declared =
            cells::Error::Declared { table: "split s.csv".to_owned(), what: "line 2 has no cell id".to_owned() };
        let failure = Failure::from(experiments::Error::Cells(declared));
        assert_eq!((failure.exit_code(), &failure.to_string()[..]), (2, "split s.csv: line 2 has no cell id"));
        let full = std::io::ErrorKind::StorageFull.into();
        let failure =
            Failure::from(report::Error::Record(record::Error::Write { path: "scores.csv".into(), source: full }));
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("no space left on the disk"), "{failure}");
    }
}
