//! `calce-xlsx`: one zip archive per cell with the workbooks of an Arbin cycler, fifty cycles each.
//!
//! A workbook has no capacity of a cycle, only time, current and voltage: an import counts it anew. Cycles are counted
//! from 1 in each workbook, as the cycler does, so their numbers are lost.
//!
//! The published rule finds outliers in any cell, be it cleaned before: it takes the median deviation from the running
//! median for the scatter. So trickles follow, some more than there are cycles. They give next to nothing, as a few published
//! cycles do, and are dropped for that; the median deviation is theirs, 49 mAh, so that what is within thrice that stays. (With
//! cycles of rest it would be none at all, and of the authors' own readers nothing would stay.) It is for whole lives: what fades by
//! as much within ten cycles goes.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Workbook, XlsxError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::calendar::date;
use super::file::{self, WholeCycle, WriteError};
use super::{Format, whole_life};
use crate::Error;
use crate::calce::WITHOUT_FIRST;
use crate::coulomb;
use crate::epoch;
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use cells::cell::{Cycle, Origin};
use cells::source::CellSource;
use cells::time_unit::TimeUnit;

/// See the module.
pub(super) const FORMAT: Format = Format {
    name: "calce-xlsx",
    import: crate::calce::FORMAT.name,
    files: "CS2_35.zip and so on, with the workbooks of an Arbin cycler",
    datasets: Datasets::Of(&["CALCE"]),
    own: true,
    write,
};

/// Cycles of a workbook.
const CYCLES: usize = 50;
/// s between cycles.
const PAUSE: f64 = 10.0;
/// 2010-08-17, in days since 1970; a workbook a week from then on.
const BEGIN: u32 = 14_838;

/// As the cycler writes them; the importer reads the cycle index, time, current and voltage.
const COLUMNS: [&str; 17] = [
    "Data_Point",
    "Test_Time(s)",
    "Date_Time",
    "Step_Time(s)",
    "Step_Index",
    "Cycle_Index",
    "Current(A)",
    "Voltage(V)",
    "Charge_Capacity(Ah)",
    "Discharge_Capacity(Ah)",
    "Charge_Energy(Wh)",
    "Discharge_Energy(Wh)",
    "dV/dt(V/s)",
    "Internal_Resistance(Ohm)",
    "Is_FC_Data",
    "AC_Impedance(Ohm)",
    "ACI_Phase_Angle(Deg)",
];

