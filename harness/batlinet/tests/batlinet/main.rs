//! BatLiNet and the transfer procedures: identities, and values of the authors' functions and of PyTorch.

mod beyond;
mod card;
mod golden;
mod golden_cleaning;
mod linear_theorem;
mod model;
mod steps;
mod transfer_model;
mod transfer_steps;
