//! What a profile and settings have changed in an experiment: by the values, defaults included, so that what changes nothing
//! is not said and nothing that changes is left out.

use itertools::Itertools as _;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{choice::folds::FoldsSpec, spec::Experiment};
use record::Change;

/// One value of an experiment.
struct Leaf {
    /// The model that it is about, if any.
    model: Option<&'static str>,
    /// Which of several alike: the variant of a model, the name of a feature.
    member: String,
    key: String,
    value: Value,
}

/// The differences of `now` from the file as written, `before`. The protocol is not among them: it is said apart.
pub(super) fn between(before: &Experiment, now: &Experiment) -> Vec<Change> {
    let (old, new) = (leaves(before), leaves(now));
    let find = |leaves: &[Leaf], like: &Leaf| {
        let is_like = |leaf: &&Leaf| leaf.model == like.model && leaf.member == like.member && leaf.key == like.key;
        leaves.iter().find(is_like).map(|leaf| leaf.value.clone())
    };
    let is_known =
        |leaves: &[Leaf], like: &Leaf| leaves.iter().any(|leaf| leaf.model == like.model && leaf.member == like.member);
    // of those that only one side has there is nothing to compare
    let shared = || {
        let of_both = new.iter().filter(|leaf| is_known(&old, leaf));
        let gone = old.iter().filter(|leaf| is_known(&new, leaf) && find(&new, leaf).is_none());
        of_both.chain(gone)
    };
    let values = |leaf: &Leaf| {
        let value = |leaves: &[Leaf]| find(leaves, leaf).unwrap_or(Value::Null);
        (value(&new), value(&old))
    };
    let mut changes = Vec::from_iter(variants(before, now));
    for leaf in shared() {
        let (is, was) = values(leaf);
        if is == was {
            continue;
        }
        let alike = || shared().filter(|other| other.model == leaf.model && other.key == leaf.key);
        let is_alone = alike().any(|other| values(other) != (is.clone(), was.clone()));
        let what = match (is_alone, leaf.model) {
            (false, _) => leaf.key.clone(),
            (true, None) => format!("{}.{}", leaf.member, leaf.key),
            (true, Some(_)) if leaf.member.is_empty() => leaf.key.clone(),
            (true, Some(_)) => format!("[{}].{}", leaf.member, leaf.key),
        };
        changes.push(Change { model: leaf.model.map(str::to_owned), what, is, was });
    }
    changes.into_iter().unique_by(|change| (change.to_string(), change.model.clone())).collect()
}

/// Where a sweep has other values, there are other variants. Those of a transfer follow from its numbers of cells.
fn variants(before: &Experiment, now: &Experiment) -> Option<Change> {
    let names = |experiment: &Experiment| {
        let names = experiment.models.iter().map(|entry| json!(format!("{}[{}]", entry.model.name(), entry.variant)));
        Value::Array(names.collect())
    };
    let (is, was) = (names(now), names(before));
    let what = "models and variants".to_owned();
    (is != was && now.transfer.is_none()).then_some(Change { model: None, what, is, was })
}

fn leaves(experiment: &Experiment) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut add = |model, member: &str, key: &str, value: Value| flatten(&mut leaves, model, member, key, value);
    add(None, "", "seeds", json!(experiment.seeds));
    add(None, "", "early_cycles", json!(experiment.early_cycles));
    add(None, "", "label", tree(&experiment.label));
    add(None, "", "split", json!(experiment.train_test_split));
    if let Some(draw) = &experiment.transfer {
        add(None, "", "transfer", tree(draw));
    }
    if let Some(folds) = &experiment.folds {
        add(None, "", "folds", of_folds(folds));
    }
    for (name, feature) in &experiment.features {
        // its only key is the kind, which says nothing here
        match tree(feature) {
            Value::Object(kinds) => kinds.into_iter().for_each(|(_, settings)| add(None, name, "", settings)),
            other => add(None, name, "feature", other),
        }
    }
    for entry in &experiment.models {
        // in a transfer, all numbers of cells have the same settings
        let cells = entry.target_cells.map(|cells| format!("cells={cells}"));
        let variant = cells.and_then(|cells| entry.variant.strip_suffix(cells.as_str())).unwrap_or(&entry.variant);
        let variant = variant.trim_end_matches('+');
        let mut add = |key: &str, value| add(Some(entry.model.name()), variant, key, value);
        add("", entry.model.parameters());
        add("feature", json!(entry.feature));
        add("feature_transformation", tree(&entry.feature_transformation));
        add("label_transformation", tree(&entry.label_transformation));
        add("label", tree(&entry.label));
        add("trained_on", tree(&entry.trained_on));
        add("starts_from", json!(entry.starts_from.as_ref().map(|start| &start.file)));
    }
    leaves
}

