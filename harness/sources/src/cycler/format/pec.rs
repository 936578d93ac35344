//! PEC's LifeTest: `Total Time (Seconds)`, `Voltage (mV)` and the like, below lines about the test.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current is positive in charge.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "PEC",
    known_by: &[
        &["totaltime", "voltage", "current", "position"],
        &["totaltime", "voltage", "current", "test"],
        &["totaltime", "voltage", "current", "realtime"],
    ],
    preamble: &["TestRegime", "#RESULTS CHECK", "TestRegime Name"],
    columns: &[
        column(Time, "totaltime", "?"),
        column(Time, "testtime", "?"),
        column(Time, "realtime", "date"),
        column(Voltage, "voltage", "?"),
        column(Current, "current", "?"),
        column(ChargeCapacity, "chargecapacity", "?"),
        column(DischargeCapacity, "dischargecapacity", "?"),
        column(Cycle, "cycle", ""),
        column(Step, "step", ""),
        column(Temperature, "temperature", "degC"),
    ],
};
