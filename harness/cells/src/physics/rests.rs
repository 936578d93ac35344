//! Cycles of nothing but rest, which would count as cycles that end life.

use crate::cell::{Cell, Cycle, LifeRecord};

/// Share of the nominal capacity that a cycle passes at least.
const LEAST: f64 = 0.01;

/// The cell without cycles that have samples and pass next to nothing in either direction, and a sentence about them; the cell as it
/// is where there are none, and where its life is known by more than its cycles.
pub fn without_rests(cell: Cell) -> (Cell, Option<String>) {
    let largest = |series: &[f64]| series.iter().copied().fold(0.0, f64::max);
    let least = LEAST * cell.info().nominal_capacity;
    let is_rest = |cycle: &Cycle| {
        let charged = cycle.charge_capacity.as_deref().map(largest);
        !cycle.is_empty() && charged.is_some_and(|charged| charged.max(cycle.discharged()) < least)
    };
    let LifeRecord::Capacity(capacity) = cell.life() else { return (cell, None) };
    let rests: Vec<u32> = cell.cycles().iter().filter(|cycle| is_rest(cycle)).map(|cycle| cycle.number).collect();
    if rests.is_empty()
        || rests.len() == cell.cycles().len()
        || capacity.len() != cell.cycles().len()
        || !cell.left_out().is_empty()
    {
        return (cell, None);
    }
    let kept: Vec<Cycle> = cell.cycles().iter().filter(|cycle| !is_rest(cycle)).cloned().collect();
    let life = LifeRecord::Capacity(kept.iter().map(Cycle::discharged).collect());
    let Ok(shorter) = Cell::new(cell.info().clone(), kept, life) else { return (cell, None) };
    let said =
        format!("{} cycles are nothing but rest and not counted, the first of them cycle {}", rests.len(), rests[0]);
    (shorter, Some(said))
}
