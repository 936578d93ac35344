//! What models are called in files, and the order of tables.

use crate::Variant;

/// The names of all models, in the order of the tables.
pub const MODELS: [&str; 15] = [
    "mean",
    "variance",
    "discharge",
    "full",
    "ridge",
    "pcr",
    "pls",
    "svm",
    "forest",
    "gp",
    "additive_gp",
    "mlp",
    "lstm",
    "cnn",
    "batlinet",
];

/// Names of those whose result may change with the seed.
pub const SEEDED_MODELS: [&str; 5] = ["forest", "mlp", "lstm", "cnn", "batlinet"];

/// Names of those that are networks.
pub const NETWORKS: [&str; 4] = ["mlp", "lstm", "cnn", "batlinet"];

/// `ridge`, `batlinet[clean:intra_only]`: as `--models` takes it.
pub fn entry(model: &str, variant: &str) -> String {
    if variant.is_empty() { model.to_owned() } else { format!("{model}[{variant}]") }
}

/// Whether another seed may give another result: that of a model that draws, and in a transfer, where every seed draws its cells,
/// that of any.
pub fn is_drawn(model: &str, variant: &Variant) -> bool {
    SEEDED_MODELS.contains(&model) || variant.target_cells.is_some()
}

/// Whether one run is all there is to know of a model. Not of what is made of others, whose seeds may differ.
pub fn draws_nothing(model: &str, variant: &Variant) -> bool {
    MODELS.contains(&model) && !is_drawn(model, variant)
}

/// Whether a model is made of other runs: a stack, a choice, a hand-over.
pub fn is_made_of_others(model: &str) -> bool {
    !MODELS.contains(&model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_transfer_every_seed_draws_cells() {
        let is_drawn = |model: &str, variant: &str| is_drawn(model, &Variant::from(variant));
        assert!(is_drawn("cnn", "") && is_drawn("batlinet", "shared_head+cells=8"));
        assert!(!is_drawn("ridge", "") && !is_drawn("ridge", "alpha=1.0"));
        let draws_nothing = |model: &str, variant: &str| draws_nothing(model, &Variant::from(variant));
        assert!(draws_nothing("ridge", "alpha=1.0"));
        assert!(!draws_nothing("stack", "folds") && !draws_nothing("ridge", "cells=8") && !draws_nothing("cnn", ""));
        assert!(is_drawn("ridge", "cells=8") && is_drawn("mean", "x+cells=1"));
    }
}
