//! `batteryml`: one pickle per cell as BatteryML writes it, see [`crate::batteryml`]. Nothing is lost but what the
//! catalogue knows anyway.

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

fn write(source: &dyn CellSource, ids: &[String], out: &Path, progress: &Progress<'_>) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for (done, id) in ids.iter().enumerate() {
        progress(done, ids.len())?;
        let cell = whole_life(source, id, FORMAT.name)?;
        files.push(put(out, &format!("{id}.pkl"), |path| {
            let written = File::create(path).and_then(|file| write_cell(BufWriter::new(file), &cell));
            written.map_err(|source| Error::Write { doing: format!("write {id}.pkl in {}", out.display()), source })
        })?);
    }
    progress(ids.len(), ids.len())?;
    Ok(files)
}

fn write_cell(out: impl Write, cell: &Cell) -> io::Result<()> {
    let info = cell.info();
    let unit = datasets::time_unit(&info.dataset);
    let mut pickle = Writer::new(out)?;
    pickle.dict(|pickle| {
        pickle.text("cell_id")?;
        pickle.text(&info.id)?;
        pickle.text("cycle_data")?;
        pickle.list(|pickle| cell.cycles().iter().try_for_each(|cycle| write_cycle(pickle, cycle, unit)))?;
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

fn write_cycle<W: Write>(pickle: &mut Writer<W>, cycle: &Cycle, unit: TimeUnit) -> io::Result<()> {
    let time: Option<Vec<f64>> =
        cycle.time.as_ref().map(|time| time.iter().map(|time| unit.from_seconds(*time)).collect());
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
        if let Some(qdlin) = &cycle.qdlin {
            pickle.text("Qdlin")?;
            pickle.floats(qdlin)?;
        }
        Ok(())
    })
}
