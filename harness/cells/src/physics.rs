//! What cannot be: one set of checks for the cells of every source.
//!
//! A [`Doubt`] names the cycle, the value and what it probably is. Where most cycles show it, a number made of the cell would be
//! wrong, and the cell is not let in; where some do, it may be, and the doubt stays with the cell: an import says it, `data check`
//! counts it as a fault, and a run repeats it. Nothing is kept on disk: the doubts are made of the cell whenever they are asked for.

mod again;
mod counters;
mod end;
mod facts;
mod kinds;
mod limits;
mod middle;
mod overlap;
mod published;
mod raised;
mod record;
mod rests;
mod returns;
mod sampling;
mod sign;

use std::fmt;

use crate::cell::{Cell, LifeRecord, least_current};
use crate::count::ah;
use crate::label::{LabelRule, Unreached};

pub use end::without_unfinished_end;
use facts::Facts;
pub use published::{is_known, is_published};
pub use rests::without_rests;

/// What follows of a doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A number may be wrong.
    Flag,
    /// A number would be wrong.
    Refuse,
}

/// What cannot be, of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// What follows.
    pub weight: Weight,
    /// The source's number of the first cycle that shows it, and how many do, of how many.
    pub cycle: Option<(u32, usize, usize)>,
    /// A fragment: the value, and what it probably is.
    pub what: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cycle {
            Some((number, 1, _)) => write!(formatter, "cycle {number}: {}", self.what),
            Some((number, count, all)) => {
                write!(formatter, "cycle {number} (and so {count} of {all} cycles): {}", self.what)
            }
            None => formatter.write_str(&self.what),
        }
    }
}

impl Doubt {
    /// The doubt, where at least this share of the cycles that it is about raise it: a few are what every record has.
    fn in_share(self, share: f64) -> Option<Self> {
        let is_so = self.cycle.is_some_and(|(_, count, all)| count as f64 >= share * all as f64);
        is_so.then_some(self)
    }
}

/// Ah over nominal that no cell gives, …
const MOST: f64 = 1.5;
/// … that is strange, …
const MUCH: f64 = 1.35;
/// … and that is next to nothing.
const LEAST: f64 = 0.02;
/// Factor between a counter and the integral of the current that sampling explains.
const NEAR: f64 = 1.25;
/// Times the nominal capacity in 1/h that no current is, in cycling.
const FASTEST: f64 = 100.0;
/// Factor between the two that sampling hardly explains.
const APART: f64 = 1.1;
/// Times what went in that no cell gives cycle after cycle, whatever two counters differ by.
const GAINED: f64 = 1.03;
/// Share of the voltage window below which a voltage does not move.
const STILL: f64 = 0.02;
/// The same of one discharge, between its first samples and its last.
const FROZEN: f64 = 5e-4;

/// All doubts about a cell, the heaviest first.
pub fn doubts(cell: &Cell) -> Vec<Doubt> {
    // tables of published curves, whose lives are published too, have neither times nor currents to hold anything against: their
    // importer says which are glitched
    if !cell.has_charge() && matches!(cell.life(), LifeRecord::Published { .. }) {
        return Vec::new();
    }
    let nominal = cell.info().nominal_capacity;
    let cycles: Vec<Facts> = cell.cycles().iter().map(|cycle| Facts::of(cycle, nominal)).collect();
    let seen = Seen { cell, cycles: &cycles, nominal };
    let mut doubts: Vec<Doubt> = [
        seen.sign(),
        seen.mixed(),
        seen.too_much(),
        seen.too_little(),
        seen.against_current().or_else(|| seen.apart_from_current()),
        seen.stuck(),
        seen.turned_counters(),
        seen.unbalanced().or_else(|| seen.gained()),
        seen.joined(),
        seen.begun_anew(),
        seen.carried_over(),
        seen.voltage_unit(),
        seen.beyond_limits(),
        seen.time_back(),
        seen.temperature(),
        seen.few_samples(),
        seen.coarse(),
        seen.idle(),
        seen.no_current(),
        end::doubt(cell),
    ]
    .into_iter()
    .flatten()
    .chain(seen.record())
    .collect();
    doubts.sort_by_key(|doubt| std::cmp::Reverse(doubt.weight));
    doubts
}

