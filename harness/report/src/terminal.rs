//! Tables for a terminal.

use cells::count::counted;
use tabled::{
    builder::Builder,
    settings::{Alignment, Style, object::Columns},
};

use super::{document::Document, table::Table};

/// A table with more rows is for files.
const LONG: usize = 36;

/// How much to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// The experiments one by one, without columns of detail.
    Short,
    /// Everything but figures.
    Full,
}

/// The document as text.
pub fn render(document: &Document, width: Width) -> String {
    let mut text = format!("{}\n", document.notice);
    if width == Width::Full {
        text.push_str(&format!("{}\n", document.made));
    }
    for section in document.all_sections().filter(|section| width == Width::Full || section.level > 2) {
        text.push_str(&format!("\n{}\n", section.title));
        for finding in &section.findings {
            text.push_str(&format!("{}: {}\n", finding.word, finding.text));
        }
        for table in &section.tables {
            if table.rows.len() > LONG {
                text.push_str(&format!(
                    "{}: {}, in tables/{}.csv\n",
                    table.caption,
                    counted(table.rows.len(), "row"),
                    table.slug
                ));
                continue;
            }
            if table.caption != section.title {
                text.push_str(&format!("{}\n", table.caption));
            }
            // reasons are too long for a terminal
            let is_narrow = width == Width::Short || !section.findings.is_empty();
            let table = if is_narrow { &table.narrow() } else { table };
            text.push_str(&format!("{}\n", draw(table)));
        }
        for note in &section.notes {
            text.push_str(&format!("{note}\n"));
        }
    }
    text
}

fn draw(table: &Table) -> String {
    let mut builder = Builder::default();
    builder.push_record(table.header());
    for row in table.texts() {
        builder.push_record(row);
    }
    let mut drawn = builder.build();
    drawn.with(Style::sharp()).modify(Columns::new(1..), Alignment::right());
    drawn.to_string()
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
    fn the_origin_of_the_cells_is_said_aloud_and_verdicts_are_for_real_cells() {
        let text = |data, origin, width| {
            render(&document(&summaries(&[tests::run("mean", 0, 398.82, data)], &[tests::record(origin)]), None), width)
        };
        let of_virtual = text("virtual", Origin::Virtual, Width::Short);
        assert!(of_virtual.contains("VIRTUAL") && !of_virtual.contains("published RMSE"), "{of_virtual}");
        assert!(!of_virtual.contains("met") && !of_virtual.contains("Fig. 3"), "{of_virtual}");
        let of_real = text("real", Origin::Real, Width::Full);
        assert!(
            of_real.contains("REAL cells") && of_real.contains("RMSE = 398.82 ± 0.01 (a paper): met, 398.820"),
            "{of_real}"
        );
    }
}
