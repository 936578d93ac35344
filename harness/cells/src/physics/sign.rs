//! A current, or its counters, whose sign is turned.

use super::facts::Facts;
use super::{Doubt, Seen, Weight};
use crate::catalogue;

/// Share of the voltage's changes that go with the current, below which its sign is turned without a doubt.
const TURNED: f64 = 0.15;

impl Seen<'_> {
    pub(super) fn sign(&self) -> Option<Doubt> {
        let what = |facts: &Facts| {
            format!(
                "the voltage falls while the current is positive, and rises while it is negative ({:.0} % of its changes): the sign \
                 of the current seems to be turned",
                100.0 * (1.0 - facts.with_current.unwrap_or(1.0))
            )
        };
        let of = |facts: &Facts| facts.with_current.is_some();
        let doubt = self.doubt(&of, &|facts| facts.with_current.is_some_and(|share| share < 0.3), what)?;
        if doubt.weight == Weight::Refuse {
            return Some(doubt);
        }
        // a cycle of pulses and rests proves nothing; a whole cycle does, and some in a row are no slip
        let is_turned = |facts: &Facts| {
            facts.with_current.is_some_and(|share| share < TURNED)
                && facts.charged.max(facts.discharged) > 0.3 * self.nominal
        };
        let in_a_row = self.cycles.windows(3).any(|cycles| cycles.iter().all(is_turned));
        // publishers' cycles are theirs
        let is_held = in_a_row || catalogue::find(self.cell.id()).is_none();
        let doubt = self.doubt(&of, &is_turned, what).filter(|_| is_held)?;
        let (weight, so) = match (in_a_row, doubt.cycle) {
            (true, _) => (Weight::Refuse, "in these cycles only; give each part of the test its own sign"),
            (false, Some((_, 1, _))) => (
                Weight::Flag,
                "in this cycle only: its charge counts as discharge; mend the file, or leave the cycle out",
            ),
            (false, _) => (
                Weight::Flag,
                "in these cycles only: their charge counts as discharge; mend the file, or leave the cycles out",
            ),
        };
        let what = format!("{}, {so}", doubt.what);
        Some(Doubt { weight, what, ..doubt })
    }

    pub(super) fn turned_counters(&self) -> Option<Doubt> {
        self.doubt(&|facts| facts.against.is_some(), &|facts| facts.against.is_some_and(|share| share > 0.5), |facts| {
            format!(
                "the counter of discharge grows while the current is positive ({:.0} % of it): the two counters, or the sign of the \
                 current, seem to be turned",
                100.0 * facts.against.unwrap_or_default()
            )
        })
    }
}
