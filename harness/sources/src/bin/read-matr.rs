//! Reads one batch file for whoever starts it, as `batlinet read-matr FILE` does: for the tests and the fuzz targets of this
//! crate, which do without the program.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().next_back() else { return ExitCode::FAILURE };
    match sources::matr::serve(Path::new(&path)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
