//! The program `batlinet`: parse, dispatch, print the error, exit code; nothing else.

use std::{panic, process::ExitCode};

use cells::quote;
use harness::cli::{self, failure::Failure, output};

fn main() -> ExitCode {
    match panic::catch_unwind(|| cli::asked_for()?.as_ref().map_or(Ok(()), cli::execute)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            output::say(&format!("batlinet: {}", quote::harmless(&failure.to_string())));
            ExitCode::from(failure.exit_code())
        }
        // it has been told already
        Err(_) => ExitCode::from(Failure::Internal(String::new()).exit_code()),
    }
}
