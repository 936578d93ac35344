//! What a column of a cycler's table is.

use super::unit::Quantity;

/// What a column is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// Since the start of the test.
    Time,
    /// Of the cell.
    Voltage,
    /// Through the cell.
    Current,
    /// Counted while charging.
    ChargeCapacity,
    /// Counted while discharging.
    DischargeCapacity,
    /// Counted in whichever direction the current flows.
    Capacity,
    /// The cycler's number of the cycle.
    Cycle,
    /// The cycler's number of the step.
    Step,
    /// A word or a letter for what the cycler does: charge, discharge, rest.
    State,
    /// Of the cell, or of the chamber.
    Temperature,
}

impl Role {
    /// All of them; the place of one is its number.
    pub(super) const ALL: [Self; 10] = [
        Self::Time,
        Self::Voltage,
        Self::Current,
        Self::ChargeCapacity,
        Self::DischargeCapacity,
        Self::Capacity,
        Self::Cycle,
        Self::Step,
        Self::State,
        Self::Temperature,
    ];

    /// As `cells.yaml` calls it.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Their names, in the same order.
    pub(super) const NAMES: [&'static str; 10] = [
        "time",
        "voltage",
        "current",
        "charge_capacity",
        "discharge_capacity",
        "capacity",
        "cycle",
        "step",
        "state",
        "temperature",
    ];

    /// What it is measured in; none for numbers of cycles and steps, and for words.
    pub(super) fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Time => Some(Quantity::Time),
            Self::Voltage => Some(Quantity::Voltage),
            Self::Current => Some(Quantity::Current),
            Self::ChargeCapacity | Self::DischargeCapacity | Self::Capacity => Some(Quantity::Capacity),
            Self::Temperature => Some(Quantity::Temperature),
            Self::Cycle | Self::Step | Self::State => None,
        }
    }
}
