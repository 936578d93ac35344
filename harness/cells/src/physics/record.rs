//! What the whole record of a cell of one's own shows: cycles that do not go with their neighbours, a nominal capacity or a life that
//! does not go with the record, samples that are missing.
//!
//! Published cells are not held against this: how long they lived is known, and their publishers' outliers are theirs.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    Doubt, MUCH, Seen, Weight,
    middle::{median, quantile},
    rests::is_stand_in,
};
use crate::catalogue;
use crate::cell::{LifeRecord, Origin};
use crate::count::ah;

/// Share of the nominal capacity at which no publisher calls a life ended.
const UNENDED: f64 = 0.84;
/// Cycles on either side that show what is usual.
const AROUND: usize = 5;
/// Share of the nominal capacity by which a cycle lies below its neighbours that is no scatter.
const DIP: f64 = 0.1;
/// Share of the nominal capacity that no end of life lies above.
const HIGHEST_END: f64 = 0.9;
/// Share of the nominal capacity that a cell does not win back for good.
const RISE: f64 = 0.08;
/// Share of the nominal capacity by which a capacity falls at once where something has happened, …
const STEP: f64 = 0.02;
/// Cycles on either side of it, …
pub(super) const SETTLED: usize = 20;
/// … and times its scatter.
pub(super) const STEPS: f64 = 8.0;
/// Shares of the nominal capacity that new cells give.
const NEW: std::ops::Range<f64> = 0.85..1.2;
/// End of life as a share of the nominal capacity, to which lives are declared.
const END: f64 = 0.8;
/// Share of the nominal capacity that is a half.
const HALF: f64 = 0.3;
/// Share of the nominal capacity that is none.
const NONE: f64 = 0.02;

/// What is usual before a position, which has so many before it, and from it on.
pub(super) fn around(capacity: &[f64], position: usize) -> Option<(f64, f64)> {
    let before = &capacity[position - AROUND..position];
    let after = &capacity[position..capacity.len().min(position + AROUND)];
    Some((median(before)?, median(after)?))
}

/// The same as it is told, Ah.
pub(super) fn told_around(capacity: &[f64], position: usize) -> (String, String) {
    around(capacity, position).map(|(before, after)| (ah(before), ah(after))).unwrap_or_default()
}

