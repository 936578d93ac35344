//! One hyper-parameter varied: the number of references at test time (Fig. 5b), the weight of the branches.

use itertools::Itertools as _;

use crate::{
    document::Section,
    figure::{Axis, Dash, Figure, Look, Marker, Point, Scale, Series},
    published::{PublishedNumber, published},
    summary::{Row, Summary},
    table::{Cell, Column, Table},
};

use super::{notes::notes, scenario::seeds};
use record::{Branches, Values, Variant};

/// What is varied.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// As in an experiment file.
    pub name: &'static str,
    /// In the words of an axis.
    pub label: &'static str,
    /// Its value in a run.
    pub value: fn(&Values) -> Option<f64>,
    /// How its values lie along an axis.
    pub scale: Scale,
    /// The study of `results/paper.csv` that has medians for it.
    pub published: Option<&'static str>,
}

impl Parameter {
    /// Number of reference cells at test time.
    pub fn references() -> Self {
        let label = "reference cells at test time";
        let value = |values: &Values| values.references.map(|count| count as f64);
        Self { name: "references_test", label, value, scale: Scale::Log2, published: Some("references") }
    }

    /// Weight of the inter-cell branch.
    pub fn alpha() -> Self {
        let label = "alpha, weight of the inter-cell branch";
        Self { name: "alpha", label, value: |values| values.alpha, scale: Scale::Linear, published: None }
    }

    /// The arm and the value of a row: `intra` and 4 of `intra+references_test=4`.
    fn of(&self, variant: &Variant, values: &Values) -> Option<(Variant, f64)> {
        let mut arm = variant.clone();
        arm.swept.retain(|swept| swept.parameter != self.name);
        Some((arm, (self.value)(values)?))
    }
}

/// The part of a chapter that is about one experiment.
pub fn section(summary: &Summary, parameter: &Parameter) -> Section {
    Section {
        title: summary.title(),
        level: 3,
        description: summary.description.clone(),
        analysis: summary.analysis.clone(),
        tables: vec![table(summary, parameter)],
        figures: vec![figure(summary, parameter)],
        notes: notes(summary),
        ..Section::default()
    }
}

fn table(summary: &Summary, parameter: &Parameter) -> Table {
    let columns = vec![
        Column::new("model"),
        Column::new(parameter.name),
        Column::new("median RMSE [quartiles]"),
        Column::new("RMSE"),
        Column::detail("std n-1"),
        Column::detail("MAPE %"),
        Column::new("seeds"),
        Column::optional("published median RMSE"),
    ];
    let line = |row: &Row| {
        let (arm, value) = parameter.of(&row.variant, &row.values).unwrap_or((row.variant.clone(), f64::NAN));
        vec![
            Cell::Text(format!("{} {arm}", row.model).trim().to_owned()),
            if value.is_nan() { Cell::Blank } else { Cell::Text(value.to_string()) },
            Cell::median(row.rmse),
            Cell::mean(row.rmse),
            Cell::number(row.rmse.and_then(|spread| spread.sample_std)),
            Cell::mean(row.mape),
            seeds(row),
            Cell::published(counterpart(summary, row, parameter)),
        ]
    };
    Table { slug: summary.slug(), caption: summary.title(), columns, rows: summary.rows.iter().map(line).collect() }
        .without_empty_columns()
}

/// The published median with the same value, of real cells and the model as published.
fn counterpart(summary: &Summary, row: &Row, parameter: &Parameter) -> Option<&'static PublishedNumber> {
    let (arm, value) = parameter.of(&row.variant, &row.values)?;
    let is_whole = row.values.branches == Some(Branches::Both) && arm.swept.is_empty();
    if !summary.is_comparable() || !is_whole {
        return None;
    }
    let variant = format!("{}={value}", parameter.name);
    published(parameter.published?, &summary.scenario, &row.model, &variant, "rmse_median")
}

