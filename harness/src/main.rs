//! The program `batlinet`: parse, dispatch, print the error, exit code; nothing else.

use std::process::ExitCode;

use cells::quote;
use clap::Parser as _;
use harness::cli::{self, Arguments, output};

fn main() -> ExitCode {
    match cli::execute(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::say(&format!("batlinet: {}", quote::harmless(&failure.to_string())));
            ExitCode::from(failure.exit_code())
        }
    }
}
