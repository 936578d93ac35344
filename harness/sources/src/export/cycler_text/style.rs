//! How each program lays out its text.

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Record,
    Time,
    Voltage,
    /// A, negative in discharge.
    Current,
    /// A, without a sign.
    Magnitude,
    Milliampere,
    /// `C`, `D` or `R`.
    State,
    Cycle,
    Step,
    Charge,
    Discharge,
    ChargeMilliampereHours,
    DischargeMilliampereHours,
    /// Ah in either direction since the beginning of the cycle.
    Passed,
    /// Left out where a cell has none.
    Temperature,
}

/// How one program writes.
pub(super) struct Style {
    pub(super) name: &'static str,
    /// After the id of the cell.
    pub(super) extension: &'static str,
    pub(super) delimiter: &'static str,
    pub(super) above: &'static str,
    pub(super) columns: &'static [(&'static str, Column)],
    /// Of time, from s.
    pub(super) time: fn(f64) -> String,
}

pub(super) const BDF_STYLE: Style = Style {
    name: "bdf",
    extension: ".bdf.csv",
    delimiter: ",",
    above: "",
    columns: &[
        ("Test Time / s", Column::Time),
        ("Voltage / V", Column::Voltage),
        ("Current / A", Column::Current),
        ("Cycle Count / 1", Column::Cycle),
        ("Step Index / 1", Column::Step),
        ("Charging Capacity / Ah", Column::Charge),
        ("Discharging Capacity / Ah", Column::Discharge),
        ("Surface Temperature T1 / degC", Column::Temperature),
    ],
    time: |seconds| seconds.to_string(),
};
pub(super) const ARBIN_STYLE: Style = Style {
    name: "arbin-csv",
    extension: "_arbin.csv",
    columns: &[
        ("Test Time (s)", Column::Time),
        ("Voltage (V)", Column::Voltage),
        ("Current (A)", Column::Current),
        ("Cycle Index", Column::Cycle),
        ("Step Index", Column::Step),
        ("Charge Capacity (Ah)", Column::Charge),
        ("Discharge Capacity (Ah)", Column::Discharge),
        ("Aux_Temperature_1 (C)", Column::Temperature),
    ],
    ..BDF_STYLE
};
pub(super) const NEWARE_STYLE: Style = Style {
    name: "neware-csv",
    extension: "_neware.csv",
    columns: &[
        ("Total Time", Column::Time),
        ("Voltage(V)", Column::Voltage),
        ("Current(A)", Column::Current),
        ("Cycle Index", Column::Cycle),
        ("Step Index", Column::Step),
        ("Chg. Cap.(Ah)", Column::Charge),
        ("DChg. Cap.(Ah)", Column::Discharge),
        ("T1(C)", Column::Temperature),
    ],
    time: |seconds| {
        let hours = (seconds / 3600.0).floor();
        let minutes = ((seconds - 3600.0 * hours) / 60.0).floor();
        format!("{hours:02}:{minutes:02}:{:.9}", seconds - 3600.0 * hours - 60.0 * minutes)
    },
    ..BDF_STYLE
};
pub(super) const BASYTEC_STYLE: Style = Style {
    name: "basytec-txt",
    extension: "_basytec.txt",
    delimiter: "\t",
    above: "~Resultfile from Basytec Battery Test System\n~\n",
    columns: &[
        ("~Time[s]", Column::Time),
        ("U[V]", Column::Voltage),
        ("I[A]", Column::Current),
        ("Cyc-Count", Column::Cycle),
        ("Line", Column::Step),
        ("Ah-Cyc-Charge", Column::Charge),
        ("Ah-Cyc-Discharge", Column::Discharge),
        ("T1[C]", Column::Temperature),
    ],
    ..BDF_STYLE
};
pub(super) const MACCOR_STYLE: Style = Style {
    name: "maccor-csv",
    extension: "_maccor.csv",
    above: "Today's Date,01/01/2024\n",
    columns: &[
        ("Rec", Column::Record),
        ("Cycle C", Column::Cycle),
        ("Step", Column::Step),
        ("Test Time (sec)", Column::Time),
        ("Capacity", Column::Passed),
        ("Current", Column::Magnitude),
        ("Voltage", Column::Voltage),
        ("State", Column::State),
        ("Temp 1", Column::Temperature),
    ],
    ..BDF_STYLE
};
pub(super) const BIOLOGIC_STYLE: Style = Style {
    name: "biologic-mpt",
    extension: ".mpt",
    delimiter: "\t",
    above: "EC-Lab ASCII FILE\nNb header lines : 3\n",
    columns: &[
        ("time/s", Column::Time),
        ("Ecell/V", Column::Voltage),
        ("I/mA", Column::Milliampere),
        ("cycle number", Column::Cycle),
        ("Ns", Column::Step),
        ("Q charge/mA.h", Column::ChargeMilliampereHours),
        ("Q discharge/mA.h", Column::DischargeMilliampereHours),
        ("Temperature/C", Column::Temperature),
    ],
    ..BDF_STYLE
};
