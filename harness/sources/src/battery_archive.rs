//! `hnei`, `ul-pur`, `snl`: what Battery Archive serves of three laboratories, two CSV files per cell.
//!
//! `CELL_timeseries.csv` has the samples, `CELL_cycle_data.csv` one line per cycle. Outliers and missing cycles are
//! replaced by copies of a neighbour, so that the list of cycles has no gaps; each dataset has its own rule for what an
//! outlier is. Samples stay in the order of the file (the authors sort them by an unstable sort, which scrambles them).

mod agreement;
mod rules;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use itertools::Itertools as _;

use super::assembly::{LARGEST_CELL, MOST_CYCLES};
use super::format::{CellFiles, Datasets, Format};
use super::imported::Imported;
use super::packed::{self, PublishedFile};
use crate::Error;
use cells::catalogue::{Catalogue, CatalogueEntry};
use cells::cell::{Cell, Cycle, DatasetName, LifeRecord, Origin};
use cells::quote::shown;
use rules::OutlierRule;
use table::Recorded;

/// What the two files of a cell are called after its id.
pub(crate) const SAMPLES: &str = "_timeseries.csv";
/// See [`SAMPLES`].
pub(crate) const CYCLES: &str = "_cycle_data.csv";

/// Hawaii Natural Energy Institute.
pub const HNEI: Format = Format {
    name: "hnei",
    files: "CELL_timeseries.csv and CELL_cycle_data.csv of each HNEI cell, or folders or zips with them",
    datasets: Datasets::Of(&[Dialect::HNEI.dataset]),
    open: |paths| Files::find(Dialect::HNEI, paths, Catalogue::published()),
    own: Some(|paths, catalogue| Files::find(Dialect::HNEI, paths, catalogue)),
};

/// Underwriters Laboratories and Purdue University.
pub const UL_PUR: Format = Format {
    name: "ul-pur",
    files: "CELL_timeseries.csv and CELL_cycle_data.csv of each UL-PUR cell, or folders or zips with them",
    datasets: Datasets::Of(&[Dialect::UL_PUR.dataset]),
    open: |paths| Files::find(Dialect::UL_PUR, paths, Catalogue::published()),
    own: Some(|paths, catalogue| Files::find(Dialect::UL_PUR, paths, catalogue)),
};

/// Sandia National Laboratories.
pub const SNL: Format = Format {
    name: "snl",
    files: "CELL_timeseries.csv and CELL_cycle_data.csv of each SNL cell, or folders or zips with them",
    datasets: Datasets::Of(&[Dialect::SNL.dataset]),
    open: |paths| Files::find(Dialect::SNL, paths, Catalogue::published()),
    own: Some(|paths, catalogue| Files::find(Dialect::SNL, paths, catalogue)),
};

/// In what the three datasets differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    dataset: &'static str,
    rule: OutlierRule,
    /// Cycle index of the first cycle that is kept; cycles are numbered from there.
    pub(crate) first: u32,
}

impl Dialect {
    pub(crate) const HNEI: Self = Self { dataset: "HNEI", rule: OutlierRule::Hampel { shifts: 18 }, first: 12 };
    pub(crate) const UL_PUR: Self = Self { dataset: "UL_PUR", rule: OutlierRule::Hampel { shifts: 4 }, first: 12 };
    pub(crate) const SNL: Self = Self { dataset: "SNL", rule: OutlierRule::Jump, first: 0 };

    /// That of a dataset, if it is one of the three.
    pub(crate) fn of(dataset: &DatasetName) -> Option<Self> {
        [Self::HNEI, Self::UL_PUR, Self::SNL].into_iter().find(|dialect| *dataset == dialect.dataset)
    }

    /// Indices of the cycles that are outliers.
    fn outliers(self, id: &str, cycles: &[table::CycleSummary]) -> BTreeSet<u32> {
        let capacities: Vec<f64> = cycles.iter().map(|cycle| cycle.discharged).collect();
        let mut positions = self.rule.outliers(&capacities);
        if id == "SNL_18650_NCA_25C_0-100_0.5-0.5C_a" {
            positions.extend((0..capacities.len()).filter(|&position| capacities[position] < 1.5));
        }
        positions.into_iter().map(|position| cycles[position].index).collect()
    }
}

/// The two files of one cell.
#[derive(Debug, Default)]
struct Pair {
    samples: Option<PublishedFile>,
    cycles: Option<PublishedFile>,
}

/// The files of each cell.
struct Files {
    dialect: Dialect,
    catalogue: Arc<Catalogue>,
    cells: BTreeMap<String, (PublishedFile, PublishedFile)>,
    remarks: Vec<String>,
}

