//! `summary.csv`: one row per experiment, model and variant, for other programs.

use super::{
    published::Published,
    summary::{Row, Section},
};
use crate::{failure::Failure, statistics::Spread};

/// All sections as CSV. Numbers are the shortest text that reads back as the same f64.
///
/// # Errors
/// [`Failure::Internal`] if the rows cannot be encoded.
pub fn render(sections: &[Section]) -> Result<Vec<u8>, Failure> {
    let internal = |error: &dyn std::fmt::Display| Failure::Internal(format!("summary.csv: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
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
    writer.write_record(&header).map_err(|error| internal(&error))?;
    for section in sections {
        for row in &section.rows {
            writer.write_record(fields(section, row)).map_err(|error| internal(&error))?;
        }
    }
    writer.into_inner().map_err(|error| internal(&error))
}

fn fields(section: &Section, row: &Row) -> Vec<String> {
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let measure = |ours: Option<Spread>, published: Option<&Published>| {
        [
            text(ours.map(|spread| spread.mean)),
            text(ours.map(|spread| spread.population_std)),
            text(ours.and_then(|spread| spread.sample_std)),
            text(ours.map(|spread| spread.median)),
            text(published.map(|number| number.mean)),
            text(published.and_then(|number| number.std)),
        ]
    };
    let names = [&section.experiment, &section.scenario, &section.data, &section.profile, &row.model, &row.variant];
    let counts = [row.rmse.map_or(0, |spread| spread.count), row.failed.as_ref().map_or(0, |(count, _)| *count)];
    names
        .map(String::clone)
        .into_iter()
        .chain(counts.map(|count| count.to_string()))
        .chain(measure(row.rmse, row.published_rmse))
        .chain(measure(row.mae, row.published_mae))
        .chain(measure(row.mape, row.published_mape))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::{sections, tests};

    #[test]
    fn every_row_has_every_column() {
        let bytes = render(&sections(&[tests::score("mean", 0, 9.5, "real"), tests::score("gp", 0, 3.0, "real")], &[]))
            .unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap().len(), 26);
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!((&rows[0][8], &rows[0][12]), ("9.5", "398.82"));
        assert_eq!(&rows[1][12], "");
    }
}
