//! `batlinet replay KEY…|FOLDER`

mod declared;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs::{self, DirEntry},
    path::{Path, PathBuf},
    thread,
};

use baselines::device::Choice;
use cells::count::{counted, counted_with};
use clap::{Args, Parser as _};
use tabled::{builder::Builder, settings::Style};

use super::failure::Failure;
use super::{
    Arguments, Verb, interrupt,
    options::{Options, Prepared},
    output,
};
use experiments::{Plan, Run, State, run};
use record::{
    DeviceClass, Provenance, RunRecord, Score,
    files::{self, run_folder},
};
use verdicts::{
    Folder, Slot,
    replay::{self, Replayed},
};

/// Arguments of `batlinet replay`.
#[derive(Args, Debug)]
pub struct ReplayArguments {
    /// Output folders, all of whose runs are made again, or keys of runs below results/.
    #[arg(required = true, value_name = "KEY|FOLDER")]
    what: Vec<PathBuf>,
    /// Cells, where they are not in the folder that the record's call names.
    #[arg(long, value_name = "DIR|virtual")]
    data: Option<PathBuf>,
    /// Only these models, such as `ridge,batlinet`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    models: Vec<String>,
    /// How far predicted lives of networks may be apart, relative, where another engine computed them.
    #[arg(long, value_name = "SHARE", default_value_t = 1e-5)]
    tolerance: f64,
    /// Runs side by side [default: number of cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Where runs are made again, to stay there: the same call goes on where it was stopped [default: a folder that is removed].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A run to be made again.
struct Wanted {
    slot: Slot,
    run: verdicts::Run,
}

/// What became of a record.
enum Outcome {
    Compared(Replayed),
    /// Why its run cannot be made again.
    Cannot(String),
}

/// Makes recorded runs again, from what their records say, in a folder of their own, and compares.
///
/// # Errors
/// [`Failure::Regressed`] if one comes out otherwise; [`Failure::Incomplete`] if one cannot be made again here, with the reason;
/// [`Failure::Usage`] for what is no folder or key.
pub fn execute(arguments: &ReplayArguments) -> Result<(), Failure> {
    let mut all = Vec::new();
    let recorded = arguments.what.iter().map(|what| located(what)).collect::<Result<Vec<_>, _>>()?;
    let temporary;
    let out = match &arguments.out {
        Some(out) => {
            is_another(out, recorded.iter().map(|(folder, _)| folder.as_path()))?;
            out.as_path()
        }
        None => {
            temporary = tempfile::Builder::new()
                .prefix("batlinet-replay-")
                .tempdir()
                .map_err(|error| Failure::Usage(format!("cannot make a folder for what is made again: {error}")))?;
            temporary.path()
        }
    };
    for (folder, key) in recorded {
        all.extend(wanted(&folder, key.as_deref(), &arguments.models)?);
    }
    if all.is_empty() && arguments.models.is_empty() {
        return Err(Failure::Usage("scores.csv has no row of it, so nobody knows what it is a run of; `batlinet run` writes the rows of runs that are there".to_owned()));
    }
    if all.is_empty() {
        return Err(Failure::Usage(format!(
            "none of these runs is of a model that is asked for ({})",
            arguments.models.join(", ")
        )));
    }
    let mut by_call: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for one in all {
        by_call.entry(one.run.record.provenance.command.clone()).or_default().push(one);
    }
    let mut found: Vec<(Wanted, Outcome)> = Vec::new();
    for (call, wanted) in by_call {
        match options_of(&call, arguments, out) {
            Ok(mut options) => {
                let (files, instead) =
                    declared::files_of(&options.files, wanted.iter().map(|one| one.slot.experiment.as_str()));
                if !instead.is_empty() {
                    let instead: Vec<String> = instead.iter().map(|file| file.display().to_string()).collect();
                    output::say(&format!(
                        "not all files of a recorded call are there any more; their experiments are declared in {}",
                        output::names(instead.iter().map(String::as_str))
                    ));
                }
                options.files = files;
                found.extend(where_they_were(options, arguments, wanted)?)
            }
            Err(failure) => found.extend(cannot(wanted, &failure)),
        }
    }
    tell(&found)
}

/// Refuses to hold records against themselves.
fn is_another<'a>(out: &Path, mut recorded: impl Iterator<Item = &'a Path>) -> Result<(), Failure> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    match recorded.find(|folder| real(out).is_some() && real(folder) == real(out)) {
        None => Ok(()),
        Some(folder) => Err(Failure::Usage(format!(
            "--out {} is the folder of the records themselves, {}: give what is made again one of its own",
            out.display(),
            folder.display()
        ))),
    }
}

