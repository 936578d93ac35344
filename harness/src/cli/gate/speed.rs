//! `batlinet gate --bench`: speed beside its bands.

use std::path::Path;

use serde_json::json;
use tabled::{builder::Builder, settings::Style};
use verdicts::{
    bench::{self, Pace, Timed},
    gate::{Outcome, Reason},
};

use crate::cli::{failure::Failure, output};

/// Draws the bands anew, for a reason.
pub(super) fn accept(baseline: &Path, candidate: &Path, reason: &Reason<'_>) -> Result<(), Failure> {
    let path = bench::accept(baseline, candidate, reason)?;
    output::print(&format!("bands drawn around {}: {}\n", candidate.display(), path.display()))
}

/// Judges speed.
pub(super) fn judge(baseline: &Path, candidate: &Path, as_json: bool) -> Result<(), Failure> {
    let timed = bench::judge(baseline, candidate)?;
    output::print(&if as_json { json(&timed) } else { table(&timed) })?;
    let of = |pace: Pace| timed.iter().filter(|one| one.pace == pace).map(|one| one.what.as_str()).collect::<Vec<_>>();
    match bench::outcome(&timed) {
        Outcome::Lands => Ok(()),
        Outcome::CannotTell => Err(Failure::Incomplete(format!("not measured: {}", of(Pace::Missing).join(", ")))),
        Outcome::Regressed => Err(Failure::Regressed(format!(
            "slower than their bands: {}; measure again on an idle machine, or draw the bands anew with --accept",
            of(Pace::Slower).join(", ")
        ))),
    }
}

fn table(timed: &[Timed]) -> String {
    let mut builder = Builder::default();
    builder.push_record(["measure", "band", "is", "verdict"]);
    for one in timed {
        builder.push_record([
            one.what.clone(),
            one.band.map_or_else(|| "–".to_owned(), |[low, high]| format!("{low} to {high}")),
            one.found.map_or_else(|| "–".to_owned(), |found| found.to_string()),
            one.pace.word().to_owned(),
        ]);
    }
    format!("{}\n", builder.build().with(Style::sharp()))
}

fn json(timed: &[Timed]) -> String {
    let rows: Vec<_> = timed
        .iter()
        .map(|one| json!({ "measure": one.what, "band": one.band, "found": one.found, "verdict": one.pace.word() }))
        .collect();
    format!("{}\n", serde_json::Value::from(rows))
}
