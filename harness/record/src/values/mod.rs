//! What a report looks up and lays along an axis: values of a run, whatever its entry is called.

pub(crate) mod former;

use serde::{Deserialize, Serialize};

use features::feature::Channel;

/// Which branches of BatLiNet a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Branches {
    /// Both, with one linear layer.
    Both,
    /// The intra-cell branch.
    IntraOnly,
    /// The inter-cell branch.
    InterOnly,
    /// Both, each with a linear layer of its own.
    NaiveEnsemble,
}

impl Branches {
    /// As in `results/paper.csv`.
    pub fn published_name(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::IntraOnly => "intra_only",
            Self::InterOnly => "inter_only",
            Self::NaiveEnsemble => "naive_ensemble",
        }
    }
}

/// How a network learns from few target cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From target cells alone.
    Direct,
    /// From a network that was trained on source cells.
    FineTune,
    /// The average with a network of pairs of target and source cells.
    Transfer,
    /// BatLiNet, whose references are source cells.
    SharedHead,
    /// BatLiNet that has learned from source cells alone, with the target cells as references.
    AsReferences,
}

impl Method {
    /// As in `results/paper.csv` and in files of results.
    pub fn published_name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::FineTune => "fine_tune",
            Self::Transfer => "transfer",
            Self::SharedHead => "shared_head",
            Self::AsReferences => "as_references",
        }
    }
}

/// Of a run; absent is what its model does not have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Values {
    /// Of BatLiNet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Branches>,
    /// Whether an arm with fewer branches has the base, cleaning and heads of the authors' arm of this kind, which differ from
    /// BatLiNet's; elsewhere it says nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_authors_arm: bool,
    /// Channels of the capacity map that it reads, if it reads one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<Channel>>,
    /// References that each test cell is asked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<usize>,
    /// Weight of the inter-cell branch, where there are both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Of a network in a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
}

impl Values {
    /// The same, with what is absent from `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            is_authors_arm: if self.branches.is_some() { self.is_authors_arm } else { other.is_authors_arm },
            branches: self.branches.or(other.branches),
            channels: self.channels.or(other.channels),
            references: self.references.or(other.references),
            alpha: self.alpha.or(other.alpha),
            method: self.method.or(other.method),
        }
    }
}