impl Seen<'_> {
    /// All doubts of the record; none of a published cell.
    pub(super) fn record(&self) -> Vec<Doubt> {
        if catalogue::find(self.cell.id()).is_some() {
            return Vec::new();
        }
        let mut doubts = vec![
            self.undischarged(),
            self.repeated(),
            self.in_turn(),
            self.other_rate(),
            self.offset(),
            self.counters(),
        ];
        doubts.extend(self.against_turns().into_iter().map(Some));
        doubts.extend([self.strays(), self.other_temperature(), self.hole(), self.sparse(), self.rounded_voltages()]);
        if let LifeRecord::Capacity(capacity) = self.cell.life() {
            doubts.extend([
                self.beginning(capacity),
                self.dip(capacity),
                self.sudden_end(capacity),
                self.rise(capacity).or_else(|| self.step_up(capacity)),
                self.fall(capacity).or_else(|| self.step_down(capacity)),
                self.returns(capacity),
                self.overlap(capacity),
                self.life_as_declared(capacity),
            ]);
        }
        doubts.into_iter().flatten().collect()
    }

    /// Whether a cycle gives so much that it is one of the ageing.
    pub(super) fn is_whole(&self, facts: &super::Facts) -> bool {
        facts.discharged > HALF * self.nominal
    }

    /// The source's number of the cycle at a position, which may lie behind those at hand.
    pub(super) fn number(&self, position: usize) -> u32 {
        let cycles = self.cell.cycles();
        match (cycles.get(position), cycles.last()) {
            (Some(cycle), _) => cycle.number,
            (None, Some(last)) => last.number.saturating_add((position + 1 - cycles.len()) as u32),
            (None, None) => position as u32 + 1,
        }
    }

    pub(super) fn of_positions(
        &self,
        positions: &[usize],
        all: usize,
        what: impl FnOnce(usize) -> String,
    ) -> Option<Doubt> {
        let &first = positions.first()?;
        Some(Doubt { weight: Weight::Flag, cycle: Some((self.number(first), positions.len(), all)), what: what(first) })
    }

    fn beginning(&self, capacity: &[f64]) -> Option<Doubt> {
        let nominal = self.nominal;
        // formation and one odd cycle do not count
        let mut given: Vec<f64> = capacity.iter().take(20).copied().filter(|given| *given > NONE * nominal).collect();
        given.sort_by(f64::total_cmp);
        let typical = *given.get(9 * given.len() / 10)?;
        let share = typical / nominal;
        // beyond these bounds others say it
        if NEW.contains(&share) || !(0.1..MUCH).contains(&share) {
            return None;
        }
        let percent = 100.0 * share;
        let follows = match share {
            _ if share <= END => {
                "to 80 % of that it is dead from its first cycles on; the nominal capacity seems to be another cell's, or its \
                 cycles use a part of it only: then write what they begin with"
            }
            _ if share < 1.0 => {
                "it is near the end of its life from its first cycles on, or the nominal capacity is another"
            }
            _ => "a life to a share of that is too long; the nominal capacity seems to be another cell's",
        };
        let what = format!(
            "it begins with {typical} Ah, {percent:.0} % of the nominal capacity of {nominal} Ah: {follows}",
            typical = ah(typical)
        );
        Some(Doubt { weight: Weight::Flag, cycle: None, what })
    }

    /// What a cycle lies below, by its neighbours; none where these are too few.
    fn usual(capacity: &[f64], position: usize) -> Option<f64> {
        let before = &capacity[position.saturating_sub(AROUND)..position];
        let after = &capacity[position + 1..capacity.len().min(position + 1 + AROUND)];
        let after = median(after).filter(|_| after.len() > 1)?;
        Some(match median(before) {
            Some(before) if position > 1 => before.min(after),
            _ => after,
        })
    }

    fn dip(&self, capacity: &[f64]) -> Option<Doubt> {
        let nominal = self.nominal;
        let is_dip = |position: &usize| {
            let given = capacity[*position];
            given <= HIGHEST_END * nominal
                && Self::usual(capacity, *position).is_some_and(|usual| given < usual - DIP * nominal)
        };
        let dips: Vec<usize> = (0..capacity.len()).filter(is_dip).collect();
        self.of_positions(&dips, capacity.len(), |first| {
            format!(
                "it gives {} Ah, and the cycles around it {} Ah: a life that ends with the first cycle under its threshold \
                 may rest on it; if it is wrong or no cycle of the ageing, write its number under `leave_out`, or drop it by \
                 `data repair --rule drop-cycles={}`",
                ah(capacity[first]),
                ah(Self::usual(capacity, first).unwrap_or_default()),
                self.number(first)
            )
        })
    }

    fn sudden_end(&self, capacity: &[f64]) -> Option<Doubt> {
        let (last, before) = capacity.split_last()?;
        let before = &before[before.len().saturating_sub(2 * AROUND)..];
        let usual = median(before).filter(|_| before.len() >= AROUND)?;
        let steepest = before.windows(2).map(|pair| pair[0] - pair[1]).fold(0.0, f64::max);
        let lacking = before.last()? - last;
        let is_sudden = *last <= HIGHEST_END * self.nominal && lacking > DIP * self.nominal && lacking > 4.0 * steepest;
        let what = |_| {
            format!(
                "the last cycle gives {last} Ah, and those before it {usual} Ah: a life that ends with it rests on one cycle",
                last = ah(*last),
                usual = ah(usual)
            )
        };
        self.of_positions(&[capacity.len() - 1][..usize::from(is_sudden)], capacity.len(), what)
    }

    fn rise(&self, capacity: &[f64]) -> Option<Doubt> {
        let rises = (AROUND..(capacity.len() + 1).saturating_sub(AROUND)).filter(|&position| {
            capacity[position] > capacity[position - 1] + 0.5 * RISE * self.nominal
                && around(capacity, position).is_some_and(|(before, after)| after > before + RISE * self.nominal)
        });
        self.of_positions(&rises.collect::<Vec<_>>(), capacity.len(), |first| {
            let (before, after) = told_around(capacity, first);
            format!(
                "the capacity rises from {before} to {after} Ah, and stays there: the files are in another order or of \
                 another cell, or the cycles before are of another kind"
            )
        })
    }

    /// The other way round, and at the end of a record by as few as two cycles.
    fn fall(&self, capacity: &[f64]) -> Option<Doubt> {
        // a knee goes down in many steps, none of them most of the way
        let is_fall = |position: &usize| {
            around(capacity, *position).is_some_and(|(before, after)| {
                let step = capacity[position - 1] - capacity[*position];
                before - after > RISE * self.nominal && step > 0.5 * (before - after)
            })
        };
        let falls: Vec<usize> = (AROUND..capacity.len().saturating_sub(1)).filter(is_fall).collect();
        self.of_positions(&falls, capacity.len(), |first| {
            let (before, after) = told_around(capacity, first);
            format!(
                "the capacity falls from {before} to {after} Ah in one step, and stays there: from here on it seems to be cycled \
                 otherwise, or to be another cell, or part of what it gives is not counted; a life may rest on that"
            )
        })
    }

    /// A step that is no scatter of this record, down for good: cycles that lack are one way to it.
    fn step_down(&self, capacity: &[f64]) -> Option<Doubt> {
        // at its ends a record may do what it likes
        let inside = SETTLED..(capacity.len() + 1).saturating_sub(SETTLED);
        let down = |position: usize| around(capacity, position).map(|(before, after)| before - after);
        let all: Vec<f64> = inside.clone().filter_map(down).collect();
        let fade = median(&all)?;
        let scatter = median(&all.iter().map(|down| (down - fade).abs()).collect::<Vec<f64>>())?;
        let is_step = |position: &usize| {
            down(*position).is_some_and(|down| {
                let step = capacity[position - 1] - capacity[*position];
                down - fade > (STEP * self.nominal).max(STEPS * scatter) && step > 0.6 * down
            })
        };
        let steps: Vec<usize> = inside.filter(is_step).collect();
        self.of_positions(&steps, capacity.len(), |first| {
            let (before, after) = told_around(capacity, first);
            format!(
                "the capacity falls from {before} to {after} Ah at once and stays there, as it does nowhere else in the record: cycles may be \
                 missing before it, as where a file lacks and clock and numbers begin anew, or it is cycled otherwise from here on"
            )
        })
    }

    /// Copies to the last digit, or in other digits where these are more.
    fn repeated(&self) -> Option<Doubt> {
        let count = |doubt: &Doubt| doubt.cycle.map_or(0, |(_, count, _)| count);
        // the same number are the same cycles
        [self.again(), self.twice()].into_iter().flatten().max_by_key(count)
    }

    /// Cycles that are copies of others: no two measurements agree in every digit.
    fn twice(&self) -> Option<Doubt> {
        /// Samples that do not agree by chance.
        const ENOUGH: usize = 20;
        // the lab's curves are rounded, and a cycle may come out as the one before
        if self.cell.info().origin == Origin::Virtual {
            return None;
        }
        let cycles = self.cell.cycles();
        let is_measured = |position: usize| {
            cycles[position].voltage.iter().map(|value| value.to_bits()).collect::<HashSet<u64>>().len() >= ENOUGH
        };
        let mut first_of = HashMap::new();
        let (mut copies, mut of) = (Vec::new(), 0);
        for (position, cycle) in cycles.iter().enumerate() {
            let mut hasher = DefaultHasher::new();
            [&cycle.voltage, &cycle.current].into_iter().flatten().for_each(|value| value.to_bits().hash(&mut hasher));
            // counters that go on through all cycles leave other last digits
            let rounded = cycle.discharge_capacity.iter().map(|value| (value * 1e7).round().to_bits());
            rounded.for_each(|bits| bits.hash(&mut hasher));
            let first = *first_of.entry(hasher.finish()).or_insert(position);
            if first != position && is_measured(position) && !is_stand_in(cycle) {
                of = if copies.is_empty() { first } else { of };
                copies.push(position);
            }
        }
        self.of_positions(&copies, cycles.len(), |_| {
            format!(
                "it is cycle {} again, to the last digit: rows or files stand twice, and the cycles behind are counted too late; leave \
                 the copies out of the file, or drop these cycles",
                self.number(of)
            )
        })
    }

    /// A life that somebody states, against the record.
    fn life_as_declared(&self, capacity: &[f64]) -> Option<Doubt> {
        let declared = self.cell.info().published_life?;
        let tolerance = (0.02 * declared).max(3.0);
        let threshold = END * self.nominal;
        let life = |position: usize| (position + 2) as f64;
        let first = capacity.iter().position(|given| *given <= threshold);
        let for_good = capacity.iter().rposition(|given| *given > threshold).map_or(0, |last| last + 1);
        let what = match first {
            Some(first) if declared < life(first) - tolerance => {
                format!("its record comes to 80 % of the nominal capacity after {} cycles only", life(first))
            }
            Some(_) if for_good < capacity.len() && declared > life(for_good) + tolerance => {
                format!("its record is at 80 % of the nominal capacity after {} cycles", life(for_good))
            }
            None if declared < life(capacity.len()) - tolerance => {
                let last = 100.0 * capacity.last()? / self.nominal;
                format!("its record goes on for {} cycles, to {last:.0} % of the nominal capacity", capacity.len())
            }
            // the number of cycles that were made is easily taken for a life
            None if declared <= life(capacity.len()) + tolerance && *capacity.last()? > UNENDED * self.nominal => {
                let last = 100.0 * capacity.last()? / self.nominal;
                format!(
                    "its record ends there, at {last:.0} % of the nominal capacity; if its test goes on, write `alive: true`"
                )
            }
            _ => return None,
        };
        let what = format!(
            "its life is said to be {declared} cycles, and {what}: one of the two, or the nominal capacity, is wrong"
        );
        Some(Doubt { weight: Weight::Flag, cycle: None, what })
    }

    fn undischarged(&self) -> Option<Doubt> {
        let nominal = self.nominal;
        let doubt = self.doubt(
            &|facts| facts.samples > 0,
            &|facts| facts.has_charge && facts.charged > HALF * nominal && facts.discharged < NONE * nominal,
            |facts| {
                format!(
                    "{} Ah went in and nothing came out: the cycles seem to be divided wrongly, so that halves count as cycles; \
                     of a cycler's files, write another way under `cycles`: column, step or current",
                    ah(facts.charged)
                )
            },
        )?;
        let (_, count, all) = doubt.cycle?;
        let weight = if 3 * count >= all { Weight::Refuse } else { Weight::Flag };
        (10 * count >= all).then_some(Doubt { weight, ..doubt })
    }

    fn hole(&self) -> Option<Doubt> {
        // the lab loses samples on purpose, and of discharges in several stages a long one whole
        if self.cell.info().origin == Origin::Virtual {
            return None;
        }
        self.flag(&|facts| self.is_whole(facts), &|facts| facts.hole.is_some(), |facts| {
            let (hole, usual) = facts.hole.map(|(hole, usual)| (ah(hole), ah(usual))).unwrap_or_default();
            format!(
                "{hole} Ah of its discharge lie between two samples, and {usual} Ah between most others: samples are missing, \
                 and its curve is drawn straight there"
            )
        })
    }

    fn sparse(&self) -> Option<Doubt> {
        let whole = |facts: &&super::Facts| self.is_whole(facts);
        let of_whole =
            |value: fn(&super::Facts) -> f64, share: f64| quantile(self.cycles.iter().filter(whole).map(value), share);
        // where most lack, the others still show it
        let samples = of_whole(|facts| facts.in_half[1] as f64, 0.75)?;
        let discharged = of_whole(|facts| facts.discharged, 0.5)?;
        let current = of_whole(|facts| facts.largest_current, 0.5)?;
        self.flag(
            &|facts| self.is_whole(facts),
            &|facts| {
                4.0 * (facts.in_half[1] as f64) < samples
                    && facts.discharged > 0.7 * discharged
                    && facts.largest_current < 1.5 * current
            },
            |facts| {
                format!(
                    "its discharge has {} samples, and that of others {samples:.0}: samples are missing",
                    facts.in_half[1]
                )
            },
        )
    }
}

#[cfg(test)]
mod tests;
