//! What an experiment file may hold: as JSON Schema for editors, and as a page for people, both made of the types that read it.

mod page;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::spec::WrittenExperiment;

pub use page::page;

/// The JSON Schema (2020-12) of an experiment file.
///
/// A file that it refuses is refused by [`read`](super::read); one that it lets pass may still be refused, since a schema cannot say
/// that an entry names one model, or that a feature has been declared.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<WrittenExperiment>().into()
}
