//! `batlinet split`: which cells train and which test, as a file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::collection::open_aloud;
use super::failure::Failure;
use super::output::{names, print};
use cells::cell::Cell;
use cells::count::{counted, verb};
use cells::label::{Basis, LabelRule, Verdict};
use cells::listing::{self, Line};
use cells::portrait::Portrait;
use cells::quote;
use cells::source::CellSource;
use cells::split::{self, Known, Lint, Split};
use cells::store;

/// What stays on one side, or what orders the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Each cell is drawn for itself
    Random,
    /// Cells cycled alike stay on one side
    Protocol,
    /// Cells whose ids differ in their last number only (`cell-A-1`, `cell-A-2`) stay on one side; or those of one `batch` in --table
    Batch,
    /// Cells of one dataset stay on one side
    Dataset,
    /// The cells that began last are tested on; --table says when each began
    Time,
}

/// Arguments of `batlinet split`.
#[derive(Args, Debug)]
pub struct SplitArguments {
    /// A folder of imported cells, or `virtual`
    #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
    data: PathBuf,
    /// The CSV file to write; with --folds, FILE-1.csv, FILE-2.csv and so on
    #[arg(long, value_name = "FILE.csv", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// What stays on one side
    #[arg(long, value_enum, default_value = "random")]
    by: By,
    /// About this share of the cells is tested on
    #[arg(long, default_value_t = 0.3, value_name = "SHARE")]
    test: f64,
    /// Which draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Make so many splits, in which every cell is tested on once
    #[arg(long, value_name = "K", conflicts_with = "test")]
    folds: Option<usize>,
    /// Only these datasets, such as `MATR,HUST`
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    datasets: Vec<String>,
    /// Only these cells
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    cells: Vec<String>,
    /// A table with the column `cell_id` and `batch`, or `start` such as 2024-03-01, by --by
    #[arg(long, value_name = "FILE.csv")]
    table: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    /// Make nothing: say what is to be distrusted in this split; with --table, by its batches
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["out", "folds", "cells", "datasets"])]
    check: Option<PathBuf>,
}

/// Makes the files and says what is to be distrusted in them.
///
/// # Errors
/// [`Failure::Usage`]: cells that are not here, groups that cannot be parted, a file that is there.
/// [`Failure::Faulty`] if a test cell of a split, made or checked, is a training cell under another name.
pub fn execute(arguments: &SplitArguments) -> Result<(), Failure> {
    let source = open_aloud(&arguments.data)?;
    if let Some(file) = &arguments.check {
        return check(file, &*source, arguments.table.as_deref());
    }
    let Some(out) = &arguments.out else { return Err(Failure::Usage("give --out FILE.csv".to_owned())) };
    let known = known(&*source, &without_living(&*source, chosen(arguments, &*source)?)?, &arguments.datasets)?;
    let (splits, group_of) = made(arguments, &known)?;
    let files: Vec<PathBuf> = match arguments.folds {
        None => vec![out.clone()],
        Some(count) => (1..=count).map(|fold| numbered(out, fold)).collect(),
    };
    if let Some(there) = files.iter().find(|file| file.exists() && !arguments.force) {
        return Err(Failure::Usage(format!("{} is there already: give another name, or --force", there.display())));
    }
    // by the ids, unless a table has said what the batches are
    let is_told = arguments.by == By::Batch && arguments.table.is_some();
    let batches = if is_told { group_of.clone() } else { HashMap::new() };
    let mut leaking = Vec::new();
    for (split, file) in splits.iter().zip(&files) {
        split.write(file, |id| group_of.get(id).cloned().unwrap_or_default())?;
        let (train, test) = (split.train.len(), split.test.len());
        let cells = counted(test, "test cell");
        print(&format!("wrote {}: {train} training and {cells}\n", file.display()))?;
        let lints = split::lints(split, &known, &batches);
        say_lints(&lints)?;
        if lints.iter().any(is_leak) {
            leaking.push(file.display().to_string());
        }
    }
    if leaking.is_empty() {
        return Ok(());
    }
    Err(Failure::Faulty(format!(
        "{}: what is tested was trained on, see LEAK above: numbers from such a split are wrong; leave one of the two cells out by \
         --cells, or take another --by",
        leaking.join(", ")
    )))
}

