//! The rules of repairs, as a person writes them and as they are told.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use cells::suggest::did_you_mean;
use itertools::Itertools as _;

/// What is done to the measurements of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// The current's sign is turned.
    FlipCurrent,
    /// The counters of charge and discharge are exchanged.
    SwapCapacities,
    /// Every current is multiplied.
    ScaleCurrent(f64),
    /// Every capacity is multiplied, that of the life record too.
    ScaleCapacity(f64),
    /// Every voltage is multiplied.
    ScaleVoltage(f64),
    /// Cycles go, by the source's numbers.
    DropCycles(Vec<RangeInclusive<u32>>),
    /// So many cycles at the end go.
    CutTail(usize),
}

impl Rule {
    /// How they are written.
    pub const FORMS: [&'static str; 7] = [
        "flip-current",
        "swap-capacities",
        "scale-current=FACTOR",
        "scale-capacity=FACTOR",
        "scale-voltage=FACTOR",
        "drop-cycles=5,7-9",
        "cut-tail=CYCLES",
    ];
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let factor = || {
            let factor = value.and_then(|value| value.parse::<f64>().ok());
            factor
                .filter(|factor| factor.is_finite() && *factor > 0.0)
                .ok_or_else(|| format!("{name} wants a factor above 0, as in {name}=0.001"))
        };
        let alone = |rule: Self| match value {
            None => Ok(rule),
            Some(_) => Err(format!("{name} takes no value")),
        };
        match name {
            "flip-current" => alone(Self::FlipCurrent),
            "swap-capacities" => alone(Self::SwapCapacities),
            "scale-current" => factor().map(Self::ScaleCurrent),
            "scale-capacity" => factor().map(Self::ScaleCapacity),
            "scale-voltage" => factor().map(Self::ScaleVoltage),
            "drop-cycles" => {
                let ranges: Option<Vec<RangeInclusive<u32>>> =
                    value.unwrap_or_default().split(',').map(range_of).collect();
                ranges
                    .map(Self::DropCycles)
                    .ok_or_else(|| "drop-cycles wants numbers of cycles, as in drop-cycles=5,7-9".to_owned())
            }
            "cut-tail" => value
                .and_then(|value| value.parse().ok())
                .filter(|cycles| *cycles > 0)
                .map(Self::CutTail)
                .ok_or_else(|| "cut-tail wants how many cycles at the end go, as in cut-tail=1".to_owned()),
            other => {
                let names = Self::FORMS.map(|form| form.split('=').next().unwrap_or(form));
                let hint = did_you_mean(other, names);
                Err(format!("there is no such rule{hint}; there are {}", Self::FORMS.join(", ")))
            }
        }
    }
}

fn range_of(part: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let range = first.trim().parse().ok()?..=last.trim().parse().ok()?;
    (!range.is_empty()).then_some(range)
}

/// `5`, `7 to 9`.
pub(super) fn range(range: &RangeInclusive<u32>) -> String {
    let (first, last) = (range.start(), range.end());
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FlipCurrent => formatter.write_str("the sign of the current was turned (flip-current)"),
            Self::SwapCapacities => {
                formatter.write_str("the counters of charge and discharge were exchanged (swap-capacities)")
            }
            Self::ScaleCurrent(factor) => {
                write!(formatter, "the current was multiplied by {factor} (scale-current={factor})")
            }
            Self::ScaleCapacity(factor) => {
                write!(formatter, "all capacities were multiplied by {factor} (scale-capacity={factor})")
            }
            Self::ScaleVoltage(factor) => {
                write!(formatter, "the voltage was multiplied by {factor} (scale-voltage={factor})")
            }
            Self::DropCycles(ranges) if matches!(&ranges[..], [one] if one.start() == one.end()) => {
                write!(formatter, "cycle {} was dropped (drop-cycles)", ranges.iter().map(range).join(", "))
            }
            Self::DropCycles(ranges) => {
                write!(formatter, "cycles {} were dropped (drop-cycles)", ranges.iter().map(range).join(", "))
            }
            Self::CutTail(1) => formatter.write_str("the last cycle was cut (cut-tail=1)"),
            Self::CutTail(cycles) => write!(formatter, "the last {cycles} cycles were cut (cut-tail={cycles})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_told() {
        let told = |text: &str| text.parse::<Rule>().map(|rule| rule.to_string());
        assert_eq!(told("scale-current=0.001").unwrap(), "the current was multiplied by 0.001 (scale-current=0.001)");
        assert_eq!(told("drop-cycles=5, 7-9").unwrap(), "cycles 5, 7 to 9 were dropped (drop-cycles)");
        assert_eq!(told("drop-cycles=3").unwrap(), "cycle 3 was dropped (drop-cycles)");
        assert_eq!(told("cut-tail=1").unwrap(), "the last cycle was cut (cut-tail=1)");
        for (text, what) in [
            ("scale-current", "wants a factor above 0"),
            ("scale-capacity=-1", "wants a factor above 0"),
            ("scale-voltage=inf", "wants a factor above 0"),
            ("flip-current=2", "takes no value"),
            ("drop-cycles=9-7", "wants numbers of cycles"),
            ("drop-cycles", "wants numbers of cycles"),
            ("cut-tail=0", "wants how many cycles"),
            ("flip-curent", "did you mean 'flip-current'"),
        ] {
            let said = told(text).unwrap_err();
            assert!(said.contains(what), "{text}: {said}");
        }
    }
}
