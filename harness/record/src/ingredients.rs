//! What a run's result depends on, and the two keys that follow from it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What the train keys of format 1 did not have.
const TRAINING_SINCE_2: [&str; 4] = ["origin", "training_labels", "source_labels", "precision"];

/// Everything that a run's result depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingredients {
    /// What the train key hashes.
    pub training: Value,
    /// What the evaluation key adds: what matters only when the trained model is asked.
    pub evaluation: Value,
}

impl Ingredients {
    /// Key of the trained model.
    pub fn train_key(&self) -> String {
        hash(&self.training)
    }

    /// Key of the run: the trained model and how it was asked.
    pub fn evaluation_key(&self) -> String {
        self.key_of(&self.train_key())
    }

    /// The same, where the key of the trained model is known.
    pub(crate) fn key_of(&self, train_key: &str) -> String {
        let mut text = b"{\"evaluation\":".to_vec();
        canonical(&self.evaluation, &mut text);
        text.extend_from_slice(format!(",\"train\":\"{train_key}\",}}").as_bytes());
        digits(&text)
    }

    /// As they were in format 1 of records: nothing in them says the origin, the lives or the precision.
    pub fn former(&self) -> Self {
        let mut former = self.clone();
        for (part, names) in [(&mut former.training, &TRAINING_SINCE_2[..]), (&mut former.evaluation, &["test_labels"])]
        {
            if let Value::Object(map) = part {
                names.iter().for_each(|name| drop(map.remove(*name)));
            }
        }
        former
    }

    /// The name of the random streams that belong to the trained model: the same references are drawn for a test cell by whatever
    /// device and however exactly a run computes.
    pub fn streams(&self) -> String {
        let mut declared = self.former().training;
        if declared["device"] == "cuda" {
            declared["device"] = json!("cpu");
        }
        hash(&declared)
    }

    /// In a few words, what differs from an `earlier` run of the same name.
    pub fn difference(&self, earlier: &Self) -> String {
        // of what format 1 did not say nothing is known
        let now = if earlier.training.get("origin").is_some() { self } else { &self.former() };
        let mut changes = Vec::new();
        differences("", &earlier.training, &now.training, &mut changes);
        differences("", &earlier.evaluation, &now.evaluation, &mut changes);
        // other cells and other rules have other lives
        let (labels, others): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| change.ends_with(" labels changed"));
        let mut changes = if others.is_empty() { labels } else { others };
        let members: Vec<String> =
            changes.iter().filter_map(|change| change.strip_prefix(MEMBER)).map(str::to_owned).collect();
        if !members.is_empty() {
            changes.retain(|change| !change.starts_with(MEMBER));
            changes.push(format!("other runs are its members: {}", members.join(", ")));
        }
        if changes.is_empty() { "nothing that can be named".to_owned() } else { changes.join(", ") }
    }
}

/// What stands before the label of a member among the changes.
const MEMBER: &str = "member ";

