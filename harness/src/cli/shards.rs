//! A plan as jobs of engines that exist: a Slurm job array, JSON lines, a Makefile. Each task is `run --shard K/N` into a folder of its
//! own, and the last is `merge`. Runs that share a training are in one shard, so none is made twice.

use std::path::Path;

use clap::ValueEnum;

/// Whose language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A job array for `sbatch`; its last task merges.
    Slurm,
    /// One task a line, for Ray, Nextflow or Snakemake.
    Jsonl,
    /// For `make -j`, on one machine or several that share a file system.
    Make,
}

/// Options of `plan` that `run` does not take, with a value or without.
const WITH_VALUE: [&str; 4] = ["--shards", "--format", "--out", "--shard"];
const ALONE: [&str; 1] = ["--estimate"];

/// What follows the name of the program in a call of `plan`, as that of `run`, without what says where to.
fn as_run(call: impl Iterator<Item = String>) -> Vec<String> {
    let mut words = Vec::new();
    let mut call = call.skip_while(|word| word != "plan").skip(1);
    while let Some(word) = call.next() {
        let name = word.split('=').next().unwrap_or(&word);
        if WITH_VALUE.contains(&name) {
            if !word.contains('=') {
                call.next();
            }
        } else if !ALONE.contains(&name) {
            words.push(word);
        }
    }
    words.insert(0, "run".to_owned());
    words
}

/// The jobs of a call of `plan`, whose runs go to `out` in the end.
pub(super) fn jobs(call: impl Iterator<Item = String>, shards: usize, format: Format, out: &Path) -> String {
    let run = as_run(call);
    let folder = |shard: &str| format!("{}.shards/{shard}", out.display());
    let program = "batlinet".to_owned();
    let task = |shard: usize| {
        let more = ["--shard".to_owned(), format!("{shard}/{shards}"), "--out".to_owned(), folder(&shard.to_string())];
        [program.clone()].into_iter().chain(run.clone()).chain(more).collect::<Vec<String>>()
    };
    let merge: Vec<String> = [program.clone(), "merge".to_owned()]
        .into_iter()
        .chain((1..=shards).map(|shard| folder(&shard.to_string())))
        .chain(["--out".to_owned(), out.display().to_string()])
        .collect();
    match format {
        Format::Slurm => {
            let call = quoted(&[vec![program.clone()], run].concat());
            let to = quoted(&[folder("")]);
            let merge = quoted(&merge);
            format!(
                "#!/bin/bash\n\
                 # {shards} shards of a plan, and the merge when all are done. Submit with scripts/slurm/submit.sh, or:\n\
                 #   shards=$(sbatch --parsable THIS) && sbatch --dependency=afterok:$shards --array=0 THIS\n\
                 # A task that was killed or requeued goes on where it was; one more `sbatch --array=K THIS` does, too.\n\
                 #SBATCH --job-name=batlinet\n\
                 #SBATCH --array=1-{shards}\n\
                 #SBATCH --requeue\n\
                 #SBATCH --cpus-per-task=1\n\
                 set -euo pipefail\n\
                 if [ \"$SLURM_ARRAY_TASK_ID\" = 0 ]; then\n  exec {merge}\nfi\n\
                 exec {call} --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\" --shard \"$SLURM_ARRAY_TASK_ID/{shards}\" --out {to}\"$SLURM_ARRAY_TASK_ID\"\n"
            )
        }
        Format::Jsonl => {
            let line = |name: String, after: Vec<String>, command: Vec<String>, out: String| {
                format!("{}\n", serde_json::json!({ "task": name, "after": after, "command": command, "out": out }))
            };
            let names: Vec<String> = (1..=shards).map(|shard| format!("shard-{shard}")).collect();
            let tasks = (1..=shards)
                .map(|shard| line(format!("shard-{shard}"), vec![], task(shard), folder(&shard.to_string())));
            tasks.chain([line("merge".to_owned(), names.clone(), merge.clone(), out.display().to_string())]).collect()
        }
        Format::Make => {
            let names: Vec<String> = (1..=shards).map(|shard| format!("shard-{shard}")).collect();
            let rules =
                (1..=shards).map(|shard| format!("shard-{shard}:\n\t{}\n", quoted(&task(shard)).replace('$', "$$")));
            let merge = format!("merge: {}\n\t{}\n", names.join(" "), quoted(&merge).replace('$', "$$"));
            format!(
                "# make -f THIS -j {shards}\n.PHONY: merge {}\n{merge}{}",
                names.join(" "),
                rules.collect::<String>()
            )
        }
    }
}

fn quoted(words: &[String]) -> String {
    // no word of a call holds the one byte that cannot be quoted
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "batlinet plan e.yaml --shards 2 --set models.cnn.epochs=3 --format=jsonl --out there --models 'cnn,ridge' --estimate";

    fn call() -> impl Iterator<Item = String> {
        shlex::split(CALL).unwrap().into_iter()
    }

    #[test]
    fn a_call_of_plan_is_a_call_of_run_for_every_shard_and_one_of_merge() {
        let run = ["run", "e.yaml", "--set", "models.cnn.epochs=3", "--models", "cnn,ridge"];
        assert_eq!(as_run(call()), run);
        let text = jobs(call(), 2, Format::Jsonl, Path::new("there"));
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let command = [&["batlinet"], &run[..], &["--shard", "2/2", "--out", "there.shards/2"]].concat();
        assert_eq!((lines.len(), &lines[1]["command"]), (3, &serde_json::json!(command)));
        let merge = ["batlinet", "merge", "there.shards/1", "there.shards/2", "--out", "there"];
        assert_eq!(lines[2]["command"], serde_json::json!(merge));
        assert_eq!(lines[2]["after"], serde_json::json!(["shard-1", "shard-2"]));
    }

    #[test]
    fn an_array_and_a_makefile_say_the_same() {
        let text = jobs(call(), 3, Format::Slurm, Path::new("a folder"));
        assert!(
            text.contains("#SBATCH --array=1-3\n") && text.contains("--out 'a folder.shards/'\"$SLURM_ARRAY_TASK_ID\""),
            "{text}"
        );
        assert!(text.contains("exec batlinet merge 'a folder.shards/1'"), "{text}");
        let text = jobs(call(), 2, Format::Make, Path::new("there"));
        assert!(text.contains("merge: shard-1 shard-2\n\tbatlinet merge there.shards/1"), "{text}");
        assert!(text.contains("shard-2:\n\tbatlinet run e.yaml"), "{text}");
    }
}
