//! Which program made a run, where, and how it was called.

use std::{env, fs, process::Command};

use serde::{Deserialize, Serialize};

/// What nobody could tell, and what records of format 1 do not say.
pub const UNKNOWN: &str = "unknown";

/// What stands behind a commit whose sources were changed before the program was built.
const DIRTY: &str = "-dirty";

/// What the numbers were made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Of this program.
    pub program: String,
    /// Of libtorch, as the bindings require it.
    pub libtorch: String,
    /// Operating system and processor family.
    pub platform: String,
    /// Of encoders on the processor with its instruction set, or the card with its architecture where networks computed on one:
    /// another one rounds otherwise. Not said in older records.
    #[serde(default)]
    pub engine: String,
}

impl Versions {
    /// Of the running program, whose networks compute with `engine`.
    pub fn current(engine: impl Into<String>) -> Self {
        Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            // tch 0.24 refuses to be built with any other
            libtorch: "2.11.0".to_owned(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            engine: engine.into(),
        }
    }
}

/// What a number may depend on in its last digits, and what it takes to find out why: in records only, never in keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Provenance {
    /// Commit that the program was built from; `unknown` where nobody could tell.
    pub commit: String,
    /// Whether its sources differed from that.
    pub is_dirty: bool,
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
    /// Of the running program, built from `commit` (with `-dirty` behind it where its sources differed), for a run with so many
    /// threads.
    pub fn current(commit: &str, threads: usize) -> Self {
        let arguments = env::args_os().skip(1).map(|argument| quoted(&argument.to_string_lossy()));
        let (commit, is_dirty) = Self::split(commit);
        Self {
            commit: commit.to_owned(),
            is_dirty,
            processor: processor(),
            libtorch_instructions: libtorch_instructions(env::var("ATEN_CPU_CAPABILITY").ok().as_deref()),
            threads,
            command: std::iter::once("batlinet".to_owned()).chain(arguments).collect::<Vec<_>>().join(" "),
        }
    }

    /// Of a record from before it was noted; nothing that is made now lacks it.
    pub(crate) fn unknown() -> Self {
        let unknown = || UNKNOWN.to_owned();
        Self {
            commit: unknown(),
            is_dirty: false,
            processor: unknown(),
            libtorch_instructions: unknown(),
            threads: 0,
            command: unknown(),
        }
    }

    /// Whether it says anything.
    pub fn is_known(&self) -> bool {
        self.command != UNKNOWN
    }

    /// A commit, and whether the sources differed from it.
    pub(crate) fn split(commit: &str) -> (&str, bool) {
        let clean = commit.strip_suffix(DIRTY);
        (clean.unwrap_or(commit), clean.is_some())
    }

    /// The commit, short, and whether the sources differed from it.
    pub fn short_commit(&self) -> (&str, bool) {
        let (commit, is_dirty) = (self.commit.as_str(), self.is_dirty);
        let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        (if is_hash { &commit[..10] } else { commit }, is_dirty)
    }
}

/// Model of the processor, `unknown` where the system does not say.
pub fn processor() -> String {
    let said = fs::read_to_string("/proc/cpuinfo").ok();
    said.as_deref().and_then(model_name).unwrap_or(UNKNOWN).to_owned()
}

/// Name and architecture of the graphics card with this number, `unknown` where its driver does not say.
pub fn card(index: usize) -> String {
    let output = Command::new("nvidia-smi")
        .args(["--query-gpu=name,compute_cap", "--format=csv,noheader", "-i", &index.to_string()])
        .output();
    let said = output.ok().filter(|output| output.status.success());
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.as_deref().and_then(card_named).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// `NVIDIA H100 80GB HBM3 sm_90` of `NVIDIA H100 80GB HBM3, 9.0`.
fn card_named(said: &str) -> Option<String> {
    let (name, capability) = said.lines().next()?.rsplit_once(',')?;
    let architecture: String = capability.chars().filter(char::is_ascii_digit).collect();
    Some(format!("{} sm_{architecture}", name.trim())).filter(|_| !architecture.is_empty())
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
        let of = |commit: &str| Provenance::current(commit, 1);
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
    fn a_card_is_named_with_its_architecture() {
        assert_eq!(card_named("NVIDIA H100 80GB HBM3, 9.0\n"), Some("NVIDIA H100 80GB HBM3 sm_90".to_owned()));
        assert_eq!((card_named(""), card_named("No devices were found")), (None, None));
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
