//! Cycles of nothing but rest, which would count as cycles that end life.

use crate::cell::{Cell, Cycle, LifeRecord};
use crate::count::counted_with;

/// Share of the nominal capacity that a cycle passes at least.
const LEAST: f64 = 0.01;

/// Whether a cycle has samples and passes next to nothing in either direction.
fn is_rest(cycle: &Cycle, nominal: f64) -> bool {
    let largest = |series: &[f64]| series.iter().copied().fold(0.0, f64::max);
    let charged = cycle.charge_capacity.as_deref().map(largest);
    !cycle.is_empty() && charged.is_some_and(|charged| charged.max(cycle.discharged()) < LEAST * nominal)
}

/// Whether a cycle of one's own stands in for one of nothing but rest.
pub(super) fn is_stand_in(cycle: &Cycle) -> bool {
    cycle.stated_capacity.is_some()
}

/// The cell without cycles of nothing but rest, and what was done about them in a sentence; the cell as it is where there are none,
/// and where its life is known by more than its cycles.
///
/// Before the first cycle and after the last they go. In between they are places in the count of cycles, by which lives are told: a
/// copy of the cycle before stands in for them, as the authors do with cycles that Battery Archive lacks. In a cell of one's own the
/// copy is marked, so that it is not taken for a part of the test that stands there twice.
pub fn without_rests(cell: Cell, is_own: bool) -> (Cell, Option<String>) {
    let nominal = cell.info().nominal_capacity;
    let rests: Vec<bool> = cell.cycles().iter().map(|cycle| is_rest(cycle, nominal)).collect();
    let (Some(first), Some(last)) = (rests.iter().position(|rest| !rest), rests.iter().rposition(|rest| !rest)) else {
        return (cell, None);
    };
    let count = rests.iter().filter(|rest| **rest).count();
    let is_all = matches!(cell.life(), LifeRecord::Capacity(capacity) if capacity.len() == cell.cycles().len());
    if count == 0 || !is_all || !cell.left_out().is_empty() {
        return (cell, None);
    }
    let mut kept: Vec<Cycle> = Vec::with_capacity(cell.cycles().len());
    for (cycle, is_rest) in cell.cycles().iter().zip(&rests).take(last + 1).skip(first) {
        let stand_in = kept.last().filter(|_| *is_rest).map(|before| Cycle {
            number: cycle.number,
            // what its series do not show is stated: the mark of a stand-in
            stated_capacity: if is_own { Some(before.discharged()) } else { before.stated_capacity },
            ..before.clone()
        });
        kept.push(stand_in.unwrap_or_else(|| cycle.clone()));
    }
    let life = LifeRecord::Capacity(kept.iter().map(Cycle::discharged).collect());
    let numbers = |mut of: Vec<u32>| {
        let more = of.len().saturating_sub(3);
        of.truncate(3);
        let listed: Vec<String> = of.iter().map(ToString::to_string).collect();
        if more > 0 { format!("{} and {more} more", listed.join(", ")) } else { listed.join(", ") }
    };
    let of = |inside: bool| -> Vec<u32> {
        let places = (0..rests.len()).filter(|&place| rests[place] && (first..=last).contains(&place) == inside);
        places.map(|place| cell.cycles()[place].number).collect()
    };
    let said = [
        (of(true), "nothing but rest, and copies of the cycle before stand in for them, so that they count"),
        (of(false), "nothing but rest, before the first cycle or after the last, and not counted"),
    ];
    let said: Vec<String> = said
        .into_iter()
        .filter(|(of, _)| !of.is_empty())
        .map(|(of, what)| format!("{} {what}: {}", counted_with(of.len(), "cycle", ["is", "are"]), numbers(of)))
        .collect();
    match Cell::new(cell.info().clone(), kept, life) {
        Ok(mended) => (mended, Some(said.join("; "))),
        Err(_) => (cell, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{discharge_cycle, info};

    #[test]
    fn rests_keep_their_places_in_the_count_and_end_no_life() {
        let cycle = |number: u32, capacity: f64| {
            let mut cycle = discharge_cycle(number, capacity);
            cycle.charge_capacity = Some(vec![0.0; 3]);
            cycle
        };
        let given = [0.0, 1.0, 0.99, 0.0, 0.001, 0.98, 0.0];
        let cycles: Vec<Cycle> = (1..).zip(given).map(|(number, capacity)| cycle(number, capacity)).collect();
        let cell = Cell::new(info("a"), cycles, LifeRecord::Capacity(given.to_vec())).unwrap();
        let (mended, said) = without_rests(cell, true);
        assert_eq!(mended.life(), &LifeRecord::Capacity(vec![1.0, 0.99, 0.99, 0.99, 0.98]));
        let numbers: Vec<u32> = mended.cycles().iter().map(|cycle| cycle.number).collect();
        assert_eq!(numbers, [2, 3, 4, 5, 6]);
        let stand_ins: Vec<bool> = mended.cycles().iter().map(is_stand_in).collect();
        assert_eq!(stand_ins, [false, false, true, true, false]);
        let said = said.unwrap();
        assert!(said.contains("2 cycles are nothing but rest, and copies") && said.contains("count: 4, 5"), "{said}");
        assert!(said.contains("2 cycles are nothing but rest, before") && said.contains("counted: 1, 7"), "{said}");
        assert_eq!(without_rests(mended.clone(), true), (mended, None));
    }
}
