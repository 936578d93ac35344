//! `batlinet gate --baseline A --candidate B`

mod noise;
mod shown;
mod speed;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use cells::{
    count::{counted, counted_with, verb},
    whole_file,
};
use clap::Args;
use record::{ExperimentRecord, Score, files};
use time::OffsetDateTime;

use super::failure::Failure;
use super::output;
use verdicts::{
    Folder,
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
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["accept", "bench", "candidate", "json", "all", "changes", "history", "bmf"])]
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
    let Some(candidate) = &arguments.candidate else { return noise::measure(baseline, &arguments.noise) };
    if arguments.accept.as_ref().is_some_and(|reason| !reason.chars().any(char::is_alphanumeric)) {
        return Err(Failure::Usage("--accept: give the reason, for whoever reads it later".to_owned()));
    }
    if let Some(missing) = arguments.changes.as_ref().filter(|path| !path.is_file()) {
        return Err(Failure::Usage(format!("--changes {}: there is no such file", missing.display())));
    }
    let date = OffsetDateTime::now_utc().date().to_string();
    let reason = |text| Reason { text, date: &date, commit: env!("BATLINET_COMMIT") };
    if arguments.bench {
        return match &arguments.accept {
            Some(text) => speed::accept(baseline, candidate, &reason(text)),
            None => speed::judge(baseline, candidate, arguments.json),
        };
    }
    // before anything is changed
    if let Some(path) = &arguments.history {
        history::read(path)?;
    }
    // of two that accept at once, the second must see what the first has declared
    let _alone =
        arguments.accept.as_ref().map(|_| files::lock(whole_file::folder_of(baseline), "accept")).transpose()?;
    let now = Folder::read(candidate)?;
    if let (Some(text), false) = (&arguments.accept, baseline.join(Score::FILE).exists()) {
        gate::found(baseline, &now, &reason(text))?;
        say_what_was_changed(&now)?;
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
        say_what_was_changed(&now)?;
        keep(arguments, &now, &date)?;
        return output::print(&format!(
            "{}{} moved; {} has what they say now, and {} the reason\n",
            shown::table(&judged, arguments.all),
            counted(moved, "run"),
            baseline.display(),
            baseline.join(Changes::FILE).display()
        ));
    }
    let outcome = gate::outcome(&judged);
    output::print(&if arguments.json { shown::json(&judged, outcome) } else { shown::table(&judged, arguments.all) })?;
    if let Some(path) = &arguments.bmf {
        record::files::write_whole(path, shown::bencher(&now.with_seeds_of(&before)).as_bytes())?;
    }
    if outcome == Outcome::Lands {
        keep(arguments, &now.with_seeds_of(&before), &date)?;
    }
    end(outcome, &judged, baseline, candidate)
}

/// A baseline that was run with other values than the files have can be made again by nobody who has the files alone.
fn say_what_was_changed(accepted: &Folder) -> Result<(), Failure> {
    let declared = ExperimentRecord::read_all(&accepted.path)?;
    let settings = declared.iter().flat_map(|one| &one.settings).map(String::as_str);
    // with other seeds it is the same experiment
    let settings: BTreeSet<&str> = settings.filter(|setting| !setting.starts_with("seeds=")).collect();
    if !settings.is_empty() {
        output::say(&format!(
            "the baseline now has numbers that no experiment file gives as it is (--set {}): change the files too, or the next gate says moved",
            output::names(settings)
        ));
    }
    Ok(())
}

/// Appends the numbers of what lands to the history, if one is named.
fn keep(arguments: &GateArguments, landed: &Folder, date: &str) -> Result<(), Failure> {
    let Some(path) = &arguments.history else { return Ok(()) };
    let mixed = history::of_several_commits(landed);
    if let Some(first) = mixed.first() {
        output::say(&format!(
            "{} made by programs of several commits, or on several machines, and no number of any ({first}): not in the history; run all of it by one program on \
             one machine",
            counted_with(mixed.len(), "model", ["was", "were"])
        ));
    }
    let mut points = history::points(landed, date);
    points.retain(|point| !mixed.contains(&&point.slot()));
    Ok(history::append(path, points)?)
}

fn end(outcome: Outcome, judged: &[Judged], baseline: &Path, candidate: &Path) -> Result<(), Failure> {
    let of = |outcome: Outcome| judged.iter().filter(|one| one.standing.outcome() == outcome).collect::<Vec<_>>();
    let such = |judged: &[&Judged]| {
        let named = judged.iter().map(|one| format!("{} of {}", one.slot.entry(), one.slot.experiment));
        output::names(named.collect::<Vec<_>>().iter().map(String::as_str))
    };
    match outcome {
        Outcome::Lands => Ok(()),
        Outcome::Regressed => {
            let found = of(outcome);
            let fails = judged.iter().any(|one| matches!(one.standing, Standing::Fails { .. }));
            let missing: Vec<&Judged> =
                judged.iter().filter(|one| matches!(one.standing, Standing::Missing { .. })).collect();
            let hint = match missing.len() {
                0 if fails => "mend what fails: a baseline is accepted whole".to_owned(),
                0 => format!("if that is meant: {}", accepting(baseline, candidate)),
                count => format!(
                    "and of {} runs are missing ({}): run all of it before anything is accepted",
                    counted(count, "model"),
                    such(&missing)
                ),
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
            let has = |standing: &Standing| found.iter().any(|one| one.standing == *standing);
            let mut what = Vec::new();
            if found.iter().any(|one| matches!(one.standing, Standing::Missing { .. })) {
                what.push("run what is missing");
            }
            if has(&Standing::NewFails) {
                what.push("mend what is new and fails");
            }
            if has(&Standing::Scattered) {
                what.push("run more seeds, or compute on the baseline's engine");
            }
            if has(&Standing::Unmeasured) {
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
