//! `rwth-zip`: `raw.zip`, with a zip archive in it, and in that one zip archive per cell with a CSV file.
//!
//! The importer finds cycles by where discharges begin, at least 500 samples apart, and gives up at a gap of 100 s. The
//! virtual lab takes fewer samples than the publisher. So gaps are filled, with the current of the sample after them (which
//! is what coulomb counting takes it for) and voltages along a straight line, and cycles are filled up with rest; a discharge goes before the first cycle and another comes after the last, since those are never whole.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::calendar::stamp;
use super::file::{self, WholeCycle, WriteError};
use super::{Format, whole_life};
use crate::Error;
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use crate::rwth;
use cells::cell::Origin;
use cells::source::CellSource;

/// See the module.
pub(super) const FORMAT: Format = Format {
    name: "rwth-zip",
    import: crate::rwth::FORMAT.name,
    files: "raw.zip, with a zip archive of zip archives of CSV files",
    datasets: Datasets::Of(&["RWTH"]),
    own: true,
    write,
};

/// Samples of a cycle, at least.
const SAMPLES: usize = 501;
/// ms between samples, at most.
const LONGEST_STEP: f64 = 9e4;
/// ms between cycles, and between samples that are filled in after a cycle.
const PAUSE: f64 = 1e3;
/// Samples of the discharges before and after.
const MARGIN: usize = 20;
/// 2014-01-01, in microseconds since 1970.
const BEGIN: u64 = 1_388_534_400_000_000;

/// One line of the table, without its time stamp.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    /// ms.
    time: f64,
    /// A.
    current: f64,
    /// V.
    voltage: f64,
}

fn write(source: &dyn CellSource, ids: &[String], out: &Path, progress: &Progress<'_>) -> Result<Vec<PathBuf>, Error> {
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    let path = file::write(out, "raw.zip", |writer| {
        let mut middle = ZipWriter::new(tempfile::tempfile_in(out)?);
        for (done, id) in ids.iter().enumerate() {
            progress(done, ids.len())?;
            let cell = whole_life(source, id, FORMAT.name)?;
            let cycles = file::whole(&cell, FORMAT.name)?;
            let test = format!("BatID_{}=ZYK_1_Zyk", id.trim_start_matches("RWTH_"));
            middle.start_file(format!("Rohdaten/{test}.zip"), stored)?;
            let mut inner = ZipWriter::new(std::io::Cursor::new(Vec::new()));
            inner.start_file(format!("{test}.csv"), deflated)?;
            table(&mut inner, &cycles, cell.info().origin)?;
            middle.write_all(inner.finish()?.get_ref())?;
        }
        let mut middle = middle.finish()?;
        middle.rewind()?;
        let mut outer = ZipWriter::new(writer);
        outer.start_file("RWTH-2021-04545_818642/Rawdata.zip", stored)?;
        std::io::copy(&mut middle, &mut outer)?;
        outer.finish()?;
        Ok::<(), WriteError>(())
    })?;
    progress(ids.len(), ids.len())?;
    Ok(vec![path])
}

fn table(writer: &mut impl Write, cycles: &[WholeCycle<'_>], origin: Origin) -> std::io::Result<()> {
    let mark = if origin == Origin::Virtual { VIRTUAL_MARK } else { "" };
    writer.write_all(b"Schritt,Zustand,Zeit,Programmdauer,Schrittdauer,Zyklus,Spannung,Strom\n")?;
    writeln!(writer, ",\"{mark}\",,ms,ms,,V,A")?;
    let (mut begin, mut stamped) = (0.0, BEGIN);
    let (before, after) = (rested(discharge(cycles.first())), discharge(cycles.last()));
    let all = std::iter::once(before).chain(cycles.iter().map(sampled)).chain([after]);
    let mut line = Vec::new();
    for (number, samples) in all.enumerate() {
        line.clear();
        for sample in &samples {
            let time = begin + sample.time;
            // no two samples have the same stamp, or the importer would drop one
            stamped = (stamped + 1).max(BEGIN + (time * 1e3) as u64);
            let (current, voltage, step) = (sample.current, sample.voltage, sample.time);
            writeln!(line, "1,CYC,{},{time},{step},{number},{voltage},{current}", stamp(stamped))?;
        }
        writer.write_all(&line)?;
        begin += samples.last().map_or(0.0, |sample| sample.time) + PAUSE;
    }
    Ok(())
}

/// Some samples of a discharge at 4 A.
fn discharge(of: Option<&WholeCycle<'_>>) -> Vec<Sample> {
    let voltage = of.and_then(|whole| whole.cycle.voltage.first().copied()).unwrap_or_default();
    (0..MARGIN).map(|k| Sample { time: PAUSE * k as f64, current: -4.0, voltage }).collect()
}

/// The samples of a cycle, none of them long after the one before, and enough of them.
fn sampled(whole: &WholeCycle<'_>) -> Vec<Sample> {
    let (cycle, time) = (whole.cycle, whole.counted_time(rwth::TIME));
    let mut samples: Vec<Sample> = Vec::new();
    for ((time, current), voltage) in time.into_iter().zip(&cycle.current).zip(&cycle.voltage) {
        let here = Sample { time, current: *current, voltage: *voltage };
        if let Some(&before) = samples.last() {
            let steps = ((here.time - before.time) / LONGEST_STEP).ceil().max(1.0);
            for step in 1..steps as usize {
                let part = step as f64 / steps;
                let between = |a: f64, b: f64| a + part * (b - a);
                samples.push(Sample {
                    time: between(before.time, here.time),
                    current: here.current,
                    voltage: between(before.voltage, here.voltage),
                });
            }
        }
        samples.push(here);
    }
    rested(samples)
}

/// With rest up to [`SAMPLES`].
fn rested(mut samples: Vec<Sample>) -> Vec<Sample> {
    if let Some(&last) = samples.last() {
        for k in 1..=SAMPLES.saturating_sub(samples.len()) {
            samples.push(Sample { time: last.time + PAUSE * k as f64, current: 0.0, ..last });
        }
    }
    samples
}
