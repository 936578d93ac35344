//! `calce`: the CS2 and CX2 cells of the Center for Advanced Life Cycle Engineering, University of Maryland.
//!
//! One zip archive per cell, or the folder that it unpacks to, with the workbooks (xlsx, xls) and text files that the
//! cycler wrote over months. They hold time, current and voltage; capacity is counted here.

mod date;
mod rules;
mod sheets;
mod text;
mod times;
mod workbook;
mod xls;
mod xlsx;

pub(crate) use sheets::{Sheets, Value};
pub(crate) use workbook::{channel, is_aside, open_workbook};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use itertools::Itertools as _;
use rayon::prelude::*;

use super::coulomb::{self, Half};
use super::format::{CellFiles, Datasets, Format};
use super::imported::Imported;
use super::packed::{self, PublishedFile};
use super::rules::{left_out, outliers};
use crate::Error;
use cells::catalogue::{Catalogue, CatalogueEntry};
use cells::cell::{Cell, Cycle, LifeRecord, Origin};
use cells::quote::shown;
use date::Date;
use rules::Fate;
pub(crate) use rules::WITHOUT_FIRST;

/// Bytes of one file; the published workbooks have up to 10 MB.
const LARGEST_FILE: u64 = 256 << 20;

/// See the module.
pub const FORMAT: Format = Format {
    name: "calce",
    files: "CS2_35.zip and so on, or folders of that name with the workbooks (xlsx, xls) and text files of a cell",
    datasets: Datasets::Of(&["CALCE"]),
    open: |paths| Ok(Box::new(Files::find(paths, Catalogue::published())?)),
    own: Some(|paths, catalogue| Ok(Box::new(Files::find(paths, catalogue)?))),
};

/// One line of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    /// As the file counts.
    cycle: u32,
    /// s since the file's beginning.
    time: f64,
    /// A.
    current: f64,
    /// V.
    voltage: f64,
}

/// The files of each cell.
struct Files {
    catalogue: Arc<Catalogue>,
    cells: BTreeMap<String, Vec<(Date, PublishedFile)>>,
    left_out: Vec<String>,
}

impl Files {
    fn find(paths: &[PathBuf], catalogue: Arc<Catalogue>) -> Result<Self, Error> {
        let mut cells: BTreeMap<String, Vec<(Date, PublishedFile)>> = BTreeMap::new();
        let mut left_out = Vec::new();
        for file in packed::find(paths)? {
            if !file.has_extension(&["txt", "xlsx", "xls"]) {
                continue;
            }
            let Some(id) = file.folders.iter().find_map(|folder| cell_id(&catalogue, folder)) else {
                left_out.push(shown(file.folders.first().unwrap_or(&file.name), 80));
                continue;
            };
            let date = date::of(&file.name).map(date::of_this_age).ok_or_else(|| {
                file.refused("no date in its name, which should be like CS2_35_10_15_10.xlsx (month, day, year)")
            })?;
            let files = cells.entry(id).or_default();
            let served = packed::as_served(&file.name);
            if let Some((_, other)) = files.iter().find(|(_, other)| packed::as_served(&other.name) == served) {
                return Err(Error::Given(format!(
                    "{} and {} have the same name: give each file once",
                    other.place(),
                    file.place()
                )));
            }
            files.push((date, file));
        }
        if cells.is_empty() {
            let paths = paths.iter().map(|path| path.display()).join(", ");
            if catalogue.is_own() {
                return Err(Error::Given(format!("{paths}: no zip or folder is named after {}", catalogue.a_cell())));
            }
            return Err(Error::Given(format!(
                "{paths}: no cell of CALCE there; a cell is CS2_35.zip as downloaded, or a folder CS2_35 with its xlsx, \
                 xls or txt files"
            )));
        }
        Ok(Self { catalogue, cells, left_out: left_out.into_iter().unique().collect() })
    }
}

/// `CS2_35` or `cs2_35` of the benchmark, as `CALCE_CS2_35`; a cell of one's own by its id.
fn cell_id(catalogue: &Catalogue, folder: &str) -> Option<String> {
    let folder = &packed::as_served(folder);
    let upper = folder.to_ascii_uppercase();
    catalogue.named("CALCE_", &upper).or_else(|| catalogue.named("CALCE_", folder)).map(|entry| entry.id.clone())
}

impl CellFiles for Files {
    fn ids(&self) -> Vec<String> {
        self.cells.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let found = self.cells.get(id).zip(self.catalogue.find(id));
        let (files, entry) = found.ok_or_else(|| Error::never_found(id))?;
        let mut contents: Vec<workbook::Content> =
            files.par_iter().map(|(_, file)| read(file)).collect::<Result<_, _>>()?;
        let mend = |((_, file), content): (&(Date, PublishedFile), &mut workbook::Content)| {
            times::mended(&mut content.samples).map(|what| format!("{}: {what}", shown(&file.name, 80)))
        };
        let lost: Vec<String> = files.iter().zip(&mut contents).filter_map(mend).collect();
        let is_virtual = contents.iter().any(|content| content.is_virtual);
        let twins = twins(files, &contents);
        let dated: Vec<(Date, Vec<Sample>)> =
            files.iter().zip(contents).map(|((date, _), content)| (*date, content.samples)).collect();
        let origin = if is_virtual { Origin::Virtual } else { Origin::Real };
        let place = match &files[..] {
            [(_, one)] => one.place(),
            [(_, first), .., (_, last)] => format!("{} to {} ({} files)", first.place(), last.name, files.len()),
            [] => String::new(),
        };
        let mut imported = assemble(entry, origin, dated).map_err(|what| Error::Refused { place, what })?;
        imported.remarks.extend(twins);
        imported.doubt(lost);
        Ok(imported)
    }

