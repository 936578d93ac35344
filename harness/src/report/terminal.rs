//! Tables for a terminal.

use tabled::{
    builder::Builder,
    settings::{Alignment, Style, object::Columns},
};

use super::{
    grid::{Grid, Width, grid},
    summary::{Section, Verdict, origin_notice},
};

/// All sections as text.
pub fn render(sections: &[Section], width: Width) -> String {
    let mut text = format!("{}\n", origin_notice(sections));
    for section in sections {
        text.push_str(&format!("\n{}\n{}\n", section.title(), table(&grid(section, width))));
        for row in &section.rows {
            if let Some((count, reason)) = &row.failed {
                text.push_str(&format!("{}: {count} without numbers: {reason}\n", super::grid::name(row)));
            }
        }
        for verdict in &section.expectations {
            text.push_str(&format!("{}\n", expectation(verdict)));
        }
    }
    text
}

/// `expected mean rmse 398.82 ± 0.01 (source): met, 398.8`.
pub fn expectation(verdict: &Verdict) -> String {
    let expected = &verdict.expectation;
    let found = verdict.found.map_or_else(|| "no numbers".to_owned(), |found| format!("{found:.3}"));
    format!(
        "expected of {} {}: {} = {} ± {} ({}): {}, {found}",
        expected.model,
        expected.variant,
        format!("{:?}", expected.metric).to_uppercase(),
        expected.value,
        expected.tolerance,
        expected.source,
        if verdict.is_met() { "met" } else { "NOT met" },
    )
    .replace(" :", ":")
}

fn table(grid: &Grid) -> String {
    let mut builder = Builder::default();
    builder.push_record(&grid.header);
    for row in &grid.rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table.with(Style::sharp()).modify(Columns::new(1..), Alignment::right());
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::Origin,
        report::summary::{sections, tests},
    };

    #[test]
    fn the_origin_of_the_cells_is_said_aloud_and_verdicts_are_for_real_cells() {
        let text = render(
            &sections(&[tests::score("mean", 0, 398.82, "virtual")], &[tests::record(Origin::Virtual)]),
            Width::Short,
        );
        assert!(text.contains("VIRTUAL") && text.contains("published (real cells)") && !text.contains("met"), "{text}");
        let text =
            render(&sections(&[tests::score("mean", 0, 398.82, "real")], &[tests::record(Origin::Real)]), Width::Full);
        assert!(text.contains("REAL cells") && text.contains("RMSE = 398.82 ± 0.01 (spec): met, 398.820"), "{text}");
    }
}
