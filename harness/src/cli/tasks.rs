//! `batlinet plan --shards N --format FORM`: a plan as tasks for schedulers.
//!
//! A task makes one part of the plan (`run --shard`) in a folder of its own, so that no two machines write into one, and `merge` puts the
//! parts together. Runs that share a trained model are in one part: nothing is trained twice. What is made of other runs is in none,
//! and is made behind the merge. A task that was killed is given again;
//! what it had finished is not made again.

use cells::count::counted;
use std::{borrow::Cow, path::Path};

use clap::ValueEnum;
use experiments::Run;
use record::Score;
use serde_json::json;

use super::options::Options;

/// For which kind of scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A job array of Slurm: give it to `sbatch`, or to scripts/slurm/submit.sh.
    Slurm,
    /// A line of JSON per task, for Snakemake, Nextflow, Ray and programs of your own.
    Jsonl,
    /// A Makefile: `make -j4 -f FILE`.
    Make,
}

/// A plan in parts.
pub(super) struct Tasks<'a> {
    /// How the plan was asked for.
    pub(super) options: &'a Options,
    /// Where everything is to be in the end.
    pub(super) out: &'a Path,
    /// The runs of each part.
    pub(super) parts: Vec<Vec<&'a Run>>,
    /// Whether some runs are made of others, and so of several parts.
    pub(super) has_made: bool,
}

impl Tasks<'_> {
    pub(super) fn text(&self, form: Form) -> String {
        match form {
            Form::Slurm => self.slurm(),
            Form::Jsonl => self.lines(),
            Form::Make => self.makefile(),
        }
    }

    fn count(&self) -> usize {
        self.parts.len()
    }

    /// The folder of a part.
    fn folder(&self, index: impl std::fmt::Display) -> String {
        format!("{}-parts/{index}-of-{}", self.out.display(), self.count())
    }

    /// What makes a part, as words.
    fn call(&self, index: usize) -> Vec<String> {
        let mut words = self.asked();
        words.extend(["--shard".to_owned(), format!("{index}/{}", self.count())]);
        words.extend(["--out".to_owned(), self.folder(index)]);
        words
    }

    /// `batlinet run` as the plan was asked for, without shard and folder.
    fn asked(&self) -> Vec<String> {
        let Options { files, data, profile, models, seeds, set, device, shard: _, only, out: _ } = self.options;
        let mut words = vec!["batlinet".to_owned(), "run".to_owned()];
        words.extend(files.iter().map(|file| file.display().to_string()));
        let mut add = |name: &str, value: String| words.extend([name.to_owned(), value]);
        add("--data", data.display().to_string());
        add("--profile", profile.clone());
        models.iter().for_each(|models| add("--models", models.clone()));
        seeds.iter().for_each(|seeds| add("--seeds", seeds.clone()));
        set.iter().for_each(|set| add("--set", set.clone()));
        add("--device", device.to_string());
        if !only.is_empty() {
            add("--only", only.join(","));
        }
        words
    }

    fn merging(&self) -> Vec<String> {
        let mut words = vec!["batlinet".to_owned(), "merge".to_owned()];
        words.extend((1..=self.count()).map(|index| self.folder(index)));
        // half a plan would stand in the way of the whole one, once the parts that failed were given again
        words.extend(["--complete".to_owned(), "--out".to_owned(), self.out.display().to_string()]);
        words
    }

    /// What makes the rest where everything is together: runs that are made of those of several parts.
    fn rest(&self) -> Option<Vec<String>> {
        let mut words = self.asked();
        words.extend(["--out".to_owned(), self.out.display().to_string()]);
        self.has_made.then_some(words)
    }

    /// All that follows the parts, for a shell. Where something is made behind the merge, that goes on where it was stopped.
    fn end(&self) -> String {
        let merging = shell(&self.merging());
        match self.rest() {
            None => merging,
            Some(rest) => {
                let scores = shell(&[self.out.join(Score::FILE).display().to_string()]);
                format!("test -e {scores} || {merging} && {}", shell(&rest))
            }
        }
    }

    fn lines(&self) -> String {
        let task = |(index, runs): (usize, &Vec<&Run>)| {
            let keys: Vec<&str> = runs.iter().map(|run| run.key.as_str()).collect();
            json!({ "task": index + 1, "of": self.count(), "runs": keys, "out": self.folder(index + 1), "command": self.call(index + 1) })
        };
        let mut merge = json!({ "task": "merge", "after": self.count(), "out": self.out.display().to_string(), "command": self.merging() });
        if let Some(rest) = self.rest() {
            merge["then"] = rest.into();
        }
        self.parts.iter().enumerate().map(task).chain([merge]).map(|task| format!("{task}\n")).collect()
    }

    fn makefile(&self) -> String {
        let part = |index: usize| {
            // a part is made anew as often as make is called: what is done is not done again
            format!(".PHONY: part-{index}\npart-{index}:\n\t{}\n", escaped(&shell(&self.call(index))))
        };
        let parts: String = (1..=self.count()).map(part).collect();
        let all: Vec<String> = (1..=self.count()).map(|index| format!("part-{index}")).collect();
        format!(
            "# Made by `batlinet plan --shards {} --format make`: make -j4 -f THIS_FILE\n.PHONY: merged\nmerged: {}\n\t{}\n{parts}",
            self.count(),
            all.join(" "),
            escaped(&self.end())
        )
    }

    fn slurm(&self) -> String {
        let mut call = self.asked();
        call.push("--shard".to_owned());
        let of = self.count();
        let out = self.out.display();
        let (parts, runs) = (counted(of, "part"), counted(self.parts.iter().map(Vec::len).sum(), "run"));
        format!(
            "#!/bin/bash\n\
             # Made by `batlinet plan --shards {of} --format slurm`. Submit it from the folder that its paths are relative to:\n\
             #   scripts/slurm/submit.sh THIS_FILE    parts, then their merge; parts that fail are given again\n\
             #   sbatch THIS_FILE                     the parts alone\n\
             #SBATCH --job-name=batlinet\n\
             #SBATCH --array=1-{of}\n\
             #SBATCH --cpus-per-task=2\n\
             #SBATCH --mem=4G\n\
             #SBATCH --requeue\n\
             #SBATCH --open-mode=append\n\
             #SBATCH --signal=INT@60\n\
             {}# {parts} with {runs}; a part that is given again goes on where it was\n\
             set -eu\n\
             part=${{SLURM_ARRAY_TASK_ID:?}}\n\
             # merge: {}\n\
             # out: {out}\n\
             exec srun --ntasks=1 {}\"$part/{of}\" --jobs \"${{SLURM_CPUS_PER_TASK:-2}}\" --out {}\"$part-of-{of}\"\n",
            if self.is_on_card() { "#SBATCH --gpus=1\n" } else { "" },
            self.end(),
            shell(&call) + " ",
            shell(&[format!("{out}-parts/")]),
        )
    }

    fn is_on_card(&self) -> bool {
        self.options.device.to_string().starts_with("cuda")
    }
}

/// Words as a shell reads them back.
fn shell(words: &[String]) -> String {
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or(Cow::Borrowed(word)));
    quoted.collect::<Vec<_>>().join(" ")
}

/// A line of a shell in a Makefile.
fn escaped(line: &str) -> String {
    line.replace('$', "$$")
}
