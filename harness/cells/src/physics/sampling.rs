//! Samples that are too few for curves.

use super::facts::Facts;
use super::{Doubt, Seen};
use crate::catalogue;
use crate::count::ah;

/// Samples that a half must have.
pub(super) const FEWEST: usize = 5;
/// Share of the nominal capacity that may lie between two samples of a half, …
const COARSEST: f64 = 0.3;
/// … and in cells of one's own, whose publisher has not decided how they are sampled.
const COARSE: f64 = 0.22;
/// V that cyclers tell apart, and curves of one cell differ by.
const STEP: f64 = 4e-3;

impl Seen<'_> {
    pub(super) fn few_samples(&self) -> Option<Doubt> {
        self.flag(
            // curves of discharge alone are whatever their publisher made of them
            &|facts| facts.has_charge && facts.discharged > 0.1 * self.nominal,
            &|facts| facts.in_half[1] < FEWEST || facts.charged > 0.1 * self.nominal && facts.in_half[0] < FEWEST,
            |facts| {
                let [charge, discharge] = facts.in_half;
                format!("{charge} samples of charge and {discharge} of discharge: too few for curves")
            },
        )
    }

    pub(super) fn coarse(&self) -> Option<Doubt> {
        let is_fair =
            |facts: &Facts| facts.has_charge && facts.discharged > 0.1 * self.nominal && facts.in_half[1] >= FEWEST;
        let most = if catalogue::find(self.cell.id()).is_some() { COARSEST } else { COARSE };
        let doubt = self.flag(&is_fair, &|facts| facts.widest > most * self.nominal, |facts| {
            format!(
                "{} Ah lie between two samples of its discharge ({} in all): sampling is too coarse for curves",
                ah(facts.widest),
                facts.in_half[1]
            )
        })?;
        doubt.in_share(0.25)
    }

    /// Voltages that were rounded, of cells of one's own.
    pub(super) fn rounded_voltages(&self) -> Option<Doubt> {
        let is_stepped = |facts: &Facts| facts.voltage_step.is_some_and(|step| step > STEP);
        let doubt = self.flag(&|facts| facts.samples > 0, &is_stepped, |facts| {
            format!(
                "its voltages are in steps of {:.0} mV: they seem to be rounded, and curves, which features compare from cycle to cycle, are \
                 as coarse; export them with more digits",
                1e3 * facts.voltage_step.unwrap_or_default()
            )
        })?;
        doubt.in_share(0.5)
    }
}
