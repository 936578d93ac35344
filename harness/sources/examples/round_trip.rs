//! Virtual cells that went through published files, beside the originals: `round_trip STORE`, see `scripts/round_trip.sh`.
//!
//! Fails where a cell is missing, or differs by more than its format and the cleaning rule of its importer account for.

use std::error::Error;
use std::path::Path;

use cells::cell::{Cell, Cycle, DatasetName};
use cells::datasets;
use cells::label::LabelRule;
use cells::store::Store;
use cells::{catalogue, source::CellSource as _};
use itertools::Itertools as _;
use lab::VirtualLab;
use rayon::prelude::*;
use tabled::{builder::Builder, settings::Style};

/// The ends of life of the scenarios.
const ENDS_OF_LIFE: [f64; 2] = [0.8, 0.9];

/// What became of one cell.
struct Outcome {
    dataset: DatasetName,
    is_same: bool,
    cycles: usize,
    /// Cycles in whose place a copy of a neighbour stands.
    copies: usize,
    /// Ah, largest difference of what a cycle gave or took, copies apart.
    capacity: f64,
    /// Cycles by which its lives to [`ENDS_OF_LIFE`] differ.
    lives: [f64; 2],
}

/// Compares a cell that was imported with the one that was exported.
fn compare(made: &Cell, imported: &Cell) -> Result<Outcome, String> {
    let problem = |what: String| format!("{}: {what}", made.id());
    let (cycles, originals) = (imported.cycles(), made.cycles());
    if imported.info() != made.info() || cycles.len() != originals.len() {
        return Err(problem(format!("{} cycles of {}, or another head", cycles.len(), originals.len())));
    }
    let mut outcome = Outcome {
        dataset: made.info().dataset.clone(),
        is_same: without_curves(imported)? == *made,
        cycles: cycles.len(),
        copies: 0,
        capacity: 0.0,
        lives: [0.0; 2],
    };
    for (position, (cycle, original)) in cycles.iter().zip(originals).enumerate() {
        if has_samples(cycle, original) {
            let difference = |(now, before): (f64, f64)| (now - before).abs();
            let differences = gave_and_took(cycle).into_iter().zip(gave_and_took(original)).map(difference);
            outcome.capacity = differences.fold(outcome.capacity, f64::max);
        } else if originals.iter().any(|other| has_samples(cycle, other)) {
            outcome.copies += 1;
        } else {
            return Err(problem(format!("the cycle at position {position} is none of the original's")));
        }
    }
    for (difference, end_of_life) in outcome.lives.iter_mut().zip(ENDS_OF_LIFE) {
        let rule = LabelRule::to(end_of_life);
        let [before, after] = [made, imported].map(|cell| rule.life(cell));
        *difference = match (before.map_err(|error| error.to_string())?, after.map_err(|error| error.to_string())?) {
            (Some(before), Some(after)) => (after - before).abs(),
            (None, None) => 0.0,
            (before, after) => return Err(problem(format!("life to {end_of_life} was {before:?}, is {after:?}"))),
        };
    }
    let (is_sound, far) = match outcome.dataset.name() {
        "MATR" | "CLO" => (outcome.is_same, 0.0),
        // capacity is counted anew, without currents that a glitch took at the end of a half
        "HUST" | "CALCE" | "RWTH" => (outcome.copies == 0 && outcome.capacity < 0.01, 0.0),
        // copies stand for outliers, of which the rules find many; the cycle that ended the life is often one
        _ => (2 * outcome.copies < outcome.cycles && outcome.capacity == 0.0, 2.0),
    };
    if !is_sound || outcome.lives.iter().any(|cycles| *cycles > far) {
        let Outcome { copies, capacity, lives, .. } = outcome;
        return Err(problem(format!("{copies} copies, capacity off by {capacity} Ah, lives off by {lives:?} cycles")));
    }
    Ok(outcome)
}

/// The cell without the Q(V) curves that batch files of MATR have of every cycle, and virtual cells do not.
fn without_curves(cell: &Cell) -> Result<Cell, String> {
    let cycles = cell.cycles().iter().cloned().map(|cycle| Cycle { qdlin: None, ..cycle });
    let plain = Cell::new(cell.info().clone(), cycles.collect(), cell.life().clone());
    plain.and_then(|plain| plain.leaving_out(cell.left_out().to_vec())).map_err(|invalid| invalid.to_string())
}

/// Ah.
fn gave_and_took(cycle: &Cycle) -> [f64; 2] {
    let took = cycle.charge_capacity.iter().flatten().copied().fold(0.0, f64::max);
    [cycle.discharged(), took]
}

/// Whether every sample of `original` is in `cycle`, in order; some formats need more of them.
fn has_samples(cycle: &Cycle, original: &Cycle) -> bool {
    let mut samples = cycle.voltage.iter().zip(&cycle.current);
    // a current in mA comes back within its rounding
    let same = |a: f64, b: f64| (a - b).abs() <= 1e-15 * b.abs().max(1.0);
    let mut originals = original.voltage.iter().zip(&original.current);
    originals.all(|(voltage, current)| samples.any(|(v, i)| v == voltage && same(*i, *current)))
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = Builder::default();
    let lives = ENDS_OF_LIFE.map(|end_of_life| format!("life to {} %", 100.0 * end_of_life));
    table.push_record(["dataset", "cells", "identical", "cycles", "copies", "capacity", &lives[0], &lives[1]]);
    for dataset in datasets::all().iter().map(|dataset| &dataset.name) {
        let of = || outcomes.iter().filter(|outcome| outcome.dataset == *dataset);
        let lives = [0, 1].map(|end| {
            let changed = of().map(|outcome| outcome.lives[end]).filter(|cycles| *cycles > 0.0).collect_vec();
            let farthest = changed.iter().copied().fold(0.0, f64::max);
            if changed.is_empty() { "same".to_owned() } else { format!("{} cells, by {farthest}", changed.len()) }
        });
        let [dataset, cells] = [dataset.name().to_owned(), of().count().to_string()];
        let identical = of().filter(|outcome| outcome.is_same).count().to_string();
        let [cycles, copies] =
            [of().map(|outcome| outcome.cycles).sum(), of().map(|outcome| outcome.copies).sum::<usize>()]
                .map(|count| count.to_string());
        let capacity = format!("{:.0e} Ah", of().map(|outcome| outcome.capacity).fold(0.0, f64::max));
        let [to_80, to_90] = lives;
        table.push_record([dataset, cells, identical, cycles, copies, capacity, to_80, to_90]);
    }
    table.build().with(Style::psql()).to_string()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: round_trip STORE")?;
    let (store, lab) = (Store::open(Path::new(&folder))?, VirtualLab::new());
    let outcome = |id: &String| -> Result<Result<Outcome, String>, cells::Error> {
        Ok(compare(&lab.cell(id, usize::MAX)?, &store.cell(id, usize::MAX)?))
    };
    let outcomes: Vec<_> = store.ids().par_iter().map(outcome).collect::<Result<_, _>>()?;
    let (sound, problems): (Vec<Outcome>, Vec<String>) = outcomes.into_iter().partition_result();
    println!("{}", table(&sound));
    problems.iter().for_each(|problem| println!("{problem}"));
    let all = catalogue::cells().len();
    if sound.len() < all { Err(format!("{} of {all} cells came back", sound.len()).into()) } else { Ok(()) }
}
