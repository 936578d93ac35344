//! Files that come into being whole.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::{clock, put};
use crate::Error;
use cells::cell::{Cell, Cycle};
use cells::time_unit::TimeUnit;

/// Writes a file of this name in the folder `out`, under another name until it is whole.
///
/// # Errors
/// [`Error::Write`] names the file and the reason; and what `write` says of the cells.
pub(super) fn write(
    out: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), WriteError>,
) -> Result<PathBuf, Error> {
    put(out, name, |path| {
        let cannot = |source| Error::Write { doing: format!("write {}", out.join(name).display()), source };
        let file = File::create(path).map_err(cannot)?;
        let mut writer = BufWriter::new(&file);
        write(&mut writer).and_then(|()| Ok(writer.flush()?)).map_err(|error| match error {
            WriteError::Disk(error) => cannot(error),
            WriteError::Cell(error) => error,
        })
    })
}

/// Why a file was not written.
pub(super) enum WriteError {
    /// The disk or the library that writes the format.
    Disk(io::Error),
    /// The cells.
    Cell(Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<zip::result::ZipError> for WriteError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Disk(io::Error::other(error))
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Cell(error)
    }
}

/// Time and charge capacity of every cycle, which these formats must have.
///
/// # Errors
/// [`Error::Unwritable`] names the cell.
pub(super) fn whole<'a>(cell: &'a Cell, format: &str) -> Result<Vec<WholeCycle<'a>>, Error> {
    let whole = |cycle: &'a Cycle| {
        let (time, charged) = (cycle.time.as_deref()?, cycle.charge_capacity.as_deref()?);
        (!cycle.is_empty()).then_some(WholeCycle { cycle, time, charged })
    };
    cell.cycles().iter().map(whole).collect::<Option<_>>().ok_or_else(|| Error::Unwritable {
        id: cell.id().to_owned(),
        format: format.to_owned(),
        why: "it has a cycle without samples, without time or without a charge half".to_owned(),
    })
}

/// A cycle with everything that a cycler logs.
#[derive(Clone, Copy)]
pub(super) struct WholeCycle<'a> {
    pub(super) cycle: &'a Cycle,
    pub(super) time: &'a [f64],
    pub(super) charged: &'a [f64],
}

impl WholeCycle<'_> {
    /// Its time in a publisher's unit, see [`clock::counted`].
    pub(super) fn counted_time(&self, unit: TimeUnit) -> Vec<f64> {
        let time: Vec<f64> = self.time.iter().map(|time| unit.from_seconds(*time)).collect();
        clock::counted(self.cycle, &time, self.charged, unit.per_hour())
    }
}
