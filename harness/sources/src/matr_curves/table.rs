//! The three kinds of CSV in the archive: numbers only, no header.

use std::path::Path;

use super::{FIRST_CYCLE, POINTS};
use crate::Error;
use crate::delimited::not_a_number;
use cells::text;

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
    pub(super) fn in_file(self, archive: &Path, table: &str) -> Error {
        let Self { line, column, what } = self;
        Error::Table { archive: archive.to_owned(), table: table.to_owned(), line, column, what }
    }

    fn whole(what: String) -> Self {
        Self { line: None, column: None, what }
    }
}

/// Reads a table of Q(V) curves: [`POINTS`] lines of `cycles` capacities in Ah. Returns one curve per cycle.
pub(super) fn curves(bytes: &[u8], cycles: usize) -> Result<Vec<Vec<f64>>, Problem> {
    let mut curves: Vec<Vec<f64>> = (0..cycles).map(|_| Vec::with_capacity(POINTS)).collect();
    let mut rows = 0;
    for (index, line) in lines(bytes)?.enumerate() {
        let at = |column, what| Problem { line: Some(index + 1), column, what };
        let mut fields = line.split(',');
        for (column, curve) in curves.iter_mut().enumerate() {
            let Some(field) = fields.next() else {
                let last = FIRST_CYCLE as usize + cycles - 1;
                return Err(at(None, format!("{column} columns, expected {cycles} (cycles {FIRST_CYCLE} to {last})")));
            };
            curve.push(number(field).map_err(|what| at(Some(column + 1), what))?);
        }
        let more = fields.count();
        if more > 0 {
            return Err(at(None, format!("{} columns, expected {cycles}", cycles + more)));
        }
        rows += 1;
    }
    if rows == POINTS { Ok(curves) } else { Err(Problem::whole(format!("{rows} lines, expected {POINTS}"))) }
}

/// Reads a table of capacities: a line for each cycle from the first to the last that was recorded, with its number, its
/// discharge capacity in Ah and a smoothed one. Returns the capacities of at least `cycles` cycles.
pub(super) fn capacities(bytes: &[u8], cycles: usize) -> Result<Vec<f64>, Problem> {
    let mut capacities = Vec::new();
    for (index, line) in lines(bytes)?.enumerate() {
        let at = |column, what| Problem { line: Some(index + 1), column, what };
        let fields: Vec<&str> = line.split(',').collect();
        let [cycle, capacity, smoothed] = fields[..] else {
            return Err(at(None, format!("{} columns, expected 3 (cycle, capacity, smoothed capacity)", fields.len())));
        };
        let expected = FIRST_CYCLE as usize + index;
        if number(cycle).map_err(|what| at(Some(1), what))? != expected as f64 {
            return Err(at(Some(1), format!("cycle {}, expected {expected}", cycle.trim())));
        }
        let capacity = number(capacity).map_err(|what| at(Some(2), what))?;
        if capacity <= 0.0 {
            return Err(at(Some(2), format!("a capacity of {capacity} Ah")));
        }
        number(smoothed).map_err(|what| at(Some(3), what))?;
        capacities.push(capacity);
    }
    if capacities.len() < cycles {
        let what = format!("{} lines, expected at least {cycles}, one for each curve", capacities.len());
        return Err(Problem::whole(what));
    }
    Ok(capacities)
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
    let text = text::decode(bytes).map_err(Problem::whole)?;
    Ok(text.trim_end().lines())
}

