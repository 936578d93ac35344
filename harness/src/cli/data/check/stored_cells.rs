//! The cells at hand: whole, counted, told apart, and as their manifest and the catalogue have them.

use std::collections::BTreeMap;
use std::path::Path;

use itertools::Itertools as _;
use rayon::prelude::*;
use tabled::{builder::Builder, settings::Style};

use super::Finding;
use super::published::{Group, groups};
use crate::cli::failure::Failure;
use crate::cli::output::{names, say};
use cells::cell::{Cell, DatasetName, LifeRecord, Origin};
use cells::count::{counted, counted_with, verb};
use cells::label::{LabelRule, Unreached, Verdict};
use cells::notes::Notes;
use cells::physics;
use cells::portrait::Portrait;
use cells::store::{self, Kept, Manifest, Store};
use cells::suggest::did_you_mean;
use cells::{catalogue, datasets, source::CellSource as _};
use lab::VirtualLab;

/// A cell that was read whole, without its series.
pub(super) struct Seen {
    /// Its head and life record.
    pub(super) cell: Cell,
    /// Cycles that are at hand in detail.
    pub(super) held: usize,
    /// Hash of the cycles and the life record, whatever the id; none where there are no cycles.
    measurements: Option<String>,
    /// What its first cycles look like.
    portrait: Portrait,
    /// Cycles that a cleaning rule dropped, as the numbers of the others tell, and that are not on record.
    lost: usize,
    /// What cannot be, as its import found and as its cycles show; whether its measurements are published ones all the same.
    notes: Notes,
}

/// All that is here, by id.
pub(super) struct StoredCells(BTreeMap<String, Seen>);

impl StoredCells {
    /// Reads every file of the store in `data`; the findings are of damaged files, and of the manifest.
    pub(super) fn of_store(data: &Path) -> Result<(Self, Vec<Finding>), Failure> {
        if !Store::is_at(data) {
            Store::open(data)?; // says what to do
        }
        store::complete(data).iter().for_each(|what| say(what));
        let manifest = Manifest::read(data)?;
        let files = store::cell_files(data)?;
        let read: Vec<Result<(Seen, String), Failure>> = files
            .par_iter()
            .map(|file| {
                let kept = store::check_kept(file)?;
                let fingerprint = store::fingerprint(&kept.cell);
                Ok((Seen::of(&kept)?, fingerprint))
            })
            .collect();
        let mut findings = Vec::new();
        let mut cells = BTreeMap::new();
        for (file, read) in files.iter().zip(read) {
            match read {
                Err(failure) => findings.push(Finding::Fault(failure.to_string())),
                Ok((seen, fingerprint)) => {
                    let id = seen.cell.id().to_owned();
                    findings.extend(manifest.as_ref().and_then(|manifest| against(manifest, &id, &fingerprint, file)));
                    cells.insert(id, seen);
                }
            }
        }
        let has_file = |id: &str| files.iter().any(|file| file.file_stem().is_some_and(|stem| stem == id));
        match &manifest {
            None => findings.push(Finding::Note(format!(
                "{} has no manifest.csv, so cells that have gone are not noticed; the next import writes one",
                data.display()
            ))),
            Some(manifest) => {
                let gone: Vec<&str> = manifest.ids().filter(|id| !has_file(id)).collect();
                if !gone.is_empty() {
                    let (count, have) = (counted(gone.len(), "cell"), verb(gone.len(), ["has", "have"]));
                    findings.push(Finding::Fault(format!(
                        "{count} of {} {have} no file any more: {}; import their dataset again with --force",
                        Manifest::path(data).display(),
                        names(gone)
                    )));
                }
            }
        }
        Ok((Self(cells), findings))
    }

