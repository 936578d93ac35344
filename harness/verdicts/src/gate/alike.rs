//! Whether two records were computed in the same way, down to the rounding.

use record::RunRecord;

/// Whether the same program must give the same bytes: engine, libtorch, instructions and the processor that chooses them.
pub(crate) fn are_alike(one: &RunRecord, other: &RunRecord) -> bool {
    let how = |record: &RunRecord| {
        let (versions, made) = (&record.versions, &record.provenance);
        (
            (versions.engine.clone(), versions.libtorch.clone(), versions.platform.clone()),
            (made.processor.clone(), made.libtorch_instructions.clone()),
            (record.class, record.precision),
        )
    };
    how(one) == how(other)
}

/// How a record was computed, in a few words.
pub(crate) fn words(record: &RunRecord) -> String {
    let (versions, made) = (&record.versions, &record.provenance);
    format!("{}, libtorch with {}, {}", versions.engine, made.libtorch_instructions, made.processor)
}
