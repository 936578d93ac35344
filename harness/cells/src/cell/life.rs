//! What is known about the whole life of a cell.

/// What is known about the cell's whole life, beyond the cycles held in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum LifeRecord {
    /// Discharge capacity in Ah of every cycle that was observed, from position 0 on. The cell may have been taken off
    /// test before its end of life.
    Capacity(Vec<f64>),
    /// Only the published cycle life is at hand, for one end-of-life threshold (a fraction of nominal capacity).
    Published {
        /// Cycles.
        cycle_life: f64,
        /// Such as 0.8.
        end_of_life: f64,
    },
}

/// A cycle that is on record and not among those of a cell, since the cleaning rule of its source took it for an outlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeftOut {
    /// Position among all cycles on record, from 0.
    pub position: usize,
    /// Its discharge capacity in Ah.
    pub capacity: f64,
}

/// What is wrong with the life record of a cell of so many cycles, if anything; a fragment.
pub(super) fn fault(life: &LifeRecord, cycles: usize) -> Option<String> {
    match life {
        LifeRecord::Capacity(capacity) if capacity.len() < cycles => {
            Some(format!("{} capacities for {cycles} cycles", capacity.len()))
        }
        LifeRecord::Capacity(capacity) => capacity
            .iter()
            .position(|value| !value.is_finite())
            .map(|position| format!("the discharge capacity of the cycle at position {position} is not finite")),
        LifeRecord::Published { cycle_life, end_of_life } => {
            let sound = cycle_life.is_finite() && *cycle_life > 0.0 && *end_of_life > 0.0 && *end_of_life <= 1.0;
            (!sound).then(|| format!("a published life of {cycle_life} cycles to {end_of_life} of nominal"))
        }
    }
}

/// What is wrong with the cycles that were left out of a record, if anything; a fragment.
pub(super) fn fault_of_left_out(left_out: &[LeftOut], life: &LifeRecord) -> Option<String> {
    let last = left_out.last()?;
    let LifeRecord::Capacity(kept) = life else {
        return Some("cycles were left out, and of its life only the published one is known".to_owned());
    };
    if left_out.windows(2).any(|pair| pair[0].position >= pair[1].position) {
        Some("the cycles that were left out are not in order".to_owned())
    } else if last.position >= kept.len() + left_out.len() {
        Some(format!("the cycle at position {} was left out, and there are no more than {}", last.position, kept.len()))
    } else {
        let position = left_out.iter().find(|cycle| !cycle.capacity.is_finite())?.position;
        Some(format!("the capacity of the cycle that was left out at position {position} is not finite"))
    }
}
