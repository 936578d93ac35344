//! BasyTec: text with lines of `~` above the table, whose heading is the last of them.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current is positive in charge.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "BasyTec",
    known_by: &[&["time", "u", "i", "line"], &["time", "u", "i", "cyccount"], &["time", "dataset", "command"]],
    preamble: &["Basytec", "BaSyTec"],
    columns: &[
        column(Time, "time", "h"),
        column(Time, "datetime", "date"),
        column(Voltage, "u", "V"),
        column(Current, "i", "A"),
        column(ChargeCapacity, "ahcyccharge", "Ah"),
        column(ChargeCapacity, "ahcyccharge0", "Ah"),
        column(DischargeCapacity, "ahcycdischarge", "Ah"),
        column(DischargeCapacity, "ahcycdischarge0", "Ah"),
        column(Cycle, "cyccount", ""),
        column(Step, "line", ""),
        column(Temperature, "t1", "degC"),
        column(Temperature, "t", "degC"),
    ],
};
