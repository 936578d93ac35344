//! The cycle life of a cell.

mod left_out;
pub mod published;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::cell::{Cell, LifeRecord};
use crate::failure::Failure;
pub use left_out::Uncounted;

/// What the life of a cell is that was taken off test above the end-of-life threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// The number of cycles plus 2, as the authors do: a censored life taken for an observed one.
    #[default]
    Pad,
    /// The cell has no life and is removed.
    Drop,
}

/// Which cycle under the threshold ends life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// The first, as the authors do: one noisy cycle is enough.
    #[default]
    First,
    /// The first after which no cycle is above the threshold again.
    Persistent,
}

/// Which cycles a life counts, of a cell that a cleaning rule left some out of when it was imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// The others, as the authors do.
    #[default]
    Kept,
    /// All that are on record. One bad cycle among them should not end life, so it goes with [`Crossing::Persistent`].
    All,
}

impl Counted {
    fn is_kept(&self) -> bool {
        *self == Self::Kept
    }
}

/// How a cell's capacities become its life.
///
/// Life is counted over all cycles of the record, early cycles included: it is not the life that remains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelRule {
    /// Fraction of nominal capacity at or under which life ends, in (0, 1].
    #[serde(deserialize_with = "fraction")]
    pub end_of_life: f64,
    /// For cells that never get there.
    pub unreached: Unreached,
    /// For cells that get there more than once.
    pub crossing: Crossing,
    /// For cells that a cleaning rule left cycles out of; only where it is not the default is it in the keys of runs.
    #[serde(skip_serializing_if = "Counted::is_kept")]
    pub counted: Counted,
    /// Cells whose life is not longer than this many cycles are removed.
    pub minimum: u32,
}

impl Default for LabelRule {
    /// The rule of all published scenarios but MIX-20 (which ends life at 0.9).
    fn default() -> Self {
        Self {
            end_of_life: 0.8,
            unreached: Unreached::Pad,
            crossing: Crossing::First,
            counted: Counted::Kept,
            minimum: 100,
        }
    }
}

fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value > 0.0 && value <= 1.0 {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("end of life is a fraction of nominal capacity in (0, 1], not {value}")))
    }
}

/// What a life rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The record shows the end of life.
    Observed,
    /// The record ends before: the number of its cycles plus 2 was taken for the life ([`Unreached::Pad`]).
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

/// What a [`LabelRule`] says of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Its life.
    Life(Life),
    /// It takes no part; the text says why, such as `life of 72 cycles is not longer than 100`.
    Removed(String),
}

impl LabelRule {
    /// The life of a cell in cycles, or why it has none.
    ///
    /// With n capacities of which the k-th (from 1) is the first at or under the threshold, life is k + 1: the rule of
    /// the authors, which restores the published lives of MATR, whose first cycle is not on record.
    ///
    /// # Errors
    /// [`Failure::Usage`] if only a life to another threshold was published.
    pub fn judge(&self, cell: &Cell) -> Result<Verdict, Failure> {
        let life = match cell.life() {
            LifeRecord::Published { cycle_life, end_of_life } => {
                if (end_of_life - self.end_of_life).abs() > 1e-9 {
                    return Err(Failure::Usage(format!(
                        "cell {}: only its life to {end_of_life} of nominal capacity was published, not to {}; set \
                         end_of_life to {end_of_life} or leave the cell out",
                        cell.id(),
                        self.end_of_life
                    )));
                }
                Life { cycles: *cycle_life, basis: Basis::Published }
            }
            LifeRecord::Capacity(capacity) => {
                let capacity = &self.capacities(cell).unwrap_or(Cow::Borrowed(capacity));
                match (self.crossing(capacity, cell.info().nominal_capacity), self.unreached) {
                    (Some(position), _) => Life { cycles: (position + 2) as f64, basis: Basis::Observed },
                    (None, Unreached::Pad) => Life { cycles: (capacity.len() + 2) as f64, basis: Basis::Padded },
                    (None, Unreached::Drop) => {
                        return Ok(Verdict::Removed(format!(
                            "above {} of nominal capacity after all {} cycles on record",
                            self.end_of_life,
                            capacity.len()
                        )));
                    }
                }
            }
        };
        if life.cycles <= f64::from(self.minimum) {
            let (cycles, minimum) = (life.cycles, self.minimum);
            let uncounted = self.uncounted(cell).map(|what| format!("; {what}")).unwrap_or_default();
            return Ok(Verdict::Removed(format!("life of {cycles} cycles is not longer than {minimum}{uncounted}")));
        }
        Ok(Verdict::Life(life))
    }

    /// The life of a cell in cycles; `None` if the cell takes no part.
    ///
    /// # Errors
    /// As [`LabelRule::judge`].
    pub fn life(&self, cell: &Cell) -> Result<Option<f64>, Failure> {
        Ok(match self.judge(cell)? {
            Verdict::Life(life) => Some(life.cycles),
            Verdict::Removed(_) => None,
        })
    }

