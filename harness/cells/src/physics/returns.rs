//! A capacity that comes to the end of life more than once.

use super::{Doubt, Seen, Weight};
use crate::count::ah;

/// End of life as a share of the nominal capacity, to which lives are counted unless declared.
const END: f64 = 0.8;
/// Share of a life between two ends that scatter explains.
const SCATTER: f64 = 0.02;
/// Cycles between them that it explains in short lives.
const FEW: usize = 5;

impl Seen<'_> {
    /// A first cycle under the end of life after which the capacity is above it again, for more than scatter explains.
    pub(super) fn returns(&self, capacity: &[f64]) -> Option<Doubt> {
        let threshold = END * self.nominal;
        let first = capacity.iter().position(|given| *given <= threshold)?;
        let for_good = capacity.iter().rposition(|given| *given > threshold)? + 1;
        // to a nominal capacity of another cell, the first cycles may be under it: that is said elsewhere
        let apart = for_good.checked_sub(first).filter(|apart| *apart > FEW.max((SCATTER * first as f64) as usize))?;
        if first == 0 {
            return None;
        }
        let end = match for_good < capacity.len() {
            true => format!("and for good with cycle {} only", self.number(for_good)),
            false => "and is above it at the end of its record".to_owned(),
        };
        let lives = match for_good < capacity.len() {
            true => format!("its life is {} or {} cycles", first + 2, for_good + 2),
            false => format!("its life is {} cycles, or has not ended", first + 2),
        };
        let above = capacity[first..].iter().filter(|given| **given > threshold).count();
        let what = format!(
            "it is the first with {:.0} % of the nominal capacity or less ({} Ah), the capacity is above that again in {above} cycles \
             after it, {end}: {lives}, by `crossing: first` or `persistent` of the label ({apart} cycles apart); leave the low cycles out \
             if they are wrong",
            100.0 * END,
            ah(capacity[first])
        );
        Some(Doubt { weight: Weight::Flag, cycle: Some((self.number(first), 1, capacity.len())), what })
    }
}
