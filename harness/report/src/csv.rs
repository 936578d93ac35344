//! CSV for other programs: `summary.csv` with one row per experiment, model and variant; each table; each figure's points.
//! Numbers are the shortest text that reads back as the same f64.

use super::{
    figure::{Axis, Figure, Scale},
    lives,
    published::PublishedNumber,
    summary::{Row, Run, Summary},
    table::{Cell, Table},
};
use crate::Error;
use statistics::Spread;

/// All summaries.
///
/// # Errors
/// [`Error::Internal`] if the rows cannot be encoded.
pub fn summary(summaries: &[Summary]) -> Result<Vec<u8>, Error> {
    let mut header: Vec<String> =
        ["experiment", "scenario", "data", "profile", "model", "variant", "seeds", "without_numbers"]
            .map(str::to_owned)
            .into();
    for measure in ["rmse", "mae", "mape"] {
        header.extend(
            ["mean", "std", "sample_std", "median", "published", "published_std"]
                .map(|what| format!("{measure}_{what}")),
        );
    }
    let lives = ["train_observed", "train_padded", "train_published", "test_observed", "test_padded", "test_published"];
    header.extend(lives.into_iter().chain(["changed", "runs"]).map(str::to_owned));
    let rows = summaries.iter().flat_map(|summary| summary.rows.iter().map(move |row| fields(summary, row)));
    encode("summary.csv", std::iter::once(header).chain(rows))
}

/// One table; a column of means or medians becomes several.
///
/// # Errors
/// As [`summary`].
pub fn table(table: &Table) -> Result<Vec<u8>, Error> {
    let kind = |position: usize| table.rows.iter().map(|row| &row[position]).find(|cell| !parts(cell).is_empty());
    let kinds: Vec<Option<&Cell>> = (0..table.columns.len()).map(kind).collect();
    let header = table.columns.iter().zip(&kinds).flat_map(|(column, kind)| {
        let heading = column.heading.trim_end_matches(" [quartiles]").trim_end_matches(" [95 %]");
        let more = kind.map_or(&[][..], |cell| &parts(cell)[1..]);
        std::iter::once(heading.to_owned()).chain(more.iter().map(move |part| format!("{heading}: {part}")))
    });
    let line = |row: &Vec<Cell>| {
        let cells = row.iter().zip(&kinds).flat_map(|(cell, kind)| {
            let width = kind.map_or(1, |kind| parts(kind).len());
            let mut values = values(cell);
            values.resize(width, String::new());
            values
        });
        cells.collect::<Vec<String>>()
    };
    encode(&table.slug, std::iter::once(header.collect()).chain(table.rows.iter().map(line)))
}

