//! What the word `protocol: honest` changes in a declaration (method §10).
//!
//! Every change is a default: what the file or a setting says explicitly stays. First come the changes that the file
//! itself keeps for this case below `honest:`, as paths and values, then these:
//!
//! | where | faithful | honest |
//! |---|---|---|
//! | `label.unreached` | `pad`: censored cells count as having died | `drop` |
//! | `label.crossing` | `first`: one noisy cycle ends a life | `persistent` |
//! | `label.counted` | `kept`: cycles that a cleaning rule took for outliers are not counted | `all`, where the crossing is persistent |
//! | `self_reference` of `batlinet` | `true`: a training cell may be its own reference | `false` |
//! | `median` of features | `selection`: as the authors' compiler orders NaN | `nan_ignoring` |
//!
//! Censored are cells whose record ends before their life, not those that publishers stopped just above the end of life
//! ([`cells::label::LabelRule::censored_above`]). And where the file gives `early_cycles`, no feature may read beyond them.

use serde_yaml::{Mapping, Value};

use record::Protocol;

/// The protocol of a declaration, if it is a known one.
pub(super) fn of(declaration: &Value) -> Option<Protocol> {
    serde_yaml::from_value(declaration.get("protocol")?.clone()).ok()
}

/// What the word did to a declaration.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether a value was written.
    is_changed: bool,
    /// Other values that stand where an honest one would be written, as `label.unreached: pad`.
    kept: Vec<String>,
}

/// Writes the honest values where nothing else stands.
pub(super) fn make_honest(declaration: &mut Value) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.label(declaration, "");
    if let Some(Value::Mapping(features)) = declaration.get_mut("features") {
        for (name, feature) in features.iter_mut() {
            for kind in ["voltage_capacity", "severson"] {
                let place = format!("features.{}.{kind}", name.as_str().unwrap_or_default());
                outcome.fill(feature.get_mut(kind), &place, "median", "nan_ignoring".into());
            }
        }
    }
    let models = declaration.get_mut("models").and_then(Value::as_sequence_mut);
    for (index, entry) in models.into_iter().flatten().enumerate() {
        outcome.label(entry, &format!("models[{index}]."));
        let place = format!("models[{index}].batlinet");
        outcome.fill(entry.get_mut("batlinet"), &place, "self_reference", false.into());
    }
    outcome
}

impl Outcome {
    /// Refuses a declaration that is called honest and in which everything stayed as the authors have it.
    ///
    /// # Errors
    /// A fragment that says what stands in the way.
    pub(super) fn check(&self, declaration: &Value) -> Result<(), String> {
        let preset =
            declaration.get("transfer").map(|draw| draw.get("preset").and_then(Value::as_str).unwrap_or("paper"));
        // what is honest in a transfer is said by its preset
        if self.is_changed || self.kept.is_empty() || preset == Some("paper") {
            return Ok(());
        }
        let advice = match preset {
            Some(_) => {
                "in a transfer the preset decides, and this one is the authors' notebook: take the file with preset paper, or \
                 protocol faithful"
            }
            None => "leave it out, so that the protocol can change it, or take protocol faithful",
        };
        Err(format!(
            "protocol honest would change nothing, since the file says otherwise ({}): {advice}",
            self.kept.join(", ")
        ))
    }

    fn label(&mut self, of: &mut Value, prefix: &str) {
        let place = format!("{prefix}label");
        self.fill(of.get_mut("label"), &place, "unreached", "drop".into());
        self.fill(of.get_mut("label"), &place, "crossing", "persistent".into());
        // one bad cycle among those that a cleaning rule left out would end life where the first crossing does
        let is_persistent =
            of.get("label").and_then(|label| label.get("crossing")).is_some_and(|said| said == "persistent");
        if is_persistent {
            self.fill(of.get_mut("label"), &place, "counted", "all".into());
        }
    }

    fn fill(&mut self, place: Option<&mut Value>, path: &str, key: &str, value: Value) {
        let Some(place) = place else { return };
        if place.is_null() && !["unreached", "crossing", "counted"].contains(&key) {
            *place = Value::Mapping(Mapping::new()); // `batlinet:` without settings
        }
        let Value::Mapping(map) = place else { return };
        match map.get(key) {
            None => {
                map.insert(key.into(), value);
                self.is_changed = true;
            }
            Some(other) if *other != value => {
                let other = serde_yaml::to_string(other).unwrap_or_default();
                self.kept.push(format!("{path}.{key}: {}", other.trim()));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_fills_what_is_not_said() {
        let mut declaration: Value = serde_yaml::from_str(
            "label: {end_of_life: 0.8, crossing: first}\nfeatures:\n  a: {voltage_capacity: {base: 9}}\n  b: {severson: \
             {statistics: [slope], median: selection}}\n  c: {capacity_map: {}}\nmodels:\n  - batlinet: {alpha: 0.2}\n  - \
             batlinet: {self_reference: true}\n  - pcr: {}\n    label: {end_of_life: 0.9}\n  - ridge: {}\n    label:\n",
        )
        .unwrap();
        let outcome = make_honest(&mut declaration);
        assert!(outcome.is_changed);
        let kept = [
            "label.crossing: first",
            "features.b.severson.median: selection",
            "models[1].batlinet.self_reference: true",
        ];
        assert_eq!(outcome.kept, kept);
        assert_eq!(outcome.check(&declaration), Ok(()));
        let expected: Value = serde_yaml::from_str(
            "label: {end_of_life: 0.8, crossing: first, unreached: drop}\nfeatures:\n  a: {voltage_capacity: {base: 9, \
             median: nan_ignoring}}\n  b: {severson: {statistics: [slope], median: selection}}\n  c: {capacity_map: {}}\n\
             models:\n  - batlinet: {alpha: 0.2, self_reference: false}\n  - batlinet: {self_reference: true}\n  - pcr: {}\n    \
             label: {end_of_life: 0.9, unreached: drop, crossing: persistent, counted: all}\n  - ridge: {}\n    label:\n",
        )
        .unwrap();
        assert_eq!(declaration, expected);
        assert!(!make_honest(&mut declaration).is_changed, "all is written now");
    }
}
