//! `batteryml`: one pickle per cell as BatteryML writes it, see [`crate::batteryml`]. Nothing is lost but what the
//! catalogue knows anyway. And `batterylife`, the same with what BatteryLife does otherwise, see [`crate::batterylife`].

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Format, put, whole_life};
use crate::Error;
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::import::Progress;
use crate::pickle::writer::Writer;
use cells::cell::{Cell, Cycle, Origin};
use cells::datasets;
use cells::source::CellSource;
use cells::time_unit::TimeUnit;

/// See the module.
pub(super) const FORMAT: Format = Format {
    name: "batteryml",
    import: crate::batteryml::FORMAT.name,
    files: "one pickle per cell, dictionaries of lists (all datasets)",
    datasets: Datasets::All,
    own: true,
    write,
};

/// See the module.
pub(super) const BATTERYLIFE: Format = Format {
    name: "batterylife",
    import: crate::batterylife::FORMAT.name,
    files: "one pickle per cell, as those of BatteryML with SOC_interval and time over the whole life",
    write: |source, ids, out, progress| pickles(Form::BatteryLife, source, ids, out, progress),
    ..FORMAT
};

/// Whose pickles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    BatteryMl,
    BatteryLife,
}

fn write(source: &dyn CellSource, ids: &[String], out: &Path, progress: &Progress<'_>) -> Result<Vec<PathBuf>, Error> {
    pickles(Form::BatteryMl, source, ids, out, progress)
}

fn pickles(
    form: Form,
    source: &dyn CellSource,
    ids: &[String],
    out: &Path,
    progress: &Progress<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for (done, id) in ids.iter().enumerate() {
        progress(done, ids.len())?;
        let cell = whole_life(source, id, FORMAT.name)?;
        files.push(put(out, &format!("{id}.pkl"), |path| {
            let written = File::create(path).and_then(|file| write_cell(BufWriter::new(file), &cell, form));
            written.map_err(|source| Error::Write { doing: format!("write {id}.pkl in {}", out.display()), source })
        })?);
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

fn write_cell(out: impl Write, cell: &Cell, form: Form) -> io::Result<()> {
    let info = cell.info();
    let unit = match form {
        Form::BatteryMl => datasets::time_unit(&info.dataset),
        Form::BatteryLife => TimeUnit::Seconds,
    };
    let mut start = 0.0;
    let mut pickle = Writer::new(out)?;
    pickle.dict(|pickle| {
        pickle.text("cell_id")?;
        pickle.text(&info.id)?;
        pickle.text("cycle_data")?;
        pickle.list(|pickle| {
            cell.cycles().iter().try_for_each(|cycle| {
                write_cycle(pickle, cycle, unit, start, form)?;
                // a minute from one cycle to the next
                let last = cycle.time.as_ref().and_then(|time| time.last()).filter(|_| form == Form::BatteryLife);
                start += last.map_or(0.0, |last| last + 60.0);
                Ok(())
            })
        })?;
        let form_factor = info.form_factor.as_deref();
        let description = (info.origin == Origin::Virtual).then_some(VIRTUAL_MARK);
        for (name, text) in [
            ("form_factor", form_factor),
            ("anode_material", Some(&info.chemistry.anode[..])),
            ("cathode_material", Some(info.chemistry.cathode.name())),
            ("electrolyte_material", None),
            ("reference", None),
            ("description", description),
        ] {
            pickle.text(name)?;
            match text {
                Some(text) => pickle.text(text)?,
                None => pickle.none()?,
            }
        }
        for (name, number) in [
            ("nominal_capacity_in_Ah", info.nominal_capacity),
            ("depth_of_charge", 1.0),
            ("depth_of_discharge", 1.0),
            ("min_voltage_limit_in_V", info.voltage_limits.0),
            ("max_voltage_limit_in_V", info.voltage_limits.1),
        ] {
            pickle.text(name)?;
            pickle.float(number)?;
        }
        if form == Form::BatteryLife {
            pickle.text("SOC_interval")?;
            pickle.list(|pickle| [0.0, 1.0].into_iter().try_for_each(|end| pickle.float(end)))?;
        }
        pickle.text("already_spent_cycles")?;
        pickle.integer(0)?;
        for name in ["charge_protocol", "discharge_protocol"] {
            pickle.text(name)?;
            pickle.list(|_| Ok(()))?;
        }
        for name in ["max_current_limit_in_A", "min_current_limit_in_A"] {
            pickle.text(name)?;
            pickle.none()?;
        }
        Ok(())
    })?;
    pickle.finish().map(drop)
}

fn write_cycle<W: Write>(
    pickle: &mut Writer<W>,
    cycle: &Cycle,
    unit: TimeUnit,
    start: f64,
    form: Form,
) -> io::Result<()> {
    let time: Option<Vec<f64>> =
        cycle.time.as_ref().map(|time| time.iter().map(|time| start + unit.from_seconds(*time)).collect());
    pickle.dict(|pickle| {
        pickle.text("cycle_number")?;
        pickle.integer(cycle.number.into())?;
        for (name, values) in [
            ("current_in_A", Some(&cycle.current)),
            ("voltage_in_V", Some(&cycle.voltage)),
            ("charge_capacity_in_Ah", cycle.charge_capacity.as_ref()),
            ("discharge_capacity_in_Ah", Some(&cycle.discharge_capacity)),
            ("time_in_s", time.as_ref()),
            ("temperature_in_C", cycle.temperature.as_ref()),
        ] {
            pickle.text(name)?;
            match values {
                Some(values) => pickle.floats(values)?,
                None => pickle.none()?,
            }
        }
        pickle.text("internal_resistance_in_ohm")?;
        match cycle.internal_resistance {
            Some(resistance) => pickle.float(resistance)?,
            None => pickle.none()?,
        }
        if let Some(qdlin) = cycle.qdlin.as_ref().filter(|_| form == Form::BatteryMl) {
            pickle.text("Qdlin")?;
            pickle.floats(qdlin)?;
        }
        Ok(())
    })
}
