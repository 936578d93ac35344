//! Every model against its oracle and its identities.

mod additive_gp;
mod common;
mod engines;
mod identities;
mod networks;
mod refusals;
mod scikit_learn;
