//! Tables in prose that are made from records, between markers:
//!
//! ```text
//! <!-- records:scenarios curves-card curves -->
//! <!-- /records -->
//! ```
//!
//! The first word says which table, the others name folders of records. Where several have runs of one model, those of the first are
//! taken. What stands between the markers is replaced.

use std::path::Path;

use itertools::Itertools as _;
use record::Study;
use thiserror::Error;

use super::{
    markdown,
    summary::{Row, Summary, summarise},
    table::{Cell, Column, Table},
};

const BEGIN: &str = "<!-- records:";
const CLOSE: &str = "-->";
const END: &str = "<!-- /records -->";

/// Why a text cannot be spliced.
#[derive(Debug, Error)]
pub enum Error {
    /// A marker that is not closed.
    #[error("line {line}: the marker `{BEGIN}` has no `{what}` behind it")]
    Open {
        /// From 1.
        line: usize,
        /// What is missing.
        what: &'static str,
    },
    /// A table that there is none of.
    #[error("line {line}: there is no table '{name}'; there are `scenarios` and `arms`, each with folders behind it")]
    Unknown {
        /// From 1.
        line: usize,
        /// As it is written.
        name: String,
    },
    /// A quick look, whose numbers are no results.
    #[error("line {line}: {experiment} is a quick look ({how}): its numbers stand in no table of prose")]
    Cut {
        /// From 1.
        line: usize,
        /// Name of the experiment.
        experiment: String,
        /// What was cut.
        how: String,
    },
    /// Records that cannot be read.
    #[error(transparent)]
    Records(#[from] crate::Error),
}

/// The text with the tables between its markers as the folders below `records` have them now.
///
/// # Errors
/// [`enum@Error`] names the line of a marker that says nothing, and what cannot be read.
pub fn splice(text: &str, records: &Path) -> Result<String, Error> {
    let mut spliced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let line = text[..text.len() - rest.len() + at].matches('\n').count() + 1;
        let open = |what| Error::Open { line, what };
        let (before, marker) = rest.split_at(at);
        let words = marker[BEGIN.len()..].split(CLOSE).next().filter(|words| !words.contains('\n'));
        let words = words.ok_or(open(CLOSE))?;
        // one that lacks its end must not take that of the next, with all that stands between
        let next = marker[BEGIN.len()..].find(BEGIN).map_or(marker.len(), |next| BEGIN.len() + next);
        let end = marker[..next].find(END).ok_or(open(END))?;
        let mut asked = words.split_whitespace();
        let (name, folders) = (asked.next().unwrap_or_default(), asked.collect::<Vec<_>>());
        let table = match name {
            _ if folders.is_empty() => return Err(Error::Unknown { line, name: name.to_owned() }),
            "scenarios" => scenarios(&read(records, &folders, line)?),
            "arms" => arms(&read(records, &folders, line)?),
            _ => return Err(Error::Unknown { line, name: name.to_owned() }),
        };
        spliced.push_str(&format!("{before}{BEGIN}{words}{CLOSE}\n{}{END}", markdown::table(&table)));
        rest = &marker[end + END.len()..];
    }
    Ok(spliced + rest)
}

/// Summaries of all folders, those of the first one first.
fn read(records: &Path, folders: &[&str], line: usize) -> Result<Vec<Summary>, Error> {
    let all = folders.iter().map(|folder| summarise(&records.join(folder)));
    let all: Vec<Summary> = all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    match all.iter().find(|summary| summary.is_cut()) {
        Some(cut) => Err(Error::Cut { line, experiment: cut.experiment.clone(), how: cut.how() }),
        None => Ok(all),
    }
}

/// Models down, scenarios across, published numbers behind them.
fn scenarios(summaries: &[Summary]) -> Table {
    let names: Vec<&str> = summaries
        .iter()
        .filter(|summary| summary.study == Study::Scenario)
        .map(|summary| summary.scenario.as_str())
        .unique()
        .collect();
    let models = summaries.iter().filter(|summary| summary.study == Study::Scenario).flat_map(|summary| &summary.rows);
    let place =
        |row: &&Row| record::MODELS.iter().position(|known| *known == row.model).unwrap_or(record::MODELS.len());
    let models = models.unique_by(|row| row.name()).sorted_by_key(place);
    let mut columns = vec![Column::new("RMSE, cycles")];
    columns.extend(names.iter().map(|name| Column::new(*name)));
    columns.push(Column::new("seeds"));
    columns.extend(names.iter().map(|name| Column::optional(format!("published {name}"))));
    let line = |row: &Row| {
        let found: Vec<Option<(&Summary, &Row)>> =
            names.iter().map(|name| first(of_scenario(summaries, name), &row.name())).collect();
        let rows = || found.iter().flatten();
        let seeds = rows().map(|(_, row)| row.seeds()).sorted_unstable().dedup().join(" or ");
        let mut cells = vec![Cell::Text(row.name())];
        cells.extend(found.iter().map(|found| found.map_or(Cell::Blank, |(_, row)| Cell::mean(row.rmse))));
        cells.push(Cell::Text(seeds));
        cells.extend(found.iter().map(|found| found.and_then(|(_, row)| published(row)).unwrap_or(Cell::Missing)));
        cells
    };
    table(columns, models.map(line).collect())
}

