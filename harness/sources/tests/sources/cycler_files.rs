//! Files of a cycler, made in every text format of cells of the lab.

use std::fmt::Write as _;
use std::fs;

use cells::cell::{Cell, CellInfo, Cycle, DatasetName, LifeRecord, Origin};
use cells::source::CellSource as _;
use cells::store::Store;
use lab::VirtualLab;
use sources::cycler;
use sources::import::{self, CellFiles as _};

/// The first cycles of a virtual cell, as somebody's own.
pub(crate) fn cell(of: &str, cycles: usize) -> Cell {
    changed(of, cycles, |_, _| ())
}

/// The first cycles of a virtual cell, as somebody's own, each changed by its position.
pub(crate) fn changed(of: &str, cycles: usize, change: impl Fn(usize, &mut Cycle)) -> Cell {
    let whole = VirtualLab::new().cell(of, cycles).unwrap();
    let mut cycles = whole.cycles().to_vec();
    cycles.iter_mut().enumerate().for_each(|(place, cycle)| change(place, cycle));
    let life = LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect());
    let info = CellInfo {
        id: "mine_1".to_owned(),
        dataset: DatasetName::from("own".to_owned()),
        origin: Origin::Real,
        published_life: None,
        ..whole.info().clone()
    };
    Cell::new(info, cycles, life).unwrap()
}

/// Time in s, voltage, current, cycle, step, charge, discharge, temperature.
pub(crate) type Row = [f64; 8];

pub(crate) fn rows(cell: &Cell) -> Vec<Row> {
    let mut began = 0.0;
    let mut rows = Vec::new();
    for cycle in cell.cycles() {
        let (time, charge) = (cycle.time.as_ref().unwrap(), cycle.charge_capacity.as_ref().unwrap());
        for k in 0..cycle.len() {
            let current = cycle.current[k];
            let step = if current > 0.0 {
                1.0
            } else if current < 0.0 {
                3.0
            } else {
                2.0
            };
            let number = f64::from(cycle.number + 1);
            rows.push([
                began + time[k],
                cycle.voltage[k],
                current,
                number,
                step,
                charge[k],
                cycle.discharge_capacity[k],
                25.0,
            ]);
        }
        began += time.last().unwrap() + 10.0;
    }
    rows
}

