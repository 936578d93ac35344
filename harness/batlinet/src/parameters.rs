//! Hyper-parameters of BatLiNet.

use baselines::{ModelError, Precision, optimiser::AdamParameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cleaning::{Cleaning, CleaningParameters, CleaningRules, CycleFilter};

/// Hyper-parameters, with the authors' values for MATR-1.
///
/// Those from `separate_heads` on are what the arms of the authors' branch ablation change beside the branch (method
/// §6.7). They are left out of records and keys where they have their defaults, so that a new one makes no trained model
/// stale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "6.6 to 6.8"))]
pub struct BatLiNetParameters {
    /// Passes over the training cells.
    pub epochs: usize,
    /// Training cells per optimiser step; an epoch visits them in order.
    pub batch: usize,
    /// Of AdamW.
    pub learning_rate: f64,
    /// Decoupled weight decay of AdamW, on every tensor.
    pub weight_decay: f64,
    /// Weight of the inter-cell branch in the loss and in the prediction, 0 to 1. (The paper's α is 1 minus this.)
    pub alpha: f64,
    /// References drawn for each training cell in each step.
    pub references_train: usize,
    /// References drawn for each predicted cell.
    pub references_test: usize,
    /// Whether a training cell may be its own reference, as in the authors' code.
    pub self_reference: bool,
    /// Whether there is an intra-cell branch.
    pub intra_cell: bool,
    /// Whether there is an inter-cell branch.
    pub inter_cell: bool,
    /// Position of the cycle that the intra-cell branch subtracts.
    pub base: usize,
    /// Whether outlying cycles are zeroed (method §5.3).
    pub filter_cycles: bool,
    /// Width of a glitch in grid points.
    pub glitch_width: usize,
    /// Hidden channels of the encoders.
    pub channels: usize,
    /// Whether each branch has a linear layer of its own instead of sharing one.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub separate_heads: bool,
    /// Whether the linear layers have a bias.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub head_bias: bool,
    /// How the differences of the intra-cell branch are cleaned: `standard`, `hampel` or `none`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub intra_cleaning: Cleaning,
    /// How the differences of the inter-cell branch are cleaned: `standard`, `hampel` or `none`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub inter_cleaning: Cleaning,
    /// Which cycles `filter_cycles` zeroes: `per_channel` or `whole_cycle`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub cycle_filter: CycleFilter,
    /// Whether outlying cycles of a target are zeroed before a reference is subtracted too, if `filter_cycles`.
    #[serde(skip_serializing_if = "is_true")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub filter_target: bool,
    /// Whether glitches are looked for as if the last grid point were followed by the first.
    #[serde(skip_serializing_if = "is_true")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub glitch_wrap: bool,
    /// Whether the predictions with every training cell as the only reference are written too. Changes nothing else.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub pair_matrix: bool,
    /// Standard deviation that the differences of each branch are scaled to, after cleaning; as they are if left out.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub scaled_to: Option<f64>,
    /// Whether the learning rate falls to 0 along half a cosine.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub cosine: bool,
    /// Part of the epochs, the last ones, whose weights are averaged; 0 for those of the last epoch alone.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub averaged: f64,
    /// Weight in the loss of the squared difference between what the branches say of a cell; 0 for none.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub consistency: f64,
    /// Part of the encoders' features that each training step leaves out by chance; 0 for none.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub dropout: f64,
    /// Power of a cycle's place, from 1 / cycles for the first to 1 for the last, that its cleaned differences are multiplied by; 0 for
    /// all alike.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub late_cycles: f64,
    /// On a card: `exact` or `fast`.
    #[serde(skip_serializing_if = "Precision::is_exact")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub precision: Precision,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_true(value: &bool) -> bool {
    *value
}

impl Default for BatLiNetParameters {
    fn default() -> Self {
        Self {
            epochs: 1000,
            batch: 128,
            learning_rate: 1e-3,
            weight_decay: 0.01,
            alpha: 0.5,
            references_train: 2,
            references_test: 32,
            self_reference: true,
            intra_cell: true,
            inter_cell: true,
            base: 9,
            filter_cycles: true,
            glitch_width: 25,
            channels: 32,
            separate_heads: false,
            head_bias: false,
            intra_cleaning: Cleaning::Standard,
            inter_cleaning: Cleaning::Standard,
            cycle_filter: CycleFilter::PerChannel,
            filter_target: true,
            glitch_wrap: true,
            pair_matrix: false,
            scaled_to: None,
            cosine: false,
            averaged: 0.0,
            consistency: 0.0,
            dropout: 0.0,
            late_cycles: 0.0,
            precision: Precision::Exact,
        }
    }
}

impl BatLiNetParameters {
    /// Checks that the numbers have a meaning.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] names the one that has none.
    pub fn check(&self) -> Result<(), ModelError> {
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        if !self.intra_cell && !self.inter_cell {
            return refused("inter_cell", "false".to_owned(), "with intra_cell: false too, no branch is left");
        }
        if !(0.0..=1.0).contains(&self.alpha) {
            return refused("alpha", self.alpha.to_string(), "the weight of the inter-cell branch is 0 to 1");
        }
        if self.inter_cell && self.references_train == 0 {
            return refused("references_train", "0".to_owned(), "the inter-cell branch needs at least 1");
        }
        if self.inter_cell && self.references_test == 0 {
            return refused("references_test", "0".to_owned(), "the inter-cell branch needs at least 1");
        }
        if self.pair_matrix && !self.inter_cell {
            return refused("pair_matrix", "true".to_owned(), "without the inter-cell branch there are no references");
        }
        match self.scaled_to {
            Some(deviation) if !(1e-6..=1e6).contains(&deviation) => {
                return refused("scaled_to", deviation.to_string(), "a number from 1e-6 to 1e6 is needed");
            }
            _ => {}
        }
        if !(0.0..=1.0).contains(&self.averaged) {
            return refused("averaged", self.averaged.to_string(), "the part of the epochs is 0 to 1");
        }
        if !(0.0..=1e6).contains(&self.consistency) {
            return refused("consistency", self.consistency.to_string(), "a weight from 0 to 1e6 is needed");
        }
        if self.consistency > 0.0 && !(self.intra_cell && self.inter_cell) {
            let value = self.consistency.to_string();
            return refused("consistency", value, "one branch alone has no other to agree with");
        }
        if !(0.0..=0.95).contains(&self.dropout) {
            return refused("dropout", self.dropout.to_string(), "a part from 0 to 0.95 is needed");
        }
        if !(0.0..=100.0).contains(&self.late_cycles) {
            return refused("late_cycles", self.late_cycles.to_string(), "a power from 0 to 100 is needed");
        }
        self.optimiser().check()
    }

    /// Whether the weights after epoch number `done`, from 1, are among those that are averaged.
    pub(super) fn averages(&self, done: usize) -> bool {
        self.averaged > 0.0 && done as f64 > (1.0 - self.averaged) * self.epochs as f64
    }

    /// The optimiser of both branches and their heads.
    pub fn optimiser(&self) -> AdamParameters {
        AdamParameters::adamw(self.learning_rate, self.weight_decay)
    }

    /// The names of those that change nothing beside the others: those of a branch that is not there, and of a way to
    /// clean that is not taken.
    pub fn unused(&self) -> Vec<&'static str> {
        let has_standard = (self.intra_cell && self.intra_cleaning == Cleaning::Standard)
            || (self.inter_cell && self.inter_cleaning == Cleaning::Standard);
        let names = [
            ("alpha", self.intra_cell && self.inter_cell),
            ("separate_heads", self.intra_cell && self.inter_cell),
            ("base", self.intra_cell),
            ("intra_cleaning", self.intra_cell),
            ("inter_cleaning", self.inter_cell),
            ("references_train", self.inter_cell),
            ("references_test", self.inter_cell),
            ("self_reference", self.inter_cell),
            ("filter_target", self.inter_cell && self.filter_cycles),
            ("cycle_filter", self.filter_cycles),
            ("glitch_width", has_standard),
            ("glitch_wrap", has_standard),
        ];
        names.into_iter().filter(|(_, is_used)| !is_used).map(|(name, _)| name).collect()
    }

    /// The weights of the intra-cell and the inter-cell branch in loss and prediction: one branch alone has all.
    pub fn branch_weights(&self) -> (f64, f64) {
        match (self.intra_cell, self.inter_cell) {
            (true, true) => (1.0 - self.alpha, self.alpha),
            (true, false) => (1.0, 0.0),
            _ => (0.0, 1.0),
        }
    }

    /// The weight of what the branches say differently, if there are two.
    pub(super) fn consistency_weight(&self) -> f64 {
        if self.intra_cell && self.inter_cell { self.consistency } else { 0.0 }
    }

    /// How the differences of the branches are cleaned.
    pub fn cleaning(&self) -> CleaningRules {
        CleaningRules {
            intra: self.intra_cleaning,
            inter: self.inter_cleaning,
            cycle_filter: self.cycle_filter,
            filter_target: self.filter_target,
            standard: CleaningParameters {
                glitch_width: self.glitch_width,
                glitch_wrap: self.glitch_wrap,
                filter_cycles: self.filter_cycles,
                ..CleaningParameters::default()
            },
        }
    }

    /// Whether a branch in use goes through a Hampel filter, which needs a grid as wide as its window.
    pub(super) fn has_hampel(&self) -> bool {
        (self.intra_cell && self.intra_cleaning == Cleaning::Hampel)
            || (self.inter_cell && self.inter_cleaning == Cleaning::Hampel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaningless_values_are_named() {
        let base = BatLiNetParameters::default();
        base.check().unwrap();
        let wrong = [
            (BatLiNetParameters { intra_cell: false, inter_cell: false, ..base.clone() }, "inter_cell"),
            (BatLiNetParameters { alpha: 1.5, ..base.clone() }, "alpha"),
            (BatLiNetParameters { alpha: f64::NAN, ..base.clone() }, "alpha"),
            (BatLiNetParameters { references_train: 0, ..base.clone() }, "references_train"),
            (BatLiNetParameters { references_test: 0, ..base.clone() }, "references_test"),
            (BatLiNetParameters { learning_rate: 0.0, ..base.clone() }, "learning_rate"),
            (BatLiNetParameters { learning_rate: 1e300, ..base.clone() }, "learning_rate"),
            (BatLiNetParameters { weight_decay: 1e300, ..base.clone() }, "weight_decay"),
            (BatLiNetParameters { weight_decay: -0.1, ..base.clone() }, "weight_decay"),
            (BatLiNetParameters { scaled_to: Some(0.0), ..base.clone() }, "scaled_to"),
            (BatLiNetParameters { scaled_to: Some(f64::NAN), ..base.clone() }, "scaled_to"),
            (BatLiNetParameters { averaged: 1.1, ..base.clone() }, "averaged"),
            (BatLiNetParameters { consistency: -0.1, ..base.clone() }, "consistency"),
            (BatLiNetParameters { consistency: 0.1, inter_cell: false, ..base.clone() }, "consistency"),
            (BatLiNetParameters { dropout: 1.0, ..base.clone() }, "dropout"),
            (BatLiNetParameters { late_cycles: f64::NAN, ..base.clone() }, "late_cycles"),
        ];
        for (parameters, expected) in wrong {
            let Err(ModelError::Hyperparameter { name, .. }) = parameters.check() else {
                panic!("{expected} must be refused")
            };
            assert_eq!(name, expected);
        }
        let intra = BatLiNetParameters { inter_cell: false, references_train: 0, ..base };
        intra.check().unwrap();
        assert_eq!(intra.branch_weights(), (1.0, 0.0));
    }

    #[test]
    fn options_of_the_ablation_are_recorded_only_where_they_are_not_the_defaults() {
        let recorded = |parameters: &BatLiNetParameters| match serde_json::to_value(parameters).unwrap() {
            serde_json::Value::Object(fields) => fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
            other => panic!("{other}"),
        };
        // trained models are named by these: an addition would make all of them stale
        let names = [
            "alpha",
            "base",
            "batch",
            "channels",
            "epochs",
            "filter_cycles",
            "glitch_width",
            "inter_cell",
            "intra_cell",
            "learning_rate",
            "references_test",
            "references_train",
            "self_reference",
            "weight_decay",
        ];
        let mut plain = recorded(&BatLiNetParameters::default());
        plain.sort();
        assert_eq!(plain, names);
        let naive = "{separate_heads: true, head_bias: true, intra_cleaning: hampel, inter_cleaning: none, \
                     cycle_filter: whole_cycle, filter_target: false, glitch_wrap: false}";
        let naive: BatLiNetParameters = serde_yaml::from_str(naive).unwrap();
        assert_eq!(recorded(&naive).len(), names.len() + 7);
        let beyond = "{scaled_to: 0.2, cosine: true, averaged: 0.25, consistency: 0.5, dropout: 0.2, late_cycles: 1}";
        let beyond: BatLiNetParameters = serde_yaml::from_str(beyond).unwrap();
        assert_eq!(recorded(&beyond).len(), names.len() + 6);
        let text = serde_json::to_string(&naive).unwrap();
        assert_eq!(serde_json::from_str::<BatLiNetParameters>(&text).unwrap(), naive);
    }
}
