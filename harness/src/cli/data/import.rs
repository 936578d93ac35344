//! `batlinet data import`.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{failure::Failure, interrupt, output};
use cells::label::LabelRule;
use cells::store::Store;
use sources::import::{self, CellFiles, Format, Imported};
use sources::nominal::Nominal;
use sources::{Error, batterylife};

/// What is imported.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Files as a publisher serves them.
    Published(&'static Format),
    /// Files of a cycler, with cells of one's own.
    Cycler,
}

/// The names of the formats.
pub(super) fn parser() -> impl TypedValueParser<Value = Kind> {
    // those of BatteryLife are none of the published cells of the benchmark, whatever they are called
    let formats = import::FORMATS.iter().chain([&batterylife::FORMAT]);
    let names = formats.map(|format| PossibleValue::new(format.name).help(format.files));
    let cycler = PossibleValue::new("cycler").help("cells of your own, in the files that a cycler wrote, with --cells");
    PossibleValuesParser::new(names.chain([cycler])).map(|name| match Format::find(&name) {
        Some(format) => Kind::Published(format),
        None if name == batterylife::FORMAT.name => Kind::Published(&batterylife::FORMAT),
        None => Kind::Cycler,
    })
}

/// The declaration of the cells of a cycler's files.
pub(super) fn of_cycler(cells: Option<&Path>, has_other_options: bool) -> Result<&Path, Failure> {
    if has_other_options {
        return Err(Failure::Usage(
            "--catalogue and --nominal-capacity are for published files: cells.yaml says both of a cycler's".to_owned(),
        ));
    }
    cells.ok_or_else(|| {
        Failure::Usage(
            "what the files hold must be said: `batlinet data describe FILES > cells.yaml` drafts it, then give --cells \
             cells.yaml"
                .to_owned(),
        )
    })
}

/// Whose nominal capacity counts.
pub(super) fn nominal() -> impl TypedValueParser<Value = Nominal> {
    let names = [
        PossibleValue::new("file").help("the one that the file states, for cells of your own"),
        PossibleValue::new("catalogue").help("that of the published cell, whatever the file states"),
    ];
    PossibleValuesParser::new(names).map(|name| if name == "file" { Nominal::File } else { Nominal::Catalogue })
}

/// Published cells of which it is said, too, how their lives count: importers know of no life.
struct WithLives<'a>(&'a dyn CellFiles);

impl CellFiles for WithLives<'_> {
    fn ids(&self) -> Vec<String> {
        self.0.ids()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let mut imported = self.0.cell(id)?;
        let uncounted = LabelRule::default().uncounted(&imported.cell);
        imported.remarks.extend(uncounted.map(|uncounted| uncounted.lives()));
        Ok(imported)
    }

    fn remarks(&self) -> Vec<String> {
        self.0.remarks()
    }
}

/// Imports all cells into the store in `data`, which is made where there is none and goes again if nothing is imported.
pub(super) fn execute(
    published: &dyn CellFiles,
    data: &Path,
    force: bool,
    out: &mut dyn io::Write,
) -> Result<(), Failure> {
    if check_target(data, &published.ids(), force)? == Left::Nothing {
        return super::print(out, &format!("all cells of these files are in {}\n", data.display()));
    }
    let stop = interrupt::flag("stopping; nothing is imported");
    let was_there = Store::is_at(data);
    let mut store = Store::create(data)?;
    let bar = bar("cells read and written");
    let imported = import::write(&WithLives(published), &mut store, force, &|done, of| show(&bar, stop, done, of));
    bar.finish_and_clear();
    if imported.is_err() && !was_there {
        // neither goes if there is anything in it
        let _ = std::fs::remove_dir(data.join("cells")).and_then(|()| std::fs::remove_dir(data));
    }
    super::print(out, &format!("{}\nwritten to {}\n", imported?, data.display()))
}

/// What of an import is left to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// All of it.
    All,
    /// It was ended before its time, and what was missing is in its place now.
    Nothing,
}

/// Says no before anything long is begun: to `virtual`, and to cells that are there unless they are to be replaced. An earlier import
/// that was ended is completed first.
pub(super) fn check_target(data: &Path, ids: &[String], force: bool) -> Result<Left, Failure> {
    if super::is_virtual(data) {
        return Err(Failure::Usage(
            "virtual cells are made when they are asked for, nothing is imported: give a folder, `--data DIR`"
                .to_owned(),
        ));
    }
    if Store::is_at(data) {
        let store = Store::create(data)?;
        store.mended().iter().for_each(|what| output::say(what));
        let is_completed = !store.mended().is_empty() && !ids.is_empty() && ids.iter().all(|id| store.contains(id));
        if is_completed && !force {
            return Ok(Left::Nothing);
        }
        import::check_absent(ids, &store, force)?;
    }
    Ok(Left::All)
}

/// How far it is, on a terminal; nothing elsewhere.
pub(super) fn bar(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{pos:>4}}/{{len}} {what} [{{bar:40}}] {{elapsed}}"))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(0).with_style(style)
}

/// Moves the bar on, unless the user wants to stop.
pub(super) fn show(bar: &ProgressBar, stop: &AtomicBool, done: usize, of: usize) -> Result<(), Error> {
    bar.set_length(of as u64);
    bar.set_position(done as u64);
    if stop.load(Ordering::Relaxed) && done < of {
        return Err(Error::Stopped);
    }
    Ok(())
}
