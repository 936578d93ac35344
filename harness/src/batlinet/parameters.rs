//! Hyper-parameters of BatLiNet.

use baselines::ModelError;
use serde::{Deserialize, Serialize};

use super::cleaning::CleaningParameters;

/// Hyper-parameters, with the authors' values for MATR-1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
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
    /// Whether outlying cycles are zeroed (spec `filter_cycles`).
    pub filter_cycles: bool,
    /// Width of a glitch in grid points.
    pub glitch_width: usize,
    /// Hidden channels of the encoders.
    pub channels: usize,
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
        let positive = [("learning_rate", self.learning_rate)];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return refused(name, value.to_string(), "a positive number is needed");
            }
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return refused("weight_decay", self.weight_decay.to_string(), "0 or a positive number is needed");
        }
        Ok(())
    }

    /// The weights of the intra-cell and the inter-cell branch in loss and prediction: one branch alone has all.
    pub fn branch_weights(&self) -> (f64, f64) {
        match (self.intra_cell, self.inter_cell) {
            (true, true) => (1.0 - self.alpha, self.alpha),
            (true, false) => (1.0, 0.0),
            _ => (0.0, 1.0),
        }
    }

    /// What is cleaned from the differences.
    pub fn cleaning(&self) -> CleaningParameters {
        CleaningParameters {
            glitch_width: self.glitch_width,
            filter_cycles: self.filter_cycles,
            ..CleaningParameters::default()
        }
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
            (BatLiNetParameters { weight_decay: -0.1, ..base.clone() }, "weight_decay"),
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
}
