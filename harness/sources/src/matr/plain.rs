//! Batch files as MATLAB writes them, read without the HDF5 library.
//!
//! A cell has some ten thousand objects of a few kilobytes, and the library takes longer to open one than to read it. It also
//! is not made for damaged files, lets one thread in at a time, and so has to run in processes of its own
//! (`source/matr/apart.rs`). MATLAB uses a small part of the format, which [`object`] and [`values`] read: in this process,
//! by any number of threads, and with every number bounded that a file gives.
//!
//! Whatever is not plain is not read here, be it damaged, or written by another program, or stranger than any published file:
//! the answer is `None`, and the library decides. So nothing here has to say what is wrong.

mod object;
mod values;

use std::path::Path;

use super::batch::{self, SERIES};
use super::batches::BATCHES;
use super::message::{Head, Outline, Recorded};
use crate::assembly::{LARGEST_CELL, LONGEST_CYCLE, MOST_CYCLES};
use crate::format::origin_of;
use object::{Element, Object, Storage};

/// An open file.
pub(super) struct Plain {
    storage: Storage,
    policies: Vec<u64>,
    summaries: Vec<u64>,
    cycles: Vec<u64>,
}

impl Plain {
    /// Opens the file and looks which batch it is; see [`batch::Batch::open`].
    pub(super) fn open(path: &Path) -> Option<(Head, Self)> {
        let storage = Storage::open(path)?;
        let root = storage.object(storage.root)?;
        let members = Members::of(&storage, &root)?;
        let dated = members.get("batch_date").and_then(|date| storage.text(&date));
        let number = batch::number(path, &dated.unwrap_or_default())?;
        let columns = Members::of(&storage, &members.get("batch")?)?;
        let column = |name: &str| {
            let column = storage.references(&columns.get(name)?, 1000)?;
            (column.len() == BATCHES[number - 1].cells).then_some(column)
        };
        let (cycles, summaries, policies) = (column("cycles")?, column("summary")?, column("policy_readable")?);
        let has_cycles = |cycles: Object| {
            let voltages = Members::of(&storage, &cycles)?.get("V")?;
            Some(!voltages.is_empty() && voltages.count()? > 0)
        };
        let filled = cycles.iter().map(|cell| match storage.object(*cell)? {
            cycles if cycles.group.is_some() => has_cycles(cycles),
            _ => Some(false),
        });
        let filled = filled.collect::<Option<Vec<bool>>>()?;
        let mark = match root.origin {
            Some(place) => Some(storage.text_in_heap(place)?),
            None => None,
        };
        let head = Head { number, origin: origin_of(mark.as_deref()), filled };
        Some((head, Self { storage, policies, summaries, cycles }))
    }

    /// The cell at `index`, with its cycles from position `first` on.
    pub(super) fn read(&self, index: usize, first: usize) -> Option<(Outline, Vec<Recorded>)> {
        let object = |column: &[u64]| self.storage.object(*column.get(index)?);
        let policy = self.storage.text(&object(&self.policies)?)?;
        let summary = Members::of(&self.storage, &object(&self.summaries)?)?;
        let vector = |name: &str| self.storage.numbers(&summary.get(name)?, MOST_CYCLES).map(Option::unwrap_or_default);
        let (resistance, number) = (vector("IR")?, vector("cycle")?);
        let cycles = Members::of(&self.storage, &object(&self.cycles)?)?;
        let columns = SERIES.iter().map(|name| self.storage.references(&cycles.get(name)?, MOST_CYCLES));
        let columns = columns.collect::<Option<Vec<_>>>()?;
        let count = columns[0].len();
        columns.iter().all(|column| column.len() == count).then_some(())?;

        let mut left = LARGEST_CELL;
        let mut all = Vec::new();
        for cycle in first..count {
            let mut recorded = Recorded::default();
            for (series, column) in recorded.iter_mut().zip(&columns) {
                *series = self.storage.numbers(&self.storage.object(column[cycle])?, LONGEST_CYCLE)?;
                left = left.checked_sub(series.as_ref().map_or(0, Vec::len))?;
            }
            all.push(recorded);
        }
        Some((Outline { policy, resistance, number, cycles: count }, all))
    }
}

/// The members of a group.
struct Members<'a> {
    storage: &'a Storage,
    places: Vec<(String, u64)>,
}

impl<'a> Members<'a> {
    fn of(storage: &'a Storage, group: &Object) -> Option<Self> {
        Some(Self { storage, places: storage.members(group)? })
    }

    fn get(&self, name: &str) -> Option<Object> {
        let (_, place) = self.places.iter().find(|(found, _)| found == name)?;
        self.storage.object(*place)
    }
}

impl Storage {
    /// `Some(None)` if MATLAB has nothing there.
    fn numbers(&self, object: &Object, most: usize) -> Option<Option<Vec<f64>>> {
        if object.is_empty() {
            return Some(None);
        }
        let bytes = self.elements(object, Element::Double, most)?;
        Some(Some(bytes.as_chunks().0.iter().map(|number| f64::from_le_bytes(*number)).collect()))
    }

