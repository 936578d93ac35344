//! Text files as cyclers write them, one a cell: `bdf`, `arbin-csv`, `neware-csv`, `basytec-txt`, `maccor-csv`, `biologic-mpt`.
//!
//! Times are those of the test, so that of a cycle comes back to the rounding of their sum. Numbers are written whole.

mod style;

use crate::Error;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Format, put, whole_life};
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use cells::cell::{Cell, Cycle, Origin};
use cells::source::CellSource;
use style::{ARBIN_STYLE, BASYTEC_STYLE, BDF_STYLE, BIOLOGIC_STYLE, Column, MACCOR_STYLE, NEWARE_STYLE, Style};

/// s between cycles.
const PAUSE: f64 = 10.0;

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
/// See the module.
pub(super) const MACCOR: Format = Format {
    write: |s, i, o, p| write(&MACCOR_STYLE, s, i, o, p),
    ..of("maccor-csv", "CELL_maccor.csv, as Maccor exports: current and capacity without a sign, and the state")
};
/// See the module.
pub(super) const BIOLOGIC: Format = Format {
    write: |s, i, o, p| write(&BIOLOGIC_STYLE, s, i, o, p),
    ..of("biologic-mpt", "CELL.mpt, as BioLogic exports")
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
        if cell.cycles().iter().any(|cycle| cycle.time.is_none() || cycle.charge_capacity.is_none()) {
            let why = "it has no times, or no charge half".to_owned();
            return Err(Error::Unwritable { id: id.clone(), format: style.name.to_owned(), why });
        }
        let name = format!("{id}{}", style.extension);
        files.push(put(out, &name, |path| {
            let failed =
                |error: std::io::Error| Error::Write { doing: format!("write {}", path.display()), source: error };
            let file = std::fs::File::create(path).map_err(failed)?;
            let mut writer = BufWriter::new(file);
            table(style, &cell, &mut writer).and_then(|()| writer.flush()).map_err(failed)
        })?);
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

fn table(style: &Style, cell: &Cell, writer: &mut dyn Write) -> std::io::Result<()> {
    let has_temperature = cell.cycles().iter().all(|cycle| cycle.temperature.is_some());
    let columns: Vec<&(&str, Column)> =
        style.columns.iter().filter(|(_, column)| has_temperature || *column != Column::Temperature).collect();
    let is_virtual = cell.info().origin == Origin::Virtual;
    let d = style.delimiter;
    let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
    let mark = if is_virtual { format!("{d}\"{VIRTUAL_MARK}\"") } else { String::new() };
    writeln!(writer, "{}{}{mark}", style.above, headings.join(d))?;
    let end = if is_virtual { d } else { "" };
    let (mut began, mut record) = (0.0, 0);
    for cycle in cell.cycles() {
        let mut passed = Passed::default();
        for k in 0..cycle.len() {
            record += 1;
            passed.add(cycle, k);
            for (place, (_, column)) in columns.iter().enumerate() {
                if place > 0 {
                    writer.write_all(d.as_bytes())?;
                }
                field(*column, style, cycle, k, [began, f64::from(record), passed.sum], writer)?;
            }
            writeln!(writer, "{end}")?;
        }
        began += cycle.time.as_ref().and_then(|time| time.last()).copied().unwrap_or(0.0) + PAUSE;
    }
    Ok(())
}

/// What passed in either direction since the beginning of a cycle, in Ah.
#[derive(Default)]
struct Passed {
    sum: f64,
    last: [f64; 2],
}

impl Passed {
    fn add(&mut self, cycle: &Cycle, k: usize) {
        let now = [at(cycle.charge_capacity.as_ref(), k), cycle.discharge_capacity[k]];
        self.sum += (now[0] - self.last[0]) + (now[1] - self.last[1]);
        self.last = now;
    }
}

fn at(series: Option<&Vec<f64>>, k: usize) -> f64 {
    series.map_or(0.0, |values| values[k])
}

/// One field of sample `k`; where its cycle began in s, the number of the record, and what passed in Ah.
fn field(
    column: Column,
    style: &Style,
    cycle: &Cycle,
    k: usize,
    [began, record, passed]: [f64; 3],
    writer: &mut dyn Write,
) -> std::io::Result<()> {
    let current = cycle.current[k];
    // 1 charge, 2 rest, 3 discharge
    let step = if current > 0.0 {
        1
    } else if current < 0.0 {
        3
    } else {
        2
    };
    let number = match column {
        Column::Time => return write!(writer, "{}", (style.time)(began + at(cycle.time.as_ref(), k))),
        Column::State => return writer.write_all([b"C", b"R", b"D"][step - 1]),
        Column::Cycle => return write!(writer, "{}", cycle.number),
        Column::Step => return write!(writer, "{step}"),
        Column::Record => record,
        Column::Voltage => cycle.voltage[k],
        Column::Current => current,
        Column::Magnitude => current.abs(),
        Column::Milliampere => current * 1e3,
        Column::Charge => at(cycle.charge_capacity.as_ref(), k),
        Column::Discharge => cycle.discharge_capacity[k],
        Column::ChargeMilliampereHours => at(cycle.charge_capacity.as_ref(), k) * 1e3,
        Column::DischargeMilliampereHours => cycle.discharge_capacity[k] * 1e3,
        Column::Passed => passed,
        Column::Temperature => at(cycle.temperature.as_ref(), k),
    };
    write!(writer, "{number}")
}