fn of_folds(folds: &FoldsSpec) -> Value {
    let FoldsSpec { count, repeats, by, seeds, without, changes } = folds;
    let changes: Map<String, Value> = changes.iter().map(|(path, value)| (path.clone(), tree(value))).collect();
    json!({ "count": count, "repeats": repeats, "by": by, "seeds": seeds, "without": without, "changes": changes })
}

fn tree(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("declarations are numbers, names and lists, which JSON has")
}

fn flatten(leaves: &mut Vec<Leaf>, model: Option<&'static str>, member: &str, key: &str, value: Value) {
    let Value::Object(map) = value else {
        return leaves.push(Leaf { model, member: member.to_owned(), key: key.to_owned(), value });
    };
    for (name, below) in map {
        let key = if key.is_empty() { name } else { format!("{key}.{name}") };
        flatten(leaves, model, member, &key, below);
    }
}

#[cfg(test)]
mod tests {
    use crate::{read::parse, setting::Setting};
    use record::AS_WRITTEN;

    const FILE: &str = "\
name: trial
scenario: MATR-1
description: Networks.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1, 2, 3, 4, 5, 6, 7]
features:
  map: {capacity_map: {cycles: 100}}
  matrix: {voltage_capacity: {base: 9, first: 10, last: 99}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: matrix
  - batlinet: {epochs: 1000, base: 9}
    feature: map
  - batlinet: {epochs: 1000, base: 9, inter_cell: false}
    variant: intra_only
    feature: map
profiles:
  quick:
    seeds: [0, 1]
    features.map.capacity_map.grid_points: 250
    features.matrix.voltage_capacity.grid_points: 250
    models.batlinet.epochs: 80
    models.batlinet.references_test: 8
  nothing:
    models.ridge.alpha: 1.0
  one:
    models.batlinet[intra_only].epochs: 80
    features.map.capacity_map.grid_points: 250
    sweep: {models.ridge.alpha: [1.0, 2.0]}
";

    fn changes(profile: &str, settings: &[&str]) -> Vec<String> {
        let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
        let declared = parse(FILE, "e.yaml", profile, &settings).unwrap();
        declared.changes.unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_profile_is_told_by_what_it_cuts() {
        // 32 is a default that the file does not write
        let cut = ["2 seeds of 8", "grid_points 250 of 1000", "batlinet.epochs 80 of 1000"];
        let found = changes("quick", &[]);
        assert_eq!(found[..3], cut, "{found:?}");
        assert!(found.len() == 4 && found[3].starts_with("batlinet.references_test 8 of "), "{found:?}");
        assert!(changes("nothing", &[]).is_empty());
        assert!(changes(AS_WRITTEN, &[]).is_empty());
    }

    #[test]
    fn what_one_of_several_has_alone_is_told_with_its_name() {
        let found = changes("one", &[]);
        assert!(found[0].starts_with("models and variants [\"mean[]\","), "{found:?}");
        assert_eq!(found[1..], ["map.grid_points 250 of 1000", "batlinet[intra_only].epochs 80 of 1000"]);
    }

    #[test]
    fn settings_are_told_by_their_value_and_the_protocol_is_not_among_them() {
        assert_eq!(
            changes(AS_WRITTEN, &["models.ridge.alpha=2", "seeds=[3]"]),
            ["1 seed of 8", "ridge.alpha 2.0 instead of 1.0"]
        );
        assert!(changes(AS_WRITTEN, &["models.ridge.alpha=1"]).is_empty());
        assert!(changes(AS_WRITTEN, &["protocol=honest"]).is_empty());
        // what goes beyond the protocol is
        let found = changes(AS_WRITTEN, &["protocol=honest", "label.unreached=pad"]);
        assert_eq!(found, ["label.unreached pad instead of drop"]);
        // a setting that undoes the profile
        let found = changes("quick", &["models.batlinet.epochs=1000"]);
        assert!(found.iter().all(|change| !change.contains("epochs")), "{found:?}");
    }

    #[test]
    fn folds_are_told_too() {
        let file = FILE.replace(
            "features:\n",
            "folds: {count: 5, seeds: [0, 1], changes: {models.batlinet.epochs: 300}}\nfeatures:\n",
        );
        let changes = |settings: &[&str]| {
            let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
            let changes = parse(&file, "e.yaml", AS_WRITTEN, &settings).unwrap().changes.unwrap();
            changes.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(changes(&[]).is_empty());
        assert_eq!(changes(&["folds.count=2"]), ["folds.count 2 of 5"]);
        assert_eq!(changes(&["folds.by=batch"]), ["folds.by batch instead of random"]);
        assert_eq!(changes(&["folds.seeds=[1]"]), ["1 folds.seed of 2"]);
        assert_eq!(changes(&["folds.without=[ridge]"]), ["folds.without [\"ridge\"] instead of []"]);
        assert_eq!(
            changes(&["folds.changes={models.batlinet.epochs: 2}"]),
            ["folds.changes.models.batlinet.epochs 2 of 300"]
        );
    }
}
