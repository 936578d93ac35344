//! The two kinds of CSV in the archive: numbers only, no header.

use std::path::Path;

use super::{CYCLES, FIRST_CYCLE, POINTS, last_cycle};
use crate::failure::Failure;

/// What is wrong with a table, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// 1-based.
    line: Option<usize>,
    /// 1-based.
    column: Option<usize>,
    what: String,
}

impl Problem {
    pub(super) fn in_file(self, archive: &Path, table: &str) -> Failure {
        let line = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
        let column = self.column.map(|column| format!(", column {column}")).unwrap_or_default();
        Failure::Usage(format!(
            "{}: {table}{line}{column}: {}; nothing was imported, get the archive anew",
            archive.display(),
            self.what
        ))
    }

    fn whole(what: String) -> Self {
        Self { line: None, column: None, what }
    }
}

/// Reads a table of Q(V) curves: [`POINTS`] lines of [`CYCLES`] capacities in Ah. Returns one curve per cycle.
pub(super) fn curves(bytes: &[u8]) -> Result<Vec<Vec<f64>>, Problem> {
    let mut curves: Vec<Vec<f64>> = (0..CYCLES).map(|_| Vec::with_capacity(POINTS)).collect();
    let mut rows = 0;
    for (index, line) in lines(bytes)?.enumerate() {
        let at = |column, what| Problem { line: Some(index + 1), column, what };
        let mut fields = line.split(',');
        for (column, curve) in curves.iter_mut().enumerate() {
            let Some(field) = fields.next() else {
                let what = format!("{column} columns, expected {CYCLES} (cycles {FIRST_CYCLE} to {})", last_cycle());
                return Err(at(None, what));
            };
            curve.push(number(field).map_err(|what| at(Some(column + 1), what))?);
        }
        let more = fields.count();
        if more > 0 {
            return Err(at(None, format!("{} columns, expected {CYCLES}", CYCLES + more)));
        }
        rows += 1;
    }
    if rows == POINTS { Ok(curves) } else { Err(Problem::whole(format!("{rows} lines, expected {POINTS}"))) }
}

/// Reads a table of cycle lives: one line for each of `cells`.
pub(super) fn lives(bytes: &[u8], cells: usize) -> Result<Vec<f64>, Problem> {
    let life = |(index, line): (usize, &str)| {
        let at = |what| Problem { line: Some(index + 1), column: None, what };
        let life = number(line).map_err(at)?;
        if life > 0.0 { Ok(life) } else { Err(at(format!("a cycle life of {life}"))) }
    };
    let lives: Vec<f64> = lines(bytes)?.enumerate().map(life).collect::<Result<_, _>>()?;
    if lives.len() == cells {
        Ok(lives)
    } else {
        Err(Problem::whole(format!("{} cycle lives for {cells} cells", lives.len())))
    }
}

fn lines(bytes: &[u8]) -> Result<impl Iterator<Item = &str>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::whole("not a text file".to_owned()))?;
    Ok(text.trim_end().lines())
}

fn number(field: &str) -> Result<f64, String> {
    let field = field.trim();
    match field.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(value) => Err(format!("{value} is not a finite number")),
        Err(_) if field.is_empty() => Err("the value is missing".to_owned()),
        Err(_) => Err(format!("\"{}\" is not a number", field.chars().take(20).collect::<String>())),
    }
}
