//! Cycles on their way into a cell: checked, counted and rid of what is no number.

use cells::cell::{Cell, CellInfo, Cycle, LifeRecord};

use super::imported::Imported;

/// Samples of one cycle, at most; the longest published cycles have some ten thousand.
pub(super) const LONGEST_CYCLE: usize = 1 << 20;
/// Numbers of one cell, at most (512 MiB); the largest published ones have some twenty million.
pub(super) const LARGEST_CELL: usize = 1 << 26;
/// Cycles of one cell, at most.
pub(super) const MOST_CYCLES: usize = 100_000;

/// A cell in the making.
pub(super) struct Assembly {
    info: CellInfo,
    cycles: Vec<Cycle>,
    numbers: usize,
    /// Samples dropped since one of their values was no number.
    dropped: usize,
    curves_dropped: usize,
    /// Times and temperatures of a cycle that had no number at all.
    blank: usize,
    empty: usize,
}

impl Assembly {
    /// No cycles yet.
    pub(super) fn new(info: CellInfo) -> Self {
        Self { info, cycles: Vec::new(), numbers: 0, dropped: 0, curves_dropped: 0, blank: 0, empty: 0 }
    }

    /// Appends a cycle. Times and temperatures without any number were not logged. Samples with a value that is no number
    /// go, in all series; so does a stored Q(V) curve with one, and a resistance that is none.
    ///
    /// Fails with a fragment when series are not equally long, and when the cell grows beyond all measure.
    pub(super) fn push(&mut self, mut cycle: Cycle) -> Result<(), String> {
        let samples = cycle.len();
        for logged in [&mut cycle.time, &mut cycle.temperature] {
            let is_blank = |values: &mut Vec<f64>| !values.is_empty() && !values.iter().any(|value| value.is_finite());
            self.blank += usize::from(logged.take_if(is_blank).is_some());
        }
        let mut series: Vec<(&str, &mut Vec<f64>)> = vec![
            ("voltage", &mut cycle.voltage),
            ("current", &mut cycle.current),
            ("discharge capacity", &mut cycle.discharge_capacity),
        ];
        series.extend(cycle.charge_capacity.as_mut().map(|values| ("charge capacity", values)));
        series.extend(cycle.time.as_mut().map(|values| ("time", values)));
        series.extend(cycle.temperature.as_mut().map(|values| ("temperature", values)));
        if let Some((name, values)) = series.iter().find(|(_, values)| values.len() != samples) {
            return Err(format!("{name} has {} samples, voltage has {samples}", values.len()));
        }
        self.numbers += series.len() * samples + cycle.qdlin.as_ref().map_or(0, Vec::len);
        if samples > LONGEST_CYCLE || self.numbers > LARGEST_CELL || self.cycles.len() >= MOST_CYCLES {
            return Err("the cell is larger than any published one".to_owned());
        }

        if series.iter().any(|(_, values)| values.iter().any(|value| !value.is_finite())) {
            let sound: Vec<bool> =
                (0..samples).map(|sample| series.iter().all(|(_, values)| values[sample].is_finite())).collect();
            for (_, values) in &mut series {
                let mut sound = sound.iter();
                values.retain(|_| sound.next() == Some(&true));
            }
            self.dropped += sound.iter().filter(|sound| !**sound).count();
        }
        if cycle.qdlin.as_ref().is_some_and(|curve| curve.iter().any(|value| !value.is_finite())) {
            cycle.qdlin = None;
            self.curves_dropped += 1;
        }
        cycle.internal_resistance = cycle.internal_resistance.filter(|resistance| resistance.is_finite());
        self.empty += usize::from(cycle.is_empty());
        self.cycles.push(cycle);
        Ok(())
    }

    /// The cell, whose life record is what its cycles gave.
    ///
    /// Fails with a sentence when there are no cycles, and as [`Cell::new`].
    pub(super) fn finish(self) -> Result<Imported, String> {
        if self.cycles.is_empty() {
            return Err(format!("cell {} has no cycles", self.info.id));
        }
        let life = LifeRecord::Capacity(self.cycles.iter().map(Cycle::discharged).collect());
        let counted = [
            (self.dropped, "samples dropped, since one of their values is no number"),
            (self.blank, "times and temperatures of cycles dropped, which have no number at all"),
            (self.curves_dropped, "stored Q(V) curves dropped, since they have values that are no numbers"),
            (self.empty, "cycles without samples, kept in their places"),
        ];
        let remarks =
            counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let cell = Cell::new(self.info, self.cycles, life).map_err(|invalid| invalid.to_string())?;
        Ok(Imported::new(cell, remarks.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::made_up::{discharge_cycle, info};

    #[test]
    fn what_is_no_number_is_dropped_and_counted() {
        let mut assembly = Assembly::new(info("MATR_b1c0"));
        let mut cycle = discharge_cycle(2, 1.0);
        cycle.current[1] = f64::NAN;
        cycle.qdlin = Some(vec![0.0, f64::INFINITY]);
        cycle.internal_resistance = Some(f64::NAN);
        cycle.temperature = Some(vec![f64::NAN; 3]);
        assembly.push(cycle).unwrap();
        assembly.push(Cycle { number: 3, ..Cycle::default() }).unwrap();
        let Imported { cell, remarks, .. } = assembly.finish().unwrap();
        let kept = &cell.cycles()[0];
        assert_eq!((&kept.voltage[..], &kept.discharge_capacity[..]), (&[3.4, 2.0][..], &[0.0, 1.0][..]));
        assert_eq!((kept.qdlin.as_ref(), kept.internal_resistance, kept.temperature.as_ref()), (None, None, None));
        assert_eq!(cell.life(), &LifeRecord::Capacity(vec![1.0, 0.0]));
        let starts =
            ["1 samples dropped", "1 times and temperatures", "1 stored Q(V) curves", "1 cycles without samples"];
        assert!(remarks.iter().zip(starts).all(|(remark, start)| remark.starts_with(start)), "{remarks:?}");
        assert_eq!(remarks.len(), 4);
    }

    #[test]
    fn unequal_series_and_no_cycles_at_all_are_refused() {
        let mut assembly = Assembly::new(info("MATR_b1c0"));
        let mut cycle = discharge_cycle(2, 1.0);
        cycle.time = Some(vec![0.0]);
        assert_eq!(assembly.push(cycle).unwrap_err(), "time has 1 samples, voltage has 3");
        assert_eq!(assembly.finish().unwrap_err(), "cell MATR_b1c0 has no cycles");
    }
}
