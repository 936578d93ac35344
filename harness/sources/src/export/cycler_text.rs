//! Text files as cyclers write them, one a cell: `bdf`, `arbin-csv`, `neware-csv`, `basytec-txt`.
//!
//! Times are those of the test, so that of a cycle comes back to the rounding of their sum. Numbers are written whole.

use crate::Error;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Format, put, whole_life};
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use cells::cell::{Cell, Origin};
use cells::source::CellSource;

/// s between cycles.
const PAUSE: f64 = 10.0;

/// How one program writes.
struct Style {
    name: &'static str,
    /// After the id of the cell.
    extension: &'static str,
    delimiter: &'static str,
    above: &'static str,
    headings: [&'static str; 8],
    /// Of time, from s.
    time: fn(f64) -> String,
}

const BDF_STYLE: Style = Style {
    name: "bdf",
    extension: ".bdf.csv",
    delimiter: ",",
    above: "",
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
    time: |seconds| seconds.to_string(),
};
const ARBIN_STYLE: Style = Style {
    name: "arbin-csv",
    extension: "_arbin.csv",
    headings: [
        "Test Time (s)",
        "Voltage (V)",
        "Current (A)",
        "Cycle Index",
        "Step Index",
        "Charge Capacity (Ah)",
        "Discharge Capacity (Ah)",
        "Aux_Temperature_1 (C)",
    ],
    ..BDF_STYLE
};
const NEWARE_STYLE: Style = Style {
    name: "neware-csv",
    extension: "_neware.csv",
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
    time: |seconds| {
        let hours = (seconds / 3600.0).floor();
        let minutes = ((seconds - 3600.0 * hours) / 60.0).floor();
        format!("{hours:02}:{minutes:02}:{:.9}", seconds - 3600.0 * hours - 60.0 * minutes)
    },
    ..BDF_STYLE
};
const BASYTEC_STYLE: Style = Style {
    name: "basytec-txt",
    extension: "_basytec.txt",
    delimiter: "\t",
    above: "~Resultfile from Basytec Battery Test System\n~\n",
    headings: ["~Time[s]", "U[V]", "I[A]", "Cyc-Count", "Line", "Ah-Cyc-Charge", "Ah-Cyc-Discharge", "T1[C]"],
    ..BDF_STYLE
};

/// See the module.
pub(super) const BDF: Format =
    Format { write: |s, i, o, p| write(&BDF_STYLE, s, i, o, p), ..of("bdf", "CELL.bdf.csv, the Battery Data Format") };
/// See the module.
pub(super) const ARBIN: Format = Format {
    write: |s, i, o, p| write(&ARBIN_STYLE, s, i, o, p),
    ..of("arbin-csv", "CELL_arbin.csv, as Arbin exports")
};
/// See the module.
pub(super) const NEWARE: Format = Format {
    write: |s, i, o, p| write(&NEWARE_STYLE, s, i, o, p),
    ..of("neware-csv", "CELL_neware.csv, as Neware exports")
};
/// See the module.
pub(super) const BASYTEC: Format = Format {
    write: |s, i, o, p| write(&BASYTEC_STYLE, s, i, o, p),
    ..of("basytec-txt", "CELL_basytec.txt, as BasyTec exports")
};

const fn of(name: &'static str, files: &'static str) -> Format {
    Format {
        name,
        import: name,
        files,
        datasets: Datasets::All,
        own: true,
        write: |s, i, o, p| write(&BDF_STYLE, s, i, o, p),
    }
}

fn write(
    style: &Style,
    source: &dyn CellSource,
    ids: &[String],
    out: &Path,
    progress: &Progress<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for (done, id) in ids.iter().enumerate() {
        progress(done, ids.len())?;
        let cell = whole_life(source, id, style.name)?;
        let name = format!("{id}{}", style.extension);
        files.push(put(out, &name, |path| {
            let failed =
                |error: std::io::Error| Error::Write { doing: format!("write {}", path.display()), source: error };
            let file = std::fs::File::create(path).map_err(failed)?;
            let mut writer = BufWriter::new(file);
            table(style, &cell, &mut writer).and_then(|()| writer.flush()).map_err(failed)
        })?);
        if cell.cycles().iter().any(|cycle| cycle.time.is_none() || cycle.charge_capacity.is_none()) {
            let why = "it has no times, or no charge half".to_owned();
            return Err(Error::Unwritable { id: id.clone(), format: style.name.to_owned(), why });
        }
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

fn table(style: &Style, cell: &Cell, writer: &mut dyn Write) -> std::io::Result<()> {
    let has_temperature = cell.cycles().iter().all(|cycle| cycle.temperature.is_some());
    let columns = if has_temperature { 8 } else { 7 };
    let is_virtual = cell.info().origin == Origin::Virtual;
    let mark = if is_virtual { format!("{}\"{VIRTUAL_MARK}\"", style.delimiter) } else { String::new() };
    writeln!(writer, "{}{}{mark}", style.above, style.headings[..columns].join(style.delimiter))?;
    let end = if is_virtual { style.delimiter } else { "" };
    let d = style.delimiter;
    let mut began = 0.0;
    for cycle in cell.cycles() {
        let none = Vec::new();
        let (time, charge) = (cycle.time.as_ref().unwrap_or(&none), cycle.charge_capacity.as_ref().unwrap_or(&none));
        for k in 0..time.len().min(charge.len()) {
            let step = if cycle.current[k] > 0.0 {
                1
            } else if cycle.current[k] < 0.0 {
                3
            } else {
                2
            };
            write!(
                writer,
                "{}{d}{}{d}{}{d}{}{d}{step}{d}{}{d}{}",
                (style.time)(began + time[k]),
                cycle.voltage[k],
                cycle.current[k],
                cycle.number,
                charge[k],
                cycle.discharge_capacity[k]
            )?;
            if let (true, Some(temperature)) = (has_temperature, &cycle.temperature) {
                write!(writer, "{d}{}", temperature[k])?;
            }
            writeln!(writer, "{end}")?;
        }
        began += time.last().copied().unwrap_or(0.0) + PAUSE;
    }
    Ok(())
}
