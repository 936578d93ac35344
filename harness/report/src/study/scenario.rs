//! Models beside one another on one scenario, and arms of one model: a table, a dot plot, the gain over the best other
//! model.

use crate::{
    document::Section,
    figure::{Axis, Figure, Look, Marker, Point, Scale, Series},
    published::{PublishedNumber, published},
    summary::{Row, Summary},
    table::{Cell, Column, Table, number},
};
use statistics::{Spread, median};

use super::notes::notes;

/// The part of a chapter that is about one experiment.
pub fn section(summary: &Summary) -> Section {
    Section {
        title: summary.title(),
        level: 3,
        description: summary.description.clone(),
        analysis: summary.analysis.clone(),
        tables: vec![table(summary)],
        figures: vec![dots(summary)],
        notes: gains(summary).into_iter().chain(notes(summary)).collect(),
        ..Section::default()
    }
}

/// All measures of all models.
pub fn table(summary: &Summary) -> Table {
    let columns = vec![
        Column::new("model"),
        Column::error("RMSE"),
        Column::detail("median RMSE [quartiles]"),
        Column::detail("std n-1"),
        Column { is_detail: true, ..Column::error("MAE") },
        Column::error("MAPE %"),
        Column::new("seeds"),
        Column::optional("published RMSE"),
        Column { is_detail: true, ..Column::optional("published MAE") },
        Column::optional("published MAPE %"),
    ];
    let cells = |row: &Row| {
        vec![
            Cell::Text(row.name()),
            Cell::mean(row.rmse),
            Cell::median(row.rmse),
            Cell::number(row.rmse.and_then(|spread| spread.sample_std)),
            Cell::mean(row.mae),
            Cell::mean(row.mape),
            seeds(row),
            Cell::published(row.published_rmse),
            Cell::published(row.published_mae),
            Cell::published(row.published_mape),
        ]
    };
    Table { slug: summary.slug(), caption: summary.title(), columns, rows: summary.rows.iter().map(cells).collect() }
        .without_empty_columns()
}

/// Runs with numbers, and how many have none.
pub fn seeds(row: &Row) -> Cell {
    match &row.failed {
        None => Cell::Count(row.seeds()),
        Some((failed, _)) => Cell::Text(format!("{} ({failed} without numbers)", row.seeds())),
    }
}