fn write(source: &dyn CellSource, ids: &[String], out: &Path, progress: &Progress<'_>) -> Result<Vec<PathBuf>, Error> {
    if let Some(why) = epoch::wrong_clock() {
        let source = io::Error::other(why);
        return Err(Error::Write { doing: format!("write workbooks to {}", out.display()), source });
    }
    let mut files = Vec::new();
    for (done, id) in ids.iter().enumerate() {
        progress(done, ids.len())?;
        let cell = whole_life(source, id, FORMAT.name)?;
        let cycles = file::whole(&cell, FORMAT.name)?;
        // what the importer leaves out must be there to be left out
        let before = cycles.iter().take(usize::from(WITHOUT_FIRST.contains(&id.as_str())));
        let cycles: Vec<WholeCycle<'_>> = before.chain(&cycles).copied().collect();
        let kinds = TRICKLES.map(|(capacity, _)| trickle(capacity, cell.info().voltage_limits.0));
        let trickles: Vec<WholeCycle<'_>> = trickles(&kinds).take(trickles_after(cycles.len())).collect();
        let name = id.trim_start_matches("CALCE_");
        files.push(file::write(out, &format!("{name}.zip"), |writer| {
            let mut archive = ZipWriter::new(writer);
            // workbooks are zip archives themselves
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            for (number, cycles) in cycles.chunks(CYCLES).chain([&trickles[..]]).enumerate() {
                let day = BEGIN + 7 * number as u32;
                let (year, month, date) = date(day);
                archive.start_file(format!("{name}/{name}_{month}_{date}_{:02}.xlsx", year % 100), stored)?;
                let workbook = workbook(cycles, cell.info().origin, day).map_err(io::Error::other)?;
                archive.write_all(&workbook)?;
            }
            archive.finish()?;
            Ok::<(), WriteError>(())
        })?);
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

/// Ah of trickles, and how many of each follow each other: any 21 in a row have the second as their median.
const TRICKLES: [(f64, usize); 3] = [(0.0, 10), (0.049, 1), (0.098, 10)];

/// So many that of all cycles more than half are trickles other than the median.
fn trickles_after(cycles: usize) -> usize {
    cycles + cycles / 5 + 42
}

/// A short discharge at 1.1 A.
fn trickle(capacity: f64, voltage: f64) -> Cycle {
    Cycle {
        voltage: vec![voltage; 2],
        current: vec![-1.1; 2],
        discharge_capacity: vec![0.0, capacity],
        charge_capacity: Some(vec![0.0; 2]),
        time: Some(vec![0.0, capacity / 1.1 * coulomb::SECONDS]),
        ..Cycle::default()
    }
}

/// Without end.
fn trickles(kinds: &[Cycle; 3]) -> impl Iterator<Item = WholeCycle<'_>> {
    let round = kinds.iter().zip(TRICKLES).flat_map(|(cycle, (_, count))| std::iter::repeat_n(cycle, count));
    round.cycle().map(|cycle| WholeCycle {
        cycle,
        time: cycle.time.as_deref().unwrap_or_default(),
        charged: cycle.charge_capacity.as_deref().unwrap_or_default(),
    })
}

fn workbook(cycles: &[WholeCycle<'_>], origin: Origin, day: u32) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let info = workbook.add_worksheet().set_name("Info")?;
    info.write_string(0, 0, "TEST REPORT")?;
    if origin == Origin::Virtual {
        info.write_string(1, 0, VIRTUAL_MARK)?;
    }
    let sheet = workbook.add_worksheet_with_constant_memory()?.set_name("Channel_1-008")?;
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_string(0, column, name)?;
    }
    let (mut row, mut begin, mut totals) = (0, 30.0, [0.0; 4]);
    for (index, whole) in cycles.iter().enumerate() {
        let WholeCycle { cycle, charged, .. } = whole;
        let time = whole.counted_time(TimeUnit::Seconds);
        let mut energies = [0.0; 2];
        for k in 0..cycle.len() {
            let passed = |series: &[f64]| if k == 0 { 0.0 } else { series[k] - series[k - 1] };
            energies[0] += cycle.voltage[k] * passed(charged);
            energies[1] += cycle.voltage[k] * passed(&cycle.discharge_capacity);
            let step = if cycle.current[k] > 1e-3 {
                2.0
            } else if cycle.current[k] < -1e-3 {
                7.0
            } else {
                4.0
            };
            let test_time = begin + time[k];
            row += 1;
            let values = [
                f64::from(row),
                test_time,
                // days as Excel counts them
                f64::from(day) + 25_569.0 + test_time / 86_400.0,
                time[k],
                step,
                index as f64 + 1.0,
                cycle.current[k],
                cycle.voltage[k],
                totals[0] + charged[k],
                totals[1] + cycle.discharge_capacity[k],
                totals[2] + energies[0],
                totals[3] + energies[1],
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
            ];
            for (column, value) in (0..).zip(values) {
                sheet.write_number(row, column, value)?;
            }
        }
        let last = |series: &[f64]| series.last().copied().unwrap_or_default();
        let ends = [last(charged), last(&cycle.discharge_capacity), energies[0], energies[1]];
        totals.iter_mut().zip(ends).for_each(|(total, end)| *total += end);
        begin += last(&time) + PAUSE;
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(values: &[f64]) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        0.5 * (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2])
    }

    /// The published rule to the letter (method §1.6): strictly within thrice the median deviation from the median of 21.
    fn stays(capacities: &[f64]) -> Vec<bool> {
        let at =
            |place: isize| usize::try_from(place).ok().and_then(|place| capacities.get(place)).copied().unwrap_or(0.0);
        let around = |place: usize| (-10..=10).map(|by| at(place as isize + by)).collect::<Vec<f64>>();
        let deviations: Vec<f64> =
            (0..capacities.len()).map(|place| (capacities[place] - median(&around(place))).abs()).collect();
        let tolerance = 3.0 * median(&deviations);
        capacities.iter().zip(&deviations).map(|(q, deviation)| *deviation < tolerance && *q > 0.1).collect()
    }

    #[test]
    fn the_published_rule_keeps_every_cycle_before_the_trickles_and_none_of_them() {
        for (cycles, noise) in [(60, 0.0), (130, 0.0), (130, 0.002), (900, 0.0), (900, 0.02)] {
            let fade = |cycle: usize| 1.1 - 0.3 * cycle as f64 / cycles as f64 + noise * (2.3 * cycle as f64).sin();
            let kinds = TRICKLES.map(|(capacity, _)| trickle(capacity, 2.7));
            let after = trickles(&kinds).take(trickles_after(cycles)).map(|whole| whole.cycle.discharged());
            let all: Vec<f64> = (0..cycles).map(fade).chain(after).collect();
            let kept = stays(&all);
            assert!(kept[..cycles].iter().all(|kept| *kept), "{cycles} cycles: one is gone");
            assert!(!kept[cycles..].contains(&true), "{cycles} cycles: a trickle stays");
        }
    }
}
