//! One side of a comparison: a folder, an entry of it, or one of its runs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use record::files;

use crate::{Error, Folder, Group, Slot};

/// What a side was chosen by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Everything in the folder.
    All,
    /// `batlinet[clean:intra_only]`, in every experiment that has it.
    Entry(String),
    /// One run, by its key.
    Run(String),
}

/// Runs of an output folder.
#[derive(Clone, Debug)]
pub struct Side {
    /// As it was asked for.
    pub name: String,
    /// The output folder.
    pub path: PathBuf,
    pub(super) choice: Choice,
    pub(super) groups: BTreeMap<Slot, Group>,
}

impl Side {
    /// `FOLDER`, `FOLDER:model`, `FOLDER:model[variant]`, `FOLDER:KEY` or `FOLDER/runs/KEY`. Where the folder is left out, as in
    /// `:ridge`, it is that of the side `beside`.
    ///
    /// # Errors
    /// [`Error`] says what is not there, and what is.
    pub fn open(text: &str, beside: Option<&Self>) -> Result<Self, Error> {
        let (path, choice) = read(text, beside)?;
        let folder = Folder::read(&path)?;
        let groups = match &choice {
            Choice::All => folder.groups,
            Choice::Entry(entry) => {
                let is_it = |slot: &Slot| slot.entry() == *entry;
                if !folder.groups.keys().any(is_it) {
                    return Err(no_entry(&folder, entry));
                }
                folder.groups.into_iter().filter(|(slot, _)| is_it(slot)).collect()
            }
            Choice::Run(key) => {
                let of_run = |mut group: Group| {
                    group.runs.retain(|_, run| run.score.key == *key);
                    Some(group).filter(|group| !group.runs.is_empty())
                };
                let groups: BTreeMap<Slot, Group> =
                    folder.groups.into_iter().filter_map(|(slot, group)| Some((slot, of_run(group)?))).collect();
                if groups.is_empty() {
                    let path = folder.path.display();
                    return Err(Error::NotComparable(format!("{path}: no row of its scores.csv is run {key}")));
                }
                groups
            }
        };
        Ok(Self { name: text.to_owned(), path, choice, groups })
    }
}

fn read(text: &str, beside: Option<&Side>) -> Result<(PathBuf, Choice), Error> {
    let path = Path::new(text);
    if path.is_dir() {
        return Ok(match files::run_at(path) {
            Some((folder, key)) => (folder, Choice::Run(key)),
            None => (path.to_owned(), Choice::All),
        });
    }
    for (colon, _) in text.match_indices(':') {
        let (folder, chosen) = (&text[..colon], &text[colon + 1..]);
        let folder = match beside {
            Some(beside) if folder.is_empty() => beside.path.clone(),
            _ => PathBuf::from(folder),
        };
        if folder.is_dir() && !chosen.is_empty() {
            let choice = if files::is_key(chosen) { Choice::Run } else { Choice::Entry };
            return Ok((folder, choice(chosen.to_owned())));
        }
    }
    Err(Error::NotComparable(format!(
        "{text}: there is no such folder; give FOLDER, FOLDER:model, FOLDER:model[variant], FOLDER:KEY or FOLDER/runs/KEY"
    )))
}

fn no_entry(folder: &Folder, entry: &str) -> Error {
    let mut entries: Vec<String> = folder.groups.keys().map(Slot::entry).collect();
    entries.sort();
    entries.dedup();
    let near = cells::suggest::did_you_mean(entry, entries.iter().map(String::as_str));
    let end = if near.is_empty() { format!("; there are {}", super::pairs::short(&entries.join(", "))) } else { near };
    Error::NotComparable(format!("{}: no model is called '{entry}'{end}", folder.path.display()))
}
