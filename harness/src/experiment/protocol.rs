//! What the word `protocol: honest` changes in a declaration (spec §8.4).
//!
//! Every change is a default: what the file or a setting says explicitly stays. First come the changes that the file
//! itself keeps for this case below `honest:`, as paths and values, then these:
//!
//! | where | faithful | honest |
//! |---|---|---|
//! | `label.unreached` | `pad`: cells taken off test early count as having died | `drop` |
//! | `label.crossing` | `first`: one noisy cycle ends a life | `persistent` |
//! | `label.counted` | `kept`: cycles that a cleaning rule took for outliers are not counted | `all` |
//! | `self_reference` of `batlinet` | `true`: a training cell may be its own reference | `false` |
//! | `median` of features | `selection`: as the authors' compiler orders NaN | `nan_ignoring` |
//!
//! And where the file gives `early_cycles`, no feature may read beyond them.

use serde_yaml::{Mapping, Value};

use crate::record::Protocol;

/// The protocol of a declaration, if it is a known one.
pub(super) fn of(declaration: &Value) -> Option<Protocol> {
    serde_yaml::from_value(declaration.get("protocol")?.clone()).ok()
}

/// Writes the honest values where nothing else stands.
pub(super) fn make_honest(declaration: &mut Value) {
    label(declaration);
    if let Some(Value::Mapping(features)) = declaration.get_mut("features") {
        for (_, feature) in features.iter_mut() {
            for kind in ["voltage_capacity", "severson"] {
                fill(feature.get_mut(kind), "median", "nan_ignoring".into());
            }
        }
    }
    for entry in declaration.get_mut("models").and_then(Value::as_sequence_mut).into_iter().flatten() {
        label(entry);
        fill(entry.get_mut("batlinet"), "self_reference", false.into());
    }
}

fn label(place: &mut Value) {
    fill(place.get_mut("label"), "unreached", "drop".into());
    fill(place.get_mut("label"), "crossing", "persistent".into());
    fill(place.get_mut("label"), "counted", "all".into());
}

fn fill(place: Option<&mut Value>, key: &str, value: Value) {
    let Some(place) = place else { return };
    if place.is_null() && !["unreached", "crossing", "counted"].contains(&key) {
        *place = Value::Mapping(Mapping::new()); // `batlinet:` without settings
    }
    if let Value::Mapping(map) = place {
        map.entry(key.into()).or_insert(value);
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
        make_honest(&mut declaration);
        let expected: Value = serde_yaml::from_str(
            "label: {end_of_life: 0.8, crossing: first, unreached: drop, counted: all}\nfeatures:\n  a: {voltage_capacity: {base: 9, \
             median: nan_ignoring}}\n  b: {severson: {statistics: [slope], median: selection}}\n  c: {capacity_map: {}}\n\
             models:\n  - batlinet: {alpha: 0.2, self_reference: false}\n  - batlinet: {self_reference: true}\n  - pcr: {}\n    \
             label: {end_of_life: 0.9, unreached: drop, crossing: persistent, counted: all}\n  - ridge: {}\n    label:\n",
        )
        .unwrap();
        assert_eq!(declaration, expected);
    }
}
