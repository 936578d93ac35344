//! What the cycler is told to do: the published protocols as currents and limits.

use super::laboratory::{Charge, Discharge, EndCurrent, Laboratory};
use cells::catalogue::CatalogueEntry;

/// A current that is held until so much charge has passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stage {
    /// A, always positive.
    pub(super) current: f64,
    /// Ah passed in this half cycle at which the next stage begins.
    pub(super) until: f64,
}

/// One half cycle: stages, each cut back to constant voltage where it meets the limit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HalfCycle {
    /// In order; the last has no end but the limit.
    pub(super) stages: Vec<Stage>,
    /// V.
    pub(super) limit: f64,
    /// A at which the half cycle ends; the current of the last stage if there is no constant-voltage part.
    pub(super) end_current: f64,
}

impl HalfCycle {
    /// The stage current after `passed` Ah.
    pub(super) fn current(&self, passed: f64) -> f64 {
        let stage = self.stages.iter().find(|stage| passed < stage.until).or(self.stages.last());
        stage.map_or(self.end_current, |stage| stage.current)
    }
}

/// Both halves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Programme {
    /// Charge.
    pub(super) charge: HalfCycle,
    /// Discharge.
    pub(super) discharge: HalfCycle,
    /// Whether a stored cycle begins with its discharge.
    pub(super) discharge_first: bool,
    /// States of charge of the fresh cell between which it is cycled; the voltage limits are set from them.
    pub(super) window: Option<(f64, f64)>,
    /// The same rates in units of C, highest of each half.
    pub(super) rates: (f64, f64),
}

impl Programme {
    /// Reads the protocol texts of the catalogue. A charge policy that was never published is taken as 3.6C.
    pub(super) fn of(entry: &CatalogueEntry) -> Self {
        let laboratory = Laboratory::of(entry);
        let rated = laboratory.rated_capacity(entry);
        let charge_limit = laboratory.charge_limit.unwrap_or(entry.v_max);
        let charge_stages = charge_stages(laboratory.charge, &entry.charge, rated);
        let discharge_stages = discharge_stages(laboratory.discharge, &entry.discharge, rated);
        let last = |stages: &[Stage]| stages.last().map_or(rated, |stage| stage.current);
        let fastest = |stages: &[Stage]| stages.iter().map(|stage| stage.current / rated).fold(0.0, f64::max);
        let rates = (fastest(&charge_stages), fastest(&discharge_stages));
        let end_current = |end: EndCurrent| end.of(rated);
        let discharge_end = laboratory.discharge_end.map_or_else(|| last(&discharge_stages), end_current);
        let charge_end = end_current(laboratory.charge_end);
        Self {
            charge: HalfCycle { stages: charge_stages, limit: charge_limit, end_current: charge_end },
            discharge: HalfCycle { stages: discharge_stages, limit: entry.v_min, end_current: discharge_end },
            discharge_first: laboratory.discharge_first,
            window: entry.id.contains("_20-80_").then_some((0.2, 0.8)),
            rates,
        }
    }
}

fn charge_stages(charge: Charge, protocol: &str, rated: f64) -> Vec<Stage> {
    let stage = |rate: f64, until: f64| Stage { current: rate * rated, until: until * rated };
    let open = f64::INFINITY;
    let rates = rates(protocol);
    match charge {
        Charge::FourSteps => {
            let mut stages: Vec<_> =
                rates.iter().enumerate().map(|(step, &rate)| stage(rate, 0.2 * (step + 1) as f64)).collect();
            stages.push(stage(1.0, open));
            stages
        }
        Charge::TwoSteps => {
            let (first, second) = (rates.first().copied().unwrap_or(3.6), rates.get(1).copied().unwrap_or(3.6));
            vec![stage(first, first_percentage(protocol).unwrap_or(0.8)), stage(second, 0.8), stage(1.0, open)]
        }
        Charge::Rate(rate) => vec![stage(rate, 0.8), stage(1.0, open)],
        Charge::Ampere(current) => vec![Stage { current, until: open }],
        Charge::Constant => vec![stage(rates.first().copied().unwrap_or(0.5), open)],
    }
}

fn discharge_stages(discharge: Discharge, protocol: &str, rated: f64) -> Vec<Stage> {
    let rates = rates(protocol);
    let open = f64::INFINITY;
    match discharge {
        Discharge::Steps([first, second, third]) => rates
            .iter()
            .zip([first, second, third, open])
            .map(|(rate, until)| Stage { current: rate * rated, until: until * rated })
            .collect(),
        Discharge::Ampere(current) => vec![Stage { current, until: open }],
        Discharge::Constant => vec![Stage { current: rates.first().copied().unwrap_or(0.5) * rated, until: open }],
    }
}

/// Every number before a `C` outside parentheses: `5.4C(50%)-3.6C` gives 5.4 and 3.6.
fn rates(text: &str) -> Vec<f64> {
    let mut depth = 0;
    let outside: String = text
        .chars()
        .filter(|&letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0 && letter != ')'
        })
        .collect();
    outside
        .split(['-', ' ', ','])
        .filter_map(|word| word.strip_suffix('C'))
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The fraction in the first parentheses: `5.4C(50%)-3.6C` gives 0.5.
fn first_percentage(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once('(')?;
    let (number, _) = rest.split_once("%)")?;
    number.parse::<f64>().ok().map(|percent| percent / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::catalogue::{cells, find};

    fn programme(id: &str) -> Programme {
        Programme::of(find(id).unwrap())
    }

    fn currents(half: &HalfCycle) -> Vec<(f64, f64)> {
        half.stages.iter().map(|stage| ((stage.current * 1e6).round() / 1e6, stage.until)).collect()
    }

    #[test]
    fn published_protocols_become_stages() {
        let two_step = programme("MATR_b1c16");
        assert_eq!(currents(&two_step.charge), [(5.94, 0.55), (3.96, 0.8 * 1.1), (1.1, f64::INFINITY)]);
        assert_eq!(currents(&two_step.discharge), [(4.4, f64::INFINITY)]);
        let four_step = programme("MATR_b4c0");
        assert_eq!(four_step.charge.stages.len(), 5);
        assert_eq!(four_step.charge.current(0.3), 5.2 * 1.1);
        let hust = programme("HUST_1-7");
        let rates: Vec<_> = hust.discharge.stages.iter().map(|stage| (stage.current / 1.1).round()).collect();
        assert_eq!(rates, [5.0, 2.0, 2.0, 1.0]);
        assert_eq!(programme("CALCE_CS2_35").discharge.current(0.5), 1.1);
        assert_eq!(programme("SNL_18650_NMC_15C_0-100_0.5-2C_a").discharge.current(0.5), 6.0);
        assert_eq!(programme("SNL_18650_NCA_25C_20-80_0.5-0.5C_a").window, Some((0.2, 0.8)));
        assert_eq!(programme("RWTH_002").charge.current(0.0), 4.0);
    }

    #[test]
    fn every_cell_has_a_programme() {
        for entry in cells() {
            let programme = Programme::of(entry);
            for half in [&programme.charge, &programme.discharge] {
                assert!(half.stages.iter().all(|stage| stage.current > 0.1), "{}", entry.id);
                assert!(half.stages.windows(2).all(|pair| pair[0].until <= pair[1].until), "{}", entry.id);
                assert_eq!(half.stages.last().map(|stage| stage.until), Some(f64::INFINITY), "{}", entry.id);
                assert!(half.end_current > 0.0 && half.end_current <= half.current(1e9), "{}", entry.id);
            }
        }
    }
}
