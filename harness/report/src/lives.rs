//! What the lives rest on that errors were measured against: the records of the cells, a publisher's word, or nothing.

use cells::count::{counted, verb};
use std::path::Path;

use super::summary::{Run, Summary};
use crate::Error;
use cells::label::Tally;
use record::LifeBases;

/// Training and test lives in words, `39 observed, 3 padded`; where runs differ, from the least to the most. `None` where
/// no run says it.
pub fn words<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Option<[String; 2]> {
    let known = known(runs);
    (!known.is_empty()).then(|| {
        let part = |of: fn(&LifeBases) -> &Tally| {
            let count = |basis: fn(&Tally) -> usize, name: &str| {
                let most = known.iter().map(|lives| basis(of(lives))).max().unwrap_or(0);
                (most > 0).then(|| format!("{} {name}", span(known.iter().map(|lives| basis(of(lives))))))
            };
            let counts = [
                count(|tally| tally.observed, "observed"),
                count(|tally| tally.padded, "padded"),
                count(|tally| tally.published, "published"),
            ];
            counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        [part(|lives| &lives.train), part(|lives| &lives.test)]
    })
}

/// For the columns `train_observed`, `train_padded` … `test_published` of some runs; empty where none says it.
pub fn fields<'a>(runs: impl IntoIterator<Item = &'a Run>) -> [String; 6] {
    let known = known(runs);
    let field = |of: fn(&LifeBases) -> usize| {
        if known.is_empty() { String::new() } else { span(known.iter().map(|lives| of(lives))) }
    };
    [
        field(|lives| lives.train.observed),
        field(|lives| lives.train.padded),
        field(|lives| lives.train.published),
        field(|lives| lives.test.observed),
        field(|lives| lives.test.padded),
        field(|lives| lives.test.published),
    ]
}

/// What has to be said of them below a table.
pub fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = Vec::new();
    let with_numbers = || summary.runs.iter().filter(|run| run.score.metrics.is_some());
    let silent = with_numbers().filter(|run| run.score.lives.test.total() == 0).count();
    if silent > 0 {
        notes.push(format!(
            "{silent} of {} {} lives were observed, padded or published: {} from before it was noted",
            counted(with_numbers().count(), "run"),
            verb(silent, ["does not say whether its", "do not say whether their"]),
            verb(silent, ["it is", "they are"])
        ));
    }
    let has = |basis: fn(&Tally) -> usize| {
        with_numbers().any(|run| basis(&run.score.lives.train) + basis(&run.score.lives.test) > 0)
    };
    if has(|tally| tally.padded) {
        notes.push(
            "padded lives are no observed ones: the record ends before the cell's life does, and the number of its cycles \
             plus 2 stands for it"
                .to_owned(),
        );
    }
    if has(|tally| tally.published) {
        notes.push("published lives are the publisher's word: the record at hand does not show them".to_owned());
    }
    notes
}

/// An error against invented lives alone is none.
///
/// # Errors
/// [`Error::Padded`] names the first experiment and model whose test lives are all padded.
pub fn refuse_padded(out: &Path, summaries: &[Summary]) -> Result<(), Error> {
    let is_padded = |run: &&Run| {
        let Tally { padded, .. } = run.score.lives.test;
        run.score.metrics.is_some() && padded > 0 && padded == run.score.lives.test.total()
    };
    let mut runs = summaries.iter().flat_map(|summary| &summary.runs);
    let Some(Run { score, .. }) = runs.find(is_padded) else { return Ok(()) };
    Err(Error::Padded {
        out: out.to_owned(),
        lives: score.lives.test.total(),
        model: score.model.clone(),
        experiment: score.experiment.clone(),
    })
}

fn known<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Vec<&'a LifeBases> {
    let lives = runs.into_iter().map(|run| &run.score.lives);
    lives.filter(|lives| lives.train.total() + lives.test.total() > 0).collect()
}

/// `21`, or `1 to 16` where they differ.
pub(super) fn span(counts: impl Iterator<Item = usize>) -> String {
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), count| (least.min(count), most.max(count)));
    if least >= most { most.to_string() } else { format!("{least} to {most}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests};

    fn run(seed: u64, train: [usize; 3], test: [usize; 3]) -> Run {
        let tally = |[observed, padded, published]: [usize; 3]| Tally { observed, padded, published };
        let mut run = tests::run("cnn", seed, 10.0, "real");
        run.score.lives = LifeBases { train: tally(train), test: tally(test) };
        run
    }

    #[test]
    fn lives_are_told_by_what_they_rest_on() {
        let runs = [run(0, [41, 0, 0], [39, 3, 0])];
        assert_eq!(words(&runs).unwrap(), ["41 observed", "39 observed, 3 padded"]);
        assert_eq!(fields(&runs), ["41", "0", "0", "39", "3", "0"]);
        // cells that every seed draws anew
        let runs = [run(0, [0, 2, 0], [5, 0, 1]), run(1, [2, 0, 0], [5, 0, 1])];
        assert_eq!(words(&runs).unwrap(), ["0 to 2 observed, 0 to 2 padded", "5 observed, 1 published"]);
        assert_eq!(fields(&runs)[..2], ["0 to 2", "0 to 2"]);
        assert_eq!(words(&[run(0, [0; 3], [0; 3])]), None);
        assert_eq!(fields(&[run(0, [0; 3], [0; 3])])[0], "");
    }

    #[test]
    fn every_table_says_it_and_scores_from_before_are_said_to_be_silent() {
        let of = |runs: &[Run]| {
            let summary = summaries(runs, &[]).remove(0);
            (summary.title(), notes(&summary).join("\n"))
        };
        let (title, said) = of(&[run(0, [41, 0, 0], [38, 3, 1])]);
        let words = "41 training cells (41 observed) and 42 test cells (38 observed, 3 padded, 1 published)";
        assert!(title.contains(words), "{title}");
        assert!(said.contains("padded lives are no observed ones") && said.contains("publisher's word"), "{said}");
        let (title, said) = of(&[run(0, [0; 3], [0; 3]), run(1, [41, 0, 0], [42, 0, 0])]);
        assert!(title.contains("42 test cells (42 observed)"), "{title}");
        assert_eq!(
            said,
            "1 of 2 runs does not say whether its lives were observed, padded or published: it is from before it was noted"
        );
        assert_eq!(of(&[run(0, [41, 0, 0], [42, 0, 0])]).1, "");
    }

    #[test]
    fn a_table_against_invented_lives_alone_is_refused() {
        let refused = |runs: &[Run]| refuse_padded(Path::new("out"), &summaries(runs, &[]));
        let message = refused(&[run(0, [41, 0, 0], [42, 0, 0]), run(1, [41, 0, 0], [0, 42, 0])]).unwrap_err();
        assert!(matches!(message, Error::Padded { .. }));
        let message = message.to_string();
        assert!(message.contains("all 42 test lives of cnn in experiment matr-1 are padded"), "{message}");
        for sound in [[1, 41, 0], [0, 41, 1], [42, 0, 0], [0, 0, 0]] {
            refused(&[run(0, [0, 41, 0], sound)]).unwrap();
        }
    }
}
