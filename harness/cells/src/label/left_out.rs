//! What the cycles that a cleaning rule left out mean for a life.

use std::fmt;

use super::{Counted, Crossing, LabelRule};
use crate::cell::Cell;

/// Cycles on record that a life does not count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncounted {
    /// How many they are …
    pub left_out: usize,
    /// … of how many on record.
    pub recorded: usize,
    /// The threshold, a fraction of nominal capacity.
    pub end_of_life: f64,
    /// Life in cycles without them, however short; `None` if it never reached the threshold.
    pub life: Option<usize>,
    /// Life in cycles as the honest protocol counts it: with them, to the persistent crossing.
    pub life_of_all: Option<usize>,
}

impl Uncounted {
    /// In few words, such as `61 of 130: 66 cycles, with them 111`.
    pub fn short(&self) -> String {
        let [life, all] = [self.life, self.life_of_all]
            .map(|life| life.map_or_else(|| "not reached".to_owned(), |life| life.to_string()));
        format!("{} of {}: life {life}, with them {all}", self.left_out, self.recorded)
    }
}

impl Uncounted {
    /// The life without these cycles and the one with them, as `life to 80 % of nominal capacity: 66 cycles; with all …`.
    pub fn lives(&self) -> String {
        let words =
            |life: Option<usize>| life.map_or_else(|| "not reached".to_owned(), |life| format!("{life} cycles"));
        format!(
            "life to {} % of nominal capacity: {}; with all cycles counted, as protocol honest does: {}",
            100.0 * self.end_of_life,
            words(self.life),
            words(self.life_of_all)
        )
    }
}

impl fmt::Display for Uncounted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} of {} cycles dropped as outliers: positions and lives count the others ({})",
            self.left_out,
            self.recorded,
            self.lives()
        )
    }
}

impl LabelRule {
    /// What the life of a cell by this rule does not count; `None` if nothing.
    pub fn uncounted(&self, cell: &Cell) -> Option<Uncounted> {
        if self.counted == Counted::All || cell.left_out().is_empty() {
            return None;
        }
        let all = Self { counted: Counted::All, crossing: Crossing::Persistent, ..self.clone() };
        let life = |rule: &Self| {
            rule.crossing(&rule.capacities(cell)?, cell.info().nominal_capacity).map(|position| position + 2)
        };
        Some(Uncounted {
            left_out: cell.left_out().len(),
            recorded: cell.recorded()?.len(),
            end_of_life: self.end_of_life,
            life: life(self),
            life_of_all: life(&all),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{LeftOut, LifeRecord};
    use crate::label::{Unreached, Verdict};
    use crate::made_up::info;

    /// A cell that fades from 1 by 0.002 a cycle, of which a rule took these cycles out.
    fn cell(cycles: usize, is_left_out: impl Fn(usize) -> bool) -> Cell {
        let mut info = info("A");
        info.nominal_capacity = 1.0;
        let capacity = |position: usize| 1.0 - 0.002 * position as f64;
        let kept = (0..cycles).filter(|&position| !is_left_out(position)).map(capacity).collect();
        let left_out = (0..cycles).filter(|&position| is_left_out(position));
        let left_out = left_out.map(|position| LeftOut { position, capacity: capacity(position) }).collect();
        Cell::new(info, vec![], LifeRecord::Capacity(kept)).unwrap().leaving_out(left_out).unwrap()
    }

    fn rule(counted: Counted, unreached: Unreached) -> LabelRule {
        LabelRule { counted, unreached, crossing: Crossing::Persistent, minimum: 0, ..LabelRule::default() }
    }

    #[test]
    fn counted_all_the_life_does_not_depend_on_what_was_left_out() {
        let whole = rule(Counted::Kept, Unreached::Pad).life(&cell(130, |_| false)).unwrap();
        for is_left_out in
            [|p: usize| p % 2 == 1, |p: usize| !(20..=115).contains(&p), |p: usize| (90..112).contains(&p)]
        {
            let cleaned = cell(130, is_left_out);
            assert_eq!(rule(Counted::All, Unreached::Pad).life(&cleaned).unwrap(), whole);
            let kept = rule(Counted::Kept, Unreached::Pad).life(&cleaned).unwrap();
            assert!(kept < whole, "{kept:?} of {whole:?}");
        }
        // and one that is taken off test is padded with all it went through
        assert_eq!(rule(Counted::All, Unreached::Pad).life(&cell(80, |p| p % 2 == 1)).unwrap(), Some(82.0));
    }

    #[test]
    fn what_is_not_counted_is_said() {
        let cleaned = cell(130, |position| position % 2 == 1);
        let faithful = LabelRule::default();
        let uncounted = faithful.uncounted(&cleaned).unwrap();
        assert_eq!(uncounted.short(), "65 of 130: life 52, with them 102");
        let said = uncounted.to_string();
        assert!(
            said.starts_with("65 of 130 cycles dropped as outliers: positions and lives count the others"),
            "{said}"
        );
        assert!(
            said.contains("life to 80 % of nominal capacity: 52 cycles;") && said.ends_with("does: 102 cycles)"),
            "{said}"
        );
        let Verdict::Removed(reason) = faithful.judge(&cleaned).unwrap() else { panic!("longer than 100") };
        assert!(reason.starts_with("life of 52 cycles is not longer than 100; 65 of 130"), "{reason}");
        assert_eq!(faithful.uncounted(&cell(130, |_| false)), None);
        assert_eq!(rule(Counted::All, Unreached::Drop).uncounted(&cleaned), None);
        let unreached = cell(90, |position| position % 2 == 1);
        assert_eq!(
            faithful.uncounted(&unreached).unwrap().short(),
            "45 of 90: life not reached, with them not reached"
        );
    }
}
