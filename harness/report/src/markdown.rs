//! `report.md`.

use super::{
    document::{Document, Finding, Section},
    table::Table,
};

/// The document as Markdown; figures are linked.
pub fn render(document: &Document) -> String {
    let mut text = format!("# Results\n\n**{}**\n\n", document.notice);
    text.extend(document.verdicts.iter().map(section));
    for paragraph in document.preamble.iter().chain([&document.made]) {
        text.push_str(&format!("{paragraph}\n\n"));
    }
    text.extend(document.sections.iter().map(section));
    text
}

/// Without tags: what Markdown takes for HTML would be that.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let opens = letters.peek().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'));
        if letter == '<' && opens { plain.push_str("&lt;") } else { plain.push(letter) }
    }
    plain
}

/// `- **worse**: BatLiNet …`
fn finding(finding: &Finding) -> String {
    format!("- **{}**: {}\n", finding.word, plain(&finding.text))
}

fn section(section: &Section) -> String {
    let mut text = format!("{} {}\n\n", "#".repeat(section.level), plain(&section.title));
    for (heading, prose) in [("", &section.description), ("*Distrust:* ", &section.analysis)] {
        if !prose.is_empty() {
            text.push_str(&format!("{heading}{}\n\n", plain(prose)));
        }
    }
    text.extend(section.findings.iter().map(finding));
    if !section.findings.is_empty() {
        text.push('\n');
    }
    for table in &section.tables {
        // the caption of a section's only table is the heading again
        if table.caption != section.title {
            text.push_str(&format!("*{}*\n\n", plain(&table.caption)));
        }
        text.push_str(&self::table(table));
        text.push('\n');
    }
    for figure in &section.figures {
        text.push_str(&format!("![{}](figures/{}.svg)\n\n", figure.title, figure.slug));
        if !figure.caption.trim().is_empty() {
            text.push_str(&format!("*{}*\n\n", figure.caption.trim()));
        }
    }
    for note in &section.notes {
        text.push_str(&format!("- {}\n", plain(note)));
    }
    if !section.notes.is_empty() {
        text.push('\n');
    }
    text
}

/// The table, a line per row.
pub fn table(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| plain(cell).replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<String> =
        (0..table.columns.len()).map(|column| if column == 0 { "---" } else { "---:" }.to_owned()).collect();
    let mut text = line(&table.header()) + &line(&rule);
    text.extend(table.texts().iter().map(|row| line(row)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        study::chapters::document,
        summary::{summaries, tests},
    };
    use cells::cell::Origin;

    #[test]
    fn prose_is_no_html() {
        assert_eq!(plain("p < 0.05 <script>x</script> <!-- a -->"), "p < 0.05 &lt;script>x&lt;/script> &lt;!-- a -->");
    }

    #[test]
    fn a_report_has_origin_prose_table_figures_and_notes() {
        let runs = [tests::run("mean", 0, 398.82, "real"), tests::run("ridge", 0, 120.0, "real")];
        let text = render(&document(&summaries(&runs, &[tests::record(Origin::Real)]), None));
        for words in [
            "**All cells are real",
            "## Scenarios",
            "### matr-1 ·",
            "Primary test.",
            "*Distrust:* Few cells",
            "| mean | 398.8 |",
            "| 398.82 |",
            "](figures/matr-1-real-rmse.svg)",
            "- published ridge: quoted by the paper from Severson 2019",
            "met, 398.820",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
    }
}
