//! `batlinet schema`

use clap::Args;
use experiments::schema;

use super::{failure::Failure, output};

/// Arguments of `batlinet schema`.
#[derive(Args, Debug)]
pub struct SchemaArguments {
    /// The same as a page for people: every key with its meaning and default, in Markdown.
    #[arg(long)]
    page: bool,
}

/// Prints what an experiment file may hold.
///
/// # Errors
/// As [`output::print`].
pub fn execute(arguments: &SchemaArguments) -> Result<(), Failure> {
    if arguments.page {
        return output::print(&schema::page());
    }
    let text = serde_json::to_string_pretty(&schema::schema()).map_err(|error| Failure::Internal(error.to_string()))?;
    output::print(&format!("{text}\n"))
}