    fn remarks(&self) -> Vec<String> {
        if self.left_out.is_empty() {
            return Vec::new();
        }
        let why = match self.catalogue.is_own() {
            true => format!("not {}", self.catalogue.a_cell()),
            false => "not among the 13 cells of the benchmark".to_owned(),
        };
        vec![format!("left out, {why}: {}", self.left_out.join(", "))]
    }
}

fn read(file: &PublishedFile) -> Result<workbook::Content, Error> {
    if file.has_extension(&["txt"]) {
        let samples = file.read(LARGEST_FILE, |reader| text::read(reader).map_err(|problem| file.refused(problem)))?;
        return Ok(workbook::Content { samples, is_virtual: false });
    }
    workbook::read(&file.bytes(LARGEST_FILE)?).map_err(|what| file.refused(what))
}

/// Files of a cell that hold the same samples. They are read as they are, for some were published so.
fn twins(files: &[(Date, PublishedFile)], contents: &[workbook::Content]) -> Vec<String> {
    let all = || files.iter().zip(contents).map(|((_, file), content)| (&file.name, &content.samples));
    let pairs = all().tuple_combinations().filter(|((_, one), (_, other))| !one.is_empty() && one == other);
    let named = |(one, other): (&String, &String)| {
        format!("{} and {} hold the same samples: was one copied?", shown(one, 80), shown(other, 80))
    };
    pairs.map(|((one, _), (other, _))| named((one, other))).collect()
}

/// Puts the samples of all files in order, cuts them into cycles and cleans these. Fails with a fragment.
fn assemble(entry: &CatalogueEntry, origin: Origin, files: Vec<(Date, Vec<Sample>)>) -> Result<Imported, String> {
    let id = &entry.id[..];
    let mut samples: Vec<(Date, Sample)> =
        files.into_iter().flat_map(|(date, samples)| samples.into_iter().map(move |sample| (date, sample))).collect();
    // by the date of the file and the time within it, so that files of one day interleave: as the authors do
    samples.sort_by(|(date, a), (other_date, b)| date.cmp(other_date).then(a.time.total_cmp(&b.time)));
    let raw: Vec<u32> = samples.iter().map(|(_, sample)| sample.cycle).collect();
    let numbers = rules::renumbered(&raw);
    let groups = numbers.iter().zip(&samples).chunk_by(|(number, (date, _))| (**number, *date));
    let cycles: Vec<Cycle> = groups
        .into_iter()
        .enumerate()
        .map(|(position, (_, group))| cycle(position as u32, group.map(|(_, (_, sample))| *sample).collect()))
        .collect();

    let found = cycles.len();
    let capacities: Vec<f64> = cycles.iter().map(Cycle::discharged).collect();
    let fates = rules::fates(id, &capacities);
    let of_fate = |fate: Fate| fates.iter().filter(|other| **other == fate).count();
    let (trickles, by_name) = (of_fate(Fate::Trickle), of_fate(Fate::ByName));
    // those that are no cycles at all are not on record
    let is_cycle = |fate: &Fate| matches!(fate, Fate::Kept | Fate::Outlier);
    let (capacities, stays): (Vec<f64>, Vec<bool>) = capacities
        .iter()
        .zip(&fates)
        .filter(|(_, fate)| is_cycle(fate))
        .map(|(q, fate)| (*q, *fate == Fate::Kept))
        .unzip();
    let cycles: Vec<Cycle> =
        cycles.into_iter().zip(fates).filter(|(_, fate)| *fate == Fate::Kept).map(|(cycle, _)| cycle).collect();
    if cycles.is_empty() {
        let largest = capacities.iter().copied().fold(0.0, f64::max);
        return Err(format!(
            "cell {id}: the cleaning rule leaves none of its {found} cycles: outliers are dropped, and those that give no more than {} Ah; \
             the most that one gives is {largest:.3} Ah; is time in seconds there, current in A and its sign negative in \
             discharge?",
            rules::LEAST
        ));
    }
    let dropped = [(trickles, "for giving next to nothing"), (by_name, "by name, as the authors do with this cell")];
    let remark = |(count, why): &(usize, &str)| format!("{count} of {found} cycles dropped {why}");
    let mut remarks: Vec<String> = dropped.iter().filter(|(count, _)| *count > 0).map(remark).collect();
    let life = LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect());
    let cell =
        Cell::new(entry.info(origin), cycles, life).and_then(|cell| cell.leaving_out(left_out(&capacities, &stays)));
    let cell = cell.map_err(|invalid| invalid.to_string())?;
    remarks.extend(outliers(&cell));
    Ok(Imported::new(cell, remarks))
}

fn cycle(number: u32, samples: Vec<Sample>) -> Cycle {
    let column = |of: fn(&Sample) -> f64| -> Vec<f64> { samples.iter().map(of).collect() };
    let (time, current) = (column(|sample| sample.time), column(|sample| sample.current));
    let start = time.first().copied().unwrap_or_default();
    Cycle {
        number,
        voltage: column(|sample| sample.voltage),
        charge_capacity: Some(coulomb::count(&current, &time, Half::Charge, coulomb::SECONDS)),
        discharge_capacity: coulomb::count(&current, &time, Half::Discharge, coulomb::SECONDS),
        time: Some(time.iter().map(|time| time - start).collect()),
        current,
        ..Cycle::default()
    }
}
