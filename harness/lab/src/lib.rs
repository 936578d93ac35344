//! The virtual lab: one simulated cell for every published one, for machines without the published files.
//!
//! Its results are never evidence about a published method. What is modelled, and what is not, is in
//! `docs/virtual-lab.md`.
//!
//! | file | what |
//! |---|---|
//! | `half_cell` | potentials of single electrodes, from published fits |
//! | `cell_balance` | two electrodes, one lithium inventory; voltage under current |
//! | `ageing` | loss of lithium and of sites, resistance, plating |
//! | `laboratory` | how those who published cells cycle and record them |
//! | `programme` | the published protocols as currents and limits |
//! | `recipe` | makes of cells, and how they scatter |
//! | `specimen` | one cell and its whole life, ending at the published cycle life |
//! | `recording` | the series of a cycle, with noise and faults |
//! | `recognition` | whether a series is one of the lab's |

mod ageing;
mod cell_balance;
mod half_cell;
mod laboratory;
mod programme;
mod recipe;
mod recognition;
mod recording;
mod specimen;

use numerics::Streams;

use cells::Error;
use cells::catalogue;
use cells::cell::{Cell, LifeRecord, Origin};
use cells::source::CellSource;
use cells::suggest::did_you_mean;
pub use recognition::made;
use specimen::Specimen;

/// Changes whenever a virtual cell does. 2: records end as publishers end them, mostly just above the end of life. (Time has
/// been kept in other units since, which changed nothing that is made of it.)
pub const VERSION: u32 = 2;

/// Names the random streams. Not the version: a cell keeps its make when something else about the lab changes.
const DRAW: u32 = 1;

/// The source of virtual cells; it holds no state.
#[derive(Clone, Copy, Debug, Default)]
pub struct VirtualLab;

impl VirtualLab {
    /// The lab with its 403 cells.
    pub fn new() -> Self {
        Self
    }
}

fn entry(id: &str) -> Result<&'static catalogue::CatalogueEntry, Error> {
    catalogue::find(id).ok_or_else(|| {
        let hint = did_you_mean(id, catalogue::cells().iter().map(|entry| entry.id.as_str()));
        Error::UnknownCell {
            id: id.to_owned(),
            what: format!("is none of the 403 published cells that the virtual lab has{hint}"),
        }
    })
}

impl CellSource for VirtualLab {
    fn origin(&self) -> Origin {
        Origin::Virtual
    }

    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = catalogue::cells().iter().map(|entry| entry.id.clone()).collect();
        ids.sort();
        ids
    }

    fn cell(&self, id: &str, cycles: usize) -> Result<Cell, Error> {
        recorded(id, cycles).map(|(cell, _)| cell)
    }

    fn glance(&self, id: &str) -> Result<(Cell, usize), Error> {
        recorded(id, 1)
    }

    fn fingerprint(&self, id: &str) -> Result<String, Error> {
        let entry = entry(id)?;
        let published = serde_json::to_string(&entry.info(Origin::Virtual))
            .map_err(|error| Error::Internal(format!("cell {id} cannot be written as JSON: {error}")))?;
        let content = format!("virtual lab {VERSION}\n{published}\n{:?}", entry.cycle_life);
        Ok(blake3::hash(content.as_bytes()).to_hex().to_string())
    }
}

/// The cell with its first `cycles` cycles, and how many were stored.
fn recorded(id: &str, cycles: usize) -> Result<(Cell, usize), Error> {
    let entry = entry(id)?;
    let streams = Streams::new(format!("virtual lab {DRAW} {id}"));
    let specimen = Specimen::new(entry, &streams);
    let stored = specimen.life.len();
    let detailed = cycles.min(stored);
    let cycles = (0..detailed).map(|position| recording::record(entry, &specimen, position, &streams)).collect();
    let life = LifeRecord::Capacity(specimen.life.iter().map(|cycle| cycle.discharged).collect());
    Cell::new(entry.info(Origin::Virtual), cycles, life)
        .map(|cell| (cell, stored))
        .map_err(|invalid| Error::Internal(format!("the virtual lab made an invalid cell: {invalid}")))
}
