//! The end of a record: a last cycle that was cut before its end, as in a test that still runs.

use super::{Doubt, Weight};
use crate::cell::{Cell, Cycle, LifeRecord};
use crate::count::ah;

/// Cycles before the last that show how one ends.
const BEFORE: usize = 10;

/// Lowest voltage under discharge in V; none without a discharge.
fn lowest(cycle: &Cycle) -> Option<f64> {
    let peak = cycle.current.iter().fold(0.0, |peak: f64, current| peak.max(current.abs()));
    let discharge = cycle.voltage.iter().zip(&cycle.current).filter(|(_, current)| **current < -0.02 * peak);
    discharge.map(|(voltage, _)| *voltage).min_by(f64::total_cmp)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What shows that the last cycle was cut, if anything: a fragment, with its number.
fn cut(cell: &Cell) -> Option<(u32, String)> {
    let (last, before) = cell.cycles().split_last()?;
    if before.len() < 3 || last.is_empty() {
        return None;
    }
    let before = &before[before.len().saturating_sub(BEFORE)..];
    let typical = median(before.iter().map(Cycle::discharged).collect())?;
    let given = last.discharged();
    if let Some(charged) = cut_in_charge(last, before) {
        return Some((last.number, format!("the record ends in its charge, with {charged} Ah", charged = ah(charged))));
    }
    // what a discharge that was cut so late lacks is less than cells scatter by
    if given >= 0.99 * typical {
        return None;
    }
    let peak = |cycle: &Cycle| cycle.current.iter().fold(0.0, |peak: f64, current| peak.max(current.abs()));
    let usual_peak = median(before.iter().map(peak).collect())?;
    let flows = last.current.last().is_some_and(|current| current.abs() > 0.02 * usual_peak);
    let usual_end = median(before.iter().filter_map(lowest).collect())?;
    let (low, high) = cell.info().voltage_limits;
    let Some(end) = lowest(last) else {
        // it was charged, or rested, and no discharge began
        return Some((
            last.number,
            format!("the record ends before its discharge begins, at {given} Ah", given = ah(given)),
        ));
    };
    let is_open = end > usual_end + 0.03 * (high - low);
    let flowing = last.current.last().copied().filter(|current| *current < 0.0 && flows)?;
    // a cell at its end meets the voltage of its end earlier, and rests or is charged after it
    if is_open {
        let volts = format!("at {end:.3} V where others end at {usual_end:.3} V");
        return Some((
            last.number,
            format!("the record ends in its discharge, {volts}, with {given} Ah", given = ah(given)),
        ));
    }
    // where a discharge goes on at the voltage of its end with less and less current, the current tells
    let rests = |cycle: &&Cycle| cycle.current.last().is_some_and(|current| current.abs() < 0.05 * usual_peak);
    (before.iter().filter(rests).count() * 2 > before.len() && flowing.abs() > 0.2 * usual_peak).then(|| {
        let current = format!("at {flowing:.3} A where others end without current");
        (last.number, format!("the record ends in its discharge, {current}, with {given} Ah", given = ah(given)))
    })
}

/// Charged Ah of a last cycle that ends under a charge that is less than that of others.
fn cut_in_charge(last: &Cycle, before: &[Cycle]) -> Option<f64> {
    let charged =
        |cycle: &Cycle| cycle.charge_capacity.as_deref().map(|series| series.iter().copied().fold(0.0, f64::max));
    let peak = last.current.iter().fold(0.0, |peak: f64, current| peak.max(current.abs()));
    let usual = median(before.iter().filter_map(charged).collect())?;
    let is_charged = *last.current.last()? > 0.02 * peak;
    charged(last).filter(|charged| is_charged && *charged < 0.93 * usual)
}

/// The doubt about the last cycle.
pub(super) fn doubt(cell: &Cell) -> Option<Doubt> {
    // of a record that goes on, the last cycle at hand is not the last
    let is_whole = matches!(cell.life(), LifeRecord::Capacity(all) if all.len() == cell.cycles().len());
    if !is_whole {
        return None;
    }
    let (number, what) = cut(cell)?;
    let what = format!("{what}: it is not finished and ends no life");
    Some(Doubt { weight: Weight::Flag, cycle: Some((number, 1, 1)), what })
}

/// The cell without a last cycle that was cut before its end, and a sentence about it; the cell as it is where it was not.
pub fn without_unfinished_end(cell: Cell) -> (Cell, Option<String>) {
    let Some((number, what)) = cut(&cell) else { return (cell, None) };
    let LifeRecord::Capacity(capacity) = cell.life() else { return (cell, None) };
    let is_last = capacity.len() == cell.cycles().len() && cell.left_out().is_empty();
    if !is_last {
        return (cell, None);
    }
    let kept = cell.cycles().len() - 1;
    let shorter =
        Cell::new(cell.info().clone(), cell.cycles()[..kept].to_vec(), LifeRecord::Capacity(capacity[..kept].to_vec()));
    match shorter {
        Ok(shorter) => (shorter, Some(format!("cycle {number}: {what}: it is not finished and not counted"))),
        Err(_) => (cell, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::info;

    /// A discharge at 4.4 A of which `part` is on record, from 3.4 V down to 2.0 V at its end, where `capacity` Ah were given.
    fn discharge(number: u32, capacity: f64, part: f64) -> Cycle {
        let samples = 400;
        let kept = (part * f64::from(samples)).round() as usize;
        let at = |sample: usize| sample as f64 / f64::from(samples - 1);
        Cycle {
            number,
            // steep at its end, as cells are
            voltage: (0..kept).map(|sample| 3.4 - 0.4 * at(sample) - at(sample).powi(40)).collect(),
            current: vec![-4.4; kept],
            discharge_capacity: (0..kept).map(|sample| capacity * at(sample)).collect(),
            ..Cycle::default()
        }
    }

    fn cycles_after(capacity: f64, part: f64) -> usize {
        let cycles: Vec<Cycle> =
            (1..=12).map(|number| discharge(number, 1.0, 1.0)).chain([discharge(13, capacity, part)]).collect();
        let capacities = cycles.iter().map(Cycle::discharged).collect();
        let cell = Cell::new(info("x"), cycles, LifeRecord::Capacity(capacities)).unwrap();
        without_unfinished_end(cell).0.cycles().len()
    }

    #[test]
    fn a_discharge_that_was_cut_is_not_counted_however_late_it_was_cut() {
        for part in [0.1, 0.5, 0.8, 0.9, 0.94, 0.97] {
            assert_eq!(cycles_after(1.0, part), 12, "cut at {part} of its discharge");
        }
    }

    #[test]
    fn a_discharge_that_was_cut_while_its_current_fell_is_not_counted() {
        // 300 samples at 4.4 A down to 2.0 V, then 100 at 2.0 V with less and less current, a tenth of the charge
        let tailed = |number: u32, kept: usize| Cycle {
            number,
            voltage: (0..kept)
                .map(|sample| if sample < 300 { 3.4 - 1.4 * (sample as f64 / 299.0).powi(20) } else { 2.0 })
                .collect(),
            current: (0..kept)
                .map(|sample| if sample < 300 { -4.4 } else { -4.4 * (1.0 - (sample - 299) as f64 / 100.0) })
                .collect(),
            discharge_capacity: (0..kept)
                .map(
                    |sample| {
                        if sample < 300 { 0.9 * sample as f64 / 299.0 } else { 0.9 + 0.001 * (sample - 299) as f64 }
                    },
                )
                .collect(),
            ..Cycle::default()
        };
        let kept_of = |kept: usize| {
            let cycles: Vec<Cycle> = (1..=12).map(|number| tailed(number, 400)).chain([tailed(13, kept)]).collect();
            let capacities = cycles.iter().map(Cycle::discharged).collect();
            let cell = Cell::new(info("x"), cycles, LifeRecord::Capacity(capacities)).unwrap();
            without_unfinished_end(cell).0.cycles().len()
        };
        assert_eq!((kept_of(300), kept_of(330), kept_of(400)), (12, 12, 13));
    }

    #[test]
    fn a_discharge_that_came_to_its_end_is_counted_however_little_it_gave() {
        for capacity in [1.0, 0.95, 0.8, 0.3] {
            assert_eq!(cycles_after(capacity, 1.0), 13, "{capacity} Ah");
        }
    }
}
