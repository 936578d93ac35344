//! Lives of real cells: the published capacity tables, where they are at hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cells::catalogue;
use cells::cell::{Cell, LifeRecord, Origin};
use flate2::read::GzDecoder;

use crate::published;

/// A real cell without cycles in detail.
pub fn cell(id: &str, capacity: Vec<f64>) -> Cell {
    let info = catalogue::find(id).unwrap().info(Origin::Real);
    Cell::new(info, vec![], LifeRecord::Capacity(capacity)).unwrap()
}

/// The capacities of a published table by cell, Ah, with the cycle or row of each.
fn table(path: &Path) -> BTreeMap<String, Vec<(u32, f64)>> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(fs::File::open(path).unwrap()));
    let mut lives: BTreeMap<String, Vec<(u32, f64)>> = BTreeMap::new();
    for row in reader.deserialize() {
        let (id, cycle, capacity): (String, u32, f64) = row.unwrap();
        lives.entry(id).or_default().push((cycle, capacity));
    }
    lives
}

/// The whole lives of a published table, counted from this cycle on.
fn from_cycle(first: u32, path: &Path) -> Vec<Cell> {
    let counted = |rows: Vec<(u32, f64)>| rows.into_iter().filter(|row| row.0 >= first).map(|row| row.1).collect();
    table(path).into_iter().map(|(id, rows)| cell(&id, counted(rows))).collect()
}

/// All of MATR, from cycle 2 on.
pub fn matr() -> Option<Vec<Cell>> {
    Some(from_cycle(2, &published("data/matr/capacity.csv.gz")?))
}

/// All of CLO, counted from this cycle on.
pub fn clo(first_cycle: u32) -> Option<Vec<Cell>> {
    Some(from_cycle(first_cycle, &published("data/clo/capacity.csv.gz")?))
}

/// All of HUST, of which 29 to 144 cycles a cell are not in the table, and no cycle has its number: it is drawn out to as many cycles as
/// were published, with the last capacity at the end.
pub fn hust() -> Option<Vec<Cell>> {
    let drawn_out = |(id, rows): (String, Vec<(u32, f64)>)| {
        let cycles = life_of(&id) as usize - 2;
        let row = |cycle: usize| cycle * (rows.len() - 1) / (cycles - 1);
        cell(&id, (0..cycles).map(|cycle| rows[row(cycle)].1).collect())
    };
    Some(table(&published("data/hust/capacity_no_cycle_numbers.csv.gz")?).into_iter().map(drawn_out).collect())
}

/// The published cycle life.
pub fn life_of(id: &str) -> f64 {
    catalogue::find(id).and_then(|entry| entry.cycle_life).unwrap()
}