/// The points of a figure, each with its model and cell where it is of one, and with the names that axes have instead of numbers.
///
/// # Errors
/// As [`summary`].
pub fn figure(figure: &Figure) -> Result<Vec<u8>, Error> {
    let header = ["series", "x", "y", "low", "high", "model", "cell", "x_name", "y_name"].map(str::to_owned).into();
    let name = |axis: &Axis, place: f64| match &axis.scale {
        Scale::Names(names) => names.get(place.round().max(0.0) as usize).cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let rows = figure.series.iter().flat_map(|series| {
        series.points.iter().enumerate().map(move |(place, point)| {
            let (low, high) = point.spread.unzip();
            let cell = series.cells.get(place).cloned().unwrap_or_default();
            let (x_name, y_name) = (name(&figure.x, point.x), name(&figure.y, point.y));
            // only models have names on the vertical axis
            let model = if series.model.is_empty() { &y_name } else { &series.model };
            let numbers = [point.x.to_string(), point.y.to_string(), text(low), text(high)];
            let words = [model.clone(), cell, x_name.clone(), y_name.clone()];
            [series.name.clone()].into_iter().chain(numbers).chain(words).collect()
        })
    });
    encode(&figure.slug, std::iter::once(header).chain(rows))
}

fn encode(name: &str, rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, Error> {
    let internal = |error: &dyn std::fmt::Display| Error::Internal(format!("{name}: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).map_err(|error| internal(&error))?;
    }
    writer.into_inner().map_err(|error| internal(&error))
}

fn text(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// What a cell with several numbers is made of; the first is what its column is named after.
fn parts(cell: &Cell) -> &'static [&'static str] {
    match cell {
        Cell::Mean(_) => &["mean", "std", "sample_std"],
        Cell::Median(_) => &["median", "lower_quartile", "upper_quartile"],
        Cell::Published(_) => &["value", "std"],
        Cell::Interval(_) | Cell::Change(_) => &["estimate", "low", "high"],
        Cell::Error { .. } => &["mean", "mean_absolute"],
        _ => &[],
    }
}

fn values(cell: &Cell) -> Vec<String> {
    match cell {
        Cell::Blank | Cell::Missing => vec![String::new()],
        Cell::Text(words) | Cell::Word(words) => vec![words.clone()],
        Cell::Runs(keys) => vec![keys.join(" ")],
        Cell::Count(count) => vec![count.to_string()],
        Cell::Number(value) | Cell::Probability(value) => vec![value.to_string()],
        Cell::Interval(interval) | Cell::Change(interval) => {
            [interval.estimate, interval.low, interval.high].map(|value| value.to_string()).into()
        }
        Cell::Error { mean, absolute } => [mean, absolute].map(|value| value.to_string()).into(),
        Cell::Mean(spread) => {
            vec![spread.mean.to_string(), spread.population_std.to_string(), text(spread.sample_std)]
        }
        Cell::Median(spread) => {
            vec![spread.median.to_string(), spread.quartiles.0.to_string(), spread.quartiles.1.to_string()]
        }
        Cell::Published(number) => vec![number.value.to_string(), text(number.spread)],
    }
}

fn fields(summary: &Summary, row: &Row) -> Vec<String> {
    let measure = |ours: Option<Spread>, published: Option<&PublishedNumber>| {
        [
            text(ours.map(|spread| spread.mean)),
            text(ours.map(|spread| spread.population_std)),
            text(ours.and_then(|spread| spread.sample_std)),
            text(ours.map(|spread| spread.median)),
            text(published.map(|number| number.value)),
            text(published.and_then(|number| number.spread)),
        ]
    };
    let own = |run: &&Run| row.is_of(&run.score);
    let (data, variant) = (summary.data.to_string(), row.variant.to_string());
    let names = [&summary.experiment, &summary.scenario, &data, &summary.profile, &row.model, &variant];
    let counts = [row.seeds(), row.failed.as_ref().map_or(0, |(count, _)| *count)];
    names
        .map(String::clone)
        .into_iter()
        .chain(counts.map(|count| count.to_string()))
        .chain(measure(row.rmse, row.published_rmse))
        .chain(measure(row.mae, row.published_mae))
        .chain(measure(row.mape, row.published_mape))
        .chain(lives::fields(summary.runs.iter().filter(own)))
        .chain([summary.differences().join(", ")])
        .chain([summary.runs_of(row).map(|run| run.score.key.as_str()).collect::<Vec<_>>().join(" ")])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        study::scenario,
        summary::{summaries, tests},
    };

    fn read(bytes: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        (header, rows)
    }

    #[test]
    fn every_row_has_every_column() {
        let runs = [tests::run("mean", 0, 9.5, "real"), tests::run("gp", 0, 3.0, "real")];
        let (header, rows) = read(&summary(&summaries(&runs, &[])).unwrap());
        assert_eq!(header.len(), 34);
        assert_eq!((rows[0][8].as_str(), rows[0][12].as_str()), ("9.5", "398.82"));
        assert_eq!(rows[1][12], "");
    }

    #[test]
    fn a_table_keeps_its_numbers_whole() {
        let runs =
            [tests::run("cnn", 0, 0.1, "real"), tests::run("cnn", 1, 0.2, "real"), tests::run("gp", 0, 3.0, "real")];
        let (header, rows) = read(&table(&scenario::table(&summaries(&runs, &[])[0])).unwrap());
        assert_eq!(header[..4], ["model", "RMSE", "RMSE: std", "RMSE: sample_std"]);
        let errors = [500.1f64 - 500.0, 500.2 - 500.0];
        assert_eq!(rows[0][1].parse::<f64>().unwrap(), (errors[0] + errors[1]) / 2.0);
        assert_eq!(rows[1][2..4], ["0", ""]);
        let published = header.iter().position(|name| name == "published RMSE").unwrap();
        assert_eq!((rows[0][published].as_str(), rows[1][published].as_str()), ("124.89", ""));
    }
}
