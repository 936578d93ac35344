//! Changing a declaration by path: `--set path=value` and profiles; sweeps address what they vary in the same way.
//!
//! A path is a chain of keys such as `label.end_of_life`. Models are a list, so they are addressed by name:
//! `models.batlinet.epochs` means every entry of that model, `models.batlinet[intra_only].epochs` the one with this
//! variant. What is unknown at the end of a path is found by reading the changed declaration.

use serde_yaml::{Mapping, Value};

use super::{entry::ModelSpec, names::unknown, yaml};

/// Keys of an entry of `models` beside the model's own.
pub(super) const COMMON: [&str; 7] =
    ["feature", "feature_transformation", "label_transformation", "label", "trained_on", "starts_from", "variant"];

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Where.
    pub path: String,
    /// What stands there afterwards.
    pub value: Value,
}

impl Setting {
    /// Reads `path=value`, the value as YAML.
    ///
    /// # Errors
    /// A sentence that quotes the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| format!("--set {text}: write path=value, such as models.ridge.alpha=2"))?;
        let value = serde_yaml::from_str(value).map_err(|error| format!("--set {text}: {}", yaml::sentence(&error)))?;
        Ok(Self { path: path.trim().to_owned(), value })
    }

    /// Changes the declaration.
    ///
    /// # Errors
    /// A fragment that says which part of the path is unknown.
    pub fn apply(&self, declaration: &mut Value) -> Result<(), String> {
        for place in places(declaration, &self.path)? {
            *place = self.value.clone();
        }
        Ok(())
    }
}

/// The places that a path means; missing keys are made, except names that the file itself would have to declare.
fn places<'a>(declaration: &'a mut Value, path: &str) -> Result<Vec<&'a mut Value>, String> {
    let (head, rest) = match path.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    };
    if path.split('.').any(str::is_empty) {
        return Err(format!("'{path}' is no path: write keys with dots between, such as label.end_of_life"));
    }
    match (head, rest) {
        ("models", Some(rest)) => model_places(declaration, rest),
        ("features", Some(rest)) => {
            let features = child(declaration, "features")?;
            let name = rest.split('.').next().unwrap_or(rest);
            let known: Vec<String> = keys(features);
            if !known.iter().any(|key| key == name) {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                return Err(unknown("feature", name, &known, path));
            }
            Ok(vec![descend(features, rest)?])
        }
        _ => Ok(vec![descend(declaration, path)?]),
    }
}

fn model_places<'a>(declaration: &'a mut Value, rest: &str) -> Result<Vec<&'a mut Value>, String> {
    let (model, tail) = split_model(rest)
        .ok_or_else(|| format!("models.{rest} names no hyper-parameter: write models.{rest}.name=value"))?;
    let (name, variant) = address(model)?;
    let models = models(declaration)?;
    if !models.iter().any(|entry| is_addressed(entry, name, variant)) {
        return Err(missing_model(models, name, variant));
    }
    let parameter = tail.split('.').next().unwrap_or(tail);
    models
        .iter_mut()
        .filter(|entry| is_addressed(entry, name, variant))
        .map(
            |entry| if COMMON.contains(&parameter) { descend(entry, tail) } else { descend(child(entry, name)?, tail) },
        )
        .collect()
}

/// `batlinet[intra_only].epochs` is the model with its variant, and a path below it.
pub(super) fn split_model(rest: &str) -> Option<(&str, &str)> {
    // a variant may hold dots, so the bracket is closed before the path is cut
    let cut = rest.find(']').map_or(0, |close| close + 1);
    let (end, tail) = rest[cut..].split_once('.')?;
    Some((&rest[..cut + end.len()], tail))
}

/// `batlinet[intra_only]` is the model and, in brackets, the variant.
pub(super) fn address(model: &str) -> Result<(&str, Option<&str>), String> {
    match model.split_once('[') {
        None => Ok((model, None)),
        Some((name, variant)) => match variant.strip_suffix(']') {
            Some(variant) => Ok((name, Some(variant))),
            None => Err(format!("'{model}' lacks the closing bracket after the variant")),
        },
    }
}

