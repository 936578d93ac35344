//! One value of an experiment that is not as its file has it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What costs time and bounds how good a number can be: with less of it, an experiment is a look and no result.
const SCHEDULE: [&str; 6] = ["epochs", "grid_points", "references_train", "references_test", "trees", "source_cells"];

/// What a profile or a setting has changed, by its values: `batlinet.epochs 80 of 1000`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The model that it is about; other changes are about all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Key of the value, such as `epochs`, with the variant where only one of several has it: `[intra_only].epochs`.
    pub what: String,
    /// The value; null where there is none.
    pub is: Value,
    /// The value of the file as written, or the default that holds there.
    pub was: Value,
}

impl Change {
    /// Whether it is a list that has lost some of its items and got no others.
    pub fn is_part(&self) -> bool {
        match (&self.is, &self.was) {
            (Value::Array(is), Value::Array(was)) => is.len() < was.len() && is.iter().all(|one| was.contains(one)),
            _ => false,
        }
    }
}

impl Change {
    /// Whether it makes the schedule shorter: fewer epochs, grid points, references or trees than the file has.
    pub fn is_cut(&self) -> bool {
        let name = self.what.rsplit('.').next().unwrap_or(&self.what);
        let is_less = self.is.as_u64().zip(self.was.as_u64()).is_some_and(|(is, was)| is < was);
        is_less && SCHEDULE.contains(&name)
    }

    /// The changes that a model depends on, in words, as its rows of scores have them; which seeds were run stands in the rows.
    pub fn in_words<'a>(changes: impl IntoIterator<Item = &'a Self>, model: &str) -> String {
        let is_of_it =
            |change: &&Self| change.what != "seeds" && change.model.as_ref().is_none_or(|other| other == model);
        changes.into_iter().filter(is_of_it).map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// As [`Change::is_cut`], of changes in words: `batlinet.epochs 80 of 1000, ridge.alpha 0.5 instead of 1.0`.
    pub fn is_cut_in_words(changes: &str) -> bool {
        let name = |change: &str| {
            let (name, counts) = change.split_once(' ')?;
            let (few, all) = counts.split_once(" of ")?;
            let is_less = few.parse::<u64>().is_ok() && all.parse::<u64>().is_ok();
            is_less.then(|| name.rsplit('.').next().unwrap_or(name).to_owned())
        };
        changes.split(", ").filter_map(name).any(|name| SCHEDULE.contains(&name.as_str()))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.what.starts_with('[') { "" } else { "." };
        let name = self.model.as_ref().map_or_else(|| self.what.clone(), |model| format!("{model}{dot}{}", self.what));
        match (&self.is, &self.was) {
            (Value::Array(is), Value::Array(was)) if self.is_part() => {
                let name = if is.len() == 1 { name.trim_end_matches('s') } else { &name };
                write!(formatter, "{} {name} of {}", is.len(), was.len())
            }
            (is, was) => match (is.as_u64(), was.as_u64()) {
                (Some(few), Some(all)) if few < all => write!(formatter, "{name} {few} of {all}"),
                _ => write!(formatter, "{name} {} instead of {}", text(is), text(was)),
            },
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_reads_as_what_was_cut_or_put_instead() {
        let of = |model: Option<&str>, what: &str, is: Value, was: Value| {
            Change { model: model.map(str::to_owned), what: what.to_owned(), is, was }.to_string()
        };
        assert_eq!(of(Some("batlinet"), "epochs", json!(80), json!(1000)), "batlinet.epochs 80 of 1000");
        assert_eq!(of(Some("cnn"), "[a].epochs", json!(80), json!(1000)), "cnn[a].epochs 80 of 1000");
        assert_eq!(of(None, "grid_points", json!(2000), json!(1000)), "grid_points 2000 instead of 1000");
        assert_eq!(of(Some("ridge"), "alpha", json!(0.5), json!(1.0)), "ridge.alpha 0.5 instead of 1.0");
        assert_eq!(of(None, "seeds", json!([0, 1]), json!([0, 1, 2])), "2 seeds of 3");
        assert_eq!(of(None, "seeds", json!([2]), json!([0, 1, 2])), "1 seed of 3");
        assert_eq!(of(None, "seeds", json!([8]), json!([0, 1])), "seeds [8] instead of [0,1]");
        assert_eq!(of(None, "label.unreached", json!("drop"), json!("pad")), "label.unreached drop instead of pad");
        assert_eq!(of(None, "source_cells", json!(24), Value::Null), "source_cells 24 instead of unset");
    }

    #[test]
    fn a_shorter_schedule_is_a_cut_and_another_value_is_none() {
        let is_cut = |what: &str, is: Value, was: Value| {
            let change = Change { model: Some("batlinet".to_owned()), what: what.to_owned(), is, was };
            assert_eq!(Change::is_cut_in_words(&format!("2 seeds of 8, {change}")), change.is_cut(), "{change}");
            change.is_cut()
        };
        assert!(is_cut("epochs", json!(80), json!(1000)) && is_cut("[a].epochs", json!(999), json!(1000)));
        assert!(is_cut("map.grid_points", json!(250), json!(1000)));
        assert!(!is_cut("epochs", json!(2000), json!(1000)), "longer");
        assert!(!is_cut("base", json!(8), json!(9)), "a position");
        assert!(!is_cut("alpha", json!(0.2), json!(0.5)));
    }
}
