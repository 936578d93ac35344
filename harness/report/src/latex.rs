//! `tables/*.tex`: one `table` each, with caption and label, to be included in a paper.

use super::{
    published::PublishedNumber,
    table::{Cell, Table, number},
};

/// The table; its first line says what it shows and what the cells are. The smallest error of a column is bold, and every number
/// has one decimal, but for what was published without one.
pub fn render(table: &Table) -> String {
    let table = &table.narrow();
    let line = |cells: Vec<String>| format!("    {} \\\\\n", cells.join(" & "));
    let columns = "r".repeat(table.columns.len().saturating_sub(1));
    let best = table.best();
    let row = |(place, cells): (usize, &Vec<Cell>)| {
        let text = |(cell, best): (&Cell, &Option<usize>)| match escape(&text(cell)) {
            text if *best == Some(place) => format!("\\textbf{{{text}}}"),
            text => text,
        };
        line(cells.iter().zip(&best).map(text).collect())
    };
    let rows: String = table.rows.iter().enumerate().map(row).collect();
    let caption = table.caption.replace('\n', " ");
    format!(
        "% {caption}\n\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n  \
         \\begin{{tabular}}{{l{columns}}}\n    \\hline\n{}    \\hline\n{rows}    \\hline\n  \\end{{tabular}}\n\\end{{table}}\n",
        escape(&caption),
        table.slug,
        line(table.header().iter().map(|heading| escape(heading)).collect())
    )
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Published(PublishedNumber { value, spread: Some(spread), .. }) => {
            format!("{} ± {}", published(*value), published(*spread))
        }
        Cell::Published(PublishedNumber { value, .. }) => published(*value),
        _ => cell.text(),
    }
}

/// With one decimal, but for whole numbers, most of which were published without one.
fn published(value: f64) -> String {
    if value.fract() == 0.0 { value.to_string() } else { number(value) }
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
            '−' => "$-$".to_owned(),
            '≤' => "$\\le$".to_owned(),
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
    fn the_smallest_error_is_bold_and_every_number_has_one_decimal_unless_it_was_published_without() {
        let runs = [tests::run("mean", 0, 9.0, "real"), tests::run("svm", 0, 3.0, "real")];
        let text = render(&scenario::table(&summaries(&runs, &[])[0]));
        assert!(text.contains("svm & \\textbf{3.0} & \\textbf{0.6} & 1 & 139.8 &"), "{text}");
        assert!(text.contains("mean & 9.0 & 1.8 & 1 & 398.8 & 28 "), "{text}");
        assert!(text.contains("\\caption{matr-1 $\\cdot$") && text.contains("\\label{tab:matr-1-real}"), "{text}");
        // of a quick look nothing follows
        let quick = runs.map(|mut run| {
            run.score.profile = "quick".to_owned();
            run
        });
        let document = crate::study::chapters::document(&summaries(&quick, &[]), None);
        assert!(document.tables().all(|table| !render(table).contains("textbf")));
    }

    #[test]
    fn every_row_has_as_many_cells_as_there_are_columns() {
        let runs = [tests::run("mean", 0, 1.0, "real"), tests::diverged(tests::run("cnn", 0, 1.0, "real"))];
        let text = render(&scenario::table(&summaries(&runs, &[])[0]));
        let columns = text.lines().find(|line| line.contains("{tabular}")).unwrap().matches('r').count();
        for row in text.lines().filter(|line| line.ends_with("\\\\")) {
            // {tabular} has one r of its own, the first column none
            assert_eq!(row.matches(" & ").count(), columns - 1, "{row}");
        }
    }
}