fn figure(summary: &Summary, parameter: &Parameter) -> Figure {
    let placed = || {
        summary.rows.iter().filter_map(|row| {
            let (arm, value) = parameter.of(&row.variant, &row.values)?;
            Some((format!("{} {arm}", row.model).trim().to_owned(), value, row))
        })
    };
    let looks = [
        (Marker::Disc, Dash::Solid),
        (Marker::Square, Dash::Dotted),
        (Marker::Triangle, Dash::Solid),
        (Marker::Diamond, Dash::Dotted),
    ];
    let arms: Vec<String> = placed().map(|(arm, _, _)| arm).unique().collect();
    let mut series: Vec<Series> = arms
        .iter()
        .zip(looks.into_iter().cycle())
        .map(|(arm, (marker, dash))| {
            let own = placed().filter(|(name, _, _)| name == arm);
            let points = own.filter_map(|(_, value, row)| {
                let spread = row.rmse?;
                Some(Point { x: value, y: spread.median, spread: (spread.count > 1).then_some(spread.quartiles) })
            });
            let points = points.sorted_by(|one, other| one.x.total_cmp(&other.x)).collect();
            let name = if arms.len() == 1 { "median, quartiles".to_owned() } else { arm.clone() };
            Series::new(name, Look::Joined(marker, dash), points).of(arm.clone())
        })
        .collect();
    let theirs: Vec<Point> = placed()
        .filter_map(|(_, value, row)| Some(Point::new(value, counterpart(summary, row, parameter)?.value)))
        .sorted_by(|one, other| one.x.total_cmp(&other.x))
        .collect();
    if !theirs.is_empty() {
        let look = Look::Joined(Marker::Ring, Dash::Dashed);
        series.push(Series::new("published median", look, theirs).of("batlinet"));
    }
    let what = parameter.label.split(',').next().unwrap_or(parameter.label);
    Figure {
        slug: format!("{}-{}", summary.slug(), parameter.name),
        title: format!("{}: RMSE over {what}, {} cells", summary.experiment, summary.data),
        caption: format!(
            "Medians over seeds; the bars reach from the first to the third quartile. {}",
            scarce(summary)
        ),
        x: Axis::new(parameter.label, parameter.scale.clone()),
        y: Axis::new("RMSE / cycles", Scale::Linear),
        series,
        diagonal: false,
    }
}

/// What to think of few seeds.
fn scarce(summary: &Summary) -> &'static str {
    match summary.rows.iter().map(Row::seeds).min() {
        Some(0..=3) => "There are fewer than four seeds: their spread says little.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::*};

    #[test]
    fn variants_are_taken_apart() {
        let of = |name: &str| {
            let variant = Variant::from(name);
            let values = Values::of_name("batlinet", &variant);
            Parameter::references().of(&variant, &values).map(|(arm, value)| (arm.to_string(), value))
        };
        assert_eq!(of("references_test=16"), Some((String::new(), 16.0)));
        assert_eq!(of("inter_only+references_test=2"), Some(("inter_only".to_owned(), 2.0)));
        assert_eq!((of("alpha=2"), of("references_test=many"), of("")), (None, None, None));
    }

    #[test]
    fn medians_stand_beside_the_published_medians_for_real_cells_only() {
        let of = |data: &str| {
            let runs: Vec<_> = [("references_test=8", 80.0), ("references_test=1", 90.0), ("references_test=1", 70.0)]
                .iter()
                .zip(0..)
                .map(|((name, rmse), seed)| variant(name, run("batlinet", seed, *rmse, data)))
                .collect();
            section(&summaries(&runs, &[])[0], &Parameter::references())
        };
        let real = of("real");
        assert_eq!(
            real.tables[0].narrow().texts()[1],
            ["batlinet", "1", "80.0 [75.0, 85.0]", "80.0 ± 10.0", "2", "66.5"]
        );
        let figure = &real.figures[0];
        assert_eq!(figure.series[0].points.iter().map(|point| point.x).collect::<Vec<_>>(), [1.0, 8.0]);
        assert_eq!(figure.series[0].points[0].spread, Some((75.0, 85.0)));
        assert_eq!(figure.series[1].points[0].y, 66.5);
        assert_eq!(of("virtual").figures[0].series.len(), 1);
    }
}