pub(super) fn is_addressed(entry: &Value, name: &str, variant: Option<&str>) -> bool {
    let own = text_of(entry, "variant").unwrap_or_default();
    entry.get(name).is_some() && variant.is_none_or(|variant| variant == own)
}

pub(super) fn missing_model(models: &[Value], name: &str, variant: Option<&str>) -> String {
    let known: Vec<&str> =
        ModelSpec::KEYS.into_iter().filter(|known| models.iter().any(|entry| entry.get(known).is_some())).collect();
    match variant {
        Some(variant) if known.contains(&name) => format!("model {name} has no variant '{variant}' in this experiment"),
        _ => unknown("model", name, &known, "this experiment"),
    }
}

pub(super) fn models(declaration: &mut Value) -> Result<&mut Vec<Value>, String> {
    match declaration.get_mut("models") {
        Some(Value::Sequence(models)) => Ok(models),
        _ => Err("the experiment has no list of models".to_owned()),
    }
}

fn descend<'a>(mut place: &'a mut Value, path: &str) -> Result<&'a mut Value, String> {
    for key in path.split('.') {
        place = child(place, key)?;
    }
    Ok(place)
}

fn child<'a>(place: &'a mut Value, key: &str) -> Result<&'a mut Value, String> {
    if place.is_null() {
        *place = Value::Mapping(Mapping::new());
    }
    match place {
        Value::Mapping(map) => Ok(map.entry(Value::from(key)).or_insert(Value::Null)),
        _ => Err(format!("there is nothing below that could hold '{key}'")),
    }
}

fn keys(place: &Value) -> Vec<String> {
    place
        .as_mapping()
        .map_or_else(Vec::new, |map| map.keys().filter_map(|key| key.as_str().map(str::to_owned)).collect())
}

pub(super) fn text_of<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(Value::as_str)
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

    fn set(text: &str) -> Result<Value, String> {
        let mut declaration = declaration();
        Setting::parse(text)?.apply(&mut declaration)?;
        Ok(declaration)
    }

    #[test]
    fn a_path_reaches_plain_keys_features_and_models_by_name() {
        assert_eq!(set("label.end_of_life=0.9").unwrap()["label"]["end_of_life"], Value::from(0.9));
        assert_eq!(set("seeds=[1, 2]").unwrap()["seeds"], serde_yaml::from_str::<Value>("[1, 2]").unwrap());
        let grid = set("features.row.voltage_capacity.grid_points=250").unwrap();
        assert_eq!(grid["features"]["row"]["voltage_capacity"]["grid_points"], Value::from(250));
        assert_eq!(set("models.ridge.alpha=2").unwrap()["models"][0]["ridge"]["alpha"], Value::from(2));
        assert_eq!(set("models.ridge.feature=row").unwrap()["models"][0]["feature"], Value::from("row"));

        let all = set("models.batlinet.epochs=1").unwrap();
        assert_eq!(
            (&all["models"][1]["batlinet"]["epochs"], &all["models"][2]["batlinet"]["epochs"]),
            (&1.into(), &1.into())
        );
        let one = set("models.batlinet[intra.only].epochs=1").unwrap();
        assert_eq!(
            (&one["models"][1]["batlinet"]["epochs"], &one["models"][2]["batlinet"]["epochs"]),
            (&9.into(), &1.into())
        );
    }

    #[test]
    fn a_path_to_nothing_is_refused_with_a_hint() {
        for (text, words) in [
            ("models.rigde.alpha=2", "did you mean 'ridge'?"),
            ("models.cnn.epochs=2", "unknown model 'cnn'"),
            ("models.batlinet[x].epochs=2", "no variant 'x'"),
            ("models.batlinet[x.epochs=2", "closing bracket"),
            ("features.rwo.voltage_capacity.base=2", "did you mean 'row'?"),
            ("models.ridge=2", "names no hyper-parameter"),
            ("label..x=2", "is no path"),
            ("label.end_of_life.x=2", "nothing below"),
            ("label", "write path=value"),
        ] {
            let message = set(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
