//! `hust-zip`: `hust_data.zip`, see [`crate::hust`].
//!
//! Its frames hold current in mA, voltage and time. Capacities are counted anew when it is imported, and cycles are
//! numbered from 1 without gaps.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::file::{self, WholeCycle};
use super::{Format, put, whole_life};
use crate::Error;
use crate::format::{Datasets, VIRTUAL_MARK};
use crate::hust::{CURRENT, TIME, VOLTAGE, skipped};
use crate::import::Progress;
use crate::pickle::writer::Writer;
use cells::cell::{Cell, Origin};
use cells::source::CellSource;
use cells::time_unit::TimeUnit;

/// See the module.
pub(super) const FORMAT: Format = Format {
    name: "hust-zip",
    import: crate::hust::FORMAT.name,
    files: "hust_data.zip, pickles of pandas frames (HUST)",
    datasets: Datasets::Of(&["HUST"]),
    own: true,
    write,
};

fn write(source: &dyn CellSource, ids: &[String], out: &Path, progress: &Progress<'_>) -> Result<Vec<PathBuf>, Error> {
    let file = put(out, "hust_data.zip", |path| {
        let failed = |source| Error::Write { doing: format!("write {}", out.display()), source };
        let mut archive = ZipWriter::new(BufWriter::new(File::create(path).map_err(failed)?));
        for (done, id) in ids.iter().enumerate() {
            progress(done, ids.len())?;
            let cell = whole_life(source, id, FORMAT.name)?;
            let cycles = file::whole(&cell, FORMAT.name)?;
            let name = format!("our_data/{}.pkl", key(id));
            let started = archive.start_file(name, SimpleFileOptions::default());
            started.map_err(io::Error::from).and_then(|()| write_cell(&mut archive, &cell, &cycles)).map_err(failed)?;
        }
        let mut file = archive.finish().map_err(io::Error::from).map_err(failed)?;
        file.flush().map_err(failed)
    })?;
    progress(ids.len(), ids.len())?;
    Ok(vec![file])
}

/// `HUST_1-1` is `1-1`.
fn key(id: &str) -> &str {
    id.strip_prefix("HUST_").unwrap_or(id)
}

fn write_cell(out: &mut impl Write, cell: &Cell, cycles: &[WholeCycle<'_>]) -> io::Result<()> {
    let mut pickle = Writer::new(out)?;
    pickle.dict(|pickle| {
        pickle.text(key(cell.id()))?;
        pickle.dict(|pickle| {
            if cell.info().origin == Origin::Virtual {
                pickle.text("note")?;
                pickle.text(VIRTUAL_MARK)?;
            }
            pickle.text("data")?;
            // what the importer leaves out must be there to be left out
            let before = cycles.iter().take(1).cycle().take(skipped(cell.id()));
            let numbered = (1..).zip(before.chain(cycles));
            pickle.dict(|pickle| {
                for (number, whole) in numbered {
                    let current: Vec<f64> = whole.cycle.current.iter().map(|ampere| ampere * 1000.0).collect();
                    pickle.integer(number)?;
                    pickle.frame(&[
                        (CURRENT, &current),
                        (VOLTAGE, &whole.cycle.voltage),
                        (TIME, &whole.counted_time(TimeUnit::Seconds)),
                    ])?;
                }
                Ok(())
            })
        })
    })?;
    pickle.finish().map(drop)
}
