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
    /// Tables, first of all.
    pub tables: Vec<Table>,
    /// Figures, below the tables.
    pub figures: Vec<Figure>,
    /// What has to be said below them.
    pub notes: Vec<String>,
}

impl Document {
    /// All tables, in the order of reading.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sections.iter().flat_map(|section| &section.tables)
    }

    /// All figures, in the order of reading.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections.iter().flat_map(|section| &section.figures)
    }
}
