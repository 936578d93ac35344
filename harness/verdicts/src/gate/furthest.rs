//! Of several pairs of runs, the one that is furthest apart.

use crate::Run;

/// A run as it was and as it is.
pub(super) type Pair<'a> = (&'a Run, &'a Run);

/// The pair that is furthest apart; 0 and none where all are the same.
#[derive(Default)]
pub(super) struct Furthest<'a> {
    pub(super) apart: f64,
    pub(super) pair: Option<Pair<'a>>,
    /// The cell, or the line of a table.
    place: Option<String>,
}

impl<'a> Furthest<'a> {
    pub(super) fn of(
        pairs: &[Pair<'a>],
        distance: impl Fn(&Run, &Run) -> Result<(f64, Option<String>), String>,
    ) -> Result<Self, String> {
        let mut furthest = Self::default();
        for &pair in pairs {
            let (apart, place) = distance(pair.0, pair.1)?;
            if apart > furthest.apart {
                furthest = Self { apart, pair: Some(pair), place };
            }
        }
        Ok(furthest)
    }

    /// Where a number is another though all that went into it is the same: the program is, or somebody was there.
    pub(super) fn unexplained(&self) -> String {
        let Some((was, is)) = self.pair else { return String::new() };
        let [before, now] = [was, is].map(|run| run.record.provenance.short_commit());
        let program = if before == now {
            format!("the same program, of commit {}, was asked for the same", now.0)
        } else {
            format!("the program of commit {} was asked for the same as that of {}", now.0, before.0)
        };
        let place = self.place.as_ref();
        let place =
            place.map_or_else(String::new, |place| format!("; furthest apart: {place} of seed {}", is.score.seed));
        format!("{program}{place}")
    }
}