fn is_leak(lint: &Lint) -> bool {
    matches!(lint, Lint::Leak(_))
}

fn check(file: &Path, source: &dyn CellSource, table: Option<&Path>) -> Result<(), Failure> {
    let split = Split::read(file)?;
    let here = source.ids();
    let (found, missing): (Vec<&String>, Vec<&String>) =
        split.train.iter().chain(&split.test).partition(|id| here.binary_search(id).is_ok());
    let found: Vec<String> = found.into_iter().cloned().collect();
    let batches = match table {
        None => HashMap::new(),
        Some(table) => {
            let ids: Vec<&str> = found.iter().map(String::as_str).collect();
            found.iter().cloned().zip(column(table, "batch", &ids)?).collect()
        }
    };
    let lints = split::lints(&split, &known(source, &found, &[])?, &batches);
    say_lints(&lints)?;
    if lints.iter().any(is_leak) {
        return Err(Failure::Faulty(format!("{}: what is tested was trained on", file.display())));
    }
    if !missing.is_empty() {
        let (count, are) = (counted(missing.len(), "cell"), verb(missing.len(), ["is", "are"]));
        let which = names(missing.into_iter().map(String::as_str));
        return Err(Failure::Incomplete(format!("{count} of {} {are} not here: {which}", file.display())));
    }
    if lints.is_empty() {
        print("nothing is to be distrusted in this split\n")?;
    }
    Ok(())
}

fn say_lints(lints: &[Lint]) -> Result<(), Failure> {
    let text: String = lints
        .iter()
        .map(|lint| match lint {
            Lint::Leak(text) => format!("  LEAK: {text}\n"),
            Lint::Caution(text) => format!("  note: {text}\n"),
        })
        .collect();
    print(&quote::harmless(&text))
}

/// The ids that are asked for.
fn chosen(arguments: &SplitArguments, source: &dyn CellSource) -> Result<Vec<String>, Failure> {
    let here = source.ids();
    if arguments.cells.is_empty() {
        return Ok(here);
    }
    let mut wanted = arguments.cells.clone();
    wanted.sort_unstable();
    wanted.dedup();
    match wanted.iter().find(|id| here.binary_search(id).is_err()) {
        None => Ok(wanted),
        Some(id) => {
            Err(Failure::Usage(format!("cell {} is not in {}", quote::shown(id, 80), arguments.data.display())))
        }
    }
}

/// Those that do not live still: who lives has no life to train or test on.
fn without_living(source: &dyn CellSource, ids: Vec<String>) -> Result<Vec<String>, Failure> {
    let (mut kept, mut living) = (Vec::new(), Vec::new());
    for id in ids {
        let of = if source.notes(&id)?.alive { &mut living } else { &mut kept };
        of.push(id);
    }
    if !living.is_empty() {
        let which = names(living.iter().map(String::as_str));
        print(&quote::harmless(&format!("left out, since they live still (alive: true): {which}\n")))?;
    }
    Ok(kept)
}

/// What is known of these cells, of all datasets if none is named.
fn known(source: &dyn CellSource, ids: &[String], datasets: &[String]) -> Result<Vec<Known>, Failure> {
    let mut known = Vec::new();
    for id in ids {
        if !datasets.is_empty() {
            let (cell, _) = source.glance(id)?;
            if !datasets.iter().any(|name| cell.info().dataset.name() == name) {
                continue;
            }
        }
        let cell = source.cell(id, usize::MAX)?;
        known.push(Known {
            info: cell.info().clone(),
            measurements: store::measurements(&cell),
            portrait: Portrait::of_first(&cell),
            life: life(&cell)?,
        });
    }
    if known.is_empty() {
        return Err(Failure::Usage(match datasets {
            [] => {
                "none of the cells that are asked about is here; give the folder that they are in by --data".to_owned()
            }
            datasets => format!("no cell is of {}", quote::shown(datasets.join(", "), 120)),
        }));
    }
    Ok(known)
}

