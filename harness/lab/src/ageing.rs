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

#[cfg(test)]
mod tests {
    use super::super::cell_balance::Polarisation;
    use super::super::half_cell::{HalfCell, Material};
    use super::*;

    const CAPACITY: f64 = 1.1;

    fn fresh() -> LoadedCell {
        LoadedCell {
            positive: HalfCell::of(Material::Lfp),
            negative: HalfCell::of(Material::GraphiteSafari),
            balance: Balance { negative: 1.375, positive: 1.25, lithium: 1.125 },
            polarisation: Polarisation { resistance: 0.016, exchange_current: 3.3, diffusion: 0.012 },
        }
    }

    fn charged(cell: &LoadedCell) -> f64 {
        cell.stoichiometry_at(3.6, 0.022)
    }

    fn capacity(cell: &LoadedCell) -> f64 {
        (charged(cell) - cell.stoichiometry_at(2.0, -0.022)) * cell.balance.negative
    }

    fn worn(wear: Wear) -> LoadedCell {
        wear.applied_to(fresh(), CAPACITY)
    }

    #[test]
    fn lost_lithium_costs_as_much_capacity() {
        let lost = capacity(&fresh()) - capacity(&worn(Wear { lithium: 0.05, ..Wear::default() }));
        assert!((lost - 0.05 * CAPACITY).abs() < 0.002, "{lost} Ah");
    }

    #[test]
    fn lost_negative_sites_fill_the_rest_further_but_cost_no_capacity_at_first() {
        let cell = worn(Wear { negative: 0.05, ..Wear::default() });
        assert!(capacity(&fresh()) - capacity(&cell) < 0.005);
        assert!(charged(&cell) > charged(&fresh()) + 0.03);
    }

    #[test]
    fn resistance_costs_capacity_only_under_current() {
        let cell = worn(Wear { resistance: 1.0, ..Wear::default() });
        let fast = |cell: &LoadedCell| (charged(cell) - cell.stoichiometry_at(2.0, -4.4)) * cell.balance.negative;
        assert!((capacity(&fresh()) - capacity(&cell)).abs() < 0.005);
        assert!(fast(&cell) < fast(&fresh()) - 0.01);
    }

    #[test]
    fn wear_grows_and_plating_speeds_it_up() {
        let rates = Ageing {
            sei: 0.012,
            cycling: 0.03,
            negative_sites: 0.22,
            positive_sites: 0.01,
            plating: 1.0,
            plating_onset: 0.90,
            resistance: 0.15,
        };
        let follow = |rates| Path::follow(rates, fresh(), CAPACITY, charged, capacity, 0.88);
        let plating = follow(rates);
        for pair in plating.states.windows(2) {
            assert!(pair[1].lithium > pair[0].lithium && pair[1].negative > pair[0].negative);
        }
        let last = plating.states.last().unwrap();
        assert!(capacity(&worn(*last)) < 0.88);
        let without = follow(Ageing { plating: 0.0, ..rates });
        assert!(without.end() > 1.5 * plating.end(), "{} against {}", without.end(), plating.end());
        // between and beyond the states
        assert_eq!(plating.at(0.0), Wear::default());
        assert_eq!(plating.at(1e9), *last);
        let (before, after) = (plating.states[3], plating.states[4]);
        assert!((plating.at(3.5 * STEP).lithium - 0.5 * (before.lithium + after.lithium)).abs() < 1e-12);
    }
}