/// The output folder, and the key of the run in it if one is named.
fn located(what: &Path) -> Result<(PathBuf, Option<String>), Failure> {
    if what.join(Score::FILE).is_file() {
        return Ok((what.to_owned(), None));
    }
    if let Some((out, key)) = files::run_at(what) {
        return Ok((out, Some(key)));
    }
    let key = what.to_string_lossy().into_owned();
    let mut folders = files::entries(Path::new("results/runs"))?;
    folders.extend(files::entries(Path::new("results/records"))?);
    let found = folders.iter().map(DirEntry::path).find(|out| run_folder(out, &key).is_dir());
    found.map(|out| (out, Some(key.clone()))).ok_or_else(|| {
        Failure::Usage(format!(
            "{key} is neither an output folder (with scores.csv) nor the key of a run below results/runs or results/records"
        ))
    })
}

fn wanted(folder: &Path, key: Option<&str>, models: &[String]) -> Result<Vec<Wanted>, Failure> {
    let all = Folder::read(folder)?;
    let is_model =
        |slot: &Slot| models.is_empty() || models.iter().any(|model| *model == slot.model || *model == slot.entry());
    let mut wanted = Vec::new();
    for (slot, group) in all.groups.into_iter().filter(|(slot, _)| is_model(slot)) {
        for run in group.runs.into_values() {
            if key.is_none_or(|key| key == run.score.key) {
                wanted.push(Wanted { slot: slot.clone(), run });
            }
        }
    }
    Ok(wanted)
}

fn cannot(wanted: Vec<Wanted>, failure: &Failure) -> Vec<(Wanted, Outcome)> {
    wanted.into_iter().map(|one| (one, Outcome::Cannot(failure.to_string()))).collect()
}

/// Makes the runs of one call again on what they computed on then, not on what is best here.
fn where_they_were(
    mut options: Options,
    arguments: &ReplayArguments,
    wanted: Vec<Wanted>,
) -> Result<Vec<(Wanted, Outcome)>, Failure> {
    let mut found = Vec::new();
    let is_of_card = |one: &Wanted| one.run.record.class == DeviceClass::Cuda;
    let mut left = wanted;
    // beside a card, what knows none computes on the processor under the same key, and what is made of both is known only there
    let card = left.iter().find(|one| is_of_card(one)).map(|one| one.run.record.device.clone());
    if let Some(card) = card {
        let prepared = card.parse::<Choice>().map_err(Failure::Incomplete).and_then(|device| {
            options.device = device;
            options.prepare()
        });
        match prepared {
            Ok(prepared) => {
                let runs = prepared.plans.iter().flat_map(|plan| &plan.runs);
                let keys: HashSet<String> = runs.map(|run| run.key.clone()).collect();
                let is_there = |one: &Wanted| is_of_card(one) || keys.contains(&one.run.record.key());
                let (there, others) = left.into_iter().partition(is_there);
                left = others;
                found.extend(again(prepared, &options, arguments, there)?);
            }
            Err(failure) => {
                let (there, others) = left.into_iter().partition(is_of_card);
                left = others;
                found.extend(cannot(there, &failure));
            }
        }
    }
    if left.is_empty() {
        return Ok(found);
    }
    options.device = Choice::Cpu;
    match options.prepare() {
        Ok(prepared) => found.extend(again(prepared, &options, arguments, left)?),
        Err(failure) => found.extend(cannot(left, &failure)),
    }
    Ok(found)
}

/// What the call in a record asked for, without what says where to, on what and how fast.
fn options_of(call: &str, arguments: &ReplayArguments, out: &Path) -> Result<Options, Failure> {
    let incomplete = |why: String| Failure::Incomplete(why);
    let words = shlex::split(call).ok_or_else(|| incomplete(format!("its call is no call: {call}")))?;
    let parsed = Arguments::try_parse_from(words)
        .map_err(|_| incomplete(format!("this program does not understand the call in its record: {call}")))?;
    let Verb::Run(run) = parsed.verb else {
        return Err(incomplete(format!("the call in its record is not one of `run`: {call}")));
    };
    let mut options = run.options;
    (options.shard, options.only, options.models) = (None, Vec::new(), Vec::new());
    options.out = Some(out.to_owned());
    if let Some(data) = &arguments.data {
        options.data.clone_from(data);
    }
    Ok(options)
}

