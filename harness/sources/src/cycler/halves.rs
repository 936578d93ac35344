//! The halves of a cycle: whether they are there, and which comes first.

use cells::cell::Cycle;

/// Cycles that show how a program counts.
const FEWEST: usize = 5;

/// Whether a cycle passes less than 1 % of the nominal capacity in each direction.
pub(super) fn is_idle(cycle: &Cycle, nominal: f64) -> bool {
    let passed = |series: &[f64]| series.iter().copied().fold(0.0, f64::max);
    let charged = cycle.charge_capacity.as_deref().map_or(0.0, passed);
    charged.max(cycle.discharged()) < 0.01 * nominal
}

/// Whether a cycle is a charge that no discharge follows.
pub(super) fn is_charge_alone(cycle: &Cycle, nominal: f64) -> bool {
    let charged = cycle.charge_capacity.as_deref().map_or(0.0, |series| series.iter().copied().fold(0.0, f64::max));
    charged > 0.1 * nominal && cycle.discharged() < 0.01 * nominal
}

/// The sample at which half of what a counter comes to has passed.
fn middle(counter: &[f64]) -> usize {
    let all = counter.iter().copied().fold(0.0, f64::max);
    counter.partition_point(|passed| *passed < 0.5 * all)
}

/// That cycles begin with their discharge, of a record that begins with a charge: their number goes up before the discharge; a fragment.
pub(super) fn numbered_before_discharge(cycles: &[Cycle]) -> Option<String> {
    let is_so = |cycle: &&Cycle| {
        let charge = cycle.charge_capacity.as_deref().unwrap_or_default();
        middle(&cycle.discharge_capacity) < middle(charge)
    };
    let (first, count) = (cycles.iter().find(is_so)?.number, cycles.iter().filter(is_so).count());
    (cycles.len() >= FEWEST && 10 * count >= 9 * cycles.len()).then(|| {
        format!(
            "cycle {first} (and so {count} of {} cycles): it begins with its discharge, as where the number of the cycle goes up before each \
             discharge (BioLogic counts so), so that each charge stands with the discharge before it, and features that are made of a \
             charge and then its discharge are wrong; write `cycles: current` in place of `cycles: column`",
            cycles.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(number: u32, charge: &[f64], discharge: &[f64]) -> Cycle {
        let zeros = vec![0.0; charge.len()];
        Cycle {
            number,
            voltage: zeros.clone(),
            current: zeros,
            charge_capacity: Some(charge.to_vec()),
            discharge_capacity: discharge.to_vec(),
            ..Cycle::default()
        }
    }

    #[test]
    fn a_number_that_goes_up_before_each_discharge_is_said() {
        let (early, late) = ([0.0, 0.5, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.5, 1.0]);
        let of = |turned: u32| {
            let cycles = (1..=20).map(|number| {
                let (charge, discharge) = if number <= turned { (&late, &early) } else { (&early, &late) };
                cycle(number, charge, discharge)
            });
            numbered_before_discharge(&cycles.collect::<Vec<_>>())
        };
        let said = of(19).unwrap();
        assert!(said.starts_with("cycle 1 (and so 19 of 20 cycles)") && said.contains("`cycles: current`"), "{said}");
        assert_eq!((of(0), of(10)), (None, None));
    }
}
