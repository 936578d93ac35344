//! Cells as their publishers would serve them: the other way round of [`crate::import`].
//!
//! It makes whole files of realistic size that anyone can have, so that every importer is tested on what it is for:
//! `import(export(cell)) = cell` within the format's precision. To add a format, write a file below `export/` with a
//! [`Format`] in it, and name it in [`FORMATS`].
//!
//! Files of virtual cells bear [`crate::import::VIRTUAL_MARK`].

mod battery_archive;
mod batteryml;
mod calce_xlsx;
mod calendar;
mod clock;
mod cycler_text;
mod discharge_curve;
mod file;
mod hust_zip;
mod matr_mat;
mod rwth_zip;

use std::path::{Path, PathBuf};

use itertools::Itertools as _;

use crate::Error;
use crate::import::{Datasets, Progress};
use cells::cell::{Cell, LifeRecord};
use cells::datasets;
use cells::source::CellSource;
use cells::suggest::did_you_mean;
use cells::whole_file;

/// Everything that can be written.
pub static FORMATS: &[Format] = &[
    matr_mat::FORMAT,
    hust_zip::FORMAT,
    calce_xlsx::FORMAT,
    rwth_zip::FORMAT,
    battery_archive::HNEI,
    battery_archive::UL_PUR,
    battery_archive::SNL,
    battery_archive::FORMAT,
    batteryml::FORMAT,
    batteryml::BATTERYLIFE,
    cycler_text::BDF,
    cycler_text::ARBIN,
    cycler_text::NEWARE,
    cycler_text::BASYTEC,
    cycler_text::MACCOR,
    cycler_text::BIOLOGIC,
];

/// One kind of published files.
#[derive(Debug)]
pub struct Format {
    /// What the files are, such as `hust-zip`: a name that it goes by too.
    pub name: &'static str,
    /// The name that the user knows from [`crate::import`], such as `hust`.
    pub import: &'static str,
    /// What is written, such as `hust_data.zip`; the help text.
    pub files: &'static str,
    /// Which published datasets' cells can be written.
    pub datasets: Datasets,
    /// Whether cells of one's own can, too.
    pub own: bool,
    /// How they are written.
    pub write: Write,
}

/// Writes cells, given by their ids, into a folder that exists; returns the files. Each is written under another name
/// and then renamed.
///
/// Fails with [`Error::Unwritable`] when a cell lacks what the format must have, and with [`Error::Write`].
pub type Write = fn(&dyn CellSource, &[String], &Path, &Progress<'_>) -> Result<Vec<PathBuf>, Error>;

impl Format {
    /// The format of this name, in either way of naming it.
    pub fn find(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| [format.import, format.name].contains(&name))
    }
}

/// Writes the cells of `source` that belong to the datasets of `format` into the folder `out`, which is made; of
/// these, those in `only`, unless that is empty. Cells of one's own are written if `only` names them. Returns the files.
///
/// # Errors
/// [`Error::Unwritable`] for an id in `only` that is not in `source` or of another dataset, [`Error::Given`] when there is
/// nothing to write, and as [`Write`].
pub fn export(
    format: &Format,
    source: &dyn CellSource,
    only: &[String],
    out: &Path,
    progress: &Progress<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut ids = Vec::new();
    for id in source.ids() {
        let is_named = only.contains(&id);
        if !only.is_empty() && !is_named {
            continue;
        }
        let cell = source.cell(&id, 0)?;
        let dataset = &cell.info().dataset;
        let is_own = datasets::find(dataset).is_none();
        if format.datasets.has(dataset) || is_own && is_named && format.own {
            ids.push(id);
        }
    }
    if let Some(other) = only.iter().find(|id| !ids.contains(id)) {
        let there = source.ids();
        let why = if there.contains(other) {
            let of = datasets::all().iter().map(|known| &known.name).filter(|name| format.datasets.has(name));
            format!("the format is for cells of {}", of.map(|name| name.name()).join(", "))
        } else {
            format!("it is not there{}", did_you_mean(other, there.iter().map(String::as_str)))
        };
        return Err(Error::Unwritable { id: other.clone(), format: format.name.to_owned(), why });
    }
    if ids.is_empty() {
        return Err(Error::Given(format!("none of the given cells can be written as {}", format.name)));
    }
    std::fs::create_dir_all(out)
        .map_err(|source| Error::Write { doing: format!("make the folder {}", out.display()), source })?;
    (format.write)(source, &ids, out, progress)
}

/// The cell with all cycles of its life, which is all that published files say of how long it lived.
///
/// # Errors
/// [`Error::Unwritable`] when the store has the first cycles only, and knows the life otherwise; as [`CellSource::cell`].
fn whole_life(source: &dyn CellSource, id: &str, format: &str) -> Result<Cell, Error> {
    let cell = source.cell(id, usize::MAX)?;
    let here = cell.cycles().len();
    match cell.life() {
        LifeRecord::Capacity(capacity) if capacity.len() == here => Ok(cell),
        _ => Err(Error::Unwritable {
            id: id.to_owned(),
            format: format.to_owned(),
            why: format!("only its first {here} cycles are here, from which nobody could tell its life"),
        }),
    }
}

/// Makes the file `name` in `out`: what `write` leaves at the path it is given, once that is whole. Returns its path.
///
/// # Errors
/// [`Error::Write`] when the folder takes no file; the error of `write`.
fn put(out: &Path, name: &str, write: impl FnOnce(&Path) -> Result<(), Error>) -> Result<PathBuf, Error> {
    let target = out.join(name);
    let failed = |source| Error::Write { doing: format!("write {}", target.display()), source };
    whole_file::fill(&target, write, failed)?;
    Ok(target)
}
