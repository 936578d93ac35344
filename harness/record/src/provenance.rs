//! Which program made a run, where, and how it was called.

use std::{env, fs};

use serde::{Deserialize, Serialize};

/// What cannot be told.
const UNKNOWN: &str = "unknown";

/// What stands behind a commit whose sources were changed before the program was built.
const DIRTY: &str = "-dirty";

/// What a number may depend on in its last digits, and what it takes to find out why: in records only, never in keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Provenance {
    /// Commit that the program was built from, with `-dirty` behind it where its sources differed; `unknown` where nobody
    /// could tell.
    pub commit: String,
    /// Model of the processor; `unknown` where the system does not say.
    pub processor: String,
    /// Widest vector instructions that libtorch takes there. It computes the networks that have no encoder, MLP and LSTM,
    /// and every network on a graphics card; for encoders on the processor, `Versions::engine` names what does.
    pub libtorch_instructions: String,
    /// Threads that the run was given.
    pub threads: usize,
    /// The call, as one would type it into a shell; of the program itself, its name.
    pub command: String,
}

impl Provenance {
    /// Of the running program, built from `commit`, for a run with so many threads.
    pub fn current(commit: &str, threads: usize) -> Self {
        let arguments = env::args_os().skip(1).map(|argument| quoted(&argument.to_string_lossy()));
        Self {
            commit: commit.to_owned(),
            processor: processor(),
            libtorch_instructions: libtorch_instructions(env::var("ATEN_CPU_CAPABILITY").ok().as_deref()),
            threads,
            command: std::iter::once("batlinet".to_owned()).chain(arguments).collect::<Vec<_>>().join(" "),
        }
    }

    /// The commit, short, and whether the sources differed from it.
    pub fn short_commit(&self) -> (&str, bool) {
        let commit = self.commit.strip_suffix(DIRTY);
        let is_dirty = commit.is_some();
        let commit = commit.unwrap_or(&self.commit);
        let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        (if is_hash { &commit[..10] } else { commit }, is_dirty)
    }
}

/// Model of the processor, `unknown` where the system does not say.
pub fn processor() -> String {
    let said = fs::read_to_string("/proc/cpuinfo").ok();
    said.as_deref().and_then(model_name).unwrap_or(UNKNOWN).to_owned()
}

/// The first `model name` of `/proc/cpuinfo`.
fn model_name(said: &str) -> Option<&str> {
    let (_, name) = said.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == "model name")?;
    Some(name.trim()).filter(|name| !name.is_empty())
}

/// What libtorch chooses its own kernels by: the environment, or else these features. The libraries below it choose by
/// themselves among what the processor has.
fn libtorch_instructions(asked: Option<&str>) -> String {
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        return format!("{asked}, as ATEN_CPU_CAPABILITY says");
    }
    #[cfg(target_arch = "x86_64")]
    {
        let has_fma = is_x86_feature_detected!("fma");
        let is_wide = is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq");
        if has_fma && is_wide {
            return "avx512".to_owned();
        }
        if has_fma && is_x86_feature_detected!("avx2") {
            return "avx2".to_owned();
        }
    }
    "default".to_owned()
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+=./,:@%".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_program_knows_where_it_is() {
        let provenance = Provenance::current("c0ffee", 3);
        assert_eq!(provenance.threads, 3);
        assert!(provenance.command.starts_with("batlinet"), "{}", provenance.command);
        let said = [&provenance.commit, &provenance.processor, &provenance.libtorch_instructions];
        assert!(said.iter().all(|text| !text.is_empty()), "{provenance:?}");
    }

    #[test]
    fn a_commit_is_short_for_people_and_says_that_it_was_changed() {
        let of = |commit: &str| Provenance { commit: commit.to_owned(), ..Provenance::current("c0ffee", 1) };
        let hash = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(of(hash).short_commit(), ("0123456789", false));
        assert_eq!(of(&format!("{hash}-dirty")).short_commit(), ("0123456789", true));
        assert_eq!(of("unknown").short_commit(), ("unknown", false));
        assert_eq!(of("1.2-3~distribution").short_commit(), ("1.2-3~distribution", false));
    }

    #[test]
    fn a_processor_is_read_by_its_name() {
        let said = "processor\t: 0\nmodel\t\t: 106\nmodel name\t: Some(R) CPU @ 2.90GHz: x\nmodel name\t: other\n";
        assert_eq!(model_name(said), Some("Some(R) CPU @ 2.90GHz: x"));
        assert_eq!(model_name("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
        assert_eq!(model_name("model name\t:\n"), None);
    }

    #[test]
    fn what_was_asked_of_libtorch_is_said() {
        assert_eq!(libtorch_instructions(Some("avx2")), "avx2, as ATEN_CPU_CAPABILITY says");
        assert_eq!(libtorch_instructions(None), libtorch_instructions(Some("")));
    }

    #[test]
    fn a_shell_reads_the_call_as_it_was() {
        let arguments =
            ["run", "a b.yaml", "", "--set", "sweep={models.x: [1, 2]}", "it's", "$HOME", "*", "a\\n\nb", "ü"];
        let typed = arguments.map(quoted).join(" ");
        let script = format!("for word in {typed}; do printf '%s\\0' \"$word\"; done");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let read = String::from_utf8(output.stdout).unwrap();
        assert_eq!(read.split_terminator('\0').collect::<Vec<_>>(), arguments);
        assert_eq!(quoted("models.ridge.alpha=2"), "models.ridge.alpha=2");
    }
}