/// Makes the runs again that the plans have, and compares each.
fn again(
    prepared: Prepared,
    options: &Options,
    arguments: &ReplayArguments,
    wanted: Vec<Wanted>,
) -> Result<Vec<(Wanted, Outcome)>, Failure> {
    let Prepared { mut plans, source, device, out } = prepared;
    let mut keys: BTreeSet<String> = wanted.iter().map(|one| one.run.record.key()).collect();
    // what is made of other runs needs them
    let of_runs = plans.iter().flat_map(|plan| plan.runs.iter().map(move |run| (plan, run)));
    let inputs = |(plan, run): (&Plan, &Run)| plan.inputs(run).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let needed: Vec<String> =
        of_runs.filter(|(_, run)| keys.contains(&run.key)).flat_map(|(plan, run)| inputs((plan, run))).collect();
    keys.extend(needed);
    let this = Provenance::current(env!("BATLINET_COMMIT"), 1);
    for run in plans.iter_mut().flat_map(|plan| &mut plan.runs) {
        run.selected = keys.contains(&run.key);
        // what another commit made again says nothing of this one
        let made = RunRecord::read(&run_folder(&out, &run.key)).map(|record| record.provenance);
        if made.is_ok_and(|made| (&made.commit, made.is_dirty) != (&this.commit, this.is_dirty)) {
            run.state = State::New;
        }
    }
    let jobs = arguments.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let how = run::Options {
        out: &out,
        device,
        jobs,
        fail_fast: false,
        retry_failed: true,
        profile: &options.profile,
        settings: &options.changes(),
        commit: env!("BATLINET_COMMIT"),
        stop: interrupt::flag("stopping after this epoch"),
    };
    match run::execute(&plans, &*source, &how) {
        Ok(_) | Err(experiments::Error::FirstFailure { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(wanted
        .into_iter()
        .map(|one| {
            let made = run_folder(&out, &one.run.record.key());
            let outcome = if RunRecord::exists(&made) {
                match RunRecord::read(&made) {
                    Ok(record) => {
                        let now = verdicts::Run { score: one.run.score.clone(), record, folder: made };
                        Outcome::Compared(replay::compare(&one.run, &now, arguments.tolerance))
                    }
                    Err(failure) => Outcome::Cannot(failure.to_string()),
                }
            } else {
                Outcome::Cannot(what_differs(&plans, &one))
            };
            (one, outcome)
        })
        .collect())
}

/// Why no plan has the run of a record.
fn what_differs(plans: &[Plan], one: &Wanted) -> String {
    let plan = plans.iter().find(|plan| plan.experiment().name == one.slot.experiment);
    let run = plan.and_then(|plan| {
        let of_entry = |run: &&experiments::plan::Run| {
            let entry = &plan.experiment().models[run.entry];
            entry.model.name() == one.slot.model && entry.variant == one.slot.variant && run.seed == one.run.score.seed
        };
        plan.runs.iter().find(of_entry)
    });
    match run {
        Some(run) => {
            format!("it would be another run, {}: {}", run.key, run.ingredients.difference(&one.run.record.ingredients))
        }
        None => "the experiments that its call names have no such run any more".to_owned(),
    }
}

fn tell(found: &[(Wanted, Outcome)]) -> Result<(), Failure> {
    let mut builder = Builder::default();
    builder.push_record(["run", "experiment", "model", "seed", "what"]);
    let (mut same, mut other, mut cannot) = (0, 0, 0);
    // many runs have one reason, which is long
    let mut reasons: Vec<&str> = Vec::new();
    for (one, outcome) in found {
        let what = match outcome {
            Outcome::Compared(Replayed::Same) => {
                same += 1;
                continue;
            }
            Outcome::Compared(Replayed::Other(what)) => {
                other += 1;
                format!("other: {what}")
            }
            Outcome::Compared(Replayed::Elsewhere { apart, how }) => {
                cannot += 1;
                format!("cannot tell: {apart:.1e} away, computed by {how}")
            }
            Outcome::Cannot(why) => {
                cannot += 1;
                let place = reasons.iter().position(|reason| reason == why).unwrap_or_else(|| {
                    reasons.push(why);
                    reasons.len() - 1
                });
                format!("cannot {}", output::mark(place))
            }
        };
        let (key, experiment) = (one.run.score.key.clone(), one.slot.experiment.clone());
        builder.push_record([key, experiment, one.slot.entry(), one.run.score.seed.to_string(), what]);
    }
    let table = if other + cannot > 0 { format!("{}\n", builder.build().with(Style::sharp())) } else { String::new() };
    let reasons = reasons.iter().enumerate().map(|(place, reason)| format!("{} {reason}\n", output::mark(place)));
    let table = reasons.fold(table, |text, reason| text + &reason);
    output::print(&format!(
        "{table}{}: {same} the same, {other} other, {cannot} cannot be told\n",
        counted(found.len(), "run")
    ))?;
    match (other, cannot) {
        (0, 0) => Ok(()),
        (0, cannot) => Err(Failure::Incomplete(format!(
            "{} cannot be made again here, or not compared; reasons stand above",
            counted(cannot, "run")
        ))),
        (other, _) => Err(Failure::Regressed(format!(
            "{} out otherwise than on record",
            counted_with(other, "run", ["comes", "come"])
        ))),
    }
}
