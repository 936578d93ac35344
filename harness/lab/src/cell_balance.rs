//! Two electrodes that share one inventory of lithium, and the voltage they give under a current.

use super::half_cell::HalfCell;

/// Thermal voltage of two electrons' worth of overpotential, 2RT/F at 25 °C, in V.
const KINETIC_VOLTAGE: f64 = 0.0514;

/// Electrode capacities and lithium inventory of a cell, in Ah.
///
/// The negative electrode holds `x` of its sites, the positive `y`; x·`negative` + y·`positive` = `lithium` at all
/// times. Slippage of the two potential curves against each other when lithium or sites are lost follows from that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Balance {
    /// Capacity of the negative electrode from x = 0 to 1.
    pub(super) negative: f64,
    /// Capacity of the positive electrode from y = 0 to 1.
    pub(super) positive: f64,
    /// Cyclable lithium.
    pub(super) lithium: f64,
}

/// What a current costs in voltage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polarisation {
    /// Ω.
    pub(super) resistance: f64,
    /// A; both charge-transfer reactions in one.
    pub(super) exchange_current: f64,
    /// h; the surface of a particle runs ahead of its mean by current × this / electrode capacity.
    pub(super) diffusion: f64,
}

/// The pair of potential curves with one state of ageing.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoadedCell {
    /// Potential of the positive electrode.
    pub(super) positive: &'static HalfCell,
    /// Potential of the negative electrode.
    pub(super) negative: &'static HalfCell,
    /// Sites and lithium.
    pub(super) balance: Balance,
    /// Losses under current.
    pub(super) polarisation: Polarisation,
}

impl LoadedCell {
    /// V at negative stoichiometry `x` and `current` (A, charge positive). `developed` (0 to 1) is how far the
    /// concentration profiles have built up since the current was switched on. Rises with `x` and with `current`.
    pub(super) fn voltage(&self, x: f64, current: f64, developed: f64) -> f64 {
        let Balance { negative, positive, lithium } = self.balance;
        let y = (lithium - x * negative) / positive;
        let ahead = current * self.polarisation.diffusion * developed;
        let charge_transfer = KINETIC_VOLTAGE * (current / (2.0 * self.polarisation.exchange_current)).asinh();
        self.positive.potential(y - ahead / positive) - self.negative.potential(x + ahead / negative)
            + current * self.polarisation.resistance
            + charge_transfer
    }

    /// The stoichiometry of the negative electrode at which the cell shows `voltage` under a steady `current`.
    pub(super) fn stoichiometry_at(&self, voltage: f64, current: f64) -> f64 {
        root(-0.2, 1.2, |x| self.voltage(x, current, 1.0) - voltage)
    }

    /// The steady current of the same direction as `limit`, and no larger, that keeps the voltage inside `voltage`:
    /// constant current until the limit is met, constant voltage afterwards.
    pub(super) fn current_within(&self, x: f64, limit: f64, voltage: f64, developed: f64) -> f64 {
        let beyond = |current: f64| (self.voltage(x, current, developed) - voltage) * limit.signum();
        if beyond(limit) <= 0.0 {
            return limit;
        }
        let share = root(0.0, 1.0, |share| beyond(share * limit));
        share * limit
    }
}

/// The root of an increasing function, by bisection with secant steps (Illinois).
fn root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut below, mut above) = (function(low), function(high));
    if below >= 0.0 {
        return low;
    }
    if above <= 0.0 {
        return high;
    }
    for step in 0..80 {
        // potential curves have walls where a secant crawls; every third step halves the bracket
        let guess = if step % 3 == 2 { 0.5 * (low + high) } else { high - above * (high - low) / (above - below) };
        let value = function(guess);
        if value.abs() < 1e-10 || high - low < 1e-12 {
            return guess;
        }
        if value < 0.0 {
            (low, below) = (guess, value);
            above *= 0.5;
        } else {
            (high, above) = (guess, value);
            below *= 0.5;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::super::half_cell::Material;
    use super::*;

    fn cell() -> LoadedCell {
        LoadedCell {
            positive: HalfCell::of(Material::Lfp),
            negative: HalfCell::of(Material::GraphiteSafari),
            balance: Balance { negative: 1.4, positive: 1.25, lithium: 1.2 },
            polarisation: Polarisation { resistance: 0.016, exchange_current: 3.0, diffusion: 0.01 },
        }
    }

    #[test]
    fn open_circuit_voltage_rises_with_charge_and_current_polarises() {
        let cell = cell();
        let mut before = f64::NEG_INFINITY;
        for step in 0..=100 {
            let x = f64::from(step) / 125.0;
            let rest = cell.voltage(x, 0.0, 1.0);
            assert!(rest > before);
            assert!(cell.voltage(x, 1.1, 1.0) > rest && cell.voltage(x, -1.1, 1.0) < rest);
            before = rest;
        }
    }

    #[test]
    fn the_end_of_a_half_cycle_is_where_the_limit_is_met() {
        let cell = cell();
        for (voltage, current) in [(3.6, 0.02), (2.0, -4.4), (2.0, -0.02), (3.3, 1.0)] {
            let x = cell.stoichiometry_at(voltage, current);
            assert!((cell.voltage(x, current, 1.0) - voltage).abs() < 1e-6);
        }
    }

    #[test]
    fn current_falls_once_the_voltage_limit_is_met() {
        let cell = cell();
        let full = cell.stoichiometry_at(3.6, 0.02);
        assert_eq!(cell.current_within(0.3, 4.4, 3.6, 1.0), 4.4);
        let late = cell.current_within(full - 0.01, 4.4, 3.6, 1.0);
        assert!(late > 0.02 && late < 4.4);
        assert!((cell.voltage(full - 0.01, late, 1.0) - 3.6).abs() < 1e-6);
        let empty = cell.stoichiometry_at(2.0, -0.02);
        let tail = cell.current_within(empty + 0.002, -4.4, 2.0, 1.0);
        assert!(tail < -0.02 && tail > -4.4);
    }
}
