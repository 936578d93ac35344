//! What the samples of a file show, for guesses about the cell.

use itertools::Itertools as _;

use crate::cycler::declaration::By;
use crate::cycler::divide::divide;
use crate::cycler::look::Looked;
use crate::cycler::role::Role;
use crate::cycler::samples::{Samples, State};
use crate::cycler::unit::{Form, Unit};

/// What the samples show.
pub(super) struct Facts {
    pub(super) hours: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) nominal: f64,
    pub(super) why_nominal: &'static str,
    pub(super) temperature: Option<f64>,
    /// Share of the voltage's changes that go with a positive current.
    with: f64,
    /// In the file.
    pub(super) has_negative: bool,
    has_discharge_state: bool,
    has_current: bool,
    /// Cycles by the sign of the current.
    pub(super) cycles_by_current: usize,
}

/// What is said of the sign of the current.
pub(super) struct Sign {
    pub(super) word: &'static str,
    pub(super) must_be_stated: Option<&'static str>,
    pub(super) sentence: Option<String>,
}

/// To five digits, or to whole ones where these are more.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 10_f64.powf((4.0 - value.abs().log10().floor()).clamp(0.0, 15.0));
    (value * digits).round() / digits
}

fn minmax(values: &[f64]) -> Option<(f64, f64)> {
    values.iter().copied().filter(|value| value.is_finite()).minmax().into_option()
}

/// The lowest and the highest of these but for so many stray ones at either end.
fn window(values: &[f64], stray: usize) -> Option<(f64, f64)> {
    let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let last = known.len().checked_sub(1)?;
    let stray = stray.min(last / 20);
    Some((known[stray], known[last - stray]))
}

impl Facts {
    pub(super) fn of(samples: &Samples) -> Self {
        let hours = match (samples.time.first(), samples.time.last()) {
            (Some(first), Some(last)) => (last - first) / 3600.0,
            _ => 0.0,
        };
        let largest = samples.current.iter().fold(0.0, |largest: f64, current| largest.max(current.abs()));
        let (mut with, mut all) = (0.0, 0.0);
        let mut half: f64 = 0.0;
        let mut largest_half: f64 = 0.0;
        let mut direction = 0.0;
        for k in 1..samples.len() {
            let (one, two) = (samples.current[k - 1], samples.current[k]);
            let since = samples.time[k] - samples.time[k - 1];
            if two.abs() > 0.01 * largest {
                if two.signum() != direction {
                    half = 0.0;
                    direction = two.signum();
                }
                if since > 0.0 {
                    half += two.abs() * since / 3600.0;
                }
                largest_half = largest_half.max(half);
            }
            // within one step, so that the jump at its beginning does not count
            if one.abs() > 0.02 * largest && two.abs() > 0.02 * largest && (one - two).abs() < 0.1 * largest {
                let change = samples.voltage[k] - samples.voltage[k - 1];
                all += change.abs();
                with += if change * two > 0.0 { change.abs() } else { 0.0 };
            }
        }
        let with = if all > 0.0 { with / all } else { 0.5 };
        let (nominal, why_nominal) = if largest_half > 0.0 {
            let digits = 10_f64.powf(1.0 - largest_half.log10().floor());
            (
                ((largest_half * digits).ceil() / digits).max(1e-6),
                "a guess, the most that passed in one half, rounded up to two digits: write the maker's",
            )
        } else {
            (1.0, "not known, since no charge passed: write the maker's")
        };
        // glitches are in fewer cycles than one in ten
        let cycles_by_current = divide(samples, By::Current, nominal).map_or(0, |parts| parts.len());
        let (low, high) = window(&samples.voltage, cycles_by_current / 10).unwrap_or((2.0, 4.5));
        // outwards to 0.01 V, but for what a cycler's control passes a limit by
        let (low, high) = (((low + 5e-3) * 100.0).floor() / 100.0, ((high - 5e-3) * 100.0).ceil() / 100.0);
        let high = if high <= low { low + 0.05 } else { high };
        let temperature = samples.temperature.as_ref().and_then(|values| {
            let mut known: Vec<f64> = values.iter().copied().filter(|value| (-60.0..150.0).contains(value)).collect();
            known.sort_by(f64::total_cmp);
            known.get(known.len() / 2).map(|median| median.round())
        });
        Self {
            hours,
            low: (low * 100.0).round() / 100.0,
            high: (high * 100.0).round() / 100.0,
            nominal,
            why_nominal,
            temperature,
            with,
            has_negative: samples.current.iter().any(|current| *current < 0.0),
            has_discharge_state: samples.state.as_ref().is_some_and(|states| states.contains(&State::Discharge)),
            has_current: largest > 0.0,
            cycles_by_current,
        }
    }

    /// Least and largest value of a column, in its own unit.
    pub(super) fn range(&self, role: Role, samples: &Samples, unit: Option<Unit>) -> String {
        let count = |numbers: &Option<Vec<u32>>| {
            numbers
                .as_ref()
                .and_then(|numbers| numbers.iter().minmax().into_option().map(|(a, b)| format!(", {a} to {b}")))
        };
        // a time of day has no number of its own
        let (unit, name) = match unit {
            Some(unit) if unit.form == Form::Number => (Some(unit), ""),
            Some(Unit { form: Form::Date(_), .. }) => return String::new(),
            Some(_) => (None, " s"),
            None => (None, ""),
        };
        let own = |value: f64| rounded(unit.map_or(value, |unit| unit.in_own(value)));
        let values =
            |values: Option<&[f64]>| values.and_then(minmax).map(|(a, b)| format!(", {} to {}{name}", own(a), own(b)));
        let text = match role {
            Role::Time => values(Some(&samples.time)),
            Role::Voltage => values(Some(&samples.voltage)),
            Role::Current => values(Some(&samples.current)),
            Role::ChargeCapacity => values(samples.charge.as_deref()),
            Role::DischargeCapacity => values(samples.discharge.as_deref()),
            Role::Capacity => values(samples.capacity.as_deref()),
            Role::Temperature => values(samples.temperature.as_deref()),
            Role::Cycle => count(&samples.cycle),
            Role::Step => count(&samples.step),
            Role::State => None,
        };
        text.unwrap_or_default()
    }

    /// What the voltage says of the sign of the current.
    pub(super) fn sign(&self, file: &Looked) -> Sign {
        let share = (100.0 * self.with.max(1.0 - self.with)).round();
        let (word, why) = if self.with > 0.7 {
            ("positive", format!("a positive current charges: the voltage rises with it ({share} % of its changes)"))
        } else if self.with < 0.3 {
            ("negative", format!("a positive current DISCHARGES: the voltage falls with it ({share} % of its changes)"))
        } else {
            ("positive", "whether a positive current charges, the voltage does not show: confirm".to_owned())
        };
        if !self.has_current {
            let sentence = Some("no current flows here, so its sign is not seen".to_owned());
            return Sign { word, must_be_stated: None, sentence };
        }
        let by_state = !self.has_negative && self.has_discharge_state;
        if by_state {
            let sentence = Some("the current has no sign; that of the state is taken".to_owned());
            return Sign { word: "positive", must_be_stated: None, sentence };
        }
        let unsigned = !self.has_negative && ["Maccor", "Neware"].contains(&file.format());
        let must_be_stated = (unsigned || self.with < 0.3).then_some(word);
        Sign { word, must_be_stated, sentence: Some(why) }
    }
}
