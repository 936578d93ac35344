//! `batlinet report OUT…`

use cells::count::counted;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::output::{self, say};
use cells::whole_file;
use experiments::merge::{Purpose, merge};
use record::files::write_whole;
use report::{
    bench::Throughput,
    lives,
    splice::splice,
    study::chapters::document,
    summary,
    terminal::{self, Width},
    write,
};

/// Arguments of `batlinet report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// Output folders of `batlinet run`. Of several it is one report: where two have runs of one model of an experiment, those of the
    /// folder with more seeds are taken, or of the first.
    #[arg(required = true, value_name = "OUT")]
    out: Vec<PathBuf>,
    /// What `make bench` measured; without such a file, or machine and date in it, the report has no throughput.
    #[arg(long, value_name = "FILE", default_value = "results/bench/criterion.csv")]
    bench: PathBuf,
    /// Writes the tables between the markers of these files anew, such as `<!-- records:scenarios NAME -->` in README.md; OUT is then
    /// the folder that NAME is in. Nothing else is written.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    splice: Vec<PathBuf>,
    /// With --splice, writes nothing and fails where a table is not as the records have it.
    #[arg(long, requires = "splice")]
    check: bool,
    /// Writes there instead of into OUT, such as for records that stay as they are; of several folders it must be said.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Prints the tables and writes Markdown, HTML, LaTeX, CSV and SVG.
///
/// # Errors
/// [`Failure::Usage`] if there are no scores, or a file cannot be read or written.
pub fn execute(arguments: &ReportArguments) -> Result<(), Failure> {
    if !arguments.splice.is_empty() {
        return splice_all(arguments);
    }
    let together;
    let mut left_out = None;
    let out = match &arguments.out[..] {
        [one] => one.as_path(),
        several => {
            together = tempfile::tempdir().map_err(|error| Failure::Usage(format!("no temporary folder: {error}")))?;
            left_out = put_together(several, together.path(), arguments.to.is_some())?;
            together.path()
        }
    };
    let summaries = summary::summarise(out)?;
    lives::refuse_padded(out, &summaries)?;
    let mut document = document(&summaries, Throughput::read(&arguments.bench)?.as_ref());
    document.preamble.extend(left_out);
    let to = arguments.to.as_deref().unwrap_or(out);
    for path in [to, &to.join("tables"), &to.join("figures")].into_iter().flat_map(whole_file::clean) {
        say(&format!("{}: left by a process that was ended while it wrote; removed", path.display()));
    }
    let files = write::write(to, &summaries, &document)?;
    // tables and figures are many; their folders are said once
    let shown = files.iter().filter(|file| file.parent() == Some(to));
    let written: String = shown.map(|file| format!("wrote {}\n", file.display())).collect();
    let (tables, figures) = (document.tables().count(), document.figures().count());
    output::print(&format!(
        "{}\n{written}wrote {} and {} to {} and {}\n",
        terminal::render(&document, Width::Full),
        counted(tables, "table"),
        counted(figures, "figure"),
        to.join("tables").display(),
        to.join("figures").display(),
    ))
}

/// Fills a folder with all that a report of several needs. Says what of them is not in it.
fn put_together(folders: &[PathBuf], into: &Path, is_said_where: bool) -> Result<Option<String>, Failure> {
    if !is_said_where {
        return Err(Failure::Usage(
            "a report of several folders is in none of them: say where, by --to DIR".to_owned(),
        ));
    }
    let merged = merge(folders, into, Purpose::Reading, &say)?;
    let left_out = (!merged.left_out.is_empty()).then(|| {
        format!(
            "Left out, since another of these folders has more seeds of the same model, or as many and is named first: {}.",
            merged.left_out.join("; ")
        )
    });
    left_out.iter().for_each(|sentence| say(sentence));
    Ok(left_out)
}

/// Tables in prose.
fn splice_all(arguments: &ReportArguments) -> Result<(), Failure> {
    let [records] = &arguments.out[..] else {
        return Err(Failure::Usage(
            "with --splice, give the one folder that the folders of the records are in".to_owned(),
        ));
    };
    for file in &arguments.splice {
        let named = |problem: &dyn std::fmt::Display| Failure::Usage(format!("{}: {problem}", file.display()));
        let text = whole_file::read_text(file).map_err(|error| named(&error))?;
        let spliced = splice(&text, records).map_err(|error| named(&error))?;
        match spliced == text {
            true => output::print(&format!("{}: as the records have it\n", file.display()))?,
            false if arguments.check => {
                return Err(Failure::Faulty(format!(
                    "{}: its tables are not those of the records in {}; `make readme` writes them anew",
                    file.display(),
                    records.display()
                )));
            }
            false => {
                write_whole(file, spliced.as_bytes())?;
                output::print(&format!("wrote {}\n", file.display()))?;
            }
        }
    }
    Ok(())
}