    fn references(&self, object: &Object, most: usize) -> Option<Vec<u64>> {
        if object.is_empty() {
            return Some(Vec::new());
        }
        let bytes = self.elements(object, Element::Reference, most)?;
        Some(bytes.as_chunks().0.iter().map(|address| u64::from_le_bytes(*address)).collect())
    }

    fn text(&self, object: &Object) -> Option<String> {
        if object.is_empty() {
            return Some(String::new());
        }
        let bytes = self.elements(object, Element::Letter, 10_000)?;
        let letters: Vec<u16> = bytes.as_chunks().0.iter().map(|letter| u16::from_le_bytes(*letter)).collect();
        Some(String::from_utf16_lossy(&letters))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::export;
    use cells::cell::{Cell, LifeRecord, Origin};
    use cells::made_up::{discharge_cycle, info};
    use cells::source::CellSource;

    /// One cell of three cycles, of which the second has everything.
    struct Small;

    impl CellSource for Small {
        fn origin(&self) -> Origin {
            Origin::Virtual
        }

        fn ids(&self) -> Vec<String> {
            vec!["MATR_b3c1".to_owned()]
        }

        fn cell(&self, id: &str, _: usize) -> Result<Cell, cells::Error> {
            let mut cycles: Vec<_> = (1..=3).map(|number| discharge_cycle(number, 1.0 / f64::from(number))).collect();
            for cycle in &mut cycles {
                cycle.charge_capacity = Some(vec![0.0, -0.0, f64::MIN_POSITIVE]);
                cycle.internal_resistance = Some(0.02);
            }
            for cycle in &mut cycles[1..2] {
                cycle.time = Some(vec![0.0, 0.1, 0.3]);
                cycle.temperature = Some(vec![30.0, 31.0, 32.0]);
                cycle.qdlin = Some((0..1000).map(|i| f64::from(i) / 7.0).collect());
            }
            let life = LifeRecord::Capacity(vec![1.0; 3]);
            Cell::new(info(id), cycles, life).map_err(|invalid| cells::Error::Internal(invalid.to_string()))
        }

        fn fingerprint(&self, _: &str) -> Result<String, cells::Error> {
            Ok(String::new())
        }
    }

    fn small(folder: &Path) -> PathBuf {
        let format = export::Format::find("matr-mat").unwrap();
        export::export(format, &Small, &[], folder, &|_, _| Ok(())).unwrap().remove(0)
    }

    type Contents = Vec<(Outline, Vec<Recorded>)>;

    #[test]
    fn the_library_reads_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = small(folder.path());
        let (head, plain) = Plain::open(&path).unwrap();
        let library = batch::Batch::open(&path).unwrap();
        assert_eq!(head, library.head);
        assert_eq!((head.origin, head.filled.iter().filter(|filled| **filled).count()), (Origin::Virtual, 1));
        for first in 0..4 {
            let (mut outline, mut cycles) = (None, Vec::new());
            let begin = |begun| {
                outline = Some(begun);
                Ok(())
            };
            let take = |cycle| {
                cycles.push(cycle);
                Ok(())
            };
            library.read(1, first, begin, take).unwrap();
            assert_eq!(plain.read(1, first), outline.map(|outline| (outline, cycles)));
        }
        // of a place without a cell both find that it has no cycles
        let nothing =
            Outline { policy: "nan".to_owned(), resistance: vec![f64::NAN], number: vec![f64::NAN], cycles: 0 };
        let (empty, cycles) = plain.read(0, 0).unwrap();
        assert_eq!((format!("{empty:?}"), cycles.len()), (format!("{nothing:?}"), 0));
        let begin = |outline: Outline| if outline.cycles == 0 { Ok(()) } else { Err("it has cycles".to_owned()) };
        library.read(0, 0, begin, |_| Err("a cycle".to_owned())).unwrap();
        assert_eq!(plain.read(46, 0), None, "there is no place");
    }

    /// Everything in a file, or nothing.
    fn all_of(path: &Path) -> Option<Contents> {
        let (head, plain) = Plain::open(path)?;
        (0..head.filled.len()).filter(|index| head.filled[*index]).map(|index| plain.read(index, 0)).collect()
    }

    #[test]
    fn files_cut_short_or_damaged_are_read_or_left_to_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let path = small(folder.path());
        let sound = std::fs::read(&path).unwrap();
        let cells = all_of(&path).unwrap();
        for length in (0..sound.len()).step_by(397) {
            std::fs::write(&path, &sound[..length]).unwrap();
            assert_eq!(all_of(&path), None, "{length} of {} bytes", sound.len());
        }
        let mut same = 0;
        for (turn, at) in (512..sound.len()).step_by(211).enumerate() {
            let mut damaged = sound.clone();
            damaged[at] ^= [0x01, 0x80, 0xff][turn % 3];
            std::fs::write(&path, &damaged).unwrap();
            same += usize::from(all_of(&path).as_ref() == Some(&cells));
        }
        assert!(same > 0, "some bytes are of no importance");
    }
}
