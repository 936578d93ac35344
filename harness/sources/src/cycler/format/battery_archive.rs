//! Battery Archive: `CELL_timeseries.csv`, with `CELL_cycle_data.csv` beside it.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current is positive in charge.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "Battery Archive",
    known_by: &[&["testtime", "cycleindex", "environmenttemperature"], &["testtime", "cycleindex", "celltemperature"]],
    preamble: &[],
    columns: &[
        column(Time, "testtime", "s"),
        column(Voltage, "voltage", "V"),
        column(Current, "current", "A"),
        column(ChargeCapacity, "chargecapacity", "Ah"),
        column(DischargeCapacity, "dischargecapacity", "Ah"),
        column(Cycle, "cycleindex", ""),
        column(Temperature, "celltemperature", "degC"),
        column(Temperature, "environmenttemperature", "degC"),
    ],
};
