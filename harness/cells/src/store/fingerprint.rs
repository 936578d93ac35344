//! The hash of a cell's content: equal for equal cells, whatever file or compression they are kept in.

use crate::catalogue;
use crate::cell::{Cell, CellInfo, Cycle, LifeRecord};

/// BLAKE3 of everything a [`Cell`] holds, in a canonical order, as 64 hexadecimal digits.
pub fn fingerprint(cell: &Cell) -> String {
    let mut canonical = Canonical(blake3::Hasher::new());
    canonical.head(cell);
    canonical.cycles(cell);
    canonical.life(cell);
    canonical.finish()
}

/// BLAKE3 of what was measured on a [`Cell`], its cycles and its life record: equal for one cell under two names.
pub fn measurements(cell: &Cell) -> String {
    let mut canonical = Canonical(blake3::Hasher::new());
    canonical.cycles(cell);
    canonical.life(cell);
    canonical.finish()
}

/// The first 16 digits of the BLAKE3 of a cell's life record and of what its life is counted to.
pub(super) fn life(cell: &Cell) -> String {
    let mut canonical = Canonical(blake3::Hasher::new());
    canonical.number(cell.info().nominal_capacity);
    canonical.life(cell);
    canonical.own_life(cell.info());
    canonical.finish()[..16].to_owned()
}

/// The first 16 digits of the BLAKE3 of what a file says of a cell before its series: the header, with the fingerprint of the
/// whole, and the life record. So these are known to be as written without reading whole series.
pub(super) fn seal(cell: &Cell, fingerprint: &str) -> String {
    let mut canonical = Canonical(blake3::Hasher::new());
    canonical.head(cell);
    canonical.text(fingerprint);
    canonical.life(cell);
    canonical.finish()[..16].to_owned()
}

/// The first 8 bytes of the BLAKE3 of each cycle with its place: whoever reads the first cycles only knows that they are as written.
pub(super) fn each_cycle(cell: &Cell) -> Vec<u64> {
    let hash = |(place, cycle): (usize, &Cycle)| {
        let mut canonical = Canonical(blake3::Hasher::new());
        canonical.count(place);
        canonical.cycle(cycle);
        canonical.option(cycle.stated_capacity, Canonical::number);
        let hash = canonical.0.finalize();
        hash.as_bytes()[..8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    cell.cycles().iter().enumerate().map(hash).collect()
}

/// The same of the notes on a cell, as they are written.
pub(super) fn seal_of_notes(notes: &str, fingerprint: &str) -> String {
    let mut canonical = Canonical(blake3::Hasher::new());
    canonical.text("notes");
    canonical.text(notes);
    canonical.text(fingerprint);
    canonical.finish()[..16].to_owned()
}

/// The life that somebody states of a cell of their own: part of it, since no table of the program has it.
pub(super) fn own_life(info: &CellInfo) -> Option<f64> {
    info.published_life.filter(|_| catalogue::find(&info.id).is_none())
}

/// Feeds a hasher so that no two different sequences of values feed it the same bytes: lengths come before contents.
struct Canonical(blake3::Hasher);

impl Canonical {
    fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    fn head(&mut self, cell: &Cell) {
        let info = cell.info();
        self.text("batlinet-cell 1");
        self.text(&info.id);
        self.text(info.dataset.name());
        self.text(&info.origin.to_string());
        self.text(info.chemistry.cathode.name());
        self.text(&info.chemistry.anode);
        self.option(info.form_factor.as_deref(), Canonical::text);
        self.number(info.nominal_capacity);
        self.number(info.voltage_limits.0);
        self.number(info.voltage_limits.1);
        self.option(info.ambient_temperature, Canonical::number);
        self.text(&info.protocol.charge);
        self.text(&info.protocol.discharge);
        self.own_life(info);
    }

    /// Cells without one keep the hash that they had before this was kept.
    fn own_life(&mut self, info: &CellInfo) {
        if let Some(life) = own_life(info) {
            self.text("stated life");
            self.number(life);
        }
    }

    fn cycles(&mut self, cell: &Cell) {
        self.count(cell.cycles().len());
        for cycle in cell.cycles() {
            self.cycle(cycle);
        }
        // hashes of cells without them are older than they are
        if cell.cycles().iter().any(|cycle| cycle.stated_capacity.is_some()) {
            self.text("stated capacities");
            cell.cycles().iter().for_each(|cycle| self.option(cycle.stated_capacity, Canonical::number));
        }
    }

    fn cycle(&mut self, cycle: &Cycle) {
        self.count(cycle.number as usize);
        self.series(&cycle.voltage);
        self.series(&cycle.current);
        self.option(cycle.charge_capacity.as_deref(), Canonical::series);
        self.series(&cycle.discharge_capacity);
        self.option(cycle.time.as_deref(), Canonical::series);
        self.option(cycle.temperature.as_deref(), Canonical::series);
        self.option(cycle.internal_resistance, Canonical::number);
        self.option(cycle.qdlin.as_deref(), Canonical::series);
    }

    fn life(&mut self, cell: &Cell) {
        match cell.life() {
            LifeRecord::Capacity(capacity) => {
                self.text("capacity");
                self.series(capacity);
            }
            LifeRecord::Published { cycle_life, end_of_life } => {
                self.text("published");
                self.number(*cycle_life);
                self.number(*end_of_life);
            }
        }
        // cells that nothing was left out of keep the hash that they had before this was kept
        if !cell.left_out().is_empty() {
            self.text("left out");
            self.count(cell.left_out().len());
            for cycle in cell.left_out() {
                self.count(cycle.position);
                self.number(cycle.capacity);
            }
        }
    }

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
