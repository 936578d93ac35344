//! What an experiment file declares and what changes nothing.

use serde_yaml::Value;

use super::entry::Entry;

/// Keys that entries of models write and that change nothing for them.
pub(super) fn unused(tree: &Value) -> Vec<String> {
    let entries = tree.get("models").and_then(Value::as_sequence).into_iter().flatten();
    let of_entry = |written: &Value| -> Option<String> {
        let entry = Entry::read(written).ok()?;
        let keys = entry.unused().into_iter();
        let keys: Vec<&str> = keys.filter(|key| has(written, entry.model.key(), key)).collect();
        let verb = if keys.len() == 1 { "changes" } else { "change" };
        (!keys.is_empty()).then(|| format!("{}: {} {verb} nothing here", entry.label(), keys.join(", ")))
    };
    let features = tree.get("features").and_then(Value::as_mapping).into_iter().flatten();
    let unread = features.filter_map(|(name, _)| name.as_str()).filter(|name| !is_named(tree, name));
    let unread = unread.map(|name| format!("feature {name} is read by no model"));
    entries.filter_map(of_entry).chain(unread).collect()
}

/// Whether a feature is named anywhere but where it is declared: by a model, a profile, a sweep.
fn is_named(tree: &Value, feature: &str) -> bool {
    match tree {
        Value::String(text) => text == feature,
        Value::Sequence(items) => items.iter().any(|item| is_named(item, feature)),
        Value::Mapping(map) => {
            map.iter().any(|(key, value)| key.as_str() != Some("features") && is_named(value, feature))
        }
        _ => false,
    }
}

/// Whether an entry writes this key, or this hyper-parameter of its model.
fn has(entry: &Value, model: &str, key: &str) -> bool {
    entry.get(key).is_some() || entry.get(model).is_some_and(|parameters| parameters.get(key).is_some())
}
