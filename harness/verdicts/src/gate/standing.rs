//! What a judgement can be, and what follows from it.

use super::Outcome;

/// What was found of one model.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// The same numbers.
    Same,
    /// Other numbers, as was declared.
    Declared {
        /// The reason.
        reason: String,
    },
    /// Other rounding, no further apart than was measured, or than rounding is where nobody has measured.
    WithinNoise {
        /// How far apart they may be, in words.
        allowed: String,
    },
    /// In the candidate alone.
    New,
    /// In the candidate alone, and without numbers.
    NewFails,
    /// In the baseline alone, or some of its seeds are.
    Missing {
        /// The seeds that are not there.
        seeds: Vec<u64>,
    },
    /// Nobody has measured how far its numbers may be apart.
    Unmeasured,
    /// They were measured to be so far apart that hardly anything would be noticed, and seeds do not tell.
    Scattered,
    /// A number that nothing but the program decides is another, and nobody said so.
    Moved,
    /// Worse by more than the noise of its seeds, of what another engine computed.
    Worse,
    /// A run that had numbers has none.
    Fails {
        /// What its status says.
        reason: String,
    },
}

impl Standing {
    /// What follows for the change.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Same | Self::Declared { .. } | Self::WithinNoise { .. } | Self::New => Outcome::Lands,
            Self::Missing { .. } | Self::NewFails | Self::Unmeasured | Self::Scattered => Outcome::CannotTell,
            Self::Moved | Self::Worse | Self::Fails { .. } => Outcome::Regressed,
        }
    }

    /// A word for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Declared { .. } => "declared",
            Self::WithinNoise { .. } => "within noise",
            Self::New => "new",
            Self::NewFails => "new, fails",
            Self::Missing { .. } => "missing",
            Self::Unmeasured => "cannot tell",
            Self::Scattered => "noise too large",
            Self::Moved => "moved",
            Self::Worse => "worse",
            Self::Fails { .. } => "fails",
        }
    }
}
