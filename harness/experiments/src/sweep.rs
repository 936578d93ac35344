//! Sweeps: one variant of an entry of models per value of a list.

use serde_yaml::{Mapping, Value};

use super::{
    bounds::MOST_ENTRIES,
    entry::Entry,
    setting::{COMMON, Setting, address, is_addressed, missing_model, models, split_model, text_of},
    spec::Sweep,
    yaml,
};

/// Expands one sweep after the other, so that the one at fault is known. `check` says whether the outcome is sound, and `at`
/// where the sweep of a path stands. Returns what is to be said of them.
///
/// # Errors
/// A sentence with the place of the sweep.
pub(super) fn expand(
    tree: &mut Value,
    check: &dyn Fn(&Value) -> Result<(), String>,
    at: &dyn Fn(&str) -> String,
) -> Result<Vec<String>, String> {
    let Some(declared) = tree.get("sweep") else { return Ok(Vec::new()) };
    let Sweep(axes) = yaml::read(declared).map_err(|problem| problem.anywhere())?;
    let mut notes = Vec::new();
    for (path, values) in axes {
        let swept = sweep(tree, &path, &values).and_then(|notes| check(tree).map(|()| notes));
        notes.extend(swept.map_err(|problem| format!("{}: sweep of '{path}': {problem}", at(&path)))?);
    }
    Ok(notes)
}

/// `{models.ridge.alpha: [0.5, 1]}`, if the experiment sweeps this path, for all variants of the model or for one.
pub(super) fn swept(tree: &Value, path: &str) -> Option<String> {
    let sweep = tree.get("sweep")?.as_mapping()?;
    let (path, values) = sweep.iter().find_map(|(swept, values)| {
        let swept = swept.as_str()?;
        overlap(swept, path).then_some((swept, values.as_sequence()?))
    })?;
    let values = values.iter().map(|value| serde_yaml::to_string(value).map(|text| text.trim().to_owned()));
    Some(format!("{{{path}: [{}]}}", values.collect::<Result<Vec<_>, _>>().ok()?.join(", ")))
}

/// Replaces every entry of models that `path` addresses by one variant per value; an entry for which no value changes
/// anything, as the weight of branches for a model with one branch, stays as it is. Returns what is to be said: such
/// entries, and values that entries write and that are none of the swept ones.
fn sweep(declaration: &mut Value, path: &str, values: &[Value]) -> Result<Vec<String>, String> {
    let (model, _) = path
        .strip_prefix("models.")
        .and_then(split_model)
        .ok_or("it is no path below a model, such as models.batlinet.alpha")?;
    if values.is_empty() {
        return Err("it has no values".to_owned());
    }
    let (name, variant) = address(model)?;
    let parameter = path.rsplit('.').next().unwrap_or(path);
    let models = models(declaration)?;
    let mut expanded = Vec::new();
    let mut found = false;
    let mut notes = Vec::new();
    for entry in models.iter() {
        if !is_addressed(entry, name, variant) {
            expanded.push(entry.clone());
            continue;
        }
        found = true;
        if expanded.len() + values.len() > MOST_ENTRIES {
            return Err(format!("it makes more than {MOST_ENTRIES} entries of models, which is the most there may be"));
        }
        let with = |value: &Value| -> Result<Value, String> {
            let mut one =
                Value::Mapping(Mapping::from_iter([(Value::from("models"), Value::Sequence(vec![entry.clone()]))]));
            Setting { path: path.to_owned(), value: value.clone() }.apply(&mut one)?;
            Ok(std::mem::take(&mut one["models"][0]))
        };
        let swept = values.iter().map(with).collect::<Result<Vec<_>, _>>()?;
        let label = || Entry::read(entry).map_or_else(|_| name.to_owned(), |entry| entry.label());
        if are_alike(entry, &swept) {
            notes.push(format!(
                "sweep of {path}: {} is left as it is, since {parameter} changes nothing there",
                label()
            ));
            expanded.push(entry.clone());
            continue;
        }
        if let Some(written) = written(entry, name, path).filter(|written| !values.contains(written)) {
            let written = serde_yaml::to_string(written).map_err(|error| error.to_string())?;
            notes.push(format!(
                "sweep of {path}: its values replace {} of {}, which is none of them",
                written.trim(),
                label()
            ));
        }
        for (mut one, value) in swept.into_iter().zip(values) {
            let text = serde_yaml::to_string(value).map_err(|error| error.to_string())?;
            let before = text_of(entry, "variant").filter(|text| !text.is_empty());
            let tail = format!("{parameter}={}", text.trim());
            let variant = before.map_or(tail.clone(), |before| format!("{before}+{tail}"));
            one["variant"] = Value::from(variant);
            expanded.push(one);
        }
    }
    if !found {
        return Err(missing_model(models, name, variant));
    }
    *models = expanded;
    Ok(notes)
}

