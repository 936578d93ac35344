//! How a cell ages, as a path of states over a dimensionless ageing time.
//!
//! Mechanisms, after the degradation-mode picture of Birkl et al., J. Power Sources 341, 373 (2017):
//! - loss of lithium to the film on graphite, growing with √time (Smith et al., J. Electrochem. Soc. 158, A247 (2011));
//! - loss of lithium in proportion to time;
//! - loss of delithiated negative sites: capacity hardly changes, but the remaining sites are filled further at each
//!   charge, until lithium plates (the path to the knee in Attia et al., J. Electrochem. Soc. 169, 060517 (2022));
//! - loss of positive sites with the lithium in them;
//! - growth of resistance.

use super::cell_balance::{Balance, LoadedCell};
use super::recipe::Ageing;

/// Losses so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Wear {
    /// Lithium lost, as a fraction of fresh capacity.
    pub(super) lithium: f64,
    /// Negative sites lost, as a fraction.
    pub(super) negative: f64,
    /// Positive sites lost, as a fraction.
    pub(super) positive: f64,
    /// Relative growth of resistance.
    pub(super) resistance: f64,
}

impl Wear {
    fn between(self, other: Self, part: f64) -> Self {
        let mix = |from: f64, to: f64| from + (to - from) * part;
        Self {
            lithium: mix(self.lithium, other.lithium),
            negative: mix(self.negative, other.negative),
            positive: mix(self.positive, other.positive),
            resistance: mix(self.resistance, other.resistance),
        }
    }

    /// The fresh cell with these losses; `capacity` is its fresh capacity in Ah.
    pub(super) fn applied_to(self, fresh: LoadedCell, capacity: f64) -> LoadedCell {
        let Balance { negative, positive, lithium } = fresh.balance;
        let mut worn = fresh;
        // positive sites are lost half full, which takes their lithium along
        let lithium_in_lost_sites = 0.5 * self.positive * positive;
        worn.balance = Balance {
            negative: negative * (1.0 - self.negative),
            positive: positive * (1.0 - self.positive),
            lithium: lithium - self.lithium * capacity - lithium_in_lost_sites,
        };
        worn.polarisation.resistance *= 1.0 + self.resistance;
        worn.polarisation.exchange_current /= 1.0 + 0.5 * self.resistance;
        worn.polarisation.diffusion *= 1.0 + 0.5 * self.resistance + LONGER_PATHS * self.negative;
        worn
    }
}

/// States at equal steps of ageing time from 0.
#[derive(Debug)]
pub(super) struct Path {
    states: Vec<Wear>,
}

const STEP: f64 = 1.0 / 128.0;
const LONGEST: f64 = 8.0;
/// Negative sites lost with each unit of plated lithium.
const CLOGGING: f64 = 0.75;
/// Relative slowing of diffusion with each lost negative site: what is left is reached on longer paths, at higher
/// local current.
const LONGER_PATHS: f64 = 10.0;
/// Width of the onset of plating, in lithium content.
const ONSET_WIDTH: f64 = 0.012;

impl Path {
    /// Lets the cell age until `capacity_of` a worn cell falls under `end` Ah, and a little beyond.
    ///
    /// `charged` gives the lithium content of the charged negative electrode, `fresh_capacity` is in Ah.
    pub(super) fn follow(
        rates: Ageing,
        fresh: LoadedCell,
        fresh_capacity: f64,
        charged: impl Fn(&LoadedCell) -> f64,
        capacity_of: impl Fn(&LoadedCell) -> f64,
        end: f64,
    ) -> Self {
        let mut states = vec![Wear::default()];
        let mut wear = Wear::default();
        let mut plated = 0.0;
        let mut beyond = 0;
        while beyond < 4 && (states.len() as f64) * STEP < LONGEST {
            let cell = wear.applied_to(fresh, fresh_capacity);
            let over = (charged(&cell) - rates.plating_onset) / ONSET_WIDTH;
            // softplus: nothing much before the onset, in proportion to the excess after it
            let plating = rates.plating * ONSET_WIDTH * 12.0 * over.min(40.0).exp().ln_1p();
            let time = states.len() as f64 * STEP;
            plated += plating * STEP;
            wear.lithium = rates.sei * time.sqrt() + rates.cycling * time + plated;
            // plated metal clogs the electrode and isolates its sites: what makes a knee a knee
            wear.negative = (rates.negative_sites * time + CLOGGING * plated).min(0.6);
            wear.positive = (rates.positive_sites * time).min(0.6);
            wear.resistance = rates.resistance * time + 2.0 * plated;
            states.push(wear);
            if capacity_of(&wear.applied_to(fresh, fresh_capacity)) < end {
                beyond += 1;
            }
        }
        Self { states }
    }

    /// The state at an ageing time; the last one afterwards.
    pub(super) fn at(&self, time: f64) -> Wear {
        let place = (time / STEP).max(0.0);
        let step = place as usize;
        match (self.states.get(step), self.states.get(step + 1)) {
            (Some(&from), Some(&to)) => from.between(to, place - step as f64),
            _ => self.states.last().copied().unwrap_or_default(),
        }
    }

    /// The ageing time of the last state.
    pub(super) fn end(&self) -> f64 {
        (self.states.len() - 1) as f64 * STEP
    }
}
