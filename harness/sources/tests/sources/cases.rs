//! What users complained of: files that cannot be are refused, or flagged, with cell, cycle and cause.

use std::path::{Path, PathBuf};

use sources::import::{self, Format};

fn case(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BATLINET_CASES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(4).unwrap_or(Path::new("/")).join("shared/cases"),
        PathBuf::from,
    );
    let file = root.join(name);
    if file.is_file() {
        return Some(file);
    }
    testing::skip(&format!("{} is not there; set BATLINET_CASES", file.display()));
    None
}

fn outcome(format: &str, file: &Path) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let mut store = cells::store::Store::create(dir.path()).unwrap();
    let published = (Format::find(format).unwrap().open)(&[file.to_owned()]).map_err(|error| error.to_string())?;
    import::write(&*published, &mut store, false, &|_, _| Ok(()))
        .map(|said| said.to_string())
        .map_err(|error| error.to_string())
}

#[test]
fn all() {
    for (format, name) in [
        ("snl", "snl_current_sign_flipped.zip"),
        ("snl", "snl_capacity_never_reset.zip"),
        ("snl", "snl_cycle_index_restarts.zip"),
        ("snl", "snl_mAh_under_Ah_header.zip"),
        ("batteryml", "batteryml_two_rest_only_cycles.zip"),
        ("batteryml", "batteryml_last_cycle_unfinished.zip"),
        ("batteryml", "lab_cells.zip"),
    ] {
        let Some(file) = case(name) else { continue };
        println!("{name}: {:?}", outcome(format, &file));
    }
    for name in [
        "calce_column_twice.zip",
        "calce_empty_chart_sheet.zip",
        "calce_new_header_dialect.zip",
        "calce_time_as_excel_duration.zip",
        "calce_two_cells_in_one_workbook.zip",
    ] {
        let Some(file) = case(name) else { continue };
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("CS2_35.zip");
        std::fs::copy(&file, &copy).unwrap();
        println!("{name}: {:?}", outcome("calce", &copy));
    }
}
