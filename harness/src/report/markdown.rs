//! `report.md`.

use super::{
    grid::{Grid, Width, grid, name, overview},
    summary::{Section, origin_notice},
    terminal::expectation,
};

/// All sections as Markdown.
pub fn render(sections: &[Section]) -> String {
    let mut text = format!("# Results\n\n**{}**\n\n", origin_notice(sections));
    text.push_str(
        "Means over seeds ± population standard deviation (divisor n). RMSE and MAE in cycles, MAPE in percent.\n\n",
    );
    if sections.len() > 1 {
        text.push_str("## RMSE\n\n");
        text.push_str(&table(&overview(sections, |row| (row.rmse, row.published_rmse))));
        text.push_str("\n## MAPE %\n\n");
        text.push_str(&table(&overview(sections, |row| (row.mape, row.published_mape))));
        text.push('\n');
    }
    for section in sections {
        text.push_str(&format!("## {}\n\n", section.title()));
        for (heading, prose) in [("", &section.description), ("*Distrust:* ", &section.analysis)] {
            if !prose.is_empty() {
                text.push_str(&format!("{heading}{prose}\n\n"));
            }
        }
        text.push_str(&table(&grid(section, Width::Full)));
        text.push('\n');
        for line in notes(section) {
            text.push_str(&format!("- {line}\n"));
        }
        text.push('\n');
    }
    text
}

/// What has to be said below a table.
pub(crate) fn notes(section: &Section) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(first) = section.removed.first() {
        notes.push(format!(
            "{} cells of the split take no part, such as {} ({})",
            section.removed.len(),
            first.cell,
            first.reason
        ));
    }
    for row in &section.rows {
        if let Some((count, reason)) = &row.failed {
            notes.push(format!("{}: {count} without numbers: {reason}", name(row)));
        }
    }
    for row in &section.rows {
        let published = [row.published_rmse, row.published_mape].into_iter().flatten();
        if let Some(number) = published.into_iter().find(|number| !number.note.is_empty()) {
            notes.push(format!("published {}: {}", name(row), number.note));
        }
    }
    notes.extend(section.expectations.iter().map(expectation));
    notes
}

fn table(grid: &Grid) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<String> =
        (0..grid.header.len()).map(|column| if column == 0 { "---" } else { "---:" }.to_owned()).collect();
    let mut text = line(&grid.header) + &line(&rule);
    text.extend(grid.rows.iter().map(|row| line(row)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::Origin,
        report::summary::{sections, tests},
    };

    #[test]
    fn a_report_has_origin_prose_table_and_notes() {
        let sections = sections(
            &[tests::score("mean", 0, 398.82, "real"), tests::score("ridge", 0, 120.0, "real")],
            &[tests::record(Origin::Real)],
        );
        let text = render(&sections);
        for words in [
            "**All cells are real",
            "Primary test.",
            "*Distrust:* Few cells",
            "| mean | 398.8 |",
            "| 398.82 |",
            "- published ridge: quoted by the paper from Severson 2019",
            "met, 398.820",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
    }
}
