//! `batlinet data export`.

use std::io;
use std::path::Path;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::import::{bar, show};
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use cells::source::CellSource;
use sources::export::{self, Format};

/// The names of the formats: those of `data import`, and what the files are.
pub(super) fn parser() -> impl TypedValueParser<Value = &'static Format> {
    let names = export::FORMATS.iter().map(|format| {
        let Format { name, import, files, .. } = *format;
        let also = if name == import { String::new() } else { format!(" (or {name})") };
        PossibleValue::new(import).alias(name).help(format!("{files}{also}"))
    });
    PossibleValuesParser::new(names).map(|name| Format::find(&name).expect("the parser lets no other name through"))
}

/// Writes the cells and says which files there are now.
pub(super) fn execute(
    format: &Format,
    source: &dyn CellSource,
    cells: &[String],
    folder: &Path,
    out: &mut dyn io::Write,
) -> Result<(), Failure> {
    let stop = interrupt::flag("stopping; finished files are kept");
    let bar = bar("cells written");
    let files = export::export(format, source, cells, folder, &|done, of| show(&bar, stop, done, of));
    bar.finish_and_clear();
    for file in files? {
        super::print(out, &format!("{} ({} cells)\n", file.display(), source.origin()))?;
    }
    Ok(())
}
