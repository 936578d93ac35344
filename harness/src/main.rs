//! The program `batlinet`: parse, dispatch, print the error, exit code; nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use harness::cli::{self, Arguments};

fn main() -> ExitCode {
    match cli::execute(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("batlinet: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
