//! `tables/*.tex`: one `tabular` per experiment, to be included in a paper.

use super::{
    grid::{Grid, Width, grid},
    summary::Section,
};

/// The table of one section; its first line says what the cells are.
pub fn render(section: &Section) -> String {
    format!("% {}\n{}", section.title(), table(&grid(section, Width::Short)))
}

fn table(grid: &Grid) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("  {} \\\\\n", cells.join(" & "))
    };
    let columns = "r".repeat(grid.header.len().saturating_sub(1));
    let rows: String = grid.rows.iter().map(|row| line(row)).collect();
    format!(
        "\\begin{{tabular}}{{l{columns}}}\n  \\hline\n{}  \\hline\n{rows}  \\hline\n\\end{{tabular}}\n",
        line(&grid.header)
    )
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '%' | '&' | '_' | '#' | '$' => format!("\\{c}"),
            '±' => "$\\pm$".to_owned(),
            '–' => "--".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::{sections, tests};

    #[test]
    fn special_characters_are_escaped() {
        let section =
            &sections(&[tests::score("batlinet", 0, 9.0, "virtual"), tests::score("batlinet", 1, 9.0, "virtual")], &[])
                [0];
        let text = render(section);
        assert!(
            text.contains("MAPE \\%") && text.contains("9.0 $\\pm$ 0.0") && text.starts_with("% matr-1 ·"),
            "{text}"
        );
    }
}
