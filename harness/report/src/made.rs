//! By which programs and on which machines the runs of a report were made, in a line.

use cells::count::verb;
use itertools::Itertools as _;

use super::summary::{Run, Summary};
use record::{Provenance, Versions};

/// What the record of a run tells of its making.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Versions.
    pub versions: Versions,
    /// Where and how.
    pub provenance: Provenance,
    /// What it computed on: `cpu`, `cuda:0` …
    pub device: String,
    /// The run whose trained model was asked, if it was another one.
    pub trained_by: Option<String>,
}

/// `Made by commit 0123456789 on Some CPU, linux-x86_64; …`: all that differ, and how many runs do not say.
pub fn line(summaries: &[Summary]) -> String {
    let runs = || summaries.iter().flat_map(|summary| &summary.runs).filter(|run| run.score.metrics.is_some());
    let made: Vec<&Made> = runs().filter_map(|run| run.made.as_ref()).collect();
    let known: Vec<(&Made, &Provenance)> =
        made.iter().map(|made| (*made, &made.provenance)).filter(|(_, provenance)| provenance.is_known()).collect();
    let (total, silent) = (runs().count(), runs().count() - known.len());
    let mut parts = Vec::new();
    if !known.is_empty() {
        let commits = known.iter().map(|(_, provenance)| match provenance.short_commit() {
            (commit, false) => commit.to_owned(),
            (commit, true) => format!("{commit} with changes that are in no commit"),
        });
        let machines = known.iter().map(|(made, of)| format!("{}, {}", of.processor, made.versions.platform));
        let threads = known.iter().map(|(_, provenance)| provenance.threads.to_string());
        let engines = known.iter().map(|(made, _)| made.versions.engine.clone());
        let libtorch = known
            .iter()
            .map(|(made, provenance)| format!("{} ({})", made.versions.libtorch, provenance.libtorch_instructions));
        parts.push(format!("Made by the program of commit {}", all(commits)));
        parts.push(format!("on {}", all(machines)));
        let threads = all(threads);
        let noun = if threads == "1" { "thread" } else { "threads" };
        parts.push(format!("with {threads} {noun} a run"));
        parts.push(format!("encoders by {}", all(engines)));
        parts.push(format!("MLP and LSTM by libtorch {}", all(libtorch)));
    }
    let said = parts.join("; ");
    match silent {
        0 => said + ".",
        _ if silent == total => {
            "These runs do not say on which machine and by which commit they were made: they have no records, or older ones."
                .to_owned()
        }
        _ => format!(
            "{said}. {silent} of {total} runs {}.",
            verb(
                silent,
                ["does not say: it has no record, or an older one", "do not say: they have no records, or older ones"]
            )
        ),
    }
}

/// What differs, in the order in which it came.
fn all(texts: impl Iterator<Item = String>) -> String {
    texts.unique().join(" and ")
}

/// How many of these runs trained, by what was trained: what is declared alike need not have been.
pub fn trainings(runs: &[Run]) -> Option<String> {
    let made: Vec<&Made> = runs.iter().filter_map(|run| run.made.as_ref()).collect();
    let asked = made.iter().filter(|made| made.trained_by.is_some()).count();
    match (asked, made.len()) {
        (0, _) => None,
        (1, 1) => Some("nothing was trained for this run: it asked a model that another run had trained".to_owned()),
        (asked, total) if asked == total => {
            Some(format!("nothing was trained for these {total} runs: all asked models that other runs had trained"))
        }
        (asked, total) => Some(format!(
            "{} of these {total} runs trained a model, {asked} asked one that another run had trained",
            total - asked
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests::run};

    fn made(commit: &str, processor: &str, trained_by: Option<&str>, seed: u64) -> Run {
        let provenance = Provenance {
            processor: processor.to_owned(),
            libtorch_instructions: "avx2".to_owned(),
            ..Provenance::current(commit, 2)
        };
        let trained_by = trained_by.map(str::to_owned);
        let device = "cpu".to_owned();
        let made = Made { versions: Versions::current("native, AVX2"), provenance, device, trained_by };
        Run { made: Some(made), ..run("batlinet", seed, 60.0, "real") }
    }

    #[test]
    fn machines_and_commits_are_named_once_each_and_changed_sources_are_said() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let dirty = format!("{hash}-dirty");
        let runs = [
            made(hash, "A", None, 0),
            made(hash, "B", None, 1),
            made(&dirty, "A", None, 2),
            run("batlinet", 3, 60.0, "real"),
        ];
        let text = line(&summaries(&runs, &[]));
        for words in [
            "commit 0123456789 and 0123456789 with changes that are in no commit; on A, ",
            " and B, ",
            "with 2 threads a run",
            "MLP and LSTM by libtorch 2.11.0 (avx2)",
            "1 of 4 runs does not say",
        ] {
            assert!(text.contains(words), "'{words}' is not in: {text}");
        }
        assert!(!line(&summaries(&runs[..1], &[])).contains("changes"));
        assert!(line(&summaries(&runs[3..], &[])).contains("do not say on which machine"));
    }

    #[test]
    fn what_was_trained_is_counted_by_the_records() {
        let runs = [made("c", "A", Some("k"), 0), made("c", "A", Some("k"), 1), made("c", "A", None, 2)];
        assert_eq!(trainings(&runs[2..]), None);
        assert_eq!(
            trainings(&runs).unwrap(),
            "1 of these 3 runs trained a model, 2 asked one that another run had trained"
        );
        assert!(trainings(&runs[..2]).unwrap().starts_with("nothing was trained for these 2 runs"));
        assert!(trainings(&runs[..1]).unwrap().starts_with("nothing was trained for this run"));
        assert_eq!(trainings(&[run("batlinet", 0, 1.0, "real")]), None);
    }
}
