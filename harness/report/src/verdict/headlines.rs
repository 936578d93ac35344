//! What a reader asks first, in sentences.

use cells::count::{counted, verb};
use itertools::Itertools as _;
use statistics::Verdict;

use super::{
    Comparison, Kind, Outcome,
    paper::{TOLERANCE, counts},
    sections::Case,
    sentence::{self, name},
};
use crate::{document::Finding, published::published, table::Cell};

/// So many models are named in a sentence.
const NAMED: usize = 6;

/// One line for who reads no more.
pub(super) fn in_short(first: &[&Case<'_>]) -> Option<String> {
    let of_others = |case: &&&Case<'_>| {
        let others = case.judged.comparisons.iter().filter(|one| one.kind != Kind::Arm);
        let verdicts: Vec<Verdict> = others.map(|one| one.told.verdict).collect();
        (!verdicts.is_empty()).then(|| overall(&verdicts))
    };
    let told: Vec<Verdict> = first.iter().filter_map(|case| of_others(&case)).collect();
    let count = |verdict: Verdict| told.iter().filter(|one| **one == verdict).count();
    (!told.is_empty()).then(|| {
        format!(
            "In short: of {}, BatLiNet is told to be better than every other model in {}, and worse than some in {}.",
            counted(told.len(), "experiment"),
            count(Verdict::Better),
            count(Verdict::Worse)
        )
    })
}

/// Worse than any is worse, and better is better than all.
fn overall(all: &[Verdict]) -> Verdict {
    match () {
        () if all.contains(&Verdict::Worse) => Verdict::Worse,
        () if all.iter().all(|one| *one == Verdict::Better) => Verdict::Better,
        () if all.iter().all(|one| *one == Verdict::Equal) => Verdict::Equal,
        () => Verdict::CannotTell,
    }
}

/// What a reader asks first: does BatLiNet beat the others, and its own arms, and was the paper reproduced?
pub(super) fn headlines(case: &Case<'_>) -> Vec<Finding> {
    let (arms, others): (Vec<&Comparison>, Vec<&Comparison>) =
        case.judged.comparisons.iter().partition(|one| one.kind == Kind::Arm);
    let best = case.judged.with_best_other().map(|(_, comparison)| comparison);
    let of_arms = match arms[..] {
        [] => None,
        [arm] => Some(sentence::finding(case, arm)),
        _ => Some(tally(case, &arms, "arms of its own")),
    };
    let of_others = match others[..] {
        [] => None,
        [other] => Some(sentence::finding(case, other)),
        _ => Some(tally(case, &others, sentence::kind_of_all(&others))).map(|all| {
            let beside = best.map(|best| sentence::finding(case, best));
            let text = beside.map_or(all.text.clone(), |beside| format!("{} Beside {}", all.text, beside.text));
            Finding { text, ..all }
        }),
    };
    let found = of_others.into_iter().chain(of_arms).chain(reproduced(case));
    found.map(|finding| Finding { text: format!("{}: {}", name(case.summary), finding.text), ..finding }).collect()
}

/// How BatLiNet stands beside all of them, of which that beside the best may be undecided and others not.
fn tally(case: &Case<'_>, all: &[&Comparison], of: &str) -> Finding {
    let total = all.len();
    let those = |verdict: Verdict| {
        all.iter().filter(|one| one.told.verdict == verdict).map(|one| one.other.as_str()).collect::<Vec<_>>()
    };
    let words = [
        (Verdict::Better, "better than"),
        (Verdict::Worse, "worse than"),
        (Verdict::Equal, "equal to"),
        (Verdict::CannotTell, "not to be told from"),
    ];
    let there = words
        .iter()
        .map(|(verdict, words)| (*verdict, *words, those(*verdict)))
        .filter(|(.., those)| !those.is_empty());
    let mut said = there.enumerate().map(|(place, (verdict, words, those))| {
        let count = match (place, those.len()) {
            (0, count) if count == total && verdict == Verdict::CannotTell => format!("any of {total} {of}"),
            (0, count) if count == total => format!("all {total} {of}"),
            (0, count) => format!("{count} of {total} {of}"),
            (_, count) => count.to_string(),
        };
        let names = match verdict {
            Verdict::Better | Verdict::Worse if those.len() <= NAMED && those.len() < total => {
                format!(" ({})", those.join(", "))
            }
            _ => String::new(),
        };
        format!("{words} {count}{names}")
    });
    let verdicts: Vec<Verdict> = all.iter().map(|one| one.told.verdict).collect();
    Finding {
        word: overall(&verdicts).to_string(),
        text: format!("{} is {}.", case.judged.own_name(), said.join(", ")),
        runs: case.judged.whole().map_or_else(Vec::new, |model| model.runs.clone()),
    }
}

/// How many published numbers came out, that of BatLiNet by itself, and those that the authors' own runs gave where others are quoted.
fn reproduced(case: &Case<'_>) -> Option<Finding> {
    let [same, other, unknown] = counts(&case.replicas);
    let first = case.replicas.first()?;
    let own = case.judged.whole().map(|model| model.row.name());
    let own = case.replicas.iter().find(|one| own.as_ref() == Some(&one.model) && one.measure == "RMSE");
    let own = own.map_or_else(String::new, |own| {
        let (ours, theirs) = (Cell::Mean(own.ours).text(), Cell::Published(own.published).text());
        let why = own.reason.split("; ").take(2).join("; ");
        let by = match own.published.study.as_str() {
            "features" => published("scenario", &own.published.scenario, "batlinet", "", "rmse").map_or_else(String::new, |all| {
                let all = Cell::Published(all).text();
                format!(" of the authors' ablation with the channels read here (with all of them they publish {all}, which is not tried here)")
            }),
            _ => String::new(),
        };
        format!(" BatLiNet's RMSE of {ours} beside {theirs}{by}: {} ({why}).", own.outcome.word())
    });
    let known: Vec<(f64, f64)> =
        case.replicas.iter().filter_map(|one| Some((one.ours.mean, one.published.own_run()?))).collect();
    let of_authors = match known.len() {
        0 => String::new(),
        all => format!(
            " Of {all} that the paper quotes from others, the authors' own runs are known to have given otherwise: ours are within {:.0} % of {} of these.",
            100.0 * TOLERANCE,
            known.iter().filter(|(ours, theirs)| (ours - theirs).abs() <= TOLERANCE * theirs).count()
        ),
    };
    let word = match () {
        () if same == case.replicas.len() => Outcome::Reproduced,
        () if other == case.replicas.len() => Outcome::Differs,
        () => Outcome::CannotTell,
    };
    let word = if word == Outcome::CannotTell {
        format!("{same} of {} reproduced", case.replicas.len())
    } else {
        word.word().to_owned()
    };
    let text = format!(
        "of {} published for {}, {same} {} reproduced within {:.0} %, {other} {}, and of {unknown} nobody can tell.{own}{of_authors}",
        counted(case.replicas.len(), "number"),
        first.published.scenario,
        verb(same, ["is", "are"]),
        100.0 * TOLERANCE,
        verb(other, ["differs", "differ"]),
    );
    Some(Finding { word, text, runs: case.replicas.iter().flat_map(|one| one.runs.clone()).unique().collect() })
}
