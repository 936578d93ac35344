//! `batlinet gate --baseline A --candidate B`

use cells::count::{counted, verb};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tabled::{builder::Builder, settings::Style};
use time::OffsetDateTime;

use super::failure::Failure;
use super::output;
use verdicts::{
    Folder,
    bench::{self, Pace, Timed},
    changes::Changes,
    gate::{self, Judged, Outcome, Reason, Standing},
    history,
    noise::Noise,
};

/// Arguments of `batlinet gate`.
#[derive(Args, Debug)]
pub struct GateArguments {
    /// What is there: an output folder, such as results/records/smoke; with --bench a folder with bands.csv.
    #[arg(long, value_name = "DIR")]
    baseline: PathBuf,
    /// What is to land: an output folder of `batlinet run` on the same experiments; with --bench what the benches left.
    #[arg(long, value_name = "DIR", required_unless_present = "noise")]
    candidate: Option<PathBuf>,
    /// Judge speed, apart from numbers: ratios and growth against their bands.
    #[arg(long)]
    bench: bool,
    /// The judgements as JSON.
    #[arg(long)]
    json: bool,
    /// Every judgement, also of what is the same.
    #[arg(long)]
    all: bool,
    /// The change is meant: its numbers become the baseline, and the reason is written into its changes.yaml.
    #[arg(long, value_name = "REASON", conflicts_with_all = ["json", "bmf"])]
    accept: Option<String>,
    /// Declared changes [default: changes.yaml in the baseline].
    #[arg(long, value_name = "FILE", conflicts_with_all = ["accept", "bench"])]
    changes: Option<PathBuf>,
    /// Measure how far numbers of networks are apart on other engines, from folders made there by the same program, and keep it
    /// beside the baseline.
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["accept", "bench", "candidate"])]
    noise: Vec<PathBuf>,
    /// Append the numbers to this history if they land or are accepted, those of the baseline's seeds; `batlinet history` draws it. One row per
    /// number, machine and commit of the program: what is gated again by the same program takes the place of what it had there.
    #[arg(long, value_name = "FILE", conflicts_with = "bench")]
    history: Option<PathBuf>,
    /// Write the numbers in the Bencher Metric Format too.
    #[arg(long, value_name = "FILE", conflicts_with = "bench")]
    bmf: Option<PathBuf>,
}

/// Prints every number that is not what it was.
///
/// # Errors
/// [`Failure::Regressed`] if a number moved that was not declared, [`Failure::Incomplete`] if something is missing or nobody can
/// tell, [`Failure::Usage`] if the folders cannot be laid beside one another.
pub fn execute(arguments: &GateArguments) -> Result<(), Failure> {
    let baseline = &arguments.baseline;
    let Some(candidate) = &arguments.candidate else { return measure(baseline, &arguments.noise) };
    if arguments.bench {
        return speed(arguments, candidate);
    }
    if arguments.accept.as_ref().is_some_and(|reason| !reason.chars().any(char::is_alphanumeric)) {
        return Err(Failure::Usage("--accept: give the reason, for whoever reads it later".to_owned()));
    }
    if let Some(missing) = arguments.changes.as_ref().filter(|path| !path.is_file()) {
        return Err(Failure::Usage(format!("--changes {}: there is no such file", missing.display())));
    }
    let now = Folder::read(candidate)?;
    let date = OffsetDateTime::now_utc().date().to_string();
    let reason = |text| Reason { text, date: &date, commit: env!("BATLINET_COMMIT") };
    if let (Some(text), false) = (&arguments.accept, baseline.join("scores.csv").exists()) {
        gate::found(baseline, &now, &reason(text))?;
        keep(arguments, &now, &date)?;
        return output::print(&format!(
            "{} is the baseline now: {}\n",
            candidate.display(),
            counted(now.groups.len(), "model")
        ));
    }
    let before = Folder::read(baseline)?;
    gate::must_be_comparable(&before, &now)?;
    let noise = Noise::read(baseline)?;
    let declared = arguments.changes.clone().unwrap_or_else(|| baseline.join(Changes::FILE));
    let changes = Changes::read(&declared)?;
    let judged = gate::judge(&before, &now, &noise, &changes);
    if let Some(text) = &arguments.accept {
        let moved = gate::accept(baseline, &before, &now, &judged, &reason(text))?;
        keep(arguments, &now, &date)?;
        let all = Judgement { judged: &judged, all: arguments.all };
        return output::print(&format!(
            "{}{} moved; {} has what they say now, and {} the reason\n",
            all.table(),
            counted(moved, "run"),
            baseline.display(),
            baseline.join(Changes::FILE).display()
        ));
    }
    let outcome = gate::outcome(&judged);
    let shown = Judgement { judged: &judged, all: arguments.all };
    output::print(&if arguments.json { shown.json(outcome) } else { shown.table() })?;
    if let Some(path) = &arguments.bmf {
        record::files::write_whole(path, bencher(&now).as_bytes())?;
    }
    if outcome == Outcome::Lands {
        keep(arguments, &now.with_seeds_of(&before), &date)?;
    }
    end(outcome, &judged, baseline, candidate)
}

