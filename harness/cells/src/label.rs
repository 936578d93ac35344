//! The cycle life of a cell.

mod left_out;
pub mod published;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::cell::{Cell, CellInfo, LifeRecord};
use crate::failure::Failure;
pub use left_out::Uncounted;

/// What the life of a censored cell is: one that was taken off test, or whose record ends, before its end of life.
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
#[serde(try_from = "Declared")]
pub struct LabelRule {
    /// Fraction of nominal capacity at or under which life ends, in (0, 1].
    pub end_of_life: f64,
    /// For censored cells.
    pub unreached: Unreached,
    /// For cells that get there more than once.
    pub crossing: Crossing,
    /// Fraction of nominal capacity that tells a finished record from a censored one, where no cycle is the end of life:
    /// one that ends under it ends with the life, one that ends at or above it ends before. Publishers mostly stop a test
    /// within a per cent above the end of life, so it is 0.025 above unless declared (spec §8.2: 0.825 for 0.8).
    pub censored_above: f64,
    /// For cells that a cleaning rule left cycles out of; only where it is not the default is it in the keys of runs.
    #[serde(skip_serializing_if = "Counted::is_kept")]
    pub counted: Counted,
    /// Cells whose life is not longer than this many cycles are removed.
    pub minimum: u32,
}

/// [`LabelRule::censored_above`] minus [`LabelRule::end_of_life`], unless declared.
const MARGIN: f64 = 0.025;

impl Default for LabelRule {
    /// The rule of all published scenarios but MIX-20 (which ends life at 0.9).
    fn default() -> Self {
        Self::to(0.8)
    }
}

/// A [`LabelRule`] as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(deserialize_with = "fraction", default = "usual_end_of_life")]
    end_of_life: f64,
    #[serde(default)]
    unreached: Unreached,
    #[serde(default)]
    crossing: Crossing,
    censored_above: Option<f64>,
    #[serde(default)]
    counted: Counted,
    minimum: Option<u32>,
}

fn usual_end_of_life() -> f64 {
    LabelRule::default().end_of_life
}

fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value > 0.0 && value <= 1.0 {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("end of life is a fraction of nominal capacity in (0, 1], not {value}")))
    }
}

impl TryFrom<Declared> for LabelRule {
    type Error = String;

    fn try_from(declared: Declared) -> Result<Self, String> {
        let Declared { end_of_life, unreached, crossing, censored_above, counted, minimum } = declared;
        let usual = Self::to(end_of_life);
        let censored_above = censored_above.unwrap_or(usual.censored_above);
        // at most 2: a larger one is a percentage
        if !(end_of_life..=2.0).contains(&censored_above) {
            return Err(format!(
                "'censored_above' is a fraction of nominal capacity from end_of_life ({end_of_life}) to 2, not {censored_above}"
            ));
        }
        let minimum = minimum.unwrap_or(usual.minimum);
        Ok(Self { end_of_life, unreached, crossing, censored_above, counted, minimum })
    }
}

