//! Cycles that look like others of the record as no two cycles do: a test that stands there twice, or two tests cycle by cycle.

use super::{Doubt, Seen, Weight};
use crate::portrait::{Features, NEAR, Portrait, apart};

/// Cycles that are looked at; the time it takes goes with their square.
const MOST: usize = 3000;
/// Cycles in a row that do not look like others by chance.
const ENOUGH: usize = 20;
/// Of these, how many must.
const NEARLY_ALL: usize = 16;
/// Cycles that a copy is behind, at least.
const BEHIND: usize = 5;
/// Share of the distance to the neighbours of a cycle that only its copy is within.
const SHARP: f32 = 0.5;
/// mV, or thousandths of the capacity, by which one cycle differs from the next where two tests take turns, …
const TURN: f32 = 2.0;
/// … and times the distance of those of one test.
const TURNS: f32 = 4.0;

impl Seen<'_> {
    /// Parts of the record that stand there once more, in other digits or sampled otherwise.
    pub(super) fn again(&self) -> Option<Doubt> {
        let portrait = Portrait::of(self.cell.cycles());
        let features = &portrait.features()[..portrait.features().len().min(MOST)];
        let (behind, first, count) = (BEHIND..features.len().saturating_sub(ENOUGH))
            .filter_map(|behind| copies(features, behind).map(|(first, count)| (behind, first, count)))
            .max_by_key(|(.., count)| *count)?;
        let [of, copy] = [first, first + behind].map(|position| self.cell.cycles()[position].number);
        let what = format!(
            "it and those after it are cycle {of} and those after it once more, but for digits or sampling ({:.2} mV, and cycles differ \
             by {:.2} mV from their neighbours): a test, or a part of it, stands there twice, and the cycles behind are counted too late; \
             give each part once, or drop these cycles",
            apart(&features[first], &features[first + behind]),
            neighbours(features, first, behind),
        );
        Some(Doubt { weight: Weight::Flag, cycle: Some((copy, count, self.cell.cycles().len())), what })
    }

    /// Two tests whose cycles take turns.
    pub(super) fn in_turn(&self) -> Option<Doubt> {
        let portrait = Portrait::of(self.cell.cycles());
        let features = portrait.features();
        let steps = |position: usize| {
            let next = apart(&features[position], &features[position + 1]);
            (next, apart(&features[position], &features[position + 2]))
        };
        let takes_turns = |position: usize| {
            let (next, after) = steps(position);
            next > TURN && next > TURNS * after
        };
        let turns: Vec<bool> = (0..features.len().saturating_sub(2)).map(takes_turns).collect();
        let first = turns.windows(ENOUGH).position(|window| window[0] && many(window))?;
        let count = turns.iter().filter(|turn| **turn).count();
        let (next, after) = steps(first);
        let what = format!(
            "it differs from the next cycle by {next:.1} mV and from the one after that by {after:.1} mV, and so in turn: two cells, or \
             cycles of two kinds, seem to be in one record; give each cell its own file, or leave one kind out"
        );
        Some(Doubt {
            weight: Weight::Refuse,
            cycle: Some((self.cell.cycles()[first].number, count, features.len())),
            what,
        })
    }
}

fn many(window: &[bool]) -> bool {
    window.iter().filter(|shows| **shows).count() >= NEARLY_ALL
}

/// The least distance of a cycle from the neighbours of the one so many behind it.
fn neighbours(features: &[Features], position: usize, behind: usize) -> f32 {
    let to = |other: usize| features.get(other).map_or(f32::NAN, |other| apart(&features[position], other));
    to(position + behind - 1).min(to(position + behind + 1))
}

/// The first cycle of which there is a copy so many behind, and how many there are; none where they are too few in a row.
fn copies(features: &[Features], behind: usize) -> Option<(usize, usize)> {
    let is_copied = |position: usize| {
        let distance = apart(&features[position], &features[position + behind]);
        distance < NEAR && distance < SHARP * neighbours(features, position, behind)
    };
    let copied: Vec<bool> = (0..features.len() - behind).map(is_copied).collect();
    let first = copied.windows(ENOUGH).position(|window| window[0] && many(window))?;
    Some((first, copied.iter().filter(|copied| **copied).count()))
}