/// That the record of a cell shows the end of its life, of one whose test is said to go on; a fragment.
pub fn alive_and_dead(cell: &Cell) -> Option<String> {
    let rule = LabelRule {
        minimum: 0,
        unreached: Unreached::Drop,
        censored_above: LabelRule::default().end_of_life,
        ..LabelRule::default()
    };
    let LifeRecord::Capacity(_) = cell.life() else { return None };
    let life = rule.life(cell).ok().flatten()?;
    Some(format!(
        "it is said to be alive, and its record shows the end of its life, after {life:.0} cycles: leave `alive: true` out of cells.yaml, \
         or see whether the nominal capacity is right"
    ))
}

/// A cell and what its cycles show.
struct Seen<'a> {
    cell: &'a Cell,
    cycles: &'a [Facts],
    nominal: f64,
}

/// What a cycle shows that it should not.
type Test<'a> = &'a dyn Fn(&Facts) -> bool;

impl Seen<'_> {
    /// The doubt that these cycles raise, if any does: refused where at least half of `of` do.
    fn doubt(&self, of: Test<'_>, shows: Test<'_>, what: impl FnOnce(&Facts) -> String) -> Option<Doubt> {
        let all = self.cycles.iter().filter(|facts| of(facts)).count();
        let mut found = self.cycles.iter().zip(self.cell.cycles()).filter(|(facts, _)| of(facts) && shows(facts));
        let (first, cycle) = found.next()?;
        let count = 1 + found.count();
        let weight = if 2 * count >= all { Weight::Refuse } else { Weight::Flag };
        Some(Doubt { weight, cycle: Some((cycle.number, count, all)), what: what(first) })
    }

    fn flag(&self, of: Test<'_>, shows: Test<'_>, what: impl FnOnce(&Facts) -> String) -> Option<Doubt> {
        self.doubt(of, shows, what).map(|doubt| Doubt { weight: Weight::Flag, ..doubt })
    }

    fn mixed(&self) -> Option<Doubt> {
        self.doubt(&|facts| facts.samples > 20, &|facts| facts.zigzag > 0.25, |facts| {
            format!(
                "the voltage goes to and fro in {:.0} % of its samples: two tests seem to be mixed",
                100.0 * facts.zigzag
            )
        })
    }

    fn too_much(&self) -> Option<Doubt> {
        let nominal = self.nominal;
        let most = |facts: &Facts| facts.discharged.max(facts.charged);
        let grows = {
            let capacities: Vec<f64> = self.cycles.iter().map(most).collect();
            capacities.len() > 2
                && capacities.windows(2).filter(|pair| pair[1] > pair[0] + 0.3 * nominal).count() * 3
                    > 2 * capacities.len() - 2
        };
        let probably = move |value: f64| match value / nominal {
            _ if grows => "it grows from cycle to cycle: the counter of capacity seems never to be reset".to_owned(),
            ratio if (300.0..3000.0).contains(&ratio) => "the capacity seems to be in mAh".to_owned(),
            ratio if (2.0..3.5).contains(&ratio) => {
                "several cycles seem to be joined, or the nominal capacity is another".to_owned()
            }
            _ => "the capacity or the nominal capacity seems to be wrong".to_owned(),
        };
        let doubt = self.doubt(&|_| true, &|facts| most(facts) > MOST * nominal, |facts| {
            let value = most(facts);
            format!(
                "{value} Ah, {:.1} times the nominal capacity of {nominal} Ah: {}",
                value / nominal,
                probably(value),
                value = ah(value)
            )
        });
        // a spike is one; a unit that changes in the middle of a record stays changed
        let of_another_unit = self.cycles.iter().filter(|facts| most(facts) > 10.0 * nominal).count();
        let is_changed = of_another_unit > 1 && 10 * of_another_unit >= self.cycles.len();
        let doubt = doubt.map(|doubt| if is_changed { Doubt { weight: Weight::Refuse, ..doubt } } else { doubt });
        doubt.or_else(|| {
            self.flag(&|_| true, &|facts| most(facts) > MUCH * nominal, |facts| {
                format!("{} Ah is more than a cell of {nominal} Ah gives", ah(most(facts)))
            })
        })
    }

    fn too_little(&self) -> Option<Doubt> {
        let mut early: Vec<f64> =
            self.cycles.iter().take(100).filter(|facts| facts.samples > 0).map(|facts| facts.discharged).collect();
        if early.is_empty() {
            return None;
        }
        early.sort_by(f64::total_cmp);
        let typical = early[early.len() / 2];
        let nominal = self.nominal;
        let (weight, probably) = match typical / nominal {
            ratio if ratio < LEAST => (
                Weight::Refuse,
                "the capacity, the current or the nominal capacity seems to be in another unit, such as mAh for Ah",
            ),
            ratio if ratio < 0.1 => {
                (Weight::Flag, "the nominal capacity, or the unit of the current, seems to be wrong")
            }
            _ => return None,
        };
        let what = format!(
            "a cycle gives {typical} Ah, {:.2} % of the nominal capacity of {nominal} Ah: {probably}",
            100.0 * typical / nominal,
            typical = ah(typical)
        );
        Some(Doubt { weight, cycle: None, what })
    }

    /// The counter by the integral of the current.
    fn counted(&self, facts: &Facts) -> Option<f64> {
        let [charged, discharged] =
            [(facts.charged, facts.integral[0]), (facts.discharged, facts.integral[1])].map(|(counted, integral)| {
                let integral = integral?;
                (counted.max(integral) > 0.05 * self.nominal).then(|| counted / integral.max(1e-12))
            });
        discharged.or(charged)
    }

    /// What is too little to say which of the two is wrong, and too much for sampling, where most cycles show it.
    fn apart_from_current(&self) -> Option<Doubt> {
        let fine = |facts: &Facts| facts.in_half[1] > 50 && self.counted(facts).is_some();
        let apart = |facts: &Facts| self.counted(facts).is_some_and(|ratio| !(1.0 / APART..=APART).contains(&ratio));
        let doubt = self.flag(&fine, &apart, |facts| {
            format!(
                "the counter of capacity says {:.2} times what the current over time gives: one of the two is off",
                self.counted(facts).unwrap_or(1.0)
            )
        })?;
        doubt.in_share(0.5)
    }

    fn stuck(&self) -> Option<Doubt> {
        let (low, high) = self.cell.info().voltage_limits;
        let all = self.flag(
            &|facts| facts.discharged > 0.3 * self.nominal && facts.in_half[1] >= sampling::FEWEST,
            &|facts| facts.typical_voltage.1 - facts.typical_voltage.0 < STILL * (high - low),
            |facts| {
                format!(
                    "the voltage stays at {:.3} V while {} Ah pass: it was not measured",
                    facts.typical_voltage.0,
                    ah(facts.discharged)
                )
            },
        );
        // a plateau is flat, and its voltage moves by noise at least, and at its ends
        let is_frozen = |facts: &Facts| facts.discharge_span.is_some_and(|span| span < FROZEN * (high - low));
        let whole = |facts: &Facts| facts.discharged > 0.3 * self.nominal && facts.in_half[1] >= 2 * sampling::FEWEST;
        all.or_else(|| {
            self.flag(&whole, &is_frozen, |facts| {
                format!(
                    "the voltage stays within {:.1} mV while {} Ah are discharged: it was not measured in discharge",
                    1e3 * facts.discharge_span.unwrap_or_default(),
                    ah(facts.discharged)
                )
            })
        })
    }

    fn against_current(&self) -> Option<Doubt> {
        let nominal = self.nominal;
        let ratio = |facts: &Facts| self.counted(facts);
        let probably = move |facts: &Facts, ratio: f64| {
            let near = |factor: f64| (ratio / factor).max(factor / ratio) < 1.3;
            let counter_fits = (0.3..MOST).contains(&(facts.discharged.max(facts.charged) / nominal));
            match () {
                // what flows is no more than a cell of this size stands
                () if near(1e-3) && counter_fits && facts.largest_current < FASTEST * nominal => {
                    "the time seems to be in ms"
                }
                () if near(1e-3) && counter_fits => "the current seems to be in mA",
                () if near(1e3) && counter_fits => "the current seems to be in kA, or the time in ms",
                () if near(1e3) => "the capacity seems to be in mAh",
                () if near(1e-3) => "the current seems to be in mA, or the capacity in another unit",
                () if near(60.0) => "the time seems to be in min",
                () if near(3600.0) => "the time seems to be in h",
                () if near(86_400.0) => "the time seems to be in days",
                () if near(0.1) || near(10.0) => "the current seems to be ten times another",
                () => "current, time and capacity do not belong together",
            }
        };
        self.doubt(
            // where samples are missing, the current between them is nobody's, and that is said
            &|facts| ratio(facts).is_some() && facts.hole.is_none(),
            &|facts| ratio(facts).is_some_and(|ratio| !(1.0 / NEAR..=NEAR).contains(&ratio)) && !facts.is_of_one_gap(),
            |facts| {
                let ratio = ratio(facts).unwrap_or(1.0);
                let integral = facts.integral[1].unwrap_or_default().max(if facts.discharged > 0.0 {
                    0.0
                } else {
                    facts.integral[0].unwrap_or_default()
                });
                format!(
                    "the counter says {} Ah, the current over time {integral} Ah: {}",
                    ah(facts.discharged),
                    probably(facts, ratio),
                    integral = ah(integral)
                )
            },
        )
    }

    fn unbalanced(&self) -> Option<Doubt> {
        let both = |facts: &Facts| facts.has_charge && facts.charged.max(facts.discharged) > 0.1 * self.nominal;
        let doubt = self.flag(
            &both,
            &|facts| facts.discharged > 1.5 * facts.charged || facts.charged > 1.5 * facts.discharged,
            |facts| {
                format!(
                    "{} Ah went in and {} Ah came out: a half is not on record, or one of the counters is wrong",
                    ah(facts.charged),
                    ah(facts.discharged)
                )
            },
        )?;
        doubt.in_share(0.5)
    }

    /// More that comes out than goes in, cycle after cycle: no cell has that.
    fn gained(&self) -> Option<Doubt> {
        let both = |facts: &Facts| facts.has_charge && facts.charged.min(facts.discharged) > 0.3 * self.nominal;
        let doubt = self.flag(&both, &|facts| facts.discharged > GAINED * facts.charged, |facts| {
            format!(
                "{} Ah went in and {} Ah came out, more than went in, and so in most cycles: the counter or the current of one half is \
                 wrong, as by another range or an offset",
                ah(facts.charged), ah(facts.discharged)
            )
        })?;
        let (.., all) = doubt.cycle?;
        doubt.in_share(0.9).filter(|_| all >= 10)
    }

    fn joined(&self) -> Option<Doubt> {
        self.doubt(&|facts| facts.samples > 0, &|facts| facts.full_discharges > 1, |facts| {
            format!(
                "{} discharges in one cycle: cycles seem to be joined, as where their number begins anew; of a cycler's files, write `cycles: current` to divide them by the sign of the current",
                facts.full_discharges
            )
        })
    }

    fn begun_anew(&self) -> Option<Doubt> {
        self.doubt(&|facts| facts.discharged > 0.05 * self.nominal, &|facts| facts.reset.is_some(), |facts| {
            let (from, to) = facts.reset.unwrap_or_default();
            format!(
                "the capacity falls from {from} to {to} Ah in the middle of a half: the counter begins anew at a step",
                from = ah(from),
                to = ah(to)
            )
        })
    }

    fn carried_over(&self) -> Option<Doubt> {
        self.doubt(&|facts| facts.samples > 0, &|facts| facts.carried.is_some(), |facts| {
            format!(
                "it begins with {} Ah of discharge: samples of the cycle before seem to be counted to it, or the counter is not reset",
                ah(facts.carried.unwrap_or_default())
            )
        })
    }

    fn idle(&self) -> Option<Doubt> {
        let any = self.cycles.iter().any(|facts| facts.discharged > 0.1 * self.nominal);
        let is_idle = |facts: &Facts| facts.samples > 0 && facts.charged.max(facts.discharged) < 0.01 * self.nominal;
        self.flag(&|facts| any && facts.samples > 0, &is_idle, |facts| {
            format!("{} Ah: it is nothing but rest, and counts as a cycle that ends life", ah(facts.discharged))
        })
    }

    fn no_current(&self) -> Option<Doubt> {
        let any = self.cycles.iter().any(|facts| facts.samples > 0);
        let least = least_current(self.nominal);
        let shown = (least * 1e6).round() / 1e6;
        let largest = self.cycles.iter().map(|facts| facts.largest_current).fold(0.0, f64::max);
        (any && largest < least).then(|| Doubt {
            weight: Weight::Flag,
            cycle: None,
            what: format!(
                "no current reaches {shown} A (the largest is {largest:.2e} A), from which on features count a sample as charge or discharge: \
                 features of so slow a test mean little"
            ),
        })
    }
}
