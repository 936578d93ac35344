//! The cycle life of a cell.

mod left_out;
mod life;
pub mod published;
mod rule;

use std::borrow::Cow;

use crate::Error;
use crate::cell::{Cell, CellInfo, LifeRecord};
use crate::datasets;
pub use left_out::Uncounted;
pub use life::{Basis, Life, Tally, Verdict};
pub use rule::{Counted, Crossing, LabelRule, Unreached};

impl LabelRule {
    /// The life of a cell in cycles, or why it has none.
    ///
    /// With n capacities of which the k-th (from 1) is the first at or under the threshold, life is k + 1: the rule of
    /// the authors, which restores the published lives of MATR, whose first cycle is not on record. Where none is, life
    /// is n + 2, as if the cycle after the last were the first: so it is for the cells whose tests were stopped just
    /// above the threshold, and so the authors have it for all others.
    ///
    /// # Errors
    /// [`Error::OtherThreshold`] if only a life to another threshold was published.
    pub fn judge(&self, cell: &Cell) -> Result<Verdict, Error> {
        let life = match cell.life() {
            LifeRecord::Published { cycle_life, end_of_life } => {
                if (end_of_life - self.end_of_life).abs() > 1e-9 {
                    return Err(Error::OtherThreshold {
                        id: cell.id().to_owned(),
                        published: *end_of_life,
                        wanted: self.end_of_life,
                    });
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
    pub fn life(&self, cell: &Cell) -> Result<Option<f64>, Error> {
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
            // whose dataset is published, its publisher counted
            let whose = if datasets::find(&info.dataset).is_some() { "published" } else { "declared" };
            return Some(format!(
                "its record was cut short: it ends after {cycles} cycles, at {health} of nominal capacity, and the {whose} life \
                 is {published}"
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
        // of a cell of one's own, nobody has published it
        let info = CellInfo { dataset: crate::cell::DatasetName::of("own"), ..cut.info().clone() };
        let own = Cell::new(info, vec![], cut.life().clone()).unwrap();
        assert!(reason(&drop, &own).ends_with("and the declared life is 852"));
        // one low cycle at its end is not yet capacity that stays low
        let glitch = published_to_live(852.0, &capacities(&[(400, 1.0), (1, 0.75)]));
        assert!(reason(&drop, &glitch).starts_with("its record was cut short: it ends after 401 cycles"));
        assert_eq!(pad.life(&glitch).unwrap(), Some(402.0), "the authors' rule");
        // what is on record was seen
        let ended = published_to_live(2000.0, &with_knee(848, 0.79));
        assert!(matches!(drop.judge(&ended).unwrap(), Verdict::Life(Life { basis: Basis::Observed, .. })));
    }

    #[test]
    fn a_cell_of_another_size_lives_as_long_and_is_spoken_of_alike() {
        let scaled = |cell: &Cell, factor: f64| {
            let LifeRecord::Capacity(capacity) = cell.life() else { panic!("capacities") };
            let info = CellInfo { nominal_capacity: factor, ..cell.info().clone() };
            Cell::new(info, vec![], LifeRecord::Capacity(capacity.iter().map(|value| value * factor).collect()))
        };
        let cells = [with_knee(848, 0.79), with_knee(848, 0.81), with_knee(848, 0.84), with_knee(60, 0.7)];
        for (cell, crossing) in cells.iter().cartesian_product(CROSSINGS) {
            for (factor, unreached) in [0.5, 2.0, 4.0].into_iter().cartesian_product([Unreached::Pad, Unreached::Drop])
            {
                let rule = by(unreached, crossing);
                assert_eq!(rule.judge(&scaled(cell, factor).unwrap()).unwrap(), rule.judge(cell).unwrap(), "{factor}");
            }
        }
    }

    #[test]
    fn a_published_life_counts_for_its_own_threshold_only() {
        let published = cell(LifeRecord::Published { cycle_life: 534.0, end_of_life: 0.8 });
        assert_eq!(LabelRule::default().life(&published).unwrap(), Some(534.0));
        assert!(LabelRule::to(0.9).life(&published).unwrap_err().to_string().contains("cell A: only its life to 0.8"));
        let short = cell(LifeRecord::Published { cycle_life: 100.0, end_of_life: 0.8 });
        assert_eq!(LabelRule::default().life(&short).unwrap(), None);
    }
}