    /// The capacities that a life is counted by; `None` where only a published life is known.
    fn capacities<'a>(&self, cell: &'a Cell) -> Option<Cow<'a, [f64]>> {
        match (self.counted, cell.life()) {
            (Counted::All, _) => cell.recorded(),
            (Counted::Kept, LifeRecord::Capacity(capacity)) => Some(Cow::Borrowed(capacity)),
            (Counted::Kept, LifeRecord::Published { .. }) => None,
        }
    }

    /// Position of the cycle that ends life.
    fn crossing(&self, capacity: &[f64], nominal: f64) -> Option<usize> {
        let threshold = self.end_of_life * nominal;
        let position = match self.crossing {
            Crossing::First => capacity.iter().position(|&value| value <= threshold)?,
            Crossing::Persistent => capacity.iter().rposition(|&value| value > threshold).map_or(0, |last| last + 1),
        };
        (position < capacity.len()).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::tests::info;

    fn cell(life: LifeRecord) -> Cell {
        let mut info = info("A");
        info.nominal_capacity = 1.0;
        Cell::new(info, vec![], life).unwrap()
    }

    fn capacities(runs: &[(usize, f64)]) -> Cell {
        cell(LifeRecord::Capacity(runs.iter().flat_map(|&(count, value)| vec![value; count]).collect()))
    }

    fn life(rule: &LabelRule, runs: &[(usize, f64)]) -> Option<f64> {
        rule.life(&capacities(runs)).unwrap()
    }

    #[test]
    fn lives_are_those_of_the_authors() {
        // golden values of the authors' code
        let rule = LabelRule::default();
        assert_eq!(life(&rule, &[(149, 1.0), (1, 0.8), (5, 0.7)]), Some(151.0));
        assert_eq!(life(&rule, &[(200, 1.0)]), Some(202.0));
        assert_eq!(life(&rule, &[(98, 1.0), (1, 0.79)]), None);
        assert_eq!(life(&rule, &[(99, 1.0), (1, 0.79)]), Some(101.0));
        assert_eq!(life(&rule, &[(119, 1.0), (1, 0.5), (300, 1.0)]), Some(121.0));
        assert_eq!(life(&rule, &[(98, 1.0)]), None);
        assert_eq!(life(&rule, &[(99, 1.0)]), Some(101.0));
        let rule = LabelRule { end_of_life: 0.9, ..rule };
        assert_eq!(life(&rule, &[(149, 1.0), (1, 0.9)]), Some(151.0));
    }

    #[test]
    fn a_persistent_crossing_outlasts_a_dip() {
        let rule = LabelRule { crossing: Crossing::Persistent, ..LabelRule::default() };
        assert_eq!(life(&rule, &[(119, 1.0), (1, 0.5), (300, 1.0), (2, 0.7)]), Some(422.0));
        assert_eq!(life(&rule, &[(119, 1.0), (1, 0.5), (300, 1.0)]), Some(422.0), "never reached, so padded");
        assert_eq!(life(&rule, &[(200, 0.7)]), None, "ends at the first cycle");
    }

    #[test]
    fn censored_cells_can_be_dropped_and_say_why() {
        let rule = LabelRule { unreached: Unreached::Drop, ..LabelRule::default() };
        let Verdict::Removed(reason) = rule.judge(&capacities(&[(200, 1.0)])).unwrap() else { panic!("kept") };
        assert_eq!(reason, "above 0.8 of nominal capacity after all 200 cycles on record");
        assert_eq!(life(&rule, &[(199, 1.0), (1, 0.8)]), Some(201.0));
    }

    #[test]
    fn a_published_life_counts_for_its_own_threshold_only() {
        let published = cell(LifeRecord::Published { cycle_life: 534.0, end_of_life: 0.8 });
        assert_eq!(LabelRule::default().life(&published).unwrap(), Some(534.0));
        let other = LabelRule { end_of_life: 0.9, ..LabelRule::default() };
        assert!(other.life(&published).unwrap_err().to_string().contains("cell A: only its life to 0.8"));
        let short = cell(LifeRecord::Published { cycle_life: 100.0, end_of_life: 0.8 });
        assert_eq!(LabelRule::default().life(&short).unwrap(), None);
    }

    #[test]
    fn a_rule_is_read_with_defaults_and_checked() {
        let rule: LabelRule = serde_yaml::from_str("{end_of_life: 0.9, unreached: drop}").unwrap();
        assert_eq!(rule, LabelRule { end_of_life: 0.9, unreached: Unreached::Drop, ..LabelRule::default() });
        assert!(serde_yaml::from_str::<LabelRule>("end_of_life: 80").is_err());
        assert!(serde_yaml::from_str::<LabelRule>("end_of_live: 0.8").is_err());
    }
}
