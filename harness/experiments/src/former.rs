//! Runs that an older program has kept in format 1: taken over under the keys of today, byte for byte but for the record.
//!
//! What format 1 does not say is known where a plan is at hand: it has found contents and label rule of their cells to be these.

use std::{collections::HashMap, fs, path::Path};

use super::{
    plan::{Plan, Run, State},
    pretrained::pretraining_key,
    values::values,
};
use crate::Error;
use cells::whole_file;
use record::{
    RunRecord,
    files::{lock, run_folder},
    hash_of, pretrained_name,
};

/// Takes over every run that the plans have found in format 1; says how many. The older folders are gone then.
///
/// # Errors
/// [`Error::Record`] and [`Error::File`] name the file that cannot be read or written.
pub(super) fn take_over(plans: &[Plan], out: &Path) -> Result<usize, Error> {
    let former = |run: &Run| match &run.state {
        State::Former(key) => Some(key.clone()),
        _ => None,
    };
    let runs = || plans.iter().flat_map(|plan| plan.runs.iter().map(move |run| (plan, run)));
    let keys: HashMap<String, String> = runs().filter_map(|(_, run)| Some((former(run)?, run.key.clone()))).collect();
    let mut taken = 0;
    if keys.is_empty() {
        return Ok(taken);
    }
    let _alone = lock(out, "former")?;
    for (plan, run) in runs() {
        let Some(key) = former(run) else { continue };
        let (from, folder) = (run_folder(out, &key), run_folder(out, &run.key));
        // of runs of the same key, in whatever experiment, the first was enough
        if RunRecord::exists(&folder) {
            continue;
        }
        let entry = &plan.experiment().models[run.entry];
        let mut record = RunRecord::read(&from)?;
        record.attachments.extend(pretrained(run, out)?.filter(|_| record.trained_by.is_none()));
        record.trained_by = record.trained_by.map(|by| keys.get(&by).cloned().unwrap_or(by));
        record.ingredients = run.ingredients.clone();
        record.values = values(plan.experiment(), entry);
        record.data_hash = plan.data_hash();
        record.label_hash = plan.label_hash(plan.experiment().rule(entry));
        record.take_over(&from, &folder)?;
        fs::remove_dir_all(&from).map_err(|source| Error::File { path: from, source })?;
        taken += 1;
    }
    Ok(taken)
}

/// The network that a run began with, if it is still here, under its key of today: its name and hash.
fn pretrained(run: &Run, out: &Path) -> Result<Option<(String, String)>, Error> {
    let keys = pretraining_key(&run.ingredients).zip(pretraining_key(&run.ingredients.former()));
    let Some((now, before)) = keys else { return Ok(None) };
    let name = pretrained_name(&now);
    let (file, former) = (out.join(&name), out.join(pretrained_name(&before)));
    if former.is_file() && !file.exists() {
        whole_file::put_in_place(&former, &file).map_err(|source| Error::File { path: file.clone(), source })?;
    }
    Ok(whole_file::read(&file).ok().map(|bytes| (name, hash_of(&bytes))))
}