fn of_scenario<'a>(summaries: &'a [Summary], scenario: &'a str) -> impl Iterator<Item = &'a Summary> {
    summaries.iter().filter(move |summary| summary.study == Study::Scenario && summary.scenario == scenario)
}

/// Arms of BatLiNet down, scenarios across.
fn arms(summaries: &[Summary]) -> Table {
    let is_of_arms = |summary: &&Summary| matches!(summary.study, Study::Scenario | Study::Branches);
    let names: Vec<&str> =
        summaries.iter().filter(is_of_arms).map(|summary| summary.scenario.as_str()).unique().collect();
    let rows = || summaries.iter().filter(is_of_arms).flat_map(|summary| &summary.rows);
    let mut columns = vec![Column::new("RMSE of BatLiNet, cycles")];
    columns.extend(names.iter().map(|name| Column::new(*name)));
    columns.push(Column::new("seeds"));
    let arms = rows().filter(|row| row.model == "batlinet").unique_by(|row| row.name());
    let line = |arm: &Row| {
        let of = |name: &&str| {
            first(summaries.iter().filter(is_of_arms).filter(|summary| summary.scenario == **name), &arm.name())
        };
        let found: Vec<_> = names.iter().map(of).collect();
        let seeds = found.iter().flatten().map(|(_, row)| row.seeds()).sorted_unstable().dedup().join(" or ");
        let name = if arm.variant.is_plain() { "both".to_owned() } else { arm.variant.to_string() };
        let mut cells = vec![Cell::Text(name)];
        cells.extend(found.iter().map(|found| found.map_or(Cell::Blank, |(_, row)| Cell::mean(row.rmse))));
        cells.push(Cell::Text(seeds));
        cells
    };
    // an arm of the scenario that its ablation has again, under another name, is one
    let mut lines: Vec<Vec<Cell>> = Vec::new();
    for cells in arms.map(line) {
        let is_same = |(own, other): (&Cell, &Cell)| *other == Cell::Blank || own == other;
        if !lines.iter().any(|known| known.iter().zip(&cells).skip(1).all(is_same)) {
            lines.push(cells);
        }
    }
    table(columns, lines)
}

fn table(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Table {
    Table { slug: String::new(), caption: String::new(), columns, rows }.without_empty_columns()
}

/// The row of this name in the first summary that has it.
fn first<'a>(summaries: impl Iterator<Item = &'a Summary>, name: &str) -> Option<(&'a Summary, &'a Row)> {
    summaries.flat_map(|summary| summary.rows.iter().map(move |row| (summary, row))).find(|(_, row)| row.name() == name)
}

/// The published number, and where it is known what the authors' own run gave, that.
fn published(row: &Row) -> Option<Cell> {
    let number = row.published_rmse?;
    let text = Cell::published(Some(number)).text();
    Some(Cell::Text(number.own_run().map_or(text.clone(), |own| format!("{text} (authors' own run {own})"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_that_says_nothing_is_named_by_its_line() {
        let told = |text: &str| splice(text, Path::new("nowhere")).unwrap_err().to_string();
        assert!(told("a\n<!-- records:scenarios x -->\n").starts_with("line 2: the marker"));
        assert!(told("<!-- records:scenarios x\n").contains("has no `-->`"));
        assert!(told("<!-- records:else x --> <!-- /records -->").contains("there is no table 'else'"));
        assert!(told("<!-- records:scenarios --> <!-- /records -->").contains("each with folders behind it"));
        assert!(told("<!-- records:scenarios x --> <!-- /records -->").contains("there is no such folder"));
        // one that lacks its end does not take that of the next
        let two = "<!-- records:arms x --> prose <!-- records:arms x --> <!-- /records -->";
        assert!(told(two).starts_with("line 1: the marker") && told(two).contains("has no `<!-- /records -->`"));
        assert_eq!(splice("plain", Path::new("nowhere")).unwrap(), "plain");
    }
}