fn number(field: &str) -> Result<f64, String> {
    let field = field.trim();
    match field.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(value) => Err(format!("{value} is not a finite number")),
        Err(_) if field.is_empty() => Err("the value is missing".to_owned()),
        Err(_) => Err(not_a_number(field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLES: usize = 99;

    fn line_of(value: &str) -> String {
        vec![value; CYCLES].join(",")
    }

    /// A sound table with line 42 replaced.
    fn table(line: &str, end: &str) -> String {
        let sound = line_of("0.1") + end;
        format!("{}{line}{end}{}", sound.repeat(41), sound.repeat(POINTS - 42))
    }

    fn refusal(line: &str) -> String {
        let problem = curves(table(line, "\n").as_bytes(), CYCLES).unwrap_err();
        problem.in_file(Path::new("curves.tar"), "cell1.csv").to_string()
    }

    #[test]
    fn columns_become_cycles() {
        let columns: Vec<String> = (0..CYCLES).map(|column| format!("-0.{column:02}")).collect();
        for end in ["\n", "\r\n"] {
            let curves = curves(table(&columns.join(","), end).as_bytes(), CYCLES).unwrap();
            assert_eq!((curves.len(), curves[98].len()), (CYCLES, POINTS));
            assert_eq!((curves[7][40], curves[7][41], curves[98][41]), (0.1, -0.07, -0.98));
        }
    }

    #[test]
    fn a_bad_value_is_named_by_line_and_column() {
        let fourth = |value: &str| {
            let mut fields = vec!["0.1"; CYCLES];
            fields[3] = value;
            refusal(&fields.join(","))
        };
        assert!(fourth("NaN").starts_with("curves.tar: cell1.csv, line 42, column 4: NaN is not a finite number;"));
        assert!(fourth("-inf").contains("line 42, column 4: -inf is not a finite number"));
        assert!(fourth("1e999").contains("line 42, column 4: inf is not a finite number"));
        assert!(fourth("0.5x").contains("line 42, column 4: \"0.5x\" is not a number"));
        assert!(fourth("").contains("line 42, column 4: the value is missing"));
        assert!(refusal("").contains("line 42, column 1: the value is missing"));
    }

    #[test]
    fn a_table_of_another_size_is_refused() {
        let long = line_of("0.1") + ",0.1";
        assert!(refusal(&long).contains("line 42: 100 columns, expected 99"));
        let short = &long[..long.len() - 8];
        assert!(refusal(short).contains("line 42: 98 columns, expected 99 (cycles 2 to 100)"));

        let whole = table(&line_of("0.1"), "\n");
        let problem = |bytes: &[u8]| curves(bytes, CYCLES).unwrap_err().what;
        assert_eq!(problem(format!("{whole}{}", line_of("0.1")).as_bytes()), "1001 lines, expected 1000");
        assert_eq!(problem(whole.split_once('\n').unwrap().1.as_bytes()), "999 lines, expected 1000");
        assert_eq!(problem(b""), "0 lines, expected 1000");
        assert_eq!(problem(&[0xff, 0xfe, 0]), text::IS_UTF16);
        assert!(problem(&[0xff, 0xff, 0]).contains("not a text file"));
    }

    #[test]
    fn capacities_are_one_line_per_cycle_without_a_gap() {
        let line = |cycle: usize, capacity: &str| format!("{cycle},{capacity},1.07\n");
        let sound: Vec<String> = (2..9).map(|cycle| line(cycle, &format!("1.0{cycle}"))).collect();
        assert_eq!(capacities(sound.concat().as_bytes(), 3), Ok(vec![1.02, 1.03, 1.04, 1.05, 1.06, 1.07, 1.08]));
        let problem = |bytes: &str, cycles| capacities(bytes.as_bytes(), cycles).unwrap_err();
        assert_eq!(problem(&sound.concat(), 8).what, "7 lines, expected at least 8, one for each curve");
        for (changed, column, words) in [
            (line(6, "1.05"), 1, "cycle 6, expected 5"),
            (line(5, "-0.1"), 2, "a capacity of -0.1 Ah"),
            (line(5, "NaN"), 2, "NaN is not a finite number"),
            ("5,1.05,\n".to_owned(), 3, "the value is missing"),
        ] {
            let mut lines = sound.clone();
            lines[3] = changed;
            let found = problem(&lines.concat(), 3);
            assert_eq!((found.line, found.column, &found.what[..]), (Some(4), Some(column), words));
        }
        assert_eq!(problem("2,1.07\n", 1).what, "2 columns, expected 3 (cycle, capacity, smoothed capacity)");
    }

    #[test]
    fn cycle_lives_are_one_positive_number_per_cell() {
        assert_eq!(lives(b"1009\r\n1063\r\n", 2), Ok(vec![1009.0, 1063.0]));
        assert_eq!(lives(b"1009\n1063\n", 3).unwrap_err().what, "2 cycle lives for 3 cells");
        assert_eq!(lives(b"1009\nlong\n", 2).unwrap_err().line, Some(2));
        assert_eq!(lives(b"1009\n-3\n", 2).unwrap_err().what, "a cycle life of -3");
    }
}