/// Appends the numbers of what lands to the history, if one is named.
fn keep(arguments: &GateArguments, landed: &Folder, date: &str) -> Result<(), Failure> {
    match &arguments.history {
        Some(path) => Ok(history::append(path, history::points(landed, date))?),
        None => Ok(()),
    }
}

fn end(outcome: Outcome, judged: &[Judged], baseline: &Path, candidate: &Path) -> Result<(), Failure> {
    let of = |outcome: Outcome| judged.iter().filter(|one| one.standing.outcome() == outcome).collect::<Vec<_>>();
    let such = |judged: &[&Judged]| judged.first().map_or_else(String::new, |one| one.slot.to_string());
    match outcome {
        Outcome::Lands => Ok(()),
        Outcome::Regressed => {
            let found = of(outcome);
            let hint = match judged.iter().find(|one| one.standing.outcome() == Outcome::CannotTell) {
                None => format!("if that is meant: {}", accepting(baseline, candidate)),
                Some(lost) => {
                    format!("and of {} nobody can tell: run all of it before anything is accepted", lost.slot)
                }
            };
            Err(Failure::Regressed(format!(
                "{} of {} {} not what {} ({}); {hint}",
                found.len(),
                counted(judged.len(), "model"),
                verb(found.len(), ["is", "are"]),
                verb(found.len(), ["it was", "they were"]),
                such(&found),
            )))
        }
        Outcome::CannotTell => {
            let found = of(outcome);
            let unmeasured = found.iter().filter(|one| one.standing == Standing::Unmeasured).count();
            let mut what = Vec::new();
            if unmeasured < found.len() {
                what.push("run what is missing");
            }
            if unmeasured > 0 {
                what.push(
                    "compute the baseline with its own program on the candidate's engine, and give that folder to --noise, which \
                     measures how far engines are apart",
                );
            }
            Err(Failure::Incomplete(format!(
                "of {} of {} nobody can tell ({}): {}",
                found.len(),
                counted(judged.len(), "model"),
                such(&found),
                what.join("; ")
            )))
        }
    }
}

/// The call that declares a change, for a shell.
fn accepting(baseline: &Path, candidate: &Path) -> String {
    let quoted = |path: &Path| {
        let text = path.display().to_string();
        shlex::try_quote(&text).map_or(text.clone(), std::borrow::Cow::into_owned)
    };
    format!("batlinet gate --baseline {} --candidate {} --accept \"the reason\"", quoted(baseline), quoted(candidate))
}

/// Measures noise and keeps it.
fn measure(baseline: &Path, others: &[PathBuf]) -> Result<(), Failure> {
    let before = Folder::read(baseline)?;
    let others = others.iter().map(|path| Folder::read(path)).collect::<Result<Vec<_>, _>>()?;
    let noise = Noise::measure(&before, &others)?;
    let mut builder = Builder::default();
    builder.push_record(["experiment", "model", "relative difference"]);
    for slot in before.groups.keys() {
        if let Some(found) = noise.of(slot) {
            builder.push_record([slot.experiment.clone(), slot.entry(), format!("{found:.1e}")]);
        }
    }
    let path = noise.write(baseline)?;
    output::print(&format!(
        "{}\n{} measured on {}: {}\n",
        builder.build().with(Style::sharp()),
        counted(noise.len(), "model"),
        counted(others.len(), "engine"),
        path.display()
    ))
}

struct Judgement<'a> {
    judged: &'a [Judged],
    all: bool,
}

