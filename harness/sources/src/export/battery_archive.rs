//! `battery-archive`: `CELL_timeseries.csv` and `CELL_cycle_data.csv`, as Battery Archive serves them.
//!
//! Cycles are counted without gaps, since an importer fills gaps with copies. Where the first cycles of a dataset are never
//! used, copies of the first cycle stand in for them.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::calendar::stamp;
use super::file::{self, WholeCycle, WriteError};
use super::{Format, whole_life};
use crate::Error;
use crate::battery_archive::{self, CYCLES, Dialect, SAMPLES};
use crate::format::{self, Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use cells::cell::{Cell, Origin};
use cells::source::CellSource;

/// See the module.
pub(super) const FORMAT: Format = Format {
    name: "battery-archive",
    import: "battery-archive",
    files: "all three of hnei, ul-pur and snl",
    datasets: Datasets::Of(&["HNEI", "UL_PUR", "SNL"]),
    own: false,
    write: |source, ids, out, progress| write(None, source, ids, out, progress),
};
/// The cells of one of the three laboratories.
pub(super) const HNEI: Format = Format {
    write: |source, ids, out, progress| write(Some(Dialect::HNEI), source, ids, out, progress),
    ..of(&battery_archive::HNEI)
};
/// See [`HNEI`].
pub(super) const UL_PUR: Format = Format {
    write: |source, ids, out, progress| write(Some(Dialect::UL_PUR), source, ids, out, progress),
    ..of(&battery_archive::UL_PUR)
};
/// See [`HNEI`].
pub(super) const SNL: Format = Format {
    write: |source, ids, out, progress| write(Some(Dialect::SNL), source, ids, out, progress),
    ..of(&battery_archive::SNL)
};

const fn of(import: &'static format::Format) -> Format {
    let files = "CELL_timeseries.csv and CELL_cycle_data.csv of each cell";
    Format { name: import.name, import: import.name, files, datasets: import.datasets, own: true, write: FORMAT.write }
}

/// s between cycles.
const PAUSE: f64 = 10.0;
/// 2013-01-01, in s since 1970.
const BEGIN: f64 = 1_356_998_400.0;

/// As one of the three laboratories; without any, each cell as the one that it is of.
fn write(
    dialect: Option<Dialect>,
    source: &dyn CellSource,
    ids: &[String],
    out: &Path,
    progress: &Progress<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for (done, id) in ids.iter().enumerate() {
        progress(done, ids.len())?;
        let cell = whole_life(source, id, FORMAT.name)?;
        let dialect = dialect.or_else(|| Dialect::of(&cell.info().dataset));
        let cycles = indexed(&cell, dialect)?;
        let mark = if cell.info().origin == Origin::Virtual { format!(",\"{VIRTUAL_MARK}\"") } else { String::new() };
        files.push(file::write(out, &format!("{id}{SAMPLES}"), |writer| samples(writer, &cycles, &cell, &mark))?);
        files.push(file::write(out, &format!("{id}{CYCLES}"), |writer| summaries(writer, &cycles))?);
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

/// Cycle indices from 1, with the cycles that they stand for.
fn indexed(cell: &Cell, dialect: Option<Dialect>) -> Result<Vec<(usize, WholeCycle<'_>)>, Error> {
    let cycles = file::whole(cell, FORMAT.name)?;
    let first = dialect.map_or(0, |dialect| dialect.first as usize).max(1);
    let unused = cycles.first().map(|first_cycle| std::iter::repeat_n(*first_cycle, first - 1));
    Ok((1..).zip(unused.into_iter().flatten().chain(cycles.iter().copied())).collect())
}

fn date_time(seconds: f64) -> String {
    stamp(((BEGIN + seconds) * 1e6) as u64)
}

fn samples(
    writer: &mut BufWriter<&std::fs::File>,
    cycles: &[(usize, WholeCycle<'_>)],
    cell: &Cell,
    mark: &str,
) -> Result<(), WriteError> {
    writeln!(
        writer,
        "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),Discharge_Capacity (Ah),\
         Charge_Energy (Wh),Discharge_Energy (Wh),Environment_Temperature (C),Cell_Temperature (C){mark}"
    )?;
    let end = if mark.is_empty() { "" } else { "," };
    let ambient = cell.info().ambient_temperature.map(|celsius| celsius.to_string()).unwrap_or_default();
    let mut begin = 0.0;
    for (index, WholeCycle { cycle, time, charged }) in cycles {
        let mut energies = [0.0; 2];
        for k in 0..cycle.len() {
            for (energy, series) in energies.iter_mut().zip([charged, &cycle.discharge_capacity[..]]) {
                *energy += if k == 0 { 0.0 } else { cycle.voltage[k] * (series[k] - series[k - 1]) };
            }
            let test_time = begin + time[k];
            let temperature = cycle.temperature.as_ref().map(|series| series[k].to_string()).unwrap_or_default();
            writeln!(
                writer,
                "{},{test_time},{index},{},{},{},{},{:.6},{:.6},{ambient},{temperature}{end}",
                date_time(test_time),
                cycle.current[k],
                cycle.voltage[k],
                charged[k],
                cycle.discharge_capacity[k],
                energies[0],
                energies[1],
            )?;
        }
        begin += time.last().copied().unwrap_or_default() + PAUSE;
    }
    Ok(())
}

fn summaries(writer: &mut BufWriter<&std::fs::File>, cycles: &[(usize, WholeCycle<'_>)]) -> Result<(), WriteError> {
    writeln!(
        writer,
        "Cycle_Index,Start_Time,End_Time,Test_Time (s),Min_Current (A),Max_Current (A),Min_Voltage (V),Max_Voltage (V),\
         Charge_Capacity (Ah),Discharge_Capacity (Ah)"
    )?;
    let range = |series: &[f64]| {
        series.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
    };
    let mut begin = 0.0;
    for (index, WholeCycle { cycle, time, charged }) in cycles {
        let end = begin + time.last().copied().unwrap_or_default();
        let ((least, most), (low, high)) = (range(&cycle.current), range(&cycle.voltage));
        let (start_time, end_time) = (date_time(begin), date_time(end));
        let (charged, discharged) = (range(charged).1, cycle.discharged());
        writeln!(writer, "{index},{start_time},{end_time},{end},{least},{most},{low},{high},{charged},{discharged}")?;
        begin = end + PAUSE;
    }
    Ok(())
}
