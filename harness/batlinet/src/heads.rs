//! The linear layers that end the branches: one that both share, or one each.

use baselines::{
    ModelError, Weights, encoder::EncoderShape, head::LinearHead, optimiser::AdamParameters, random::ChaCha8Rng,
};

use super::parameters::BatLiNetParameters;

/// One of the two branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branch {
    Intra,
    Inter,
}

/// Heads by branch.
pub(super) struct Heads {
    /// Of both branches, or of the intra-cell branch.
    first: LinearHead,
    /// Of the inter-cell branch, where it does not share the first.
    second: Option<LinearHead>,
}

/// The names of the heads that these hyper-parameters ask for. A branch alone has nobody to share with.
pub(super) fn names(parameters: &BatLiNetParameters) -> &'static [&'static str] {
    let separate = parameters.separate_heads && parameters.intra_cell && parameters.inter_cell;
    if separate { &["intra_head", "inter_head"] } else { &["head"] }
}

impl Heads {
    /// Initial weights: below `head`, or below `intra_head` and `inter_head`.
    pub(super) fn initial(parameters: &BatLiNetParameters, shape: EncoderShape, random: &mut ChaCha8Rng) -> Weights {
        let head = |name: &&str| LinearHead::initial(shape.features, parameters.head_bias, random).under(name).0;
        Weights(names(parameters).iter().flat_map(head).collect())
    }

    /// The names of their tensors, as in [`Heads::initial`].
    pub(super) fn tensors(parameters: &BatLiNetParameters) -> impl Iterator<Item = String> {
        let of_head = LinearHead::names(parameters.head_bias);
        names(parameters).iter().flat_map(move |head| of_head.iter().map(move |name| format!("{head}.{name}")))
    }

    /// Heads with these weights.
    pub(super) fn new(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        optimiser: AdamParameters,
    ) -> Result<Self, ModelError> {
        let head = |name: &str| LinearHead::new(shape.features, parameters.head_bias, &weights.below(name), optimiser);
        let names = names(parameters);
        Ok(Self { first: head(names[0])?, second: names.get(1).map(|name| head(name)).transpose()? })
    }

    /// The head of a branch.
    pub(super) fn of(&self, branch: Branch) -> &LinearHead {
        match (branch, &self.second) {
            (Branch::Inter, Some(second)) => second,
            _ => &self.first,
        }
    }

    /// The head of a branch, to be trained.
    pub(super) fn of_mut(&mut self, branch: Branch) -> &mut LinearHead {
        match (branch, &mut self.second) {
            (Branch::Inter, Some(second)) => second,
            _ => &mut self.first,
        }
    }

    /// From the next step on, steps are of this size.
    pub(super) fn set_learning_rate(&mut self, learning_rate: f64) {
        self.first.set_learning_rate(learning_rate);
        self.second.iter_mut().for_each(|head| head.set_learning_rate(learning_rate));
    }

    /// One optimiser step.
    pub(super) fn step(&mut self) {
        self.first.step();
        self.second.iter_mut().for_each(LinearHead::step);
    }

    /// Weights or gradients, named as in [`Heads::initial`].
    pub(super) fn named(&self, parameters: &BatLiNetParameters, of: impl Fn(&LinearHead) -> Weights) -> Weights {
        let heads = std::iter::once(&self.first).chain(&self.second);
        Weights(names(parameters).iter().zip(heads).flat_map(|(name, head)| of(head).under(name).0).collect())
    }
}
