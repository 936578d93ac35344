//! The program `batlinet`: parse, dispatch, print the error, exit code; nothing else.

use std::{panic, process::ExitCode};

use cells::quote;
use clap::Parser as _;
use harness::cli::{self, Arguments, failure::Failure, output};

fn main() -> ExitCode {
    match panic::catch_unwind(|| cli::execute(&Arguments::parse())) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            output::say(&format!("batlinet: {}", quote::harmless(&failure.to_string())));
            ExitCode::from(failure.exit_code())
        }
        // it has been told already
        Err(_) => ExitCode::from(Failure::Internal(String::new()).exit_code()),
    }
}
