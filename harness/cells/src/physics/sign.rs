//! A current, or its counters, whose sign is turned.

use super::facts::Facts;
use super::{Doubt, Seen, Weight};

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
        // a cycle of pulses and rests proves nothing; whole cycles in a row do
        let is_turned = |facts: &Facts| {
            facts.with_current.is_some_and(|share| share < TURNED)
                && facts.charged.max(facts.discharged) > 0.3 * self.nominal
        };
        let in_a_row = self.cycles.windows(3).any(|cycles| cycles.iter().all(is_turned));
        let doubt = self.doubt(&of, &is_turned, what).filter(|_| in_a_row)?;
        let what = format!("{}, in these cycles only; give each part of the test its own sign", doubt.what);
        Some(Doubt { weight: Weight::Refuse, what, ..doubt })
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