impl Judgement<'_> {
    fn table(&self) -> String {
        let mut builder = Builder::default();
        builder.push_record(["experiment", "model", "verdict", "was", "is", "apart", "because"]);
        let shown =
            self.judged.iter().filter(|one| self.all || one.standing != Standing::Same || !one.because.is_empty());
        let mut is_any = false;
        for one in shown {
            is_any = true;
            let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
            builder.push_record([
                one.slot.experiment.clone(),
                one.slot.entry(),
                one.standing.word().to_owned(),
                number(one.baseline),
                number(one.candidate),
                one.apart.map_or_else(|| "–".to_owned(), |apart| format!("{apart:.1e}")),
                because(one),
            ]);
        }
        let table = if is_any {
            format!(
                "{}\nRMSE in cycles, mean over seeds; apart: the largest relative difference of a predicted life\n",
                builder.build().with(Style::sharp())
            )
        } else {
            String::new()
        };
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for one in self.judged {
            match counts.iter_mut().find(|count| count.0 == one.standing.word()) {
                Some(count) => count.1 += 1,
                None => counts.push((one.standing.word(), 1)),
            }
        }
        let counts: Vec<String> = counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
        format!("{table}{}: {}\n", counted(self.judged.len(), "model"), counts.join(", "))
    }

    fn json(&self, outcome: Outcome) -> String {
        let rows: Vec<_> = self
            .judged
            .iter()
            .map(|one| {
                json!({
                    "experiment": one.slot.experiment, "data": one.slot.data, "model": one.slot.model, "variant": one.slot.variant,
                    "metric": "rmse", "a": one.baseline, "b": one.candidate,
                    "difference": one.candidate.zip(one.baseline).map(|(now, before)| now - before),
                    "apart": one.apart, "verdict": one.standing.word(), "because": because(one),
                    "keys_a": one.keys.0, "keys_b": one.keys.1,
                })
            })
            .collect();
        format!("{}\n", json!({ "outcome": outcome.word(), "judgements": rows }))
    }
}

/// What led to the judgement, with what was allowed or declared.
fn because(one: &Judged) -> String {
    let more = match &one.standing {
        Standing::Declared { reason } => format!("declared: {reason}"),
        Standing::WithinNoise { allowed } => format!("allowed: {allowed}"),
        Standing::Unmeasured => "further than rounding goes, and how far engines are apart was not measured".to_owned(),
        _ => String::new(),
    };
    let parts: Vec<&str> = [one.because.as_str(), more.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}

/// The numbers of a folder in the Bencher Metric Format: benchmark, measure, value with bounds.
fn bencher(folder: &Folder) -> String {
    let mut all = serde_json::Map::new();
    for point in history::points(folder, "") {
        let name = format!("{}/{}/{}", point.experiment, point.data, record::entry(&point.model, &point.variant));
        let measure = json!({ "value": point.value, "lower_value": point.low, "upper_value": point.high });
        let of = all.entry(name).or_insert_with(|| json!({}));
        of[point.metric.as_str()] = measure;
    }
    format!("{}\n", serde_json::Value::Object(all))
}

/// Judges or accepts speed.
fn speed(arguments: &GateArguments, candidate: &Path) -> Result<(), Failure> {
    if arguments.accept.is_some() {
        let path = bench::accept(&arguments.baseline, candidate)?;
        return output::print(&format!("bands drawn around {}: {}\n", candidate.display(), path.display()));
    }
    let timed = bench::judge(&arguments.baseline, candidate)?;
    output::print(&if arguments.json { speed_json(&timed) } else { speed_table(&timed) })?;
    let of = |pace: Pace| timed.iter().filter(|one| one.pace == pace).map(|one| one.what.as_str()).collect::<Vec<_>>();
    match (&of(Pace::Slower)[..], &of(Pace::Missing)[..]) {
        ([], []) => Ok(()),
        ([], missing) => Err(Failure::Incomplete(format!("not measured: {}", missing.join(", ")))),
        (slower, _) => Err(Failure::Regressed(format!(
            "slower than their bands: {}; measure again on an idle machine, or draw the bands anew with --accept",
            slower.join(", ")
        ))),
    }
}

fn speed_table(timed: &[Timed]) -> String {
    let mut builder = Builder::default();
    builder.push_record(["measure", "band", "is", "verdict"]);
    for one in timed {
        builder.push_record([
            one.what.clone(),
            one.band.map_or_else(|| "–".to_owned(), |[low, high]| format!("{low} to {high}")),
            one.found.map_or_else(|| "–".to_owned(), |found| found.to_string()),
            one.pace.word().to_owned(),
        ]);
    }
    format!("{}\n", builder.build().with(Style::sharp()))
}

fn speed_json(timed: &[Timed]) -> String {
    let rows: Vec<_> = timed
        .iter()
        .map(|one| json!({ "measure": one.what, "band": one.band, "found": one.found, "verdict": one.pace.word() }))
        .collect();
    format!("{}\n", serde_json::Value::from(rows))
}
