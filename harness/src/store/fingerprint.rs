//! The hash of a cell's content: equal for equal cells, whatever file or compression they are kept in.

use crate::cell::{Cell, LifeRecord};

/// BLAKE3 of everything a [`Cell`] holds, in a canonical order, as 64 hexadecimal digits.
pub(super) fn of(cell: &Cell) -> String {
    let mut canonical = Canonical(blake3::Hasher::new());
    let info = cell.info();
    canonical.text("batlinet-cell 1");
    canonical.text(&info.id);
    canonical.text(info.dataset.name());
    canonical.text(&info.origin.to_string());
    canonical.text(info.chemistry.cathode.name());
    canonical.text(&info.chemistry.anode);
    canonical.option(info.form_factor.as_deref(), Canonical::text);
    canonical.number(info.nominal_capacity);
    canonical.number(info.voltage_limits.0);
    canonical.number(info.voltage_limits.1);
    canonical.option(info.ambient_temperature, Canonical::number);
    canonical.text(&info.protocol.charge);
    canonical.text(&info.protocol.discharge);

    canonical.count(cell.cycles().len());
    for cycle in cell.cycles() {
        canonical.count(cycle.number as usize);
        canonical.series(&cycle.voltage);
        canonical.series(&cycle.current);
        canonical.option(cycle.charge_capacity.as_deref(), Canonical::series);
        canonical.series(&cycle.discharge_capacity);
        canonical.option(cycle.time.as_deref(), Canonical::series);
        canonical.option(cycle.temperature.as_deref(), Canonical::series);
        canonical.option(cycle.internal_resistance, Canonical::number);
        canonical.option(cycle.qdlin.as_deref(), Canonical::series);
    }
    match cell.life() {
        LifeRecord::Capacity(capacity) => {
            canonical.text("capacity");
            canonical.series(capacity);
        }
        LifeRecord::Published { cycle_life, end_of_life } => {
            canonical.text("published");
            canonical.number(*cycle_life);
            canonical.number(*end_of_life);
        }
    }
    canonical.0.finalize().to_hex().to_string()
}

/// Feeds a hasher so that no two different sequences of values feed it the same bytes: lengths come before contents.
struct Canonical(blake3::Hasher);

impl Canonical {
    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    fn number(&mut self, value: f64) {
        self.0.update(&value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn series(&mut self, values: &[f64]) {
        self.count(values.len());
        // BLAKE3 is several times faster when it sees many of its 1 KiB blocks at once
        const PART: usize = 2048;
        let mut bytes = [0; 8 * PART];
        for part in values.chunks(PART) {
            for (target, value) in bytes.chunks_exact_mut(8).zip(part) {
                target.copy_from_slice(&value.to_le_bytes());
            }
            self.0.update(&bytes[..8 * part.len()]);
        }
    }

    fn option<T>(&mut self, value: Option<T>, feed: impl FnOnce(&mut Self, T)) {
        self.count(usize::from(value.is_some()));
        if let Some(value) = value {
            feed(self, value);
        }
    }
}