pub(crate) struct Style {
    pub(crate) name: &'static str,
    above: &'static str,
    pub(crate) delimiter: char,
    pub(crate) headings: [&'static str; 8],
    clock: bool,
    pub(crate) mapping: &'static str,
}

pub(crate) const STYLES: [Style; 7] = [
    Style {
        name: "Battery Data Format",
        above: "",
        delimiter: ',',
        headings: [
            "Test Time / s",
            "Voltage / V",
            "Current / A",
            "Cycle Count / 1",
            "Step Index / 1",
            "Charging Capacity / Ah",
            "Discharging Capacity / Ah",
            "Surface Temperature T1 / degC",
        ],
        clock: false,
        mapping: "",
    },
    Style {
        name: "Arbin",
        above: "",
        delimiter: ',',
        headings: [
            "Test_Time(s)",
            "Voltage(V)",
            "Current(A)",
            "Cycle_Index",
            "Step_Index",
            "Charge_Capacity(Ah)",
            "Discharge_Capacity(Ah)",
            "Temperature (C)",
        ],
        clock: false,
        mapping: "",
    },
    Style {
        name: "Neware",
        above: "",
        delimiter: ',',
        headings: [
            "Total Time",
            "Voltage(V)",
            "Current(A)",
            "Cycle Index",
            "Step Index",
            "Chg. Cap.(Ah)",
            "DChg. Cap.(Ah)",
            "T1(C)",
        ],
        clock: true,
        mapping: "",
    },
    Style {
        name: "BasyTec",
        above: "~Resultfile from Basytec Battery Test System\n~\n",
        delimiter: '\t',
        headings: ["~Time[s]", "U[V]", "I[A]", "Cyc-Count", "Line", "Ah-Cyc-Charge", "Ah-Cyc-Discharge", "T1[C]"],
        clock: false,
        mapping: "",
    },
    Style {
        name: "BioLogic",
        above: "EC-Lab ASCII FILE\nNb header lines : 3\n",
        delimiter: '\t',
        headings: [
            "time/s",
            "Ecell/V",
            "<I>/A",
            "cycle number",
            "Ns",
            "Q charge/A.h",
            "Q discharge/A.h",
            "Temperature/C",
        ],
        clock: false,
        mapping: "",
    },
    Style {
        name: "PEC",
        above: "",
        delimiter: ',',
        headings: [
            "Total Time (Seconds)",
            "Voltage (V)",
            "Current (A)",
            "Cycle",
            "Test",
            "Charge Capacity (Ah)",
            "Discharge Capacity (Ah)",
            "Temperature (C)",
        ],
        clock: false,
        mapping: "",
    },
    Style {
        name: "table",
        above: "",
        delimiter: ';',
        headings: ["t", "spannung", "strom", "zyklus", "schritt", "q_lade", "q_entlade", "temp"],
        clock: false,
        mapping: "  mapping: {time: {column: t, unit: s}, voltage: {column: spannung, unit: V}, current: {column: strom, unit: A, \
                  charge: positive}, cycle: {column: zyklus}, charge_capacity: {column: q_lade, unit: Ah}, discharge_capacity: \
                  {column: q_entlade, unit: Ah}, temperature: {column: temp, unit: degC}}\n",
    },
];

pub(crate) fn text(style: &Style, rows: &[Row], delimiter: char, comma: bool) -> String {
    let mut text = style.above.to_owned();
    let separator = delimiter.to_string();
    let _ = writeln!(text, "{}", style.headings.join(&separator));
    for row in rows {
        let mut fields: Vec<String> = row.iter().map(f64::to_string).collect();
        if style.clock {
            let (hours, minutes) = ((row[0] / 3600.0).floor(), (row[0] % 3600.0 / 60.0).floor());
            fields[0] = format!("{hours:02}:{minutes:02}:{:.9}", row[0] - 3600.0 * hours - 60.0 * minutes);
        }
        let line = fields.join(&separator);
        let _ = writeln!(text, "{}", if comma { line.replace('.', ",") } else { line });
    }
    text
}

pub(crate) fn declaration(cell: &Cell, format: &str, mapping: &str) -> String {
    let info = cell.info();
    format!(
        "cells:\n- id: mine_1\n  files: [mine.txt]\n  format: \"{format}\"\n{mapping}  cathode: {}\n  nominal_capacity: {}\n  \
         voltage_limits: [{}, {}]\n",
        info.chemistry.cathode, info.nominal_capacity, info.voltage_limits.0, info.voltage_limits.1
    )
}

/// The cell that comes of a file, and what is said; or why none does.
pub(crate) fn outcome(declared: &str, bytes: &[u8]) -> Result<(Cell, String), String> {
    outcome_of(declared, &[("mine.txt", bytes)])
}

/// As [`outcome`], of several files by name.
pub(crate) fn outcome_of(declared: &str, files: &[(&str, &[u8])]) -> Result<(Cell, String), String> {
    let dir = tempfile::tempdir().unwrap();
    let yaml = dir.path().join("cells.yaml");
    fs::write(&yaml, declared).unwrap();
    let paths: Vec<_> = files.iter().map(|(name, _)| dir.path().join(name)).collect();
    paths.iter().zip(files).for_each(|(path, (_, bytes))| fs::write(path, bytes).unwrap());
    let files = cycler::open(&paths, &yaml).map_err(|error| error.to_string())?;
    let mut store = Store::create(&dir.path().join("store")).unwrap();
    let said = import::write(&files, &mut store, false, &|_, _| Ok(())).map_err(|error| error.to_string())?;
    Ok((store.cell(&files.ids()[0], usize::MAX).unwrap(), said.to_string()))
}