    /// The virtual cells; their lives only.
    pub(super) fn of_lab() -> Result<Self, Failure> {
        let lab = VirtualLab::new();
        let seen = |id: String| {
            let cell = lab.cell(&id, 0)?;
            let held = if let LifeRecord::Capacity(capacity) = cell.life() { capacity.len() } else { 0 };
            Ok((
                id,
                Seen {
                    cell,
                    held,
                    measurements: None,
                    portrait: Portrait::default(),
                    lost: 0,
                    notes: Notes::default(),
                },
            ))
        };
        lab.ids().into_par_iter().map(seen).collect::<Result<_, Failure>>().map(Self)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Seen> {
        self.0.get(id)
    }

    /// Whether none of them was measured.
    pub(super) fn are_virtual(&self) -> bool {
        self.0.values().any(|seen| seen.cell.info().origin == Origin::Virtual)
    }

    /// `, did you mean …?` among the cells here and the published ones.
    pub(super) fn hint(&self, id: &str) -> String {
        let published = catalogue::cells().iter().map(|entry| entry.id.as_str());
        did_you_mean(id, self.0.keys().map(String::as_str).chain(published))
    }

    /// Cells and lives of each dataset.
    pub(super) fn table(&self, rule: &LabelRule) -> String {
        let mut table = Builder::default();
        let lives = format!("lives to {} % of nominal", 100.0 * rule.end_of_life);
        table.push_record(["dataset", "cells here", "published", &lives, "not reached"]);
        let reached = of_reached(rule);
        let groups = groups();
        let published = groups.iter().map(|group| (group.name.to_owned(), Some(group)));
        let own = datasets::counted(self.0.values().map(|seen| &seen.cell.info().dataset)).into_iter();
        let own = own
            .filter(|(dataset, _)| datasets::find(dataset).is_none())
            .map(|(dataset, _)| (dataset.to_string(), None));
        for (name, group) in published.chain(own) {
            let is_here =
                |dataset: &DatasetName| group.map_or(*dataset == &name[..], |group: &Group| group.has(dataset));
            let here = || self.0.values().filter(|seen| is_here(&seen.cell.info().dataset));
            let lives: Vec<f64> = here().filter_map(|seen| reached.life(&seen.cell).ok().flatten()).collect();
            let range = match lives.iter().minmax_by(|a, b| a.total_cmp(b)).into_option() {
                Some((shortest, longest)) => format!("{}: {shortest} to {longest}", counted(lives.len(), "cell")),
                None => String::new(),
            };
            let unreached = here().filter(|seen| seen.is_censored(rule)).count();
            table.push_record([
                name.clone(),
                here().count().to_string(),
                group.map_or_else(|| "-".to_owned(), |group| group.cells.to_string()),
                range,
                if unreached == 0 { String::new() } else { unreached.to_string() },
            ]);
        }
        format!("{}\n", table.build().with(Style::psql()))
    }

    /// What is wrong or missing, experiments apart.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.twins();
        findings.extend(self.0.values().flat_map(Seen::doubtful));
        let of_other_size: Vec<String> = self.0.values().filter_map(of_other_size).collect();
        if !of_other_size.is_empty() {
            let count = counted_with(of_other_size.len(), "cell", ["counts", "count"]);
            let which = names(of_other_size.iter().map(String::as_str));
            findings.push(Finding::Note(format!(
                "{count} to the nominal capacity that the file states, as `data import --nominal-capacity file` \
                 was told, and so is none of the published cells whose names are borne: {which}"
            )));
        }
        let other: Vec<String> = self.0.values().filter_map(otherwise_published).collect();
        if !other.is_empty() {
            let (count, which) = (other.len(), names(other.iter().map(String::as_str)));
            findings.push(Finding::Note(format!(
                "{} another life to 80 % of nominal capacity than was published, by more than the one cycle \
                 by which publishers' counts differ: {which}; were all files of a cell imported, each once?",
                counted_with(count, "cell", ["has", "have"])
            )));
        }
        for group in groups() {
            let (name, count) = (group.name, group.cells);
            let published = catalogue::cells().iter().filter(|entry| group.has(&entry.dataset));
            let absent: Vec<&str> =
                published.map(|entry| entry.id.as_str()).filter(|id| !self.0.contains_key(*id)).collect();
            if !absent.is_empty() && absent.len() < count {
                let (few, which) = (absent.len(), names(absent));
                findings.push(Finding::Missing(format!("{few} of the {count} cells of {name}: {which}")));
            }
        }
        let foreign: Vec<&str> = self.0.keys().map(String::as_str).filter(|id| catalogue::find(id).is_none()).collect();
        if !foreign.is_empty() {
            let (count, which) = (foreign.len(), names(foreign));
            let count = counted_with(count, "cell", ["is", "are"]);
            findings.push(Finding::Note(format!("{count} none of the published ones: {which}")));
        }
        let rule = LabelRule::default();
        findings.extend(uncounted(&rule, self.0.values()));
        let lost: Vec<String> = self
            .0
            .values()
            .filter(|seen| seen.lost > 0)
            .map(|seen| format!("{} ({})", seen.cell.id(), seen.lost))
            .collect();
        if !lost.is_empty() {
            let (count, which) = (counted(lost.len(), "cell"), names(lost.iter().map(String::as_str)));
            findings.push(Finding::Note(format!(
                "of {count}, numbers of cycles are skipped, and what these gave is not on record, so that no protocol \
                 counts them: {which}; import the publisher's own files with --force where they are at hand"
            )));
        }
        let censored: Vec<&str> =
            self.0.values().filter(|seen| seen.is_censored(&rule)).map(|seen| seen.cell.id()).collect();
        if !censored.is_empty() {
            let (count, which) = (counted(censored.len(), "cell"), names(censored));
            findings
                .push(Finding::Note(format!("the life of {count} is not known, since {}: {which}", unknown(&rule))));
        }
        findings
    }

