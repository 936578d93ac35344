//! The program `batlinet`: what it does, leaves and says.

mod additive_gp_on_curves;
mod architecture;
mod calce;
mod cli_declarations;
mod cli_errors;
mod command;
mod commit;
mod company;
mod compare;
mod gate;
mod gp_on_curves;
mod lives;
mod nominal;
mod own_cells;
mod predict;
mod real_curves;
mod records;
mod report;
mod round_trip;
mod small;
mod splitting;
mod stacks;
mod streams;
mod terminal;
mod verbs;
