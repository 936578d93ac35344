//! `batlinet history METRIC`

use cells::{count::counted, quote::harmless};
use std::path::PathBuf;

use clap::Args;
use statistics::is_same;
use tabled::{builder::Builder, settings::Style};

use super::failure::Failure;
use super::output;
use cells::suggest::did_you_mean;
use report::figure::{self, Axis, Dash, Figure, Look, Marker, Scale};
use verdicts::history::{self, METRICS, Series};

/// Arguments of `batlinet history`.
#[derive(Args, Debug)]
pub struct HistoryArguments {
    /// Which number: rmse, mae or mape.
    #[arg(value_name = "METRIC")]
    metric: String,
    /// What `batlinet gate --history` appends to.
    #[arg(long, alias = "history", value_name = "FILE", default_value = "results/history.csv")]
    file: PathBuf,
    /// Only these models, such as `ridge,batlinet[both]`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    models: Vec<String>,
    /// Only these experiments.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    experiments: Vec<String>,
    /// Writes a figure per series into this folder.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

/// Prints how a metric went from commit to commit, with the steps in it.
///
/// # Errors
/// [`Failure::Usage`] for an unknown metric, a broken history, or one that has nothing of what is asked for.
pub fn execute(arguments: &HistoryArguments) -> Result<(), Failure> {
    let metric = arguments.metric.as_str();
    let names = METRICS.map(|(name, _)| name);
    if !names.contains(&metric) {
        let hint = did_you_mean(metric, names);
        return Err(Failure::Usage(format!("there is no metric '{metric}'{hint} (known: {})", names.join(", "))));
    }
    let file = arguments.file.display();
    let points = history::read(&arguments.file)?;
    if points.is_empty() {
        return Err(Failure::Usage(format!("{file}: there is no history here; `batlinet gate --history` writes one")));
    }
    let is_asked_for = |names: &[String], name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
    let known = history::series(&points, metric);
    let mut all = known.clone();
    all.retain(|one| {
        let is_model =
            is_asked_for(&arguments.models, &one.slot.entry()) || is_asked_for(&arguments.models, &one.slot.model);
        is_model && is_asked_for(&arguments.experiments, &one.slot.experiment)
    });
    if all.is_empty() {
        let entries: Vec<String> = known.iter().map(|one| one.slot.entry()).collect();
        let experiments: Vec<String> = known.iter().map(|one| one.slot.experiment.clone()).collect();
        let near = |asked: &[String], known: &[String]| -> String {
            let unknown = asked.iter().filter(|name| !known.contains(name));
            unknown
                .map(|name| did_you_mean(name, known.iter().map(String::as_str)))
                .find(|near| !near.is_empty())
                .unwrap_or_default()
        };
        let hint = [near(&arguments.models, &entries), near(&arguments.experiments, &experiments)].concat();
        return Err(Failure::Usage(format!("{file}: none of these experiments and models has a history{hint}")));
    }
    let mut text = String::new();
    for one in &all {
        text.push_str(&table(one, metric));
    }
    let steps: usize = all.iter().map(|one| one.steps.len()).sum();
    text.push_str(&format!("{} series, {}\n", all.len(), counted(steps, "step")));
    let moves = |one: &&Series| {
        one.steps.is_empty() && one.points.iter().any(|point| !is_same(point.value, one.points[0].value))
    };
    let undecided = all.iter().filter(moves).count();
    if undecided > 0 {
        text.push_str(&format!(
            "numbers moved in {undecided} without a step that can be told: it takes a number that was the same for two commits, or about \
             ten commits of one that never is\n"
        ));
    }
    if let Some(folder) = &arguments.svg {
        for (index, one) in all.iter().enumerate() {
            let path = folder.join(format!("history-{metric}-{index:02}.svg"));
            record::files::write_whole(&path, figure::draw(&drawn(one, metric))?.as_bytes())?;
        }
        text.push_str(&format!("wrote {} to {}\n", counted(all.len(), "figure"), folder.display()));
    }
    output::print(&harmless(&text))
}

fn unit(metric: &str) -> &'static str {
    if metric == "mape" { "%" } else { "cycles" }
}

/// A series as text: commits, values, and where they moved.
fn table(one: &Series, metric: &str) -> String {
    let mut builder = Builder::default();
    builder.push_record(["commit", "date", metric, "of the seeds", "step"]);
    for (index, point) in one.points.iter().enumerate() {
        let step = one.steps.contains(&index).then(|| {
            let before = one.points[index - 1].value;
            format!("{:+.4} {} since {}", point.value - before, unit(metric), one.points[index - 1].commit)
        });
        builder.push_record([
            point.commit.clone(),
            point.date.clone(),
            format!("{:.4}", point.value),
            format!("{:.4} to {:.4}", point.low, point.high),
            step.unwrap_or_default(),
        ]);
    }
    format!("{}, on {}\n{}\n", one.slot, one.machine, builder.build().with(Style::sharp()))
}

/// A series as a figure; steps are open markers.
fn drawn(one: &Series, metric: &str) -> Figure {
    let point = |(index, point): (usize, &history::Point)| figure::Point {
        x: index as f64,
        y: point.value,
        spread: (point.low < point.high).then_some((point.low, point.high)),
    };
    let all: Vec<figure::Point> = one.points.iter().enumerate().map(point).collect();
    let steps = one.steps.iter().map(|&at| all[at]).collect();
    let commits = one.points.iter().map(|point| point.commit.clone()).collect();
    let drawn =
        |look, points| figure::Series { name: String::new(), model: one.slot.entry(), cells: Vec::new(), look, points };
    Figure {
        slug: format!("history-{metric}"),
        title: format!("{metric} of {}", one.slot),
        caption: format!(
            "Mean over the seeds with the least and the greatest, on {}; open squares are steps.",
            one.machine
        ),
        x: Axis::new("commit", Scale::Names(commits)),
        y: Axis::new(format!("{metric} ({})", unit(metric)), Scale::Linear),
        series: vec![
            drawn(Look::Joined(Marker::Disc, Dash::Solid), all),
            drawn(Look::Points(Marker::OpenSquare), steps),
        ],
        diagonal: false,
    }
}
