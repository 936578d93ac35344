//! Words of an experiment file that YAML takes for something else than texts.

use serde_yaml::Value;

use super::yaml::{Path, Problem};

/// Keys whose values are texts, by section; `models` and `expect` are lists of maps.
const TEXTS: [(&str, &[&str]); 4] = [
    ("", &["name", "scenario", "description", "analysis", "train_test_split"]),
    ("transfer", &["target"]),
    ("models", &["feature", "variant"]),
    ("expect", &["model", "variant", "source", "profile"]),
];

/// Of these keys, those that may as well be left out.
const OPTIONAL: [&str; 2] = ["analysis", "feature"];

/// The first word of a declaration that is a number, a truth value or nothing, and stands where a text is needed.
pub(super) fn misread(tree: &Value) -> Option<Problem> {
    let values = TEXTS.iter().find_map(|&(section, keys)| {
        let maps: Vec<(Path, &Value)> = match tree.get(section) {
            _ if section.is_empty() => vec![(Path::default(), tree)],
            Some(Value::Sequence(items)) => {
                items.iter().enumerate().map(|(index, item)| (Path::of(section).item(index), item)).collect()
            }
            Some(map) => vec![(Path::of(section), map)],
            None => Vec::new(),
        };
        maps.into_iter().find_map(|(path, map)| {
            keys.iter().find_map(|&key| {
                let value = map.get(key).filter(|value| !is_text(key, value))?;
                Some(Problem::no_text(path.clone().key(key), value))
            })
        })
    });
    values.or_else(|| name(tree, Path::default()))
}

/// Lists and maps are left to the reader, which has a sentence for them.
fn is_text(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => OPTIONAL.contains(&key),
        Value::Number(_) | Value::Bool(_) => false,
        _ => true,
    }
}

/// The first key that is no text, at any depth.
fn name(tree: &Value, path: Path) -> Option<Problem> {
    match tree {
        Value::Mapping(map) => map.iter().enumerate().find_map(|(nth, (key, value))| match key.as_str() {
            None => Some(Problem::no_name(path.clone(), nth, key)),
            Some(key) => name(value, path.clone().key(key)),
        }),
        Value::Sequence(items) => {
            items.iter().enumerate().find_map(|(index, item)| name(item, path.clone().item(index)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn said(text: &str) -> Option<String> {
        let (tree, places) = yaml::parse(text).unwrap();
        misread(&tree).map(|problem| problem.within("e.yaml", &places))
    }

    #[test]
    fn every_key_that_needs_a_text_says_so_in_the_spelling_of_the_file() {
        for (section, keys) in TEXTS {
            for key in keys {
                for (written, kind) in
                    [("1.10", "a number"), ("0x1F", "a number"), ("1e3", "a number"), ("true", "true or false")]
                {
                    let (text, line) = match section {
                        "" => (format!("{key}: {written} # a word\n"), 1),
                        "transfer" => (format!("transfer: {{cells: [1], {key}: {written}}}\n"), 1),
                        list => (format!("{list}:\n  - {key}: a\n  - other: b\n    {key}: {written}\n"), 4),
                    };
                    let message = said(&text).unwrap_or_else(|| panic!("{text}"));
                    let column = text.lines().nth(line - 1).unwrap().find(written).unwrap() + 1;
                    assert!(message.starts_with(&format!("e.yaml:{line}:{column}: ")), "{text}{message}");
                    assert!(message.contains(&format!("{key} needs a text, and {written} is {kind}")), "{message}");
                    assert!(message.ends_with(&format!("write \"{written}\" in quotes")), "{message}");
                }
            }
        }
        assert_eq!(said("name: \"2024\"\nscenario: 2024-a\ndescription: 'yes'\nseeds: [1]\n"), None);
        assert_eq!(said("scenario:\n").unwrap(), "e.yaml:1:10: key scenario needs a text, and there is none");
    }

    #[test]
    fn names_are_texts_too() {
        let message = said("features:\n  a: {x: {}}\n  2024: {capacity_map: {}}\n").unwrap();
        assert_eq!(
            message,
            "e.yaml:3:3: a name in features needs to be a text, and 2024 is a number: write \"2024\" in quotes"
        );
        assert!(
            said("profiles: {quick: {seeds: [1]}, 7: {}}\n").unwrap().starts_with("e.yaml:1:33: a name in profiles")
        );
    }
}
