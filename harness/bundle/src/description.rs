//! What a bundle says of itself: everything but the numbers of tensors.

use cells::{
    cell::Origin,
    label::{LabelRule, Tally},
};
use features::feature::FeatureSpec;
use record::{Provenance, Versions};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::Domain;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// `ridge`, `batlinet[intra_only]`.
    pub model: String,
    /// The entry of the experiment file, with every hyper-parameter and both transformations.
    pub entry: Value,
    /// Of its random streams.
    pub seed: u64,
    /// The declaration of what it reads of a cell; nothing for the training mean.
    pub feature: Option<FeatureSpec>,
    /// When a life ends.
    pub label: LabelRule,
    /// The same in a sentence.
    pub meaning: String,
    /// Name of the experiment.
    pub experiment: String,
    /// Its scenario.
    pub scenario: String,
    /// Name of the profile.
    pub profile: String,
    /// `--set` options.
    pub settings: Vec<String>,
    /// Hash of the experiment as declared.
    pub config_hash: String,
    /// Of the run with the same training.
    pub train_key: String,
    /// Of the same run asked for the test cells of its split.
    pub key: String,
    /// Name of the random streams by which references are drawn.
    pub streams: String,
    /// Whether the training cells were measured or simulated.
    pub origin: Origin,
    /// Ids of the training cells.
    pub cells: Vec<String>,
    /// What their lives rest on.
    pub lives: Tally,
    /// What they were like.
    pub domain: Domain,
    /// Of how the intervals were made; `None` where there are none.
    pub calibration: Option<String>,
    /// What it was made with.
    pub versions: Versions,
    /// By which program and call.
    pub provenance: Provenance,
}

/// What the number that a model predicts means.
pub(crate) fn meaning(rule: &LabelRule) -> String {
    format!(
        "life in cycles from the first on record: one more than those up to the first whose discharge capacity is at or under {} of the \
         nominal one; early cycles count",
        rule.end_of_life
    )
}
