//! `batlinet report OUT`

use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::{
    failure::Failure,
    report::{grid::Width, summary, terminal, write},
};

/// Arguments of `batlinet report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// The output folder of `batlinet run`.
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

/// Prints the table and writes Markdown, HTML, LaTeX and CSV.
///
/// # Errors
/// [`Failure::Usage`] if there are no scores, or a file cannot be read or written.
pub fn execute(arguments: &ReportArguments) -> Result<(), Failure> {
    let sections = summary::summarise(&arguments.out)?;
    let files = write::write(&arguments.out, &sections)?;
    let written: String = files.iter().map(|file| format!("wrote {}\n", file.display())).collect();
    output::print(&format!("{}\n{written}", terminal::render(&sections, Width::Full)))
}
