//! `batlinet data features`.

use std::io;
use std::path::Path;

use crate::cli::collection::open_aloud;
use crate::cli::failure::Failure;
use crate::cli::output::say;
use cells::count::{counted, counted_with};
use experiments::{feature_table, read};
use record::AS_WRITTEN;

/// So many reasons are told.
const TOLD: usize = 6;

/// Writes the features of the experiment file, and says what is in the table.
pub(super) fn execute(
    file: &Path,
    data: &Path,
    table: &Path,
    force: bool,
    out: &mut dyn io::Write,
) -> Result<(), Failure> {
    let ending = table.extension().unwrap_or_default().to_ascii_lowercase();
    if ending != "parquet" && ending != "csv" {
        return Err(Failure::Usage(format!("{}: end the name in .parquet or .csv", table.display())));
    }
    if table.exists() && !force {
        return Err(Failure::Usage(format!("{} is there already: give another name, or --force", table.display())));
    }
    // all folds of a cross-validation have the same cells: the column `split` is that of the first
    let mut folds = read::read_all(file, AS_WRITTEN, &[])?;
    if folds.len() > 1 {
        say(&format!("the column `split` is that of the first of {} folds; every cell is in the table", folds.len()));
    }
    let experiment = folds.swap_remove(0).experiment;
    let source = open_aloud(data)?;
    let written = feature_table::write(&experiment, &*source, table)?;
    super::print(
        out,
        &format!(
            "wrote {}: {} of features of {}\n",
            table.display(),
            counted(written.columns, "column"),
            counted(written.cells, &format!("{} cell", source.origin()))
        ),
    )?;
    let lacking = &written.lacking;
    lacking.iter().take(TOLD).for_each(|reason| say(&cells::quote::harmless(reason)));
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Failure::Incomplete(format!(
        "{} empty, since the cell does not give it",
        counted_with(lacking.len(), "feature", ["is", "are"])
    )))
}
