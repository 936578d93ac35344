//! A report in memory, before any form.

use super::{figure::Figure, table::Table};

/// Everything that a report says.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What the cells are and whether this is a quick look, before any number.
    pub notice: String,
    /// By which programs and on which machines the numbers were made, in a line.
    pub made: String,
    /// How to read the numbers.
    pub preamble: Vec<String>,
    /// What follows from the numbers, before them; empty where nothing was asked but the numbers.
    pub verdicts: Vec<Section>,
    /// In the order of reading.
    pub sections: Vec<Section>,
}

/// One heading with what stands below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// 2 for a chapter, 3 for a part of one.
    pub level: usize,
    /// What is run and why.
    pub description: String,
    /// What to distrust.
    pub analysis: String,
    /// What follows, in sentences.
    pub findings: Vec<Finding>,
    /// Tables, first of all.
    pub tables: Vec<Table>,
    /// Figures, below the tables.
    pub figures: Vec<Figure>,
    /// What has to be said below them.
    pub notes: Vec<String>,
    /// Keys of the runs that all of it is made of; none where they are those of several sections.
    pub runs: Vec<String>,
}

/// A word and the sentence that says what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `better`, `cannot tell`, `reproduced` …
    pub word: String,
    /// With the numbers.
    pub text: String,
    /// Keys of the runs that it rests on.
    pub runs: Vec<String>,
}

impl Document {
    /// Verdicts and all else, in the order of reading.
    pub fn all_sections(&self) -> impl Iterator<Item = &Section> {
        self.verdicts.iter().chain(&self.sections)
    }

    /// All tables, in the order of reading.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.all_sections().flat_map(|section| &section.tables)
    }

    /// All figures, in the order of reading.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.all_sections().flat_map(|section| &section.figures)
    }
}
