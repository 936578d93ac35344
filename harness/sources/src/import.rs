//! The one way of published files into the store, for every format.
//!
//! A format says what it is called and how to look at files; looking gives [`CellFiles`] cells, one at a time and in any
//! order, from several threads. [`write()`] does the rest. To add a format, write a file beside this one with a
//! [`Format`] in it, and name it in [`FORMATS`].
//!
//! An import is all or nothing: cells go to a hidden folder one by one, as few in memory as there are workers, and take
//! their places when the last of them is whole. A bad file, a full disk or Ctrl-C leaves the store as it was.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use itertools::Itertools as _;
use rayon::prelude::*;

pub use super::format::{CellFiles, Datasets, Format, Open, VIRTUAL_MARK, origin_of};
pub use super::imported::Imported;
use super::judged::judged;
use super::{battery_archive, batteryml, calce, hust, matr, matr_curves, rwth};
use crate::Error;
use cells::catalogue::Catalogue;
use cells::cell::{DatasetName, Origin};
use cells::count::counted;
use cells::datasets;
use cells::store::Store;

/// Everything that can be imported.
pub static FORMATS: &[Format] = &[
    matr::FORMAT,
    matr_curves::FORMAT,
    hust::FORMAT,
    calce::FORMAT,
    rwth::FORMAT,
    battery_archive::HNEI,
    battery_archive::UL_PUR,
    battery_archive::SNL,
    batteryml::FORMAT,
];

impl Format {
    /// The format of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Looks at files for the cells of a catalogue.
    ///
    /// # Errors
    /// [`Error::Given`] if files of this format hold published cells only; as [`Open`].
    pub fn open_own(&self, paths: &[PathBuf], catalogue: Arc<Catalogue>) -> Result<Box<dyn CellFiles>, Error> {
        let own = self.own.ok_or_else(|| {
            let others = FORMATS.iter().filter(|format| format.own.is_some()).map(|format| format.name).join(", ");
            Error::Given(format!(
                "files of {} hold the published cells and no others: leave --catalogue out, or give cells of your own in \
                 another format ({others})",
                self.name
            ))
        })?;
        own(paths, catalogue)
    }
}

/// Told how many cells of how many are done; an error, such as [`Error::Stopped`], stops the work and is passed on.
pub type Progress<'a> = dyn Fn(usize, usize) -> Result<(), Error> + Sync + 'a;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Cells written, of each dataset.
    pub cells: Vec<(DatasetName, usize)>,
    /// Whether they were measured.
    pub origin: Origin,
    /// Of the files as a whole first, then of cells in order of id.
    pub remarks: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = |(dataset, cells): &(DatasetName, usize)| {
            format!("{} of {dataset}", counted(*cells, &format!("{} cell", self.origin)))
        };
        write!(formatter, "{}", self.cells.iter().map(cells).join(", "))?;
        self.remarks.iter().try_for_each(|remark| write!(formatter, "\n{remark}"))
    }
}

/// Cells in memory at a time, at most. The largest published one takes some 200 MB while it is read and written.
const AT_ONCE: usize = 3;

/// Reads every cell and writes it to `store`: all of them or none.
///
/// Cells that are there are replaced if `force` says so.
///
/// # Errors
/// [`Error::Present`] for cells that are there, what reading a cell says, and as [`Store::write_all`]; the error of
/// `progress`.
pub fn write(
    published: &dyn CellFiles,
    store: &mut Store,
    force: bool,
    progress: &Progress<'_>,
) -> Result<Summary, Error> {
    let ids = published.ids();
    check_absent(&ids, store, force)?;
    let written = Mutex::new(BTreeMap::new());
    let done = AtomicUsize::new(0);
    let cells = ids.par_iter().map(|id| {
        progress(done.load(Ordering::Relaxed), ids.len())?;
        let (kept, remarks) = judged(published.cell(id)?)?;
        let cell = &kept.cell;
        if cell.id() != id {
            return Err(Error::Internal(format!("the importer was asked for cell {id} and gave {}", cell.id())));
        }
        let (dataset, origin) = (cell.info().dataset.clone(), cell.info().origin);
        let mut written = written.lock().map_err(|_| Error::Internal("a worker of the import died".to_owned()))?;
        written.insert(id.clone(), (dataset, origin, remarks));
        done.fetch_add(1, Ordering::Relaxed);
        Ok(kept)
    });
    let workers = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE.min(rayon::current_num_threads()));
    match workers.build() {
        Ok(workers) => workers.install(|| store.write_all(cells))?,
        // where the system gives no threads of their own, those that are there do it
        Err(_) => store.write_all(cells)?,
    }
    let _ = progress(ids.len(), ids.len()); // too late to stop

    let written = written.into_inner().map_err(|_| Error::Internal("a worker of the import died".to_owned()))?;
    let cells = datasets::counted(written.values().map(|(dataset, ..)| dataset));
    let origin = written.values().next().map_or(Origin::Real, |(_, origin, _)| *origin);
    let of_cells = |(id, (_, _, remarks)): (String, (DatasetName, Origin, Vec<String>))| {
        remarks.into_iter().map(move |remark| format!("  {id}: {remark}"))
    };
    let remarks = published.remarks().into_iter().chain(written.into_iter().flat_map(of_cells)).collect();
    Ok(Summary { cells, origin, remarks })
}

/// Says no before anything long is begun.
///
/// # Errors
/// [`Error::Present`] when some of these cells are in `store` and not to be replaced.
pub fn check_absent(ids: &[String], store: &Store, force: bool) -> Result<(), Error> {
    let present = ids.iter().filter(|id| store.contains(id)).count();
    if present == 0 || force {
        return Ok(());
    }
    let new = match ids.len() - present {
        0 => String::new(),
        new => format!(", and the other {new} would be new"),
    };
    Err(Error::Present { present, asked: ids.len(), dir: store.dir().to_owned(), new })
}
