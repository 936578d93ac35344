//! A capacity that rises at one cycle and stays there, where none does of itself: a current that is measured otherwise from there on.

use super::record::{SETTLED, STEPS, around, told_around};
use super::{Doubt, Seen, middle::median};

/// Share of the nominal capacity by which a rest or a check-up does not raise a capacity for good.
const RISE: f64 = 0.035;
/// Cycles after which what a rest has won back is lost again, …
const LASTING: usize = 30;
/// … that are looked at from there on, …
const LATER: usize = 10;
/// … and the share of a rise that is still there then, beside what the cell fades.
const STAYS: f64 = 0.8;

impl Seen<'_> {
    /// A step that is no scatter of this record, up for good.
    pub(super) fn step_up(&self, capacity: &[f64]) -> Option<Doubt> {
        // at its ends a record may do what it likes
        let inside = SETTLED..(capacity.len() + 1).saturating_sub(LASTING + LATER);
        let up = |position: usize| around(capacity, position).map(|(before, after)| after - before);
        let all: Vec<f64> = inside.clone().filter_map(up).collect();
        let fade = median(&all)?;
        let scatter = median(&all.iter().map(|up| (up - fade).abs()).collect::<Vec<f64>>())?;
        let stays = |position: usize, rise: f64| {
            let before = median(&capacity[position - SETTLED..position]);
            let later = median(&capacity[position + LASTING..position + LASTING + LATER]);
            // the middles of the two lie so many cycles apart, and a fade is that of five
            let apart = (LASTING + LATER / 2 + SETTLED / 2) as f64;
            before.zip(later).is_some_and(|(before, later)| later - before - fade * apart / 5.0 > STAYS * rise)
        };
        let is_step = |position: &usize| {
            up(*position).is_some_and(|up| {
                let (rise, step) = (up - fade, capacity[*position] - capacity[position - 1]);
                rise > (RISE * self.nominal).max(STEPS * scatter) && step > 0.6 * up && stays(*position, rise)
            })
        };
        let steps: Vec<usize> = inside.filter(is_step).collect();
        self.of_positions(&steps, capacity.len(), |first| {
            let (before, after) = told_around(capacity, first);
            format!(
                "the capacity rises from {before} to {after} Ah at once and stays there, as that of no cell does of itself: the \
                 current seems to be measured in another range, or the cell to be cycled otherwise, or the files to be of two \
                 cells; say which part is right by giving that alone"
            )
        })
    }
}
