//! How a cell's capacities become its life, as declared.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// What the life of a censored cell is: one that was taken off test, or whose record ends, before its end of life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// The number of cycles plus 2, as the authors do: a censored life taken for an observed one.
    #[default]
    Pad,
    /// The cell has no life and is removed.
    Drop,
}

/// Which cycle under the threshold ends life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// The first, as the authors do: one noisy cycle is enough.
    #[default]
    First,
    /// The first after which no cycle is above the threshold again.
    Persistent,
}

/// Which cycles a life counts, of a cell that a cleaning rule left some out of when it was imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "2.3"))]
pub enum Counted {
    /// The others, as the authors do.
    #[default]
    Kept,
    /// All that are on record. One bad cycle among them should not end life, so it goes with [`Crossing::Persistent`].
    All,
}

impl Counted {
    fn is_kept(&self) -> bool {
        *self == Self::Kept
    }
}

/// How a cell's capacities become its life.
///
/// Life is counted over all cycles of the record, early cycles included: it is not the life that remains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenRule")]
#[schemars(extend("x-source" = "2.1 and 2.2"))]
pub struct LabelRule {
    /// Fraction of nominal capacity at or under which life ends, in (0, 1].
    pub end_of_life: f64,
    /// For censored cells.
    pub unreached: Unreached,
    /// For cells that get there more than once.
    pub crossing: Crossing,
    /// Fraction of nominal capacity that tells a finished record from a censored one, where no cycle is the end of life:
    /// one that ends under it ends with the life, one that ends at or above it ends before. Publishers mostly stop a test
    /// within a per cent above the end of life, so it is 0.025 above unless declared (method §2.2: 0.825 for 0.8).
    pub censored_above: f64,
    /// For cells that a cleaning rule left cycles out of; only where it is not the default is it in the keys of runs.
    #[serde(skip_serializing_if = "Counted::is_kept")]
    pub counted: Counted,
    /// Cells whose life is not longer than this many cycles are removed.
    pub minimum: u32,
}

/// [`LabelRule::censored_above`] minus [`LabelRule::end_of_life`], unless declared.
const MARGIN: f64 = 0.025;

impl Default for LabelRule {
    /// The rule of all published scenarios but MIX-20 (which ends life at 0.9).
    fn default() -> Self {
        Self::to(0.8)
    }
}

/// A [`LabelRule`] as written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {end_of_life: 0.8}")]
#[schemars(
    description = "When the life of a cell ends. Lives are counted in cycles over the whole record, early cycles included."
)]
struct WrittenRule {
    /// Fraction of nominal capacity at or under which life ends, in (0, 1]; 0.8 but for MIX-20 of the paper, which has 0.9.
    #[serde(deserialize_with = "fraction", default = "usual_end_of_life")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    end_of_life: f64,
    /// What the life of a cell is whose record ends before its end of life. `drop` by the honest protocol.
    #[serde(default)]
    unreached: Unreached,
    /// Which cycle under the threshold ends life. `persistent` by the honest protocol.
    #[serde(default)]
    crossing: Crossing,
    /// Fraction of nominal capacity, from `end_of_life` to 2, that tells a finished record from a censored one where no cycle is the
    /// end of life: one that ends under it ends with the life. 0.025 above `end_of_life` unless written: publishers stop most tests
    /// within a per cent above it.
    censored_above: Option<f64>,
    /// Which cycles a life counts, of a cell that a cleaning rule left some out of at import. `all` by the honest protocol.
    #[serde(default)]
    counted: Counted,
    /// Cycles; cells whose life is not longer are removed. 100 unless written, as in the authors' code.
    minimum: Option<u32>,
}

fn usual_end_of_life() -> f64 {
    LabelRule::default().end_of_life
}

fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value > 0.0 && value <= 1.0 {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("end of life is a fraction of nominal capacity in (0, 1], not {value}")))
    }
}

impl TryFrom<WrittenRule> for LabelRule {
    type Error = String;

    fn try_from(declared: WrittenRule) -> Result<Self, String> {
        let WrittenRule { end_of_life, unreached, crossing, censored_above, counted, minimum } = declared;
        let usual = Self::to(end_of_life);
        let censored_above = censored_above.unwrap_or(usual.censored_above);
        // at most 2: a larger one is a percentage
        if !(end_of_life..=2.0).contains(&censored_above) {
            return Err(format!(
                "'censored_above' is a fraction of nominal capacity from end_of_life ({end_of_life}) to 2, not {censored_above}"
            ));
        }
        let minimum = minimum.unwrap_or(usual.minimum);
        Ok(Self { end_of_life, unreached, crossing, censored_above, counted, minimum })
    }
}

impl LabelRule {
    /// The authors' rule for this end of life.
    pub fn to(end_of_life: f64) -> Self {
        // 0.825, not 0.8250000000000001: it is read by people, in keys and in sentences
        let censored_above = ((end_of_life + MARGIN) * 1e9).round() / 1e9;
        let (unreached, crossing, counted) = (Unreached::Pad, Crossing::First, Counted::Kept);
        Self { end_of_life, unreached, crossing, censored_above, counted, minimum: 100 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_with_defaults_and_checked() {
        let rule: LabelRule = serde_yaml::from_str("{end_of_life: 0.9, unreached: drop}").unwrap();
        assert_eq!(rule, LabelRule { unreached: Unreached::Drop, ..LabelRule::to(0.9) });
        assert_eq!((LabelRule::default().censored_above, rule.censored_above), (0.825, 0.925));
        let read = |yaml: &str| serde_yaml::from_str::<LabelRule>(yaml).map_err(|error| error.to_string());
        assert_eq!(read("{}").unwrap(), LabelRule::default());
        assert_eq!(read("censored_above: 0.825").unwrap(), LabelRule::default(), "said or not, it is the same rule");
        assert_eq!(read("censored_above: 0.85").unwrap(), LabelRule { censored_above: 0.85, ..LabelRule::default() });
        for wrong in ["0.79", "82.5", ".nan", "-1"] {
            let message = read(&format!("censored_above: {wrong}")).unwrap_err();
            assert!(message.contains("from end_of_life (0.8) to 2"), "{message}");
        }
        assert_eq!(read("end_of_life: 1.0").unwrap(), LabelRule::to(1.0));
        for wrong in ["80", "0.0", "-0.8", ".nan"] {
            assert!(read(&format!("end_of_life: {wrong}")).unwrap_err().contains("in (0, 1]"), "{wrong}");
        }
        assert!(serde_yaml::from_str::<LabelRule>("end_of_live: 0.8").is_err());
    }

    #[test]
    fn a_rule_is_written_as_it_is_read_and_keys_know_of_counted_only_where_it_was_declared() {
        let all = LabelRule { counted: Counted::All, ..LabelRule::to(0.9) };
        for (rule, is_said) in [(LabelRule::default(), false), (all, true)] {
            let text = serde_yaml::to_string(&rule).unwrap();
            assert_eq!(text.contains("counted"), is_said, "{text}");
            assert_eq!(serde_yaml::from_str::<LabelRule>(&text).unwrap(), rule);
        }
    }
}
