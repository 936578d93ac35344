//! Measurements that are known to be wrong, put right by rules that a person names. What is made is another cell: it is judged as one
//! that is imported, and says for ever what was done to it.

mod rule;

pub use rule::Rule;

use crate::Error;
use crate::imported::Imported;
use crate::judged::judged;
use cells::cell::{Cell, Cycle, LeftOut, LifeRecord};
use cells::notes::Notes;
use cells::physics;
use cells::store::Kept;

/// The cell after all rules, in their order, and what is to be said of it.
///
/// # Errors
/// [`Error::Given`] for a rule that cannot be followed; [`Error::Impossible`] if the cell cannot be after it, either.
pub fn repaired(cell: Cell, notes: Notes, rules: &[Rule]) -> Result<(Kept, Vec<String>), Error> {
    let id = cell.id().to_owned();
    let given = |what: String| Error::Given(format!("cell {id} cannot be repaired so: {what}; nothing was written"));
    // what only the files showed stays; what the cycles show is asked of them anew
    let shown: Vec<String> =
        physics::doubts(&cell).iter().map(ToString::to_string).chain(physics::alive_and_dead(&cell)).collect();
    let of_files: Vec<String> = notes.doubts.iter().flatten().filter(|doubt| !shown.contains(doubt)).cloned().collect();
    let mut repaired = cell;
    for rule in rules {
        repaired = after(&repaired, rule).map_err(given)?;
    }
    let repairs = notes.repairs.iter().cloned().chain(rules.iter().map(ToString::to_string)).collect();
    let notes = Notes { doubts: Some(of_files), repairs, ..notes };
    let (mut kept, mut remarks) = judged(Imported { cell: repaired, remarks: Vec::new(), notes })?;
    // what somebody changed was never published
    kept.notes.is_published = false;
    remarks.splice(0..0, rules.iter().map(|rule| format!("repaired: {rule}")));
    Ok((kept, remarks))
}

fn after(cell: &Cell, rule: &Rule) -> Result<Cell, String> {
    let mut cycles = cell.cycles().to_vec();
    let mut left_out = cell.left_out().to_vec();
    let mut life = cell.life().clone();
    match rule {
        Rule::FlipCurrent => each(&mut cycles, |cycle| scale(&mut cycle.current, -1.0)),
        Rule::SwapCapacities => {
            for cycle in &mut cycles {
                let charge = cycle.charge_capacity.as_mut().ok_or("it has no counter of charge")?;
                std::mem::swap(charge, &mut cycle.discharge_capacity);
                cycle.stated_capacity = None;
            }
            life = of_cycles(cell, &cycles)?;
        }
        Rule::ScaleCurrent(factor) => each(&mut cycles, |cycle| scale(&mut cycle.current, *factor)),
        Rule::ScaleVoltage(factor) => each(&mut cycles, |cycle| scale(&mut cycle.voltage, *factor)),
        Rule::ScaleCapacity(factor) => {
            each(&mut cycles, |cycle| {
                let series =
                    [Some(&mut cycle.discharge_capacity), cycle.charge_capacity.as_mut(), cycle.qdlin.as_mut()];
                series.into_iter().flatten().for_each(|values| scale(values, *factor));
                cycle.stated_capacity = cycle.stated_capacity.map(|capacity| capacity * factor);
            });
            left_out.iter_mut().for_each(|cycle| cycle.capacity *= factor);
            if let LifeRecord::Capacity(capacity) = &mut life {
                scale(capacity, *factor);
            }
        }
        Rule::DropCycles(ranges) => {
            let absent =
                |range: &&std::ops::RangeInclusive<u32>| !cycles.iter().any(|cycle| range.contains(&cycle.number));
            if let Some(range) = ranges.iter().find(absent) {
                return Err(format!("it has no cycle {}", rule::range(range)));
            }
            let is_dropped = |cycle: &Cycle| ranges.iter().any(|range| range.contains(&cycle.number));
            let stays: Vec<bool> = cycles.iter().map(|cycle| !is_dropped(cycle)).collect();
            return keeping(cell, &stays);
        }
        Rule::CutTail(count) => {
            let kept = cycles.len().checked_sub(*count).filter(|kept| *kept > 0);
            let kept = kept.ok_or_else(|| format!("it has no more than {} cycles", cycles.len()))?;
            let stays: Vec<bool> = (0..cycles.len()).map(|place| place < kept).collect();
            return keeping(cell, &stays);
        }
    }
    let changed = Cell::new(cell.info().clone(), cycles, life).and_then(|cell| cell.leaving_out(left_out));
    changed.map_err(|invalid| invalid.problem)
}

fn each(cycles: &mut [Cycle], change: impl FnMut(&mut Cycle)) {
    cycles.iter_mut().for_each(change);
}

fn scale(values: &mut [f64], factor: f64) {
    values.iter_mut().for_each(|value| *value *= factor);
}

