//! What the tests of all importers do: import, refuse, damage, pack.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use cells::cell::{Cell, Cycle};
use cells::store::Store;
use lab::VirtualLab;
use sources::Error;
use sources::export;
use sources::import::{self, Format, Imported};

/// One cell of these files.
/// Whether something is for the user to mend, and no defect of the program.
pub(crate) fn is_the_users(error: &Error) -> bool {
    !matches!(error, Error::Internal(_) | Error::Cells(cells::Error::Internal(_)))
}

pub(crate) fn cell(format: &Format, path: &Path, id: &str) -> Result<Imported, Error> {
    (format.open)(&[path.to_owned()])?.cell(id)
}

/// The failure of importing a file into a store that holds a cell already, with the store checked to be untouched.
pub(crate) fn refusal(format: &Format, path: &Path) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    let outcome = (format.open)(&[path.to_owned()])
        .and_then(|published| import::write(&*published, &mut store, false, &|_, _| Ok(())));
    let failure = outcome.expect_err("the file was taken for a sound one");
    assert!(is_the_users(&failure), "{failure}");
    assert_eq!(fs::read_dir(dir.path().join("cells")).unwrap().count(), 0, "something was written");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something was left behind");
    failure.to_string()
}

/// Writes virtual cells in a format into `out`.
pub(crate) fn export(format: &str, ids: &[&str], out: &Path) -> Vec<PathBuf> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let format = export::Format::find(format).unwrap();
    export::export(format, &VirtualLab::new(), &ids, out, &|_, _| Ok(())).unwrap()
}

/// Cuts `whole` at several lengths and changes single bytes all over it. Whatever comes out is refused with the file
/// named, or is the same cell: nothing damaged gets through, nothing panics.
pub(crate) fn refused_or_unharmed(format: &Format, name: &str, whole: &[u8], id: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, whole).unwrap();
    let sound = cell(format, &path, id).unwrap();
    let check = |bytes: &[u8], what: &str| -> bool {
        fs::write(&path, bytes).unwrap();
        match cell(format, &path, id) {
            Ok(imported) => {
                assert!(imported == sound, "{name} {what}: a different cell came out");
                false
            }
            Err(failure) => {
                assert!(is_the_users(&failure), "{name} {what}: {failure}");
                // a cell that cannot be found is as good a reason
                assert!(failure.to_string().contains(name) || failure.to_string().contains(id), "{failure}");
                true
            }
        }
    };
    for part in [0, 1, 10, 100, 500, 900, 990, 999] {
        let length = whole.len() * part / 1000;
        assert!(check(&whole[..length], &format!("cut to {length} bytes")), "cut to {length} bytes it was taken");
    }
    // names in an archive have no checksum: a changed one is a name like any other
    let names: Vec<String> = zip::ZipArchive::new(Cursor::new(whole))
        .map(|archive| archive.file_names().map(|name| name.unwrap().into_owned()).collect())
        .unwrap_or_default();
    let in_a_name = |at: usize| {
        let around = &whole[at.saturating_sub(100)..whole.len().min(at + 100)];
        names.iter().any(|name| {
            let starts = around.windows(name.len()).enumerate().filter(|(_, window)| *window == name.as_bytes());
            let here = at - at.saturating_sub(100);
            starts.into_iter().any(|(start, _)| (start..start + name.len()).contains(&here))
        })
    };
    let mut refused = 0;
    for step in 0..120_usize {
        let mut damaged = whole.to_vec();
        let at = (step * 7919 + step * step * 104_729) % whole.len();
        if in_a_name(at) {
            continue;
        }
        damaged[at] ^= 1 << (step % 8);
        refused += usize::from(check(&damaged, &format!("changed at {at}")));
    }
    assert!(refused > 80, "only {refused} of 120 changes were seen");
}

/// Whether two cycles have the same samples; times within a microsecond.
pub(crate) fn assert_same_samples(one: &Cycle, other: &Cycle, what: &str) {
    assert_eq!(one.voltage, other.voltage, "voltage of {what}");
    assert_eq!(one.current, other.current, "current of {what}");
    let times = |cycle: &Cycle| cycle.time.clone().unwrap();
    let start = times(one)[0];
    for (a, b) in times(one).iter().zip(times(other)) {
        assert!((a - start - b).abs() < 1e-6, "time of {what}: {} and {b}", a - start);
    }
}

/// The life record is that of the stored cycles.
pub(crate) fn assert_life_is_that_of_cycles(cell: &Cell) {
    let capacities: Vec<f64> = cell.cycles().iter().map(Cycle::discharged).collect();
    assert_eq!(cell.life(), &cells::cell::LifeRecord::Capacity(capacities));
}
