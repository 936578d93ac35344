//! Cells whose measurements are the published ones, whatever they show: what is strange in them is known, and everybody's.
//!
//! Of what was at hand the hash is known. Of the rest, whose files are nowhere near, the life is: a cell of a published name that
//! lived exactly as long as was published is that one. Other cells under its name are not.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::catalogue;
use crate::cell::{Cell, LifeRecord, Origin};
use crate::label::{LabelRule, Unreached};
use crate::store::measurements;

/// Hashes of measurements, the first 16 digits, a line each: the file says of which cells.
static HASHES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("published.txt").lines().filter(|line| !line.starts_with('#')).map(str::trim).collect()
});

/// Cycles by which publishers' counts differ.
const COUNTED_OTHERWISE: f64 = 1.0;

/// Whether the measurements of a cell are published ones.
pub fn is_published(cell: &Cell) -> bool {
    lived_as_published(cell) || is_known(cell)
}

/// Whether they are ones that are known to the last bit.
pub fn is_known(cell: &Cell) -> bool {
    HASHES.contains(&measurements(cell)[..16])
}

/// Whether a measured cell has the name, the nominal capacity and, by its own record, the life of a published one.
fn lived_as_published(cell: &Cell) -> bool {
    let info = cell.info();
    let Some(published) = catalogue::find(cell.id()) else { return false };
    let (Some(life), LifeRecord::Capacity(capacity)) = (published.cycle_life, cell.life()) else { return false };
    if info.origin != Origin::Real || info.nominal_capacity != published.nominal_capacity {
        return false;
    }
    let is_life = |cycles: f64| (cycles - life).abs() <= COUNTED_OTHERWISE;
    let rule = LabelRule { minimum: 0, unreached: Unreached::Drop, ..LabelRule::default() };
    match rule.life(cell) {
        Ok(Some(reached)) => is_life(reached),
        // HUST counts all cycles of a record and two more
        _ => is_life((capacity.len() + 2) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::CellInfo;
    use crate::made_up::{discharge_cycle, info};

    fn cell(id: &str, life: usize) -> Cell {
        let info = CellInfo { origin: Origin::Real, nominal_capacity: 1.1, ..info(id) };
        let cycles = (0..3).map(|number| discharge_cycle(number, 1.0)).collect();
        let mut capacity = vec![1.0; life + 10];
        capacity[life - 2..].fill(0.8);
        Cell::new(info, cycles, LifeRecord::Capacity(capacity)).unwrap()
    }

    #[test]
    fn a_published_name_is_not_enough() {
        let published = catalogue::find("MATR_b1c0").unwrap().cycle_life.unwrap() as usize;
        assert!(is_published(&cell("MATR_b1c0", published)), "{published}");
        for (id, life) in [("MATR_b1c0", published + 3), ("MATR_b1c0", published - 40), ("mine-1", published)] {
            assert!(!is_published(&cell(id, life)), "{id} {life}");
        }
        let larger = cell("MATR_b1c0", published).with_nominal_capacity(1.05).unwrap();
        assert!(!is_published(&larger));
        assert!(!is_known(&cell("MATR_b1c0", published)));
    }
}
