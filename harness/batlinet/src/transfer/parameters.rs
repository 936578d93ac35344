//! Hyper-parameters of the transfer procedures.

use baselines::{
    ModelError, Precision,
    optimiser::AdamParameters,
    training::{Order, Schedule},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of two accounts of the published study is followed; they differ in cells and in procedure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("x-source" = "8.1 and 8.2"))]
pub enum Preset {
    /// The paper's text, without the notebook's defects.
    #[default]
    Paper,
    /// The authors' notebook, which made the published figure, with its defects:
    ///
    /// * the lives that pretraining learns are divided by their mean instead of their standard deviation,
    /// * one target cell's life is learned in cycles, without any scaling,
    /// * the validation error that stops the training on pairs compares scaled outputs with lives in cycles,
    /// * the weights said to be the best are the last ones,
    /// * a cell for which no reference gives a positive life has no prediction.
    Code,
}

/// Hyper-parameters of one procedure, with the authors' values.
///
/// Without `pretraining` and `pairs` it is direct learning, with `pretraining` fine-tuning; with `pairs` the answer is
/// averaged with that of the inter-cell network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "8"))]
pub struct TransferParameters {
    /// Which defects are kept; set for the whole experiment.
    #[serde(skip_deserializing)]
    pub preset: Preset,
    /// Of the intra-cell network on the target cells.
    pub training: Budget,
    /// Of the same network on the source cells, before.
    pub pretraining: Option<Budget>,
    /// Of the inter-cell network on pairs of a target and a source cell.
    pub pairs: Option<PairBudget>,
    /// Of AdamW.
    pub learning_rate: f64,
    /// Decoupled weight decay of AdamW, on every tensor.
    pub weight_decay: f64,
    /// Position of the cycle that the intra-cell network subtracts.
    pub base: usize,
    /// Differences of a larger magnitude are zeroed.
    pub limit: f32,
    /// Hidden channels of the encoders.
    pub channels: usize,
    /// On a card: `exact` or `fast`.
    #[serde(skip_serializing_if = "Precision::is_exact")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub precision: Precision,
}

/// How long and in what portions to train; samples are visited in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Passes over the cells.
    pub epochs: usize,
    /// Cells per optimiser step.
    pub batch: usize,
}

/// How long and in what portions to train on pairs, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PairBudget {
    /// Passes over the training pairs, at most.
    pub epochs: usize,
    /// Pairs per optimiser step.
    pub batch: usize,
    /// Share of the pairs that is held back to measure the validation error.
    pub validation: f64,
    /// Epochs in succession without a lower validation error after which training stops.
    pub patience: usize,
}

impl Default for TransferParameters {
    fn default() -> Self {
        Self {
            preset: Preset::Paper,
            training: Budget { epochs: 100, batch: 32 },
            pretraining: None,
            pairs: None,
            learning_rate: 1e-3,
            weight_decay: 0.01,
            base: 9,
            limit: 10.0,
            channels: 32,
            precision: Precision::Exact,
        }
    }
}

impl Default for PairBudget {
    fn default() -> Self {
        Self { epochs: 10, batch: 128, validation: 0.2, patience: 5 }
    }
}

impl TransferParameters {
    /// Checks that the numbers have a meaning.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] names the one that has none.
    pub fn check(&self) -> Result<(), ModelError> {
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        self.training.schedule().check()?;
        self.pretraining.map_or(Ok(()), |budget| budget.schedule().check())?;
        if let Some(pairs) = &self.pairs {
            pairs.schedule().check()?;
            if !(pairs.validation > 0.0 && pairs.validation < 1.0) {
                return refused("validation", pairs.validation.to_string(), "a share between 0 and 1 is needed");
            }
            if pairs.patience == 0 {
                return refused("patience", "0".to_owned(), "at least 1 epoch is needed");
            }
        }
        if !(self.limit.is_finite() && self.limit > 0.0) {
            return refused("limit", self.limit.to_string(), "a positive number is needed");
        }
        self.optimiser().check()
    }

    /// Whether source cells take part in training.
    pub fn needs_source(&self) -> bool {
        self.pretraining.is_some() || self.pairs.is_some()
    }

    /// The optimiser of every network.
    pub fn optimiser(&self) -> AdamParameters {
        AdamParameters::adamw(self.learning_rate, self.weight_decay)
    }
}

impl Budget {
    /// The loop that it means.
    pub fn schedule(&self) -> Schedule {
        Schedule { epochs: self.epochs, batch: self.batch, order: Order::AsGiven }
    }
}

impl PairBudget {
    /// The loop that it means.
    pub fn schedule(&self) -> Schedule {
        Budget { epochs: self.epochs, batch: self.batch }.schedule()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaningless_values_are_named() {
        let base = TransferParameters { pairs: Some(PairBudget::default()), ..TransferParameters::default() };
        base.check().unwrap();
        let pairs = |change: fn(&mut PairBudget)| {
            let mut pairs = PairBudget::default();
            change(&mut pairs);
            TransferParameters { pairs: Some(pairs), ..base.clone() }
        };
        let wrong = [
            (TransferParameters { training: Budget { epochs: 0, batch: 1 }, ..base.clone() }, "epochs"),
            (TransferParameters { pretraining: Some(Budget { epochs: 1, batch: 0 }), ..base.clone() }, "batch"),
            (pairs(|pairs| pairs.validation = 0.0), "validation"),
            (pairs(|pairs| pairs.validation = f64::NAN), "validation"),
            (pairs(|pairs| pairs.patience = 0), "patience"),
            (TransferParameters { learning_rate: f64::INFINITY, ..base.clone() }, "learning_rate"),
            (TransferParameters { learning_rate: 1e300, ..base.clone() }, "learning_rate"),
            (TransferParameters { weight_decay: -0.1, ..base.clone() }, "weight_decay"),
            (TransferParameters { limit: f32::INFINITY, ..base.clone() }, "limit"),
            (TransferParameters { limit: f32::NAN, ..base.clone() }, "limit"),
        ];
        for (parameters, expected) in wrong {
            let Err(ModelError::Hyperparameter { name, .. }) = parameters.check() else {
                panic!("{expected} must be refused")
            };
            assert_eq!(name, expected);
        }
    }
}
