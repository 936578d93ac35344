//! `batlinet schema`: the committed schema and page are those of the program, every experiment file keeps to them, a slip does not.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use experiments::{read, schema};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every experiment file of the repository.
fn files() -> Vec<PathBuf> {
    let mut folders = vec![root().join("experiments")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(ending) if ending == "yaml" => files.push(path),
                _ => {}
            }
        }
    }
    assert!(files.len() > 40, "{files:?}");
    files
}

fn values(text: &str) -> Value {
    serde_json::to_value(serde_yaml::from_str::<serde_yaml::Value>(text).unwrap()).unwrap()
}

/// What of `value` the schema refuses first, with its place. Of JSON Schema 2020-12 what our schema uses; another keyword is an error,
/// so that nothing passes since nobody looked.
fn fault(schema: &Value, value: &Value, root: &Value, place: &str) -> Option<String> {
    let Value::Object(rules) = schema else {
        return (schema == &json!(false)).then(|| format!("{place}: nothing may stand here"));
    };
    let numbers = |limit: &Value| limit.as_f64().zip(value.as_f64());
    rules.iter().find_map(|(keyword, rule)| {
        let is_kept = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" | "x-source" => true,
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                return fault(&root["$defs"][name], value, root, place);
            }
            "type" => {
                let kinds = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
                kinds.iter().any(|kind| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "number" => value.is_number(),
                    "integer" => value.is_i64() || value.is_u64(),
                    other => panic!("type {other}"),
                })
            }
            "enum" => rule.as_array().unwrap().contains(value),
            "const" => rule == value,
            "minimum" => numbers(rule).is_none_or(|(limit, value)| value >= limit),
            "maximum" => numbers(rule).is_none_or(|(limit, value)| value <= limit),
            "exclusiveMinimum" => numbers(rule).is_none_or(|(limit, value)| value > limit),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "uniqueItems" => {
                value.as_array().is_none_or(|items| (1..items.len()).all(|k| !items[..k].contains(&items[k])))
            }
            "anyOf" | "oneOf" => {
                let count =
                    rule.as_array().unwrap().iter().filter(|one| fault(one, value, root, place).is_none()).count();
                if keyword == "oneOf" { count == 1 } else { count > 0 }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                return items.into_iter().find_map(|(k, item)| fault(rule, item, root, &format!("{place}[{k}]")));
            }
            "required" => value
                .as_object()
                .is_none_or(|map| rule.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))),
            "properties" => {
                let known = rule.as_object().unwrap();
                let of =
                    |(key, value): (&String, &Value)| fault(known.get(key)?, value, root, &format!("{place}.{key}"));
                return value.as_object().into_iter().flatten().find_map(of);
            }
            "additionalProperties" => {
                let is_known = |key: &String| rules.get("properties").is_some_and(|known| known.get(key).is_some());
                let mut others = value.as_object().into_iter().flatten().filter(|(key, _)| !is_known(key));
                return others.find_map(|(key, value)| fault(rule, value, root, &format!("{place}.{key}")));
            }
            other => panic!("the schema uses {other}, which this test does not know"),
        };
        (!is_kept).then(|| format!("{place}: {keyword} {rule}, not {value}"))
    })
}

fn refused(value: &Value) -> Option<String> {
    let schema = schema::schema();
    fault(&schema, value, &schema, "")
}

#[test]
fn the_committed_schema_and_page_are_those_of_the_program() {
    let committed = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let schema = serde_json::to_string_pretty(&schema::schema()).unwrap() + "\n";
    assert!(committed("experiments/schema.json") == schema, "experiments/schema.json is stale: make schema");
    assert!(committed("docs/experiments.md") == schema::page(), "docs/experiments.md is stale: make schema");
}

#[test]
fn every_experiment_file_names_the_schema_and_keeps_to_it() {
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let named =
            first.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{path:?}: {first}"));
        let schema = path.parent().unwrap().join(named);
        assert_eq!(
            fs::canonicalize(schema).unwrap(),
            fs::canonicalize(root().join("experiments/schema.json")).unwrap()
        );
        assert_eq!(refused(&values(&text)), None, "{path:?}");
    }
}

#[test]
fn what_the_program_refuses_for_its_form_the_schema_refuses() {
    let text = fs::read_to_string(root().join("experiments/matr-1.yaml")).unwrap();
    for (was, is) in [
        ("seeds:", "seed:"),
        ("protocol: faithful", "protocol: loose"),
        ("- ridge: {alpha: 1.0}", "- ridge: {alhpa: 1.0}"),
        ("- ridge: {alpha: 1.0}", "- rigde: {alpha: 1.0}"),
        ("gamma: scale", "gamma: wide"),
        ("statistics: [variance]", "statistics: [varience]"),
        ("cycles: [2, 9, 99]", "cycles: [2, 9]"),
        ("end_of_life: 0.8", "end_of_life: 80"),
        ("trees: 100", "trees: many"),
        ("train_test_split: splits/matr-1.csv", "train_test_split: [splits/matr-1.csv]"),
        ("feature_transformation: z_score", "feature_transformation: zscore"),
        ("metric: rmse", "metric: rmsd"),
    ] {
        let slip = text.replacen(was, is, 1);
        assert_ne!(slip, text, "{was}");
        assert!(refused(&values(&slip)).is_some(), "the schema lets {is} pass");
        assert!(read::parse(&slip, "slip.yaml", "paper", &[]).is_err(), "the program reads {is}");
    }
}

#[test]
fn every_key_has_a_meaning() {
    let schema = schema::schema();
    let mut maps = vec![("the file".to_owned(), &schema)];
    maps.extend(schema["$defs"].as_object().unwrap().iter().map(|(name, definition)| (name.clone(), definition)));
    for (name, map) in maps {
        for (key, property) in map["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].as_str().is_some_and(|text| text.len() > 5), "{name}.{key} says nothing");
        }
    }
}
