//! Which runs of a plan are asked for: `--models`, `--only`, `--shard`.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    str::FromStr,
};

use itertools::Itertools as _;

use super::{Plan, Run, State};
use crate::{
    Error,
    choice::members,
    entry::{Entry, ModelSpec},
    names::unknown,
};

/// Which runs of a plan are asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `ridge` or `batlinet[variant]`; empty for all.
    pub models: Vec<String>,
    /// One of several parts.
    pub shard: Option<Shard>,
    /// Keys of single runs, or their first digits; empty for all.
    pub only: Vec<String>,
}

/// Part `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parsed {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!("'{text}' is no shard: write K/N with 1 ≤ K ≤ N, such as 1/4")),
        }
    }
}

/// Whether `wanted` is this key or its first digits.
fn is_key(wanted: &str, key: &str) -> bool {
    !wanted.is_empty() && key.starts_with(wanted)
}

/// Marks the runs that are asked for.
///
/// # Errors
/// [`Error::Selection`] for a model or key that no experiment has.
pub(super) fn select(plans: &mut [Plan], selection: &Selection) -> Result<(), Error> {
    for wanted in &selection.models {
        let name = wanted.split('[').next().unwrap_or(wanted);
        if !ModelSpec::NAMES.contains(&name) {
            return Err(Error::Selection(unknown("model", name, &ModelSpec::NAMES, "--models")));
        }
        let found = plans.iter().flat_map(|plan| &plan.experiment().models).any(|entry| matches(wanted, entry));
        if !found {
            let here = plans.iter().flat_map(|plan| &plan.experiment().models);
            let names: BTreeSet<String> = here.map(|entry| entry.label()).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Error::Selection(format!(
                "--models {wanted}: no experiment here has this model; there are {names}"
            )));
        }
    }
    for wanted in &selection.only {
        if !plans.iter().flat_map(|plan| &plan.runs).any(|run| is_key(wanted, &run.key)) {
            return Err(Error::Selection(format!(
                "--only {wanted}: no run here has this key; `batlinet plan` lists them"
            )));
        }
    }
    let is_asked_for = |key: &str| selection.only.is_empty() || selection.only.iter().any(|wanted| is_key(wanted, key));
    let mut parts = Parts::default();
    for plan in plans.iter_mut() {
        let Plan { declared, runs, .. } = plan;
        for run in runs {
            let entry = &declared.experiment.models[run.entry];
            let is_named = selection.models.is_empty() || selection.models.iter().any(|wanted| matches(wanted, entry));
            run.asked = is_named && is_asked_for(&run.key);
            run.selected = run.asked;
            // what is made of others is in no part: it waits for all of them
            if run.selected && members::members(entry).is_none() {
                let place = parts.place(run);
                run.selected = selection.shard.is_none_or(|shard| place % shard.count + 1 == shard.index);
            }
        }
    }
    let is_part = selection.shard.is_some();
    let waiting = wait(plans, is_part);
    for (plan, waiting) in plans.iter_mut().zip(waiting) {
        plan.declared.notes.extend(waiting);
    }
    Ok(())
}

/// By position among all trainings asked for, done or not: so parts never overlap, and runs that share a trained model are in one.
#[derive(Default)]
struct Parts(HashMap<String, usize>);

impl Parts {
    fn place(&mut self, run: &Run) -> usize {
        let next = self.0.len();
        *self.0.entry(run.ingredients.train_key()).or_insert(next)
    }
}

/// The runs that are asked for, as `--shard 1/count`, `--shard 2/count` … would have them; what is made of others is in no part.
pub fn in_parts(plans: &[Plan], count: usize) -> Vec<Vec<&Run>> {
    let mut parts = Parts::default();
    let mut runs = vec![Vec::new(); count];
    let all = plans.iter().flat_map(|plan| plan.runs.iter().map(move |run| (plan, run)));
    for (_, run) in all.filter(|(plan, run)| run.selected && !plan.is_made(run)) {
        runs[parts.place(run) % count].push(run);
    }
    runs
}

/// What is made of other runs waits until all of them are there or asked for, too; in one part of several, it waits for the others. Returns,
/// per plan, a sentence for each entry that was asked for and waits.
fn wait(plans: &mut [Plan], is_part: bool) -> Vec<Vec<String>> {
    let runs = || plans.iter().flat_map(|plan| &plan.runs);
    let is_there = |run: &&Run| matches!(run.state, State::Done | State::Former(_));
    let keys = |is_coming: &dyn Fn(&&Run) -> bool| -> HashSet<String> {
        runs().filter(|run| is_there(run) || is_coming(run)).map(|run| run.key.clone()).collect()
    };
    let (here, anywhere) = (keys(&|run| run.selected), keys(&|run| run.asked));
    let of_plan = |plan: &mut Plan| {
        let ready = |run: &Run, coming: &HashSet<String>| plan.inputs(run).into_iter().all(|key| coming.contains(key));
        let ready: Vec<(bool, bool)> = plan.runs.iter().map(|run| (ready(run, &here), ready(run, &anywhere))).collect();
        let waiting = plan.runs.iter().zip(&ready).filter(|(run, (is_ready, _))| run.selected && !is_ready);
        let said = waiting.map(|(run, (_, is_ready_once_merged))| {
            let label = plan.experiment().models[run.entry].label();
            if is_part && *is_ready_once_merged {
                format!("{label} is made of runs of several parts: once these are merged, `run` without --shard makes it there")
            } else {
                format!(
                    "{label} waits for runs that are neither there nor asked for: it is made of {}",
                    plan.trained_members(run).join(", ")
                )
            }
        });
        let said: Vec<String> = said.unique().collect();
        for (run, (is_ready, is_ready_once_merged)) in plan.runs.iter_mut().zip(ready) {
            run.selected &= is_ready;
            // nobody can ask for what cannot be made of what is asked for
            run.asked &= is_ready_once_merged;
        }
        said
    };
    plans.iter_mut().map(of_plan).collect()
}

fn matches(wanted: &str, entry: &Entry) -> bool {
    match wanted.split_once('[') {
        None => wanted == entry.model.name(),
        Some((name, variant)) => {
            name == entry.model.name() && variant.strip_suffix(']') == Some(entry.variant.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, count: 4 }));
        for wrong in ["0/4", "5/4", "1", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().unwrap_err().contains("no shard"), "{wrong}");
        }
    }
}
