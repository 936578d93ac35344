//! `tables/*.tex`: one `tabular` each, to be included in a paper.

use super::table::Table;

/// The table; its first line says what it shows and what the cells are.
pub fn render(table: &Table) -> String {
    let table = &table.narrow();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("  {} \\\\\n", cells.join(" & "))
    };
    let columns = "r".repeat(table.columns.len().saturating_sub(1));
    let rows: String = table.texts().iter().map(|row| line(row)).collect();
    format!(
        "% {}\n\\begin{{tabular}}{{l{columns}}}\n  \\hline\n{}  \\hline\n{rows}  \\hline\n\\end{{tabular}}\n",
        table.caption.replace('\n', " "),
        line(&table.header())
    )
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '%' | '&' | '_' | '#' | '$' | '{' | '}' => format!("\\{c}"),
            '\\' => "\\textbackslash{}".to_owned(),
            '~' => "\\textasciitilde{}".to_owned(),
            '^' => "\\textasciicircum{}".to_owned(),
            // a bracket after the end of a row would be read as an argument
            '[' => "{[}".to_owned(),
            ']' => "{]}".to_owned(),
            '±' => "$\\pm$".to_owned(),
            '–' => "--".to_owned(),
            '·' => "$\\cdot$".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        study::scenario,
        summary::{summaries, tests},
    };

    #[test]
    fn special_characters_are_escaped() {
        let arm = |seed| tests::variant("intra_only", tests::run("batlinet", seed, 9.0, "virtual"));
        let text = render(&scenario::table(&summaries(&[arm(0), arm(1)], &[])[0]));
        assert!(
            text.contains("MAPE \\%") && text.contains("9.0 $\\pm$ 0.0") && text.starts_with("% matr-1 ·"),
            "{text}"
        );
        assert!(text.contains("batlinet intra\\_only &"), "{text}");
        assert_eq!(
            escape(r"a\b^2~{c} [1] 5 % & #3 $"),
            r"a\textbackslash{}b\textasciicircum{}2\textasciitilde{}\{c\} {[}1{]} 5 \% \& \#3 \$"
        );
    }

    #[test]
    fn every_row_has_as_many_cells_as_there_are_columns() {
        let runs = [tests::run("mean", 0, 1.0, "real"), tests::diverged(tests::run("cnn", 0, 1.0, "real"))];
        let text = render(&scenario::table(&summaries(&runs, &[])[0]));
        let columns = text.lines().nth(1).unwrap().matches('r').count();
        for row in text.lines().filter(|line| line.ends_with("\\\\")) {
            // {tabular} has one r of its own, the first column none
            assert_eq!(row.matches(" & ").count(), columns - 1, "{row}");
        }
    }
}