/// What a life rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The record shows the end of life, or ends so near it that it ends with the life.
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
    /// The authors' rule for this end of life.
    pub fn to(end_of_life: f64) -> Self {
        // 0.825, not 0.8250000000000001: it is read by people, in keys and in sentences
        let censored_above = ((end_of_life + MARGIN) * 1e9).round() / 1e9;
        let (unreached, crossing, counted) = (Unreached::Pad, Crossing::First, Counted::Kept);
        Self { end_of_life, unreached, crossing, censored_above, counted, minimum: 100 }
    }

    /// The life of a cell in cycles, or why it has none.
    ///
    /// With n capacities of which the k-th (from 1) is the first at or under the threshold, life is k + 1: the rule of
    /// the authors, which restores the published lives of MATR, whose first cycle is not on record. Where none is, life
    /// is n + 2, as if the cycle after the last were the first: so it is for the cells whose tests were stopped just
    /// above the threshold, and so the authors have it for all others.
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
                let crossing = self.crossing(capacity, cell.info().nominal_capacity);
                // one low cycle at the end of a record that was cut short does not show that capacity stays low
                let is_shown = |position: &usize| {
                    self.crossing == Crossing::First
                        || position + 1 < capacity.len()
                        || !is_cut_short(capacity, cell.info())
                };
                match crossing.filter(is_shown) {
                    Some(position) => Life { cycles: (position + 2) as f64, basis: Basis::Observed },
                    None => {
                        let cycles = (capacity.len() + 2) as f64;
                        match (self.censored(capacity, cell.info()), self.unreached) {
                            (None, _) => Life { cycles, basis: Basis::Observed },
                            (Some(_), Unreached::Pad) => Life { cycles, basis: Basis::Padded },
                            (Some(reason), Unreached::Drop) => return Ok(Verdict::Removed(reason)),
                        }
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

    /// Why the life of a cell that is never at or under the threshold is not known; `None` where its record ends with it.
    fn censored(&self, capacity: &[f64], info: &CellInfo) -> Option<String> {
        let cycles = capacity.len();
        let Some(last) = capacity.last() else { return Some("no cycle is on record".to_owned()) };
        let health = (last / info.nominal_capacity * 1e4).round() / 1e4;
        if let (true, Some(published)) = (is_cut_short(capacity, info), info.published_life) {
            return Some(format!(
                "its record was cut short: it ends after {cycles} cycles, at {health} of nominal capacity, and the published \
                 life is {published}"
            ));
        }
        (*last >= self.censored_above * info.nominal_capacity).then(|| {
            format!(
                "at {health} of nominal capacity after all {cycles} cycles on record, not under {}, so that its life to {} is \
                 not known",
                self.censored_above, self.end_of_life
            )
        })
    }
}

/// Whether a cell is known to have gone on after its record. A publisher may have counted one cycle less or more; whatever the
/// threshold, the test went on.
fn is_cut_short(capacity: &[f64], info: &CellInfo) -> bool {
    info.published_life.is_some_and(|published| ((capacity.len() + 2) as f64) < published - 1.0)
}

#[cfg(test)]
mod tests {
    use itertools::Itertools as _;

    use super::*;
    use crate::made_up::info;

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
        assert_eq!(life(&LabelRule::to(0.9), &[(149, 1.0), (1, 0.9)]), Some(151.0));
    }

    #[test]
    fn a_persistent_crossing_outlasts_a_dip() {
        let rule = LabelRule { crossing: Crossing::Persistent, ..LabelRule::default() };
        assert_eq!(life(&rule, &[(119, 1.0), (1, 0.5), (300, 1.0), (2, 0.7)]), Some(422.0));
        assert_eq!(life(&rule, &[(119, 1.0), (1, 0.5), (300, 1.0)]), Some(422.0), "never reached, so padded");
        assert_eq!(life(&rule, &[(200, 0.7)]), None, "ends at the first cycle");
    }

    const CROSSINGS: [Crossing; 2] = [Crossing::First, Crossing::Persistent];

    fn by(unreached: Unreached, crossing: Crossing) -> LabelRule {
        LabelRule { unreached, crossing, ..LabelRule::default() }
    }

    fn reason(rule: &LabelRule, cell: &Cell) -> String {
        match rule.judge(cell).unwrap() {
            Verdict::Removed(reason) => reason,
            kept => panic!("{kept:?}"),
        }
    }

    /// A cell as publishers leave it: a slow fade, then a knee down to `last` of nominal capacity, in `cycles` cycles.
    fn with_knee(cycles: usize, last: f64) -> Cell {
        let fade = |part: f64| 1.0 - 0.05 * part - (0.95 - last) * part.powi(8);
        let mut capacity: Vec<f64> = (1..cycles).map(|cycle| fade(cycle as f64 / cycles as f64)).collect();
        capacity.push(last);
        cell(LifeRecord::Capacity(capacity))
    }

    #[test]
    fn a_record_that_stops_just_above_the_end_of_life_shows_it() {
        // MATR stops at 0.8000 to 0.8031, HUST up to 0.8212 of nominal capacity
        for (last, crossing) in [0.8001, 0.8031, 0.8212, 0.8249].into_iter().cartesian_product(CROSSINGS) {
            let observed = Verdict::Life(Life { cycles: 850.0, basis: Basis::Observed });
            for unreached in [Unreached::Pad, Unreached::Drop] {
                let verdict = by(unreached, crossing).judge(&with_knee(848, last)).unwrap();
                assert_eq!(verdict, observed, "{last} {unreached:?} {crossing:?}");
            }
        }
    }

    #[test]
    fn a_censored_cell_is_padded_or_dropped_and_says_why() {
        for (last, crossing) in [0.825, 0.84, 0.9].into_iter().cartesian_product(CROSSINGS) {
            let padded = by(Unreached::Pad, crossing).judge(&with_knee(848, last)).unwrap();
            assert_eq!(padded, Verdict::Life(Life { cycles: 850.0, basis: Basis::Padded }), "{last}");
            assert_eq!(
                reason(&by(Unreached::Drop, crossing), &with_knee(848, last)),
                format!(
                    "at {last} of nominal capacity after all 848 cycles on record, not under 0.825, so that its life to 0.8 is \
                     not known"
                )
            );
        }
        let drop = by(Unreached::Drop, Crossing::First);
        assert_eq!(life(&drop, &[(199, 1.0), (1, 0.8)]), Some(201.0));
        assert_eq!(reason(&drop, &cell(LifeRecord::Capacity(vec![]))), "no cycle is on record");
    }

    #[test]
    fn where_the_margin_ends_is_declared() {
        let rule = |censored_above| LabelRule { censored_above, ..by(Unreached::Drop, Crossing::First) };
        assert_eq!(rule(0.85).life(&with_knee(848, 0.84)).unwrap(), Some(850.0));
        assert_eq!(rule(0.81).life(&with_knee(848, 0.8212)).unwrap(), None);
        let to_90 = LabelRule { unreached: Unreached::Drop, ..LabelRule::to(0.9) };
        assert_eq!(to_90.life(&with_knee(848, 0.91)).unwrap(), Some(850.0));
        assert!(
            reason(&to_90, &with_knee(848, 0.93)).contains("not under 0.925, so that its life to 0.9 is not known")
        );
    }

    #[test]
    fn a_glitch_is_no_end_and_a_record_that_recovers_into_the_margin_ends_with_its_life() {
        // as two cells of CLO: one low cycle, a hundred cycles before the end
        let runs = [(700, 1.0), (1, 0.78), (100, 0.9), (1, 0.802)];
        assert_eq!(life(&by(Unreached::Drop, Crossing::First), &runs), Some(702.0));
        assert_eq!(life(&by(Unreached::Drop, Crossing::Persistent), &runs), Some(804.0));
        assert_eq!(life(&by(Unreached::Drop, Crossing::Persistent), &runs[..3]), None, "at 0.9");
    }

    fn published_to_live(life: f64, cell: &Cell) -> Cell {
        let info = CellInfo { published_life: Some(life), ..cell.info().clone() };
        Cell::new(info, vec![], cell.life().clone()).unwrap()
    }

    #[test]
    fn a_record_that_is_shorter_than_the_published_life_was_cut_short() {
        let (pad, drop) = (by(Unreached::Pad, Crossing::First), by(Unreached::Drop, Crossing::Persistent));
        // publishers count from 0 or from 1
        for published in [849.0, 850.0, 851.0] {
            let cell = published_to_live(published, &with_knee(848, 0.81));
            assert_eq!(drop.life(&cell).unwrap(), Some(850.0), "published {published}");
        }
        let cut = published_to_live(852.0, &with_knee(848, 0.81));
        assert_eq!(pad.judge(&cut).unwrap(), Verdict::Life(Life { cycles: 850.0, basis: Basis::Padded }));
        assert_eq!(
            reason(&drop, &cut),
            "its record was cut short: it ends after 848 cycles, at 0.81 of nominal capacity, and the published life is 852"
        );
        // one low cycle at its end is not yet capacity that stays low
        let glitch = published_to_live(852.0, &capacities(&[(400, 1.0), (1, 0.75)]));
        assert!(reason(&drop, &glitch).starts_with("its record was cut short: it ends after 401 cycles"));
        assert_eq!(pad.life(&glitch).unwrap(), Some(402.0), "the authors' rule");
        // what is on record was seen
        let ended = published_to_live(2000.0, &with_knee(848, 0.79));
        assert!(matches!(drop.judge(&ended).unwrap(), Verdict::Life(Life { basis: Basis::Observed, .. })));
    }

    #[test]
    fn a_published_life_counts_for_its_own_threshold_only() {
        let published = cell(LifeRecord::Published { cycle_life: 534.0, end_of_life: 0.8 });
        assert_eq!(LabelRule::default().life(&published).unwrap(), Some(534.0));
        assert!(LabelRule::to(0.9).life(&published).unwrap_err().to_string().contains("cell A: only its life to 0.8"));
        let short = cell(LifeRecord::Published { cycle_life: 100.0, end_of_life: 0.8 });
        assert_eq!(LabelRule::default().life(&short).unwrap(), None);
    }

    #[test]
    fn a_rule_is_read_with_defaults_and_checked() {
        let rule: LabelRule = serde_yaml::from_str("{end_of_life: 0.9, unreached: drop}").unwrap();
        assert_eq!(rule, LabelRule { unreached: Unreached::Drop, ..LabelRule::to(0.9) });
        assert_eq!((LabelRule::default().censored_above, rule.censored_above), (0.825, 0.925));
        let read = |yaml: &str| serde_yaml::from_str::<LabelRule>(yaml).map_err(|error| error.to_string());
        assert_eq!(read("{}").unwrap(), LabelRule::default());
        assert_eq!(read("censored_above: 0.825").unwrap(), LabelRule::default(), "said or not, it is the same rule");
        assert_eq!(read("censored_above: 0.85").unwrap(), LabelRule { censored_above: 0.85, ..LabelRule::default() });
        for wrong in ["0.79", "82.5", ".nan", "-1"] {
            let message = read(&format!("censored_above: {wrong}")).unwrap_err();
            assert!(message.contains("from end_of_life (0.8) to 2"), "{message}");
        }
        assert!(serde_yaml::from_str::<LabelRule>("end_of_life: 80").is_err());
        assert!(serde_yaml::from_str::<LabelRule>("end_of_live: 0.8").is_err());
    }
}
