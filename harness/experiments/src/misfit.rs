//! What is wrong with an entry of `models:`, and at which of its keys.

use super::{
    names::unknown,
    yaml::{Path, Problem},
};
use baselines::ModelError;

/// A sentence about an entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Misfit {
    sentence: Sentence,
    /// The keys below the entry that lead to what is wrong.
    keys: Vec<&'static str>,
    /// Whether the last of them is meant, and not its value.
    is_key: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Sentence {
    Whole(String),
    /// The name of a feature that the experiment does not have, and those that it has.
    UnknownFeature(String, Vec<String>),
}

impl Misfit {
    /// About the value of a key.
    pub(super) fn of(key: &'static str, sentence: String) -> Self {
        Self { sentence: Sentence::Whole(sentence), keys: vec![key], is_key: false }
    }

    /// About a hyper-parameter of the model below `key`.
    pub(super) fn of_parameter(key: &'static str, name: &'static str, sentence: String) -> Self {
        Self { sentence: Sentence::Whole(sentence), keys: vec![key, name], is_key: true }
    }

    /// Hyper-parameters below `key` that make no model.
    pub(super) fn of_model(key: &'static str, model: &str, error: &ModelError) -> Self {
        let sentence = format!("{model}: {error}");
        match error {
            ModelError::Hyperparameter { name, .. } => Self::of_parameter(key, name, sentence),
            _ => Self::of(key, sentence),
        }
    }

    /// A feature that the experiment does not have.
    pub(super) fn unknown_feature(name: &str, known: &[&str]) -> Self {
        let known = known.iter().map(|name| (*name).to_owned()).collect();
        Self { sentence: Sentence::UnknownFeature(name.to_owned(), known), keys: vec!["feature"], is_key: false }
    }

    /// The problem of the experiment whose entry it is, from 0.
    pub(super) fn in_entry(self, index: usize) -> Problem {
        self.shown_in(index, index)
    }

    /// As [`Misfit::in_entry`], where one entry as written is several: the sentence names the `index` of all, the place is
    /// that of the one that is `written`.
    pub(super) fn shown_in(self, index: usize, written: usize) -> Problem {
        let path = self.keys.iter().fold(Path::of("models").item(written), |path, key| path.key(*key));
        let place = format!("models[{index}]");
        let sentence = match self.sentence {
            Sentence::Whole(sentence) => format!("{place}: {sentence}"),
            Sentence::UnknownFeature(name, known) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                unknown("feature", &name, &known, &place)
            }
        };
        if self.is_key { Problem::of_key(path, sentence) } else { Problem::of_value(path, sentence) }
    }
}

impl From<String> for Misfit {
    /// About the entry as a whole.
    fn from(sentence: String) -> Self {
        Self { sentence: Sentence::Whole(sentence), keys: Vec::new(), is_key: false }
    }
}

impl From<&str> for Misfit {
    /// About the entry as a whole.
    fn from(sentence: &str) -> Self {
        sentence.to_owned().into()
    }
}