    /// Cells of different ids with the very same measurements.
    fn twins(&self) -> Vec<Finding> {
        let groups = self.0.values().filter_map(|seen| Some((seen.measurements.as_ref()?, seen.cell.id())));
        let twins = groups.into_group_map().into_values().filter(|ids| ids.len() > 1).map(|mut ids| {
            ids.sort_unstable();
            Finding::Fault(format!("{} hold the very same measurements: keep one of them", names(ids)))
        });
        let alike = self.0.values().tuple_combinations().filter(|(one, other)| is_one_test(one, other)).map(|(one, other)| {
            Finding::Fault(format!(
                "{} and {} are one test: their capacities and curves are the same cycle by cycle, but for digits, samples or length; \
                 keep one of them",
                one.cell.id(),
                other.cell.id()
            ))
        });
        twins.sorted().chain(alike).collect()
    }

    /// Whether two cells hold the very same measurements.
    pub(super) fn are_twins(&self, one: &str, other: &str) -> bool {
        let measurements = |id| self.get(id).and_then(|seen| seen.measurements.as_ref());
        measurements(one).is_some() && measurements(one) == measurements(other)
    }

    /// Whether two cells are one test in other digits or of other length.
    pub(super) fn are_one_test(&self, one: &str, other: &str) -> bool {
        self.get(one).zip(self.get(other)).is_some_and(|(one, other)| is_one_test(one, other))
    }
}

impl Seen {
    fn of(Kept { cell, notes }: &Kept) -> Result<Self, Failure> {
        let held = cell.cycles().len();
        let measurements = (held > 0).then(|| store::measurements(cell));
        let head = Cell::new(cell.info().clone(), Vec::new(), cell.life().clone())
            .and_then(|head| head.leaving_out(cell.left_out().to_vec()))
            .map_err(|invalid| Failure::Internal(invalid.to_string()))?;
        let drops_outliers = datasets::find(&cell.info().dataset).is_some_and(|dataset| dataset.drops_outliers);
        let lost = match cell.cycles() {
            [first, .., last] if drops_outliers && cell.left_out().is_empty() => {
                (last.number.saturating_sub(first.number) as usize + 1).saturating_sub(held)
            }
            _ => 0,
        };
        let mut notes = notes.clone();
        let doubts = notes.doubts.get_or_insert_default();
        for doubt in physics::doubts(cell).iter().map(ToString::to_string) {
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        }
        notes.is_published |= !doubts.is_empty() && physics::is_published(cell);
        let portrait = Portrait::of_first(cell);
        Ok(Self { cell: head, held, measurements, portrait, lost, notes })
    }

    /// A fault for each doubt; of a published cell, a note. A note for what was repaired or guessed, and for a cell that lives.
    fn doubtful(&self) -> Vec<Finding> {
        let id = self.cell.id();
        let finding = |doubt: &String| match self.notes.is_published {
            true => Finding::Note(format!("{id}, as it was published: {doubt}")),
            false => Finding::Fault(format!("{id}: {doubt}")),
        };
        let repaired = self.notes.repairs.iter().map(|repair| Finding::Note(format!("{id} was repaired: {repair}")));
        let living = self.notes.alive.then(|| match physics::alive_and_dead(&self.cell) {
            // what a store of an older program has not noted
            Some(what) if !self.notes.doubts.iter().flatten().contains(&what) => {
                Finding::Fault(format!("{id}: {what}"))
            }
            _ => Finding::Note(format!("{id} lives still, as its cells.yaml says: it has no life to train or test on")),
        });
        let guessed = self.notes.guessed.iter().map(|guessed| Finding::Note(format!("{id}: {guessed}")));
        self.notes.doubts.iter().flatten().map(finding).chain(repaired).chain(guessed).chain(living).collect()
    }

