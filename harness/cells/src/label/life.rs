//! Lives, and what they rest on.

use serde::{Deserialize, Serialize};

/// What a life rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The record shows the end of life, or ends so near it that it ends with the life.
    Observed,
    /// The record ends before: the number of its cycles plus 2 was taken for the life ([`Unreached::Pad`](super::Unreached::Pad)).
    Padded,
    /// The publisher says so; the record does not show it.
    Published,
}

/// The life of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// In cycles, early cycles included.
    pub cycles: f64,
    /// What it rests on.
    pub basis: Basis,
}

/// How many lives rest on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// [`Basis::Observed`].
    pub observed: usize,
    /// [`Basis::Padded`].
    pub padded: usize,
    /// [`Basis::Published`].
    pub published: usize,
}

impl Tally {
    /// All of them.
    pub fn total(&self) -> usize {
        self.observed + self.padded + self.published
    }
}

impl FromIterator<Basis> for Tally {
    fn from_iter<I: IntoIterator<Item = Basis>>(bases: I) -> Self {
        bases.into_iter().fold(Self::default(), |mut tally, basis| {
            match basis {
                Basis::Observed => tally.observed += 1,
                Basis::Padded => tally.padded += 1,
                Basis::Published => tally.published += 1,
            }
            tally
        })
    }
}

/// What a [`LabelRule`](super::LabelRule) says of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Its life.
    Life(Life),
    /// It takes no part; the text says why, such as `life of 72 cycles is not longer than 100`.
    Removed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_counted_by_what_they_rest_on() {
        let bases = [(Basis::Observed, 5), (Basis::Padded, 3), (Basis::Published, 2)];
        let tally: Tally = bases.into_iter().flat_map(|(basis, count)| vec![basis; count]).collect();
        assert_eq!(tally, Tally { observed: 5, padded: 3, published: 2 });
        assert_eq!(tally.total(), 10);
    }
}