/// The life to 80 % of nominal capacity, where it was observed.
fn life(cell: &Cell) -> Result<Option<f64>, Failure> {
    let rule = LabelRule { minimum: 0, ..LabelRule::default() };
    match rule.judge(cell) {
        Ok(Verdict::Life(life)) if life.basis != Basis::Padded => Ok(Some(life.cycles)),
        Ok(_) | Err(cells::Error::OtherThreshold { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The splits, and the group of every cell.
fn made(arguments: &SplitArguments, known: &[Known]) -> Result<(Vec<Split>, HashMap<String, String>), Failure> {
    let infos: Vec<_> = known.iter().map(|cell| cell.info.clone()).collect();
    let by = match arguments.by {
        By::Random | By::Time => split::By::Random,
        By::Protocol => split::By::Protocol,
        By::Batch => split::By::Batch,
        By::Dataset => split::By::Dataset,
    };
    let mut members = split::members(&infos, by);
    let ids: Vec<&str> = infos.iter().map(|info| info.id.as_str()).collect();
    let table = arguments.table.as_deref();
    if let (By::Batch, Some(file)) = (arguments.by, table) {
        for (member, batch) in members.iter_mut().zip(column(file, "batch", &ids)?) {
            member.group = batch;
        }
    }
    split::keep_together(&mut members, &tests(known));
    let splits = match (arguments.by, table, arguments.folds) {
        (By::Time, _, Some(_)) => {
            return Err(Failure::Usage("folds are not in order of time: leave out --folds or --by time".to_owned()));
        }
        (By::Time, None, None) => {
            return Err(Failure::Usage(
                "cells do not say when their tests began: give --table FILE.csv with the columns cell_id and start, such as \
                 2024-03-01"
                    .to_owned(),
            ));
        }
        (By::Time, Some(file), None) => {
            let starts = column(file, "start", &ids)?;
            if let Some((start, id)) = starts.iter().zip(&ids).find(|(start, _)| !is_date(start)) {
                return Err(Failure::Usage(format!(
                    "{}: cell {id} began on \"{}\"; write it as 2024-03-01 or 2024-03-01T14:30:00",
                    file.display(),
                    quote::shown(start, 40)
                )));
            }
            vec![split::latest(&members, &starts, arguments.test)?]
        }
        (By::Random | By::Protocol | By::Dataset, Some(_), _) => {
            return Err(Failure::Usage("--table is for --by batch and --by time".to_owned()));
        }
        (_, _, Some(count)) => split::folds(&members, count, arguments.seed)?,
        (_, _, None) => vec![split::draw(&members, arguments.test, arguments.seed)?],
    };
    let group_of = members.into_iter().map(|member| (member.id, member.group)).collect();
    Ok((splits, group_of))
}

/// The ids of cells, each with what is one for those of one test: in the same digits or in others, and under whatever ids.
fn tests(known: &[Known]) -> Vec<(String, String)> {
    let mut tests: Vec<(String, String)> = Vec::new();
    for (place, cell) in known.iter().enumerate() {
        let twin = known[..place].iter().position(|other| other.portrait.is_of_one_test(&cell.portrait));
        let test = twin.map_or_else(|| cell.measurements.clone(), |twin| tests[twin].1.clone());
        tests.push((cell.info.id.clone(), test));
    }
    tests
}

/// Whether text that starts with a date sorts by time: year, month, day.
fn is_date(text: &str) -> bool {
    let shape: String =
        text.chars().take(10).map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    shape == "0000-00-00"
}

/// What the table has of these cells in a column.
fn column(file: &Path, name: &str, ids: &[&str]) -> Result<Vec<String>, Failure> {
    let place = |what: String| Failure::Usage(format!("{}: {what}", file.display()));
    let mut values: HashMap<String, String> = HashMap::new();
    for Line { number, fields: [id, value] } in listing::read(file, ["cell_id", name]).map_err(place)? {
        if values.insert(id.clone(), value).is_some() {
            return Err(place(format!("line {number} names cell {} again", quote::shown(&id, 80))));
        }
    }
    let value = |id: &&str| match values.get(*id) {
        Some(value) if !value.is_empty() => Ok(value.clone()),
        _ => Err(place(format!("it has no {name} of cell {id}"))),
    };
    ids.iter().map(value).collect()
}

/// `mine-2.csv` of `mine.csv`.
fn numbered(out: &Path, fold: usize) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let ending = out.extension().map_or("csv".into(), |ending| ending.to_string_lossy());
    out.with_file_name(format!("{stem}-{fold}.{ending}"))
}