/// The life record that cycles give, of a cell all of whose cycles are at hand.
fn of_cycles(cell: &Cell, cycles: &[Cycle]) -> Result<LifeRecord, String> {
    match cell.life() {
        LifeRecord::Capacity(capacity) if capacity.len() == cell.cycles().len() => {
            Ok(LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect()))
        }
        _ => Err("not all cycles of its life are at hand, so that its life could not follow".to_owned()),
    }
}

/// The cell with those of its cycles that stay. What a cleaning rule left out keeps its place among the others.
fn keeping(cell: &Cell, stays: &[bool]) -> Result<Cell, String> {
    let kept: Vec<Cycle> =
        cell.cycles().iter().zip(stays).filter(|(_, stays)| **stays).map(|(cycle, _)| cycle.clone()).collect();
    if kept.is_empty() {
        return Err("no cycle would be left".to_owned());
    }
    let life = of_cycles(cell, &kept)?;
    let all = stays.len() + cell.left_out().len();
    let is_left_out = |position: usize| cell.left_out().iter().any(|cycle| cycle.position == position);
    let on_record: Vec<usize> = (0..all).filter(|position| !is_left_out(*position)).collect();
    let dropped: Vec<usize> =
        on_record.iter().zip(stays).filter(|(_, stays)| !**stays).map(|(position, _)| *position).collect();
    let moved = cell.left_out().iter().map(|cycle| LeftOut {
        position: cycle.position - dropped.iter().filter(|position| **position < cycle.position).count(),
        ..*cycle
    });
    let changed = Cell::new(cell.info().clone(), kept, life).and_then(|cell| cell.leaving_out(moved.collect()));
    changed.map_err(|invalid| invalid.problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::VirtualLab;

    use cells::source::CellSource as _;

    const ID: &str = "SNL_18650_NMC_25C_0-100_0.5-1C_a";

    fn cell() -> Cell {
        let whole = VirtualLab::new().cell(ID, 12).unwrap();
        let life = LifeRecord::Capacity(whole.cycles().iter().map(Cycle::discharged).collect());
        Cell::new(whole.info().clone(), whole.cycles().to_vec(), life).unwrap()
    }

    fn repair(cell: Cell, rules: &[&str]) -> Result<Kept, String> {
        let rules: Vec<Rule> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        repaired(cell, Notes::default(), &rules).map(|(kept, _)| kept).map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_damaged_is_as_it_was_and_says_what_was_done() {
        let sound = cell();
        for (damage, cure) in [
            ("flip-current", "flip-current"),
            ("swap-capacities", "swap-capacities"),
            ("scale-current=4", "scale-current=0.25"),
            ("scale-capacity=1024", "scale-capacity=0.0009765625"),
            ("scale-voltage=1024", "scale-voltage=0.0009765625"),
        ] {
            let damaged = after(&sound, &damage.parse().unwrap()).unwrap();
            assert_ne!(damaged, sound);
            let kept = repair(damaged, &[cure]).unwrap();
            assert_eq!(kept.cell, sound, "{cure}");
            assert_eq!(kept.notes.repairs, [cure.parse::<Rule>().unwrap().to_string()]);
            // a cell that cannot be is not let in, however it came about
            let refused = repair(sound.clone(), &[damage]).unwrap_err();
            assert!(refused.contains("cannot be as the file has it"), "{damage}: {refused}");
        }
    }

    #[test]
    fn cycles_go_with_their_capacities_and_what_was_left_out_keeps_its_place() {
        let sound = cell();
        let first = sound.cycles()[0].number;
        let rule = format!("drop-cycles={},{}-{}", first + 1, first + 4, first + 5);
        let dropped = repair(sound.clone(), &[&rule]).unwrap();
        let numbers: Vec<u32> = dropped.cell.cycles().iter().map(|cycle| cycle.number - first).collect();
        assert_eq!(numbers, [0, 2, 3, 6, 7, 8, 9, 10, 11]);
        let capacities: Vec<f64> = dropped.cell.cycles().iter().map(Cycle::discharged).collect();
        assert_eq!(dropped.cell.life(), &LifeRecord::Capacity(capacities));
        assert_eq!(repair(sound.clone(), &["cut-tail=3"]).unwrap().cell.cycles(), &sound.cycles()[..9]);
        let places = [2, 6, 13].map(|position| LeftOut { position, capacity: 1.0 });
        let cleaned = sound.clone().leaving_out(places.to_vec()).unwrap();
        // on record: 0 1 x 2 3 4 x 5 …, of which 1 and 4 go
        let rule = format!("drop-cycles={},{}", first + 1, first + 4);
        let repaired = repair(cleaned, &[&rule]).unwrap().cell;
        let places: Vec<usize> = repaired.left_out().iter().map(|cycle| cycle.position).collect();
        assert_eq!(places, [1, 4, 11]);
        for (rule, what) in [("drop-cycles=900", "it has no cycle 900"), ("cut-tail=12", "no more than 12 cycles")] {
            let refused = repair(sound.clone(), &[rule]).unwrap_err();
            assert!(refused.contains(what) && refused.contains(ID), "{refused}");
        }
    }
}