/// The runs that a model is made of: their labels, and what else is said of each.
fn runs(members: &Value) -> BTreeSet<(String, String)> {
    match members {
        Value::Object(lists) => lists.values().flat_map(runs).collect(),
        Value::Array(items) => {
            let label = |item: &Value| item.get(0).and_then(Value::as_str).unwrap_or("one").to_owned();
            items.iter().map(|item| (label(item), item.to_string())).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn differences(path: &str, before: &Value, now: &Value, changes: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let names = before.keys().chain(now.keys().filter(|name| !before.contains_key(*name)));
            for name in names {
                let below =
                    if path.is_empty() || path == "hyper_parameters" { name.clone() } else { format!("{path}.{name}") };
                let of = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or(Value::Null);
                differences(&below, &of(before), &of(now), changes);
            }
        }
        _ if before == now => {}
        // what a model is made of: lists of labels, seeds and keys
        _ if path == "members" || path.starts_with("members.") => {
            let (before, now) = (runs(before), runs(now));
            for (label, _) in before.symmetric_difference(&now) {
                let change = format!("{MEMBER}{label}");
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        _ if path.ends_with("_cells") || path.ends_with("_labels") => {
            changes.push(format!("the {} changed", path.replace('_', " ")))
        }
        _ => changes.push(format!("{path} was {before}, is {now}")),
    }
}

/// Digits of a key.
pub(crate) const KEY_DIGITS: usize = 16;

/// The first 16 hexadecimal digits of the blake3 hash of the value as JSON with sorted keys.
pub fn hash(value: &Value) -> String {
    let mut text = Vec::new();
    canonical(value, &mut text);
    digits(&text)
}

fn digits(text: &[u8]) -> String {
    blake3::hash(text).to_hex()[..KEY_DIGITS].to_owned()
}

fn canonical(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            text.push(b'{');
            for (name, value) in entries {
                plain(name, text);
                text.push(b':');
                canonical(value, text);
                text.push(b',');
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for item in items {
                canonical(item, text);
                text.push(b',');
            }
            text.push(b']');
        }
        value => plain(value, text),
    }
}

/// A name, number or text as JSON has it, which nothing can fail at: a `Vec` takes everything.
fn plain(value: &impl Serialize, text: &mut Vec<u8>) {
    let _ = serde_json::to_writer(text, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_their_values_do() {
        let one: Value = serde_json::from_str(r#"{"a": 1, "b": [1, 2]}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b": [1, 2], "a": 1}"#).unwrap();
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&json!({ "a": 1, "b": [2, 1] })));
        assert_ne!(hash(&json!({ "a": "1" })), hash(&json!({ "a": 1 })));
        assert_eq!(hash(&one).len(), 16);
    }

    #[test]
    fn a_key_is_the_hash_of_what_it_is_made_of() {
        let one = Ingredients {
            training: json!({ "seed": 1, "\u{1}\"name": ["a\n", 0.1, null, true, -3] }),
            evaluation: json!({ "test_cells": "x", "alpha": 0.5 }),
        };
        let whole = json!({ "train": one.train_key(), "evaluation": one.evaluation });
        assert_eq!(one.evaluation_key(), hash(&whole));
        let text = "{\"\\u0001\\\"name\":[\"a\\n\",0.1,null,true,-3,],\"seed\":1,}";
        assert_eq!(one.train_key(), blake3::hash(text.as_bytes()).to_hex()[..16]);
    }

    #[test]
    fn streams_are_those_of_format_1_whatever_computes() {
        let make = |device: &str, precision: &str, labels: &str| Ingredients {
            training: json!({ "seed": 1, "device": device, "precision": precision, "origin": "real", "training_labels": labels }),
            evaluation: json!({ "test_cells": "x", "test_labels": labels }),
        };
        let one = make("cpu", "exact", "a");
        let former =
            Ingredients { training: json!({ "seed": 1, "device": "cpu" }), evaluation: json!({ "test_cells": "x" }) };
        assert_eq!((one.former(), former.former()), (former.clone(), former.clone()));
        assert_eq!(one.streams(), former.train_key());
        for other in [make("cuda", "exact", "a"), make("cpu", "fast", "a"), make("cpu", "exact", "b")] {
            assert_eq!(other.streams(), one.streams());
            assert_ne!(other.train_key(), one.train_key());
        }
    }

    #[test]
    fn a_difference_names_what_changed() {
        let make = |alpha: f64, cells: &str| Ingredients {
            training: json!({ "training_cells": cells, "hyper_parameters": { "alpha": alpha }, "label": { "end_of_life": 0.8 } }),
            evaluation: json!({}),
        };
        assert_eq!(make(2.0, "x").difference(&make(1.0, "x")), "alpha was 1.0, is 2.0");
        assert_eq!(make(1.0, "y").difference(&make(1.0, "x")), "the training cells changed");
        let labelled = |cells: &str, labels: &str| {
            let mut one = make(1.0, cells);
            (one.training["origin"], one.training["training_labels"]) = (json!("real"), json!(labels));
            one
        };
        assert_eq!(labelled("x", "a").difference(&labelled("x", "b")), "the training labels changed");
        assert_eq!(labelled("x", "a").difference(&labelled("y", "b")), "the training cells changed");
        assert_eq!(labelled("y", "a").difference(&make(1.0, "x")), "the training cells changed");
        let made = |ridge: &str, folds: usize| Ingredients {
            training: json!({ "members": { "trained": [["ridge", 0, ridge], ["pls", 0, folds]], "made": [] } }),
            evaluation: json!({ "members": [["ridge", 0, ridge]] }),
        };
        assert_eq!(made("a", 1).difference(&made("b", 1)), "other runs are its members: ridge");
        assert_eq!(made("a", 1).difference(&made("b", 2)), "other runs are its members: pls, ridge");
    }
}
