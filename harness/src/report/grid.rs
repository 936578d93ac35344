//! Sections as tables of text, before any form.

use super::{
    published::Published,
    summary::{Row, Section},
};
use crate::statistics::Spread;

/// Headings and rows of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// One per column.
    pub header: Vec<String>,
    /// Each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// Which columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// RMSE and MAPE, ours and published.
    Short,
    /// MAE, medians and both standard deviations too.
    Full,
}

/// The table of one section.
pub fn grid(section: &Section, width: Width) -> Grid {
    let published = section.published_heading();
    let mut header = vec!["model".to_owned(), "RMSE".to_owned()];
    if width == Width::Full {
        header.extend(["median RMSE".to_owned(), "std n-1".to_owned(), "MAE".to_owned()]);
    }
    header.extend(["MAPE %".to_owned(), "seeds".to_owned(), format!("{published} RMSE")]);
    if width == Width::Full {
        header.push(format!("{published} MAE"));
    }
    header.push(format!("{published} MAPE %"));
    Grid { header, rows: section.rows.iter().map(|row| cells(row, width)).collect() }
}

fn cells(row: &Row, width: Width) -> Vec<String> {
    let mut cells = vec![name(row), spread(row.rmse)];
    if width == Width::Full {
        let single = |value: Option<f64>| value.map_or_else(dash, number);
        cells.push(single(row.rmse.map(|spread| spread.median)));
        cells.push(single(row.rmse.and_then(|spread| spread.sample_std)));
        cells.push(spread(row.mae));
    }
    cells.extend([spread(row.mape), seeds(row), paper(row.published_rmse)]);
    if width == Width::Full {
        cells.push(paper(row.published_mae));
    }
    cells.push(paper(row.published_mape));
    cells
}

/// One measure of several experiments beside each other: models down, experiments across, ours before published.
pub fn overview(sections: &[Section], measure: fn(&Row) -> (Option<Spread>, Option<&'static Published>)) -> Grid {
    let mut header = vec!["model".to_owned()];
    for section in sections {
        header.push(format!("{} ({})", section.experiment, section.data));
        header.push(section.published_heading().to_owned());
    }
    let mut names: Vec<String> = Vec::new();
    for row in sections.iter().flat_map(|section| &section.rows) {
        if !names.contains(&name(row)) {
            names.push(name(row));
        }
    }
    let order = |label: &String| {
        let model = label.split(' ').next().unwrap_or(label);
        crate::experiment::ModelSpec::NAMES.iter().position(|known| *known == model)
    };
    names.sort_by_key(order);
    let line = |label: String| {
        let cells =
            sections.iter().flat_map(|section| match section.rows.iter().find(|row| name(row) == label).map(measure) {
                Some((ours, published)) => [spread(ours), paper(published)],
                None => [String::new(), String::new()],
            });
        let cells: Vec<String> = cells.collect();
        std::iter::once(label).chain(cells).collect()
    };
    Grid { header, rows: names.into_iter().map(line).collect() }
}

/// `batlinet` or `batlinet intra_only`.
pub fn name(row: &Row) -> String {
    if row.variant.is_empty() { row.model.clone() } else { format!("{} {}", row.model, row.variant) }
}

fn seeds(row: &Row) -> String {
    let made = row.rmse.map_or(0, |spread| spread.count);
    match &row.failed {
        None => made.to_string(),
        Some((failed, _)) => format!("{made} ({failed} without numbers)"),
    }
}

fn spread(spread: Option<Spread>) -> String {
    match spread {
        None => dash(),
        Some(spread) if spread.count == 1 => number(spread.mean),
        Some(spread) => format!("{} ± {}", number(spread.mean), number(spread.population_std)),
    }
}

fn paper(number: Option<&Published>) -> String {
    match number {
        None => dash(),
        Some(Published { mean, std: Some(std), .. }) => format!("{mean} ± {std}"),
        Some(Published { mean, .. }) => mean.to_string(),
    }
}

/// One decimal, or powers of ten where that would be unreadable.
pub fn number(value: f64) -> String {
    if value.abs() >= 1e7 { format!("{value:.2e}") } else { format!("{value:.1}") }
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::{sections, tests::score};

    #[test]
    fn ours_and_the_published_number_stand_in_one_line() {
        let sections = sections(&[score("batlinet", 0, 60.0, "virtual"), score("batlinet", 1, 66.0, "virtual")], &[]);
        let grid = grid(&sections[0], Width::Short);
        assert_eq!(grid.header[4], "published (real cells) RMSE");
        assert_eq!(grid.rows, [["batlinet", "63.0 ± 3.0", "12.6 ± 0.6", "2", "63.03 ± 3.33", "6.38 ± 0.48"]]);
    }

    #[test]
    fn the_overview_has_a_column_pair_per_experiment_and_every_model_once() {
        let mut other = score("ridge", 0, 5.0, "real");
        other.experiment = "hust".to_owned();
        other.scenario = "HUST".to_owned();
        let sections = sections(&[score("batlinet", 0, 60.0, "real"), other], &[]);
        let grid = overview(&sections, |row| (row.rmse, row.published_rmse));
        assert_eq!(grid.header.len(), 5);
        assert_eq!(grid.rows[0], ["ridge", "", "", "5.0", "1047.1"]);
        assert_eq!(grid.rows[1][0], "batlinet");
    }

    #[test]
    fn numbers_stay_readable() {
        assert_eq!([number(63.04), number(988_652.88), number(1.23e12)], ["63.0", "988652.9", "1.23e12"]);
    }
}
