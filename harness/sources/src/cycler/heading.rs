//! The heading of a column: a name, and a unit where it has one.

use super::unit::{Quantity, Unit};

/// A heading, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heading {
    /// As it stands.
    pub text: String,
    /// Letters and digits of the name in lower case, without the unit.
    pub key: String,
    /// What stands where units do, in brackets or behind a slash.
    pub unit: Option<String>,
}

/// Units of one letter to three that a name does not end with by chance, as they are written.
const SHORT: [&str; 12] = ["s", "ms", "sec", "min", "h", "V", "mV", "A", "mA", "uA", "Ah", "mAh"];

/// The unit at the end of `test_time_millisecond`, `current_mA` and the like.
fn spelt_out(text: &str, quantity: Quantity) -> Option<Unit> {
    let (_, last) = text.rsplit_once('_')?;
    // a few letters are more often a name than a unit
    if last.len() < 4 && !SHORT.contains(&last) { None } else { quantity.unit(last) }
}

impl Heading {
    /// Takes apart `Test_Time(s)`, `Test Time (s)`, `U[V]`, `time/s` and `Voltage / V`.
    pub(super) fn new(text: &str) -> Self {
        let trimmed = text.trim().trim_start_matches('~').trim();
        let bracketed = [('(', ')'), ('[', ']'), ('（', '）')].into_iter().find_map(|(open, close)| {
            let inside = trimmed.strip_suffix(close)?;
            let at = inside.rfind(open)?;
            Some((&inside[..at], &inside[at + open.len_utf8()..]))
        });
        let parts = bracketed.or_else(|| trimmed.rsplit_once('/'));
        let (name, unit) = match parts {
            Some((name, unit)) if !name.trim().is_empty() && !unit.trim().is_empty() => (name, Some(unit.trim())),
            _ => (trimmed, None),
        };
        // `dV/dt(V/s)` and the like keep their slash: a unit is short
        let unit = unit.map(str::to_owned);
        let key =
            |name: &str| -> String { name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect() };
        Self { text: text.trim().to_owned(), key: key(name), unit }
    }

    /// Whether it is the one that the user names.
    pub(super) fn is_called(&self, wanted: &str) -> bool {
        self.text == wanted.trim() || self.text.trim_start_matches('~') == wanted.trim()
    }

    /// The unit that the heading states of a quantity: none where it states none, a fragment where it states another thing.
    ///
    /// # Errors
    /// What is written there is no unit of the quantity.
    pub(super) fn unit_of(&self, quantity: Quantity) -> Result<Option<Unit>, String> {
        match &self.unit {
            None => Ok(spelt_out(&self.text, quantity)),
            Some(text) => match quantity.unit(text) {
                Some(unit) => Ok(Some(unit)),
                None => Err(format!(
                    "\"{text}\" in the heading \"{}\" is no unit that is known (known are {})",
                    self.text,
                    quantity.units()
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_taken_apart() {
        let parts = |text: &str| {
            let heading = Heading::new(text);
            (heading.key, heading.unit.unwrap_or_default())
        };
        for (text, key, unit) in [
            ("Test_Time(s)", "testtime", "s"),
            ("Test Time (s)", "testtime", "s"),
            ("~Time[s]", "time", "s"),
            ("Ecell/V", "ecell", "V"),
            ("<I>/mA", "i", "mA"),
            ("Voltage / V", "voltage", "V"),
            ("Q charge/discharge/mA.h", "qchargedischarge", "mA.h"),
            ("Rec#", "rec", ""),
            ("voltage_volt", "voltagevolt", ""),
            ("电压（V）", "电压", "V"),
        ] {
            assert_eq!(parts(text), (key.to_owned(), unit.to_owned()), "{text}");
        }
        let unit = |text: &str, quantity| Heading::new(text).unit_of(quantity).map(|unit| unit.map(|unit| unit.name));
        assert_eq!(unit("test_time_millisecond", Quantity::Time), Ok(Some("ms")));
        assert_eq!(unit("current_ampere", Quantity::Current), Ok(Some("A")));
        assert_eq!(unit("cell_current_mA", Quantity::Current), Ok(Some("mA")));
        assert_eq!(unit("Cap_mAh", Quantity::Capacity), Ok(Some("mAh")));
        assert_eq!(unit("time_h", Quantity::Time), Ok(Some("h")));
        assert_eq!(unit("current_ma", Quantity::Current), Ok(None));
        assert_eq!(unit("Charge_Capacity", Quantity::Capacity), Ok(None));
        assert_eq!(unit("Temperature_C", Quantity::Temperature), Ok(None));
    }
}
