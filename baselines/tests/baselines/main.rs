//! Every model against its oracle and its identities.

mod common;
mod engines;
mod identities;
mod networks;
mod refusals;
mod scikit_learn;