/// One measure of several experiments beside each other: models down, experiments across, ours before published.
pub fn overview(
    slug: &str,
    caption: &str,
    summaries: &[&Summary],
    measure: fn(&Row) -> (Option<Spread>, Option<&'static PublishedNumber>),
) -> Table {
    let mut columns = vec![Column::new("model")];
    for summary in summaries {
        let profile = if summary.is_cut() { format!(", profile {}", summary.profile) } else { String::new() };
        let heading = format!("{} ({}{profile})", summary.experiment, summary.data);
        columns.push(Column { is_error: !summary.is_cut(), ..Column::new(heading) });
        columns.push(Column::optional(format!("published {}", summary.experiment)));
    }
    let mut names: Vec<String> = Vec::new();
    for row in summaries.iter().flat_map(|summary| &summary.rows) {
        if !names.contains(&row.name()) {
            names.push(row.name());
        }
    }
    let order = |label: &String| {
        let model = label.split(' ').next().unwrap_or(label);
        // what is made of others comes last
        record::MODELS.iter().position(|known| *known == model).unwrap_or(record::MODELS.len())
    };
    names.sort_by_key(order);
    let line = |label: String| {
        let cells = summaries.iter().flat_map(|summary| {
            match summary.rows.iter().find(|row| row.name() == label).map(measure) {
                Some((ours, published)) => [Cell::mean(ours), Cell::published(published)],
                None => [Cell::Blank, Cell::Blank],
            }
        });
        let cells: Vec<Cell> = cells.collect();
        std::iter::once(Cell::Text(label)).chain(cells).collect()
    };
    Table { slug: slug.to_owned(), caption: caption.to_owned(), columns, rows: names.into_iter().map(line).collect() }
        .without_empty_columns()
}

/// RMSE of every row: mean and standard deviation, every seed, and the published mean.
pub fn dots(summary: &Summary) -> Figure {
    let name = |row: &Row| match &row.failed {
        None => row.name(),
        Some((failed, _)) => format!("{} ({failed} of {} failed)", row.name(), failed + row.seeds()),
    };
    let rows = || summary.rows.iter().enumerate().map(|(place, row)| (place as f64, row));
    let means = rows().filter_map(|(place, row)| {
        let spread = row.rmse?;
        let ends = (spread.mean - spread.population_std, spread.mean + spread.population_std);
        Some(Point { x: spread.mean, y: place, spread: (spread.count > 1).then_some(ends) })
    });
    let published = rows().filter_map(|(place, row)| {
        let number = row.published_rmse?;
        let spread = number.spread.map(|std| (number.value - std, number.value + std));
        Some(Point { x: number.value, y: place + 0.25, spread })
    });
    let seeds = rows().filter(|(_, row)| row.seeds() > 1).flat_map(|(place, row)| {
        let own = summary.runs.iter().map(|run| &run.score);
        own.filter(|score| row.is_of(score))
            .filter_map(move |score| Some(Point::new(score.metrics?.rmse, place - 0.25)))
    });
    let series = [
        ("mean ± std over seeds", Marker::Disc, means.collect::<Vec<_>>()),
        ("each seed", Marker::Tick, seeds.collect()),
        ("published", Marker::Ring, published.collect()),
    ];
    let values: Vec<f64> = series.iter().flat_map(|(_, _, points)| points).map(|point| point.x).collect();
    let largest = values.iter().copied().fold(0.0, f64::max);
    // where one model is far off the others, only a logarithmic axis shows them all
    let scale =
        if median(&values).is_some_and(|median| largest > 4.0 * median) { Scale::Log10 } else { Scale::FromZero };
    Figure {
        slug: format!("{}-rmse", summary.slug()),
        title: format!("{}: RMSE by model, {} cells", summary.experiment, summary.data),
        caption: "Standard deviations are of the population (divisor n), as in the paper.".to_owned(),
        x: Axis::new("RMSE / cycles", scale),
        y: Axis::new("", Scale::Names(summary.rows.iter().map(name).collect())),
        series: series
            .into_iter()
            .filter(|(_, _, points)| !points.is_empty())
            .map(|(name, marker, points)| Series::new(name, Look::Points(marker), points))
            .collect(),
        diagonal: false,
    }
}

/// By how much BatLiNet's error is below that of the best other model, always relative to that model (method §9.3); of a quick
/// look nothing.
fn gains(summary: &Summary) -> Vec<String> {
    if summary.is_cut() {
        return Vec::new();
    }
    let rmse = |row: &Row| row.rmse.map(|spread| spread.mean);
    let plain = summary.rows.iter().find(|row| row.is_whole());
    let whole = plain.and_then(rmse);
    let others = summary.rows.iter().filter(|row| row.model != "batlinet");
    let best = others.filter_map(|row| Some((row.name(), rmse(row)?))).min_by(|one, other| one.1.total_cmp(&other.1));
    let (Some(whole), Some((name, best))) = (whole, best) else { return Vec::new() };
    let change = |ours: f64, base: f64| {
        let percent = 100.0 * (base - ours) / base;
        let side = if percent < 0.0 { "above" } else { "below" };
        format!("{:.1} % {side}", percent.abs())
    };
    let beside = if best == 0.0 && whole > 0.0 {
        format!("is more than that of the best other model here, {name}, which has none")
    } else if number(whole) == number(best) {
        format!("is that of the best other model here, {name}")
    } else {
        let change = change(whole, best);
        format!("is {change} that of the best other model here, {name} with {} (relative to that model)", number(best))
    };
    let mut gains = vec![format!("BatLiNet's RMSE of {} {beside}", number(whole))];
    if summary.is_comparable()
        && let Some((theirs, name, best)) = published_best(&summary.scenario)
    {
        let is_of_fewer = plain.and_then(|row| row.published_rmse).is_some_and(|number| number.study == "features");
        let inputs = if is_of_fewer { ", with all six channels" } else { "" };
        gains.push(format!(
            "published{inputs}: {theirs} is {} {name} with {best}; the paper's own percentages divide by BatLiNet's error and \
             are larger",
            change(theirs, best),
        ));
    }
    gains
}

/// The published RMSE of BatLiNet, and the best other model with its own.
fn published_best(scenario: &str) -> Option<(f64, &'static str, f64)> {
    let of = |model| published("scenario", scenario, model, "", "rmse").map(|number| number.value);
    let others = record::MODELS.into_iter().filter(|model| *model != "batlinet");
    let (name, best) =
        others.filter_map(|model| Some((model, of(model)?))).min_by(|one, other| one.1.total_cmp(&other.1))?;
    Some((of("batlinet")?, name, best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::*};

    #[test]
    fn ours_and_the_published_number_stand_in_one_line_for_real_cells_only() {
        let of = |data| {
            let runs = [run("batlinet", 0, 60.0, data), run("batlinet", 1, 66.0, data)];
            table(&summaries(&runs, &[])[0]).narrow()
        };
        assert_eq!(of("real").header(), ["model", "RMSE", "MAPE %", "seeds", "published RMSE", "published MAPE %"]);
        assert_eq!(of("real").texts(), [["batlinet", "63.0 ± 3.0", "12.6 ± 0.6", "2", "63.03 ± 3.33", "6.38 ± 0.48"]]);
        assert_eq!(of("virtual").texts(), [["batlinet", "63.0 ± 3.0", "12.6 ± 0.6", "2"]]);
    }

    #[test]
    fn the_overview_has_every_experiment_and_every_model_once() {
        let mut other = run("ridge", 0, 5.0, "real");
        other.score.experiment = "hust".to_owned();
        other.score.scenario = "HUST".to_owned();
        let summaries = summaries(&[run("batlinet", 0, 60.0, "real"), other], &[]);
        let summaries: Vec<&Summary> = summaries.iter().collect();
        let table = overview("o", "", &summaries, |row| (row.rmse, row.published_rmse));
        assert_eq!(table.header(), ["model", "matr-1 (real)", "published matr-1", "hust (real)", "published hust"]);
        assert_eq!(table.texts()[0], ["ridge", "", "", "5.0", "1047.1"]);
        assert_eq!(table.rows[1][0], Cell::Text("batlinet".to_owned()));
    }

    #[test]
    fn the_gain_is_relative_to_the_other_model() {
        let gains = |data| {
            gains(
                &summaries(
                    &[run("pls", 0, 100.0, data), run("batlinet", 0, 60.0, data), run("svm", 0, 200.0, data)],
                    &[],
                )[0],
            )
        };
        assert!(gains("virtual")[0].contains("60.0 is 40.0 % below") && gains("virtual").len() == 1);
        // method §9.3: 26.7 %, where the paper says 36.5 %
        assert!(gains("real")[1].contains("26.7 % below discharge with 86"), "{}", gains("real")[1]);
        let percent = |scenario| {
            let (theirs, _, best) = published_best(scenario).unwrap();
            (1000.0 * (best - theirs) / best).round() / 10.0
        };
        for (scenario, spec) in [("MATR-2", 6.4), ("HUST", 16.8), ("MIX-100", 21.5), ("MIX-20", 28.6)] {
            assert!((percent(scenario) - spec).abs() < 0.45, "{scenario}: {}", percent(scenario));
        }
    }

    #[test]
    fn a_model_whose_runs_all_diverged_keeps_its_row() {
        let runs = [run("mean", 0, 9.0, "virtual"), diverged(run("cnn", 0, 0.0, "virtual"))];
        let summary = &summaries(&runs, &[])[0];
        assert_eq!(table(summary).narrow().texts()[1], ["cnn", "–", "–", "0 (1 without numbers)"]);
        let Scale::Names(names) = dots(summary).y.scale else { panic!("rows have names") };
        assert_eq!(names, ["mean", "cnn (1 of 1 failed)"]);
    }
}