    /// Whether the record ends before the life.
    pub(super) fn is_censored(&self, rule: &LabelRule) -> bool {
        matches!(of_reached(rule).judge(&self.cell), Ok(Verdict::Removed(_)))
    }
}

/// Whether two cells of other measurements are one test.
fn is_one_test(one: &Seen, other: &Seen) -> bool {
    one.measurements != other.measurements && one.portrait.is_of_one_test(&other.portrait)
}

/// The rule for lives that were reached, however short, and no others.
fn of_reached(rule: &LabelRule) -> LabelRule {
    LabelRule { unreached: Unreached::Drop, minimum: 0, ..rule.clone() }
}

/// What the life of some cells is not known for.
pub(super) fn unknown(rule: &LabelRule) -> String {
    let percent = |share: f64| (1e4 * share).round() / 100.0;
    format!(
        "they never reach {} % of nominal capacity and end at {} % or above, or before their published or declared life",
        percent(rule.end_of_life),
        percent(rule.censored_above)
    )
}

/// Cells of which a cleaning rule dropped cycles that their lives do not count.
pub(super) fn uncounted<'a>(rule: &LabelRule, cells: impl Iterator<Item = &'a Seen>) -> Option<Finding> {
    let of = |seen: &Seen| Some(format!("{} ({})", seen.cell.id(), rule.uncounted(&seen.cell)?.short()));
    let cells: Vec<String> = cells.filter_map(of).collect();
    (!cells.is_empty()).then(|| {
        let (count, which) = (counted(cells.len(), "cell"), names(cells.iter().map(String::as_str)));
        let share = 100.0 * rule.end_of_life;
        Finding::Note(format!(
            "of {count}, cycles were dropped as outliers when they were imported, and lives to {share} % of nominal \
             capacity do not count them unless the protocol is honest: {which}"
        ))
    })
}

/// Cycles at the end of a whole record that may be under the threshold although a publisher counts them all.
const COUNTED_ON: f64 = 5.0;

/// A cell with another nominal capacity than the published cell of its name, as `RWTH_002 (2 Ah, published 1.11)`.
fn of_other_size(seen: &Seen) -> Option<String> {
    let own = seen.cell.info().nominal_capacity;
    let published = catalogue::find(seen.cell.id())?.nominal_capacity;
    (own != published).then(|| format!("{} ({own} Ah, published {published})", seen.cell.id()))
}

/// A counted life that is not the published one, as `CALCE_CS2_35 (384 cycles, published 519)`. Publishers do not agree on
/// whether the first cycle is number 0 or 1, nor on whether the one that ends life is part of it: one cycle is no difference.
/// Nor is it one that HUST counts all cycles of a record and two more, also where the last few were at the threshold.
fn otherwise_published(seen: &Seen) -> Option<String> {
    let published = catalogue::find(seen.cell.id()).filter(|_| of_other_size(seen).is_none())?.cycle_life?;
    let LifeRecord::Capacity(capacity) = seen.cell.life() else { return None };
    let life = of_reached(&LabelRule::default()).life(&seen.cell).ok()?;
    let is_published = |cycles: f64| (cycles - published).abs() <= 1.0;
    let is_whole = is_published((capacity.len() + 2) as f64);
    let life = match life {
        Some(life) if is_published(life) || is_whole && life >= published - COUNTED_ON => return None,
        Some(life) => life.to_string(),
        None => format!("more than {}", capacity.len()),
    };
    Some(format!("{} ({life} cycles, published {published})", seen.cell.id()))
}

fn against(manifest: &Manifest, id: &str, fingerprint: &str, file: &Path) -> Option<Finding> {
    match manifest.fingerprint(id) {
        Some(expected) if expected == fingerprint => None,
        Some(_) => Some(Finding::Fault(format!(
            "{} is sound, but not the cell that was imported: its content has another hash than manifest.csv has; import \
             its dataset again with --force, or delete manifest.csv to accept it",
            file.display()
        ))),
        None => Some(Finding::Note(format!("{} is not in manifest.csv: it was not imported here", file.display()))),
    }
}
