//! Maccor: tables with two or more lines above them; s, min or d h:m:s, A, V, Ah.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current and capacity are written without a sign, which the letter of the state gives.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "Maccor",
    known_by: &[
        &["rec", "cyc", "amps", "volts"],
        &["rec", "cyclec"],
        &["rec", "cyclep"],
        &["rec", "step", "amphr"],
        &["rec", "dpttime"],
    ],
    preamble: &["Today's Date", "Today''s Date", "Maccor"],
    columns: &[
        column(Time, "testtime", "h:min:s"),
        column(Time, "test", "?"),
        column(Time, "dpttime", "date"),
        column(Voltage, "volts", "V"),
        column(Voltage, "voltage", "V"),
        column(Current, "amps", "A"),
        column(Current, "current", "A"),
        column(Capacity, "amphr", "Ah"),
        column(Capacity, "cap", "Ah"),
        column(Capacity, "capacity", "Ah"),
        column(Cycle, "cyc", ""),
        column(Cycle, "cyclec", ""),
        column(Cycle, "cycle", ""),
        column(Cycle, "cyclep", ""),
        column(Step, "step", ""),
        column(State, "state", ""),
        column(State, "md", ""),
        column(Temperature, "temp1", "degC"),
        column(Temperature, "aux1", "degC"),
        column(Temperature, "temperature", "degC"),
        column(Temperature, "evtemp", "degC"),
    ],
};