impl Files {
    fn find(dialect: Dialect, paths: &[PathBuf], catalogue: Arc<Catalogue>) -> Result<Box<dyn CellFiles>, Error> {
        let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
        for file in packed::find(paths)? {
            let name = packed::as_served(&file.name);
            let (id, is_samples) = match (name.strip_suffix(SAMPLES), name.strip_suffix(CYCLES)) {
                (Some(id), _) => (id.to_owned(), true),
                (_, Some(id)) => (id.to_owned(), false),
                _ => continue,
            };
            let pair = pairs.entry(id).or_default();
            let place = if is_samples { &mut pair.samples } else { &mut pair.cycles };
            if let Some(other) = place {
                let (one, other) = (file.place(), other.place());
                return Err(Error::Given(format!("{other} and {one} have the same name: give each file once")));
            }
            *place = Some(file);
        }
        let dataset = dialect.dataset;
        let is_ours = |id: &str| catalogue.find(id).is_some_and(|entry| catalogue.is_own() || entry.dataset == dataset);
        let others: Vec<String> = pairs.keys().filter(|id| !is_ours(id)).cloned().collect();
        let mut remarks = Vec::new();
        let mut cells = BTreeMap::new();
        for (id, pair) in pairs.into_iter().filter(|(id, _)| is_ours(id)) {
            let (samples, cycles) = match (pair.samples, pair.cycles) {
                (Some(samples), Some(cycles)) => (samples, cycles),
                (Some(file), None) => return Err(file.refused(format!("its partner {id}{CYCLES} is not there"))),
                (None, Some(file)) => return Err(file.refused(format!("its partner {id}{SAMPLES} is not there"))),
                (None, None) => continue,
            };
            if table::has_samples(&samples)? {
                cells.insert(id, (samples, cycles));
            } else {
                remarks.push(format!("left out: {} has no samples", samples.place()));
            }
        }
        if cells.is_empty() {
            let paths = paths.iter().map(|path| path.display()).join(", ");
            let wanted = if catalogue.is_own() {
                catalogue.a_cell().trim_start_matches("a ").to_owned()
            } else {
                format!("cell of {dataset}")
            };
            let found = if others.is_empty() { String::new() } else { format!(", but {}", some_of(&others)) };
            return Err(Error::Given(format!(
                "{paths}: no {wanted} there{found}; a cell is two files, ID{SAMPLES} and ID{CYCLES}"
            )));
        }
        if !others.is_empty() {
            let why = if catalogue.is_own() {
                format!("not {}", catalogue.a_cell())
            } else {
                format!("not among the cells of {dataset} in the benchmark")
            };
            remarks.push(format!("left out, {why}: {}", some_of(&others)));
        }
        Ok(Box::new(Self { dialect, catalogue, cells, remarks }))
    }
}

fn some_of(ids: &[String]) -> String {
    let more = if ids.len() > 5 { format!(" and {} more", ids.len() - 5) } else { String::new() };
    format!("{}{more}", ids.iter().take(5).map(|id| shown(id, 80)).join(", "))
}

impl CellFiles for Files {
    fn ids(&self) -> Vec<String> {
        self.cells.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let files = self.cells.get(id);
        let found = files.zip(self.catalogue.find(id));
        let ((samples, cycles), entry) = found.ok_or_else(|| Error::never_found(id))?;
        let summaries = table::read_cycles(cycles)?;
        let recorded = table::read_samples(samples)?;
        let (summaries, mut doubts) =
            agreement::once_each(summaries, entry.nominal_capacity).map_err(|what| cycles.refused(what))?;
        doubts.extend(
            agreement::compared(&summaries, &recorded.cycles, entry.nominal_capacity)
                .map_err(|what| cycles.refused(what))?,
        );
        let mut imported = assemble(entry, self.dialect, recorded, &summaries).map_err(|what| cycles.refused(what))?;
        imported.doubt(doubts);
        Ok(imported)
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }
}

/// Cuts samples into cycles and puts copies in the place of outliers and missing cycles. An error is a fragment about the
/// table of cycles.
fn assemble(
    entry: &CatalogueEntry,
    dialect: Dialect,
    recorded: Recorded,
    summaries: &[table::CycleSummary],
) -> Result<Imported, String> {
    let Recorded { mut cycles, is_virtual } = recorded;
    let last = summaries.iter().map(|summary| summary.index).chain(cycles.keys().copied()).max().unwrap_or_default();
    if last as usize > MOST_CYCLES {
        return Err(format!("cycle {last}: no cell has more than {MOST_CYCLES} cycles, so the tables are damaged"));
    }
    let replacements = rules::replacements(
        &dialect.outliers(&entry.id, summaries),
        &cycles.keys().copied().collect::<BTreeSet<u32>>(),
    );
    let copied: usize = replacements.values().filter_map(|source| cycles.get(source)).map(table::Samples::len).sum();
    if copied > LARGEST_CELL / table::Samples::COLUMNS {
        return Err(format!(
            "{} cycles are outliers or missing, and their neighbours too long to stand in for all of them, so the tables are \
             damaged",
            replacements.len()
        ));
    }
    let known: BTreeSet<u32> = summaries.iter().map(|summary| summary.index).collect();
    let copy = |(&index, source): (&u32, &u32)| match cycles.get(source).filter(|_| known.contains(source)) {
        Some(samples) => Ok((index, samples.clone())),
        None => Err(format!("cycle {index} is an outlier or missing, and no sound cycle is there to stand in for it")),
    };
    let copies = replacements.iter().map(copy).collect::<Result<Vec<_>, String>>()?;
    cycles.extend(copies);
    let first = dialect.first;
    let cycles: Vec<Cycle> =
        cycles.split_off(&first).into_iter().map(|(index, samples)| samples.cycle(index - first)).collect();
    if cycles.is_empty() {
        return Err(format!("no cycle with an index of {first} or more"));
    }
    let remark = |copies| {
        let cycles = cycles.len();
        format!("{copies} of {cycles} cycles are copies of a neighbour, in place of outliers and missing ones")
    };
    let copies = Some(replacements.range(first..).count()).filter(|copies| *copies > 0);
    let remarks = copies.map(remark).into_iter().collect();
    let life = LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect());
    let origin = if is_virtual { Origin::Virtual } else { Origin::Real };
    let cell = Cell::new(entry.info(origin), cycles, life).map_err(|invalid| invalid.to_string())?;
    Ok(Imported::new(cell, remarks))
}