/// Whether an entry and what a sweep makes of it are told apart by a value that changes nothing for any of them.
fn are_alike(entry: &Value, swept: &[Value]) -> bool {
    let read: Result<Vec<Entry>, _> = std::iter::once(entry).chain(swept).map(Entry::read).collect();
    let differs = |one: &Entry, other: &Entry| {
        let fed =
            |entry: &Entry| (entry.feature.clone(), entry.feature_transformation, entry.label_transformation.clone());
        one.model != other.model || fed(one) != fed(other)
    };
    // what cannot be read is refused when the whole is
    read.is_ok_and(|entries| {
        let first = &entries[0];
        entries.iter().any(|entry| differs(entry, first))
            && entries.iter().all(|entry| entry.identity() == first.identity())
    })
}

/// What an entry itself writes at the end of a path.
fn written<'a>(entry: &'a Value, model: &str, path: &str) -> Option<&'a Value> {
    let (_, tail) = path.strip_prefix("models.").and_then(split_model)?;
    let is_common = COMMON.contains(&tail.split('.').next().unwrap_or(tail));
    let place = if is_common { Some(entry) } else { entry.get(model) };
    tail.split('.').try_fold(place?, |place, key| place.get(key)).filter(|written| !written.is_null())
}

/// Whether two paths mean the same key of some entry of models: one of them may say all variants, and the other one.
fn overlap(one: &str, other: &str) -> bool {
    let part = |path: &str| -> Option<(String, Option<String>, String)> {
        let (model, tail) = path.strip_prefix("models.").and_then(split_model)?;
        let (name, variant) = address(model).ok()?;
        Some((name.to_owned(), variant.map(str::to_owned), tail.to_owned()))
    };
    match (part(one), part(other)) {
        (Some((one, its, tail)), Some((other, others, other_tail))) => {
            one == other && tail == other_tail && (its.is_none() || others.is_none() || its == others)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declaration() -> Value {
        serde_yaml::from_str(
            "label: {end_of_life: 0.8}\nfeatures: {row: {voltage_capacity: {base: 9}}}\nmodels:\n  - ridge: {alpha: 1.0}\n  \
             - batlinet: {epochs: 9}\n  - batlinet: {epochs: 9}\n    variant: intra.only\n",
        )
        .unwrap()
    }

    #[test]
    fn sweeps_multiply_entries_into_named_variants() {
        let mut declaration = declaration();
        sweep(&mut declaration, "models.ridge.alpha", &[Value::from(0.1), Value::from(1)]).unwrap();
        sweep(&mut declaration, "models.ridge.feature", &[Value::from("row")]).unwrap();
        sweep(&mut declaration, "models.batlinet[intra.only].base", &[Value::from(7)]).unwrap();
        let variants: Vec<&str> =
            declaration["models"].as_sequence().unwrap().iter().filter_map(|entry| text_of(entry, "variant")).collect();
        assert_eq!(variants, ["alpha=0.1+feature=row", "alpha=1+feature=row", "intra.only+base=7"]);
        assert_eq!(declaration["models"][0]["ridge"]["alpha"], Value::from(0.1));
        assert!(
            sweep(&mut declaration, "models.svm.c", &[Value::from(1)]).unwrap_err().contains("unknown model 'svm'")
        );
        assert!(sweep(&mut declaration, "label.end_of_life", &[Value::from(1)]).unwrap_err().contains("below a model"));
    }
}
