//! Values of runs from before records said them: of their ingredients, and of the names that our experiment files gave.

use serde_json::Value;

use super::{Branches, Method, Values};
use crate::{ingredients::Ingredients, variant::Variant};

impl Values {
    /// What the ingredients of a record of format 1 say: channels of the feature, references, the weight of the branches.
    pub(crate) fn of_ingredients(ingredients: &Ingredients) -> Self {
        let parameters = &ingredients.training["hyper_parameters"];
        let has = |branch: &str| parameters[branch].as_bool() == Some(true);
        let channels = || {
            let (_, settings) = ingredients.training["feature"].as_str()?.split_once(' ')?;
            let settings: Value = serde_json::from_str(settings).ok()?;
            serde_json::from_value(settings["capacity_map"]["channels"].clone()).ok()
        };
        let references = ingredients.evaluation["references_test"].as_u64().filter(|_| has("inter_cell"));
        Self {
            channels: channels(),
            references: references.and_then(|count| usize::try_from(count).ok()),
            alpha: parameters["alpha"].as_f64().filter(|_| has("inter_cell") && has("intra_cell")),
            ..Self::default()
        }
    }

    /// What the name of an entry of ours says, of rows without a record or with one of format 1: branches, methods and swept
    /// numbers. Other names say nothing.
    pub fn of_name(model: &str, variant: &Variant) -> Self {
        let swept = |name: &str| variant.swept.iter().find(|swept| swept.parameter == name).map(|swept| &swept.value);
        let is_batlinet = model == "batlinet";
        let (kind, arm) = variant.arm.split_once(':').unwrap_or(("faithful", &variant.arm));
        let branches = match arm {
            "" | "default" | "both" => Some(Branches::Both),
            "intra_only" => Some(Branches::IntraOnly),
            "inter_only" => Some(Branches::InterOnly),
            "naive_ensemble" => Some(Branches::NaiveEnsemble),
            _ => None,
        };
        let method = match (model, variant.arm.as_str()) {
            ("cnn", "direct") => Some(Method::Direct),
            ("cnn", "fine_tune") => Some(Method::FineTune),
            ("batlinet", "transfer") => Some(Method::Transfer),
            ("batlinet", "shared_head") => Some(Method::SharedHead),
            _ => None,
        };
        let is_known = ["faithful", "clean"].contains(&kind);
        Self {
            branches: branches.filter(|_| is_batlinet && is_known && variant.target_cells.is_none()),
            is_authors_arm: kind == "faithful",
            channels: None,
            references: swept("references_test").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok()),
            alpha: swept("alpha").and_then(Value::as_f64),
            method: method.filter(|_| variant.target_cells.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use features::feature::{CapacityMap, Channel, FeatureSpec};

    #[test]
    fn ingredients_of_format_1_say_channels_and_references() {
        let map = CapacityMap { channels: vec![Channel::Resistance], ..Default::default() };
        let identity = FeatureSpec::CapacityMap(map).identity();
        let parameters = json!({ "inter_cell": true, "intra_cell": true, "alpha": 0.25 });
        let whole = Ingredients {
            training: json!({ "feature": identity, "hyper_parameters": parameters }),
            evaluation: json!({ "references_test": 32 }),
        };
        let values = Values::of_ingredients(&whole);
        assert_eq!(values.channels, Some(vec![Channel::Resistance]));
        assert_eq!((values.references, values.alpha), (Some(32), Some(0.25)));
        let mean = Ingredients { training: json!({ "feature": null, "hyper_parameters": {} }), evaluation: json!({}) };
        assert_eq!(Values::of_ingredients(&mean), Values::default());
        let mut intra = whole;
        intra.training["hyper_parameters"]["inter_cell"] = json!(false);
        assert_eq!((Values::of_ingredients(&intra).references, Values::of_ingredients(&intra).alpha), (None, None));
    }

    #[test]
    fn names_of_our_entries_say_branches_and_methods() {
        let branches = |name: &str| {
            let values = Values::of_name("batlinet", &Variant::from(name));
            (values.branches, values.is_authors_arm)
        };
        assert_eq!(branches("both"), (Some(Branches::Both), true));
        assert_eq!(branches("faithful:inter_only"), (Some(Branches::InterOnly), true));
        assert_eq!(branches("clean:naive_ensemble"), (Some(Branches::NaiveEnsemble), false));
        assert_eq!(branches("of_ours").0, None);
        assert_eq!(branches("other:intra_only").0, None);
        assert_eq!(Values::of_name("cnn", &Variant::from("intra_only")).branches, None);
        let method = |model: &str, name: &str| Values::of_name(model, &Variant::from(name)).method;
        assert_eq!(method("cnn", "fine_tune+cells=4"), Some(Method::FineTune));
        assert_eq!((method("cnn", "fine_tune"), method("mean", "cells=4")), (None, None));
        assert_eq!(Values::of_name("batlinet", &Variant::from("alpha=0.2")).alpha, Some(0.2));
        assert_eq!(Values::of_name("batlinet", &Variant::from("references_test=8")).references, Some(8));
    }
}
