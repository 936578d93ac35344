//! From which files cells of a dataset come.

use cells::cell::DatasetName;
use sources::import;

/// The names of the formats from which cells of this published dataset can be imported.
pub(super) fn importable(dataset: &DatasetName) -> Vec<&'static str> {
    import::FORMATS.iter().filter(|format| format.datasets.has(dataset)).map(|format| format.name).collect()
}
