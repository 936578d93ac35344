//! `batlinet report OUT`

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output;
use report::{
    bench::Throughput,
    lives,
    study::chapters::document,
    summary,
    terminal::{self, Width},
    write,
};

/// Arguments of `batlinet report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// The output folder of `batlinet run`.
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// What `make bench` measured; without such a file, or machine and date in it, the report has no throughput.
    #[arg(long, value_name = "FILE", default_value = "results/bench/criterion.csv")]
    bench: PathBuf,
    /// Writes there instead of into OUT, such as for records that stay as they are.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Prints the tables and writes Markdown, HTML, LaTeX, CSV and SVG.
///
/// # Errors
/// [`Failure::Usage`] if there are no scores, or a file cannot be read or written.
pub fn execute(arguments: &ReportArguments) -> Result<(), Failure> {
    let summaries = summary::summarise(&arguments.out)?;
    lives::refuse_padded(&arguments.out, &summaries)?;
    let document = document(&summaries, Throughput::read(&arguments.bench)?.as_ref());
    let to = arguments.to.as_ref().unwrap_or(&arguments.out);
    let files = write::write(to, &summaries, &document)?;
    // tables and figures are many; their folders are said once
    let shown = files.iter().filter(|file| file.parent() == Some(to));
    let written: String = shown.map(|file| format!("wrote {}\n", file.display())).collect();
    let (tables, figures) = (document.tables().count(), document.figures().count());
    output::print(&format!(
        "{}\n{written}wrote {tables} tables and {figures} figures to {} and {}\n",
        terminal::render(&document, Width::Full),
        to.join("tables").display(),
        to.join("figures").display(),
    ))
}
