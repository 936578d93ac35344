//! What is in an object: the elements of a dataset, the members of a group, a text of a heap.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::object::{Bytes, Element, Filter, Layout, Object, Storage};

/// Members of a group that is looked through.
const MOST_MEMBERS: usize = 1000;
/// Levels of a tree.
const DEEPEST: u64 = 8;
/// Entries of a node of a tree; the library's own have up to 64.
const WIDEST: usize = 1024;
/// Bytes of a heap of names or texts.
const LARGEST_HEAP: usize = 1 << 16;
/// Elements by which a chunk may be larger than its dataset.
const SPARE: usize = 1 << 12;

impl Storage {
    /// The elements of a dataset, one after the other, if they are of this kind and at most so many.
    pub(super) fn elements(&self, object: &Object, element: Element, most: usize) -> Option<Vec<u8>> {
        (object.element == Some(element) && !object.shape.is_empty()).then_some(())?;
        let count = object.count().filter(|count| *count <= most)?;
        if count == 0 {
            return Some(Vec::new()); // which are nowhere
        }
        let bytes = count * element.size();
        match &object.layout {
            Layout::Whole { address, size } if *size == bytes as u64 => self.read(*address, bytes),
            Layout::Chunks { tree, shape } => {
                let along = (0..shape.len()).find(|k| object.shape.get(*k) == Some(&(count as u64)))?;
                let is_line =
                    shape.len() == object.shape.len() && (0..shape.len()).all(|k| k == along || shape[k] == 1);
                let chunk = usize::try_from(shape[along]).ok().filter(|chunk| (1..=count + SPARE).contains(chunk))?;
                is_line.then_some(())?;
                let mut line = Line { object, along, element, chunk, bytes: Vec::with_capacity(bytes) };
                self.chunks(*tree, None, bytes, &mut line)?;
                (line.bytes.len() == bytes).then_some(line.bytes)
            }
            _ => None,
        }
    }

    /// Appends the chunks below the node of a tree, which must come in order and without gaps.
    fn chunks(&self, node: u64, level: Option<u64>, most: usize, line: &mut Line<'_>) -> Option<()> {
        let key = 8 + 8 * (line.object.shape.len() + 1);
        let (found, entries) = self.node(node, 1, key, level)?;
        for entry in entries.chunks_exact(key + 8) {
            let mut entry = Bytes(entry);
            let (size, mask) = (entry.size::<4>()?, entry.number::<4>()?);
            let mut offsets = Bytes(entry.take(key - 8)?);
            let child = entry.number::<8>()?;
            if found > 0 {
                self.chunks(child, Some(found - 1), most, line)?;
                continue;
            }
            offsets.take(8 * line.along)?;
            let is_next = offsets.size::<8>()?.checked_mul(line.element.size()) == Some(line.bytes.len());
            (is_next && mask == 0 && line.bytes.len() < most).then_some(())?;
            // deflating adds little where it cannot save
            (size <= 2 * line.chunk * line.element.size() + 1024).then_some(())?;
            line.append(self.read(child, size)?, most)?;
        }
        Some(())
    }

    /// Level and entries, each a key and an address, of the node of a tree.
    fn node(&self, address: u64, kind: u8, key: usize, level: Option<u64>) -> Option<(u64, Vec<u8>)> {
        let start = self.read(address, 24)?;
        let mut start = Bytes(&start);
        start.is(b"TREE")?;
        start.is(&[kind])?;
        let found = start.number::<1>().filter(|found| level.map_or(*found <= DEEPEST, |level| *found == level))?;
        // only a root may be empty: so every leaf adds something, and the walk comes to an end
        let count = start.size::<2>().filter(|count| (usize::from(level.is_some())..=WIDEST).contains(count))?;
        Some((found, self.read(address.checked_add(24)?, count * (key + 8))?))
    }

    /// Names and addresses of the members of a group.
    pub(super) fn members(&self, group: &Object) -> Option<Vec<(String, u64)>> {
        let (tree, heap) = group.group?;
        let start = self.read(heap, 32)?;
        let mut start = Bytes(&start);
        start.is(b"HEAP")?;
        start.is(&[0, 0, 0, 0])?;
        let size = start.size::<8>().filter(|size| *size <= LARGEST_HEAP)?;
        start.take(8)?;
        let names = self.read(start.number::<8>()?, size)?;
        let mut members = Vec::new();
        self.collect(tree, None, &names, &mut members)?;
        Some(members)
    }

    fn collect(&self, node: u64, level: Option<u64>, names: &[u8], members: &mut Vec<(String, u64)>) -> Option<()> {
        let (found, entries) = self.node(node, 0, 8, level)?;
        for entry in entries.chunks_exact(16) {
            let child = Bytes(&entry[8..]).number::<8>()?;
            if found > 0 {
                self.collect(child, Some(found - 1), names, members)?;
                continue;
            }
            let start = self.read(child, 8)?;
            let mut start = Bytes(&start);
            start.is(b"SNOD")?;
            start.is(&[1, 0])?;
            let count = start.size::<2>()?;
            (count > 0 && members.len() + count <= MOST_MEMBERS).then_some(())?;
            let symbols = self.read(child.checked_add(8)?, 40 * count)?;
            for symbol in symbols.chunks_exact(40) {
                let mut symbol = Bytes(symbol);
                let name = names.get(symbol.size::<8>()?..)?.split(|byte| *byte == 0).next()?;
                members.push((String::from_utf8_lossy(name).into_owned(), symbol.number::<8>()?));
            }
        }
        Some(())
    }

    /// The text of this number in the heap at an address.
    pub(super) fn text_in_heap(&self, (address, number): (u64, u64)) -> Option<String> {
        let start = self.read(address, 16)?;
        let mut start = Bytes(&start);
        start.is(b"GCOL")?;
        start.is(&[1, 0, 0, 0])?;
        let size = start.size::<8>().filter(|size| *size <= LARGEST_HEAP)?;
        let heap = self.read(address.checked_add(16)?, size.checked_sub(16)?)?;
        let mut heap = Bytes(&heap);
        loop {
            let found = heap.number::<2>()?;
            heap.take(6)?;
            let size = heap.size::<8>().filter(|size| *size <= LARGEST_HEAP)?;
            if found == number {
                return Some(String::from_utf8_lossy(heap.take(size)?).into_owned());
            }
            heap.take(size.next_multiple_of(8))?;
        }
    }
}

/// Elements that chunks are appended to.
struct Line<'a> {
    object: &'a Object,
    /// The dimension that is not 1.
    along: usize,
    element: Element,
    /// Elements of a chunk.
    chunk: usize,
    bytes: Vec<u8>,
}

impl Line<'_> {
    /// Appends a chunk as it is stored, as much of it as belongs to the dataset.
    fn append(&mut self, stored: Vec<u8>, most: usize) -> Option<()> {
        let size = self.element.size();
        let length = self.chunk * size;
        let mut bytes = stored;
        for filter in self.object.filters.iter().rev() {
            bytes = match filter {
                Filter::Deflate => {
                    let mut inflated = Vec::with_capacity(length);
                    ZlibDecoder::new(&bytes[..]).take(length as u64 + 1).read_to_end(&mut inflated).ok()?;
                    inflated
                }
                // the first bytes of all elements, the second bytes of all, …
                Filter::Shuffle => {
                    (bytes.len() == length).then_some(())?;
                    (0..length).map(|at| bytes[at % size * self.chunk + at / size]).collect()
                }
            };
        }
        (bytes.len() == length).then_some(())?;
        self.bytes.extend(&bytes[..length.min(most - self.bytes.len())]);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use hdf5::{DatasetBuilder, File};

    use super::*;

    /// A dataset of 3000 doubles in a row, as `how` says.
    fn stored(shape: &[usize], how: impl FnOnce(DatasetBuilder) -> DatasetBuilder) -> Option<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("series.h5");
        let file = File::create(&path).unwrap();
        let values: Vec<f64> = (0..3000).map(|i| (0.1 * f64::from(i)).sin()).collect();
        let dataset = how(file.new_dataset_builder()).empty::<f64>().shape(shape).create("series").unwrap();
        dataset.write_raw(&values).unwrap();
        drop(dataset);
        file.close().unwrap();

        let storage = Storage::open(&path).unwrap();
        let root = storage.object(storage.root).unwrap();
        let members = storage.members(&root).unwrap();
        assert_eq!(members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["series"]);
        let object = storage.object(members[0].1)?;
        assert_eq!(storage.elements(&object, Element::Double, 2999), None);
        assert_eq!(storage.elements(&object, Element::Reference, 3000), None);
        let bytes = storage.elements(&object, Element::Double, 3000)?;
        assert_eq!(bytes, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
        Some(bytes)
    }

    #[test]
    fn lines_are_read_however_they_lie_and_are_packed() {
        for shape in [[1, 3000], [3000, 1]] {
            assert!(stored(&shape, |dataset| dataset).is_some());
            for along in [1, 7, 999, 1000, 3000] {
                let chunk = if shape[0] == 1 { (1, along) } else { (along, 1) };
                assert!(stored(&shape, |dataset| dataset.chunk(chunk)).is_some(), "{chunk:?}");
                assert!(stored(&shape, |dataset| dataset.chunk(chunk).deflate(3)).is_some(), "{chunk:?}");
                assert!(stored(&shape, |dataset| dataset.chunk(chunk).shuffle().deflate(3)).is_some(), "{chunk:?}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_not_read() {
        assert_eq!(stored(&[2, 1500], |dataset| dataset.chunk((2, 100))), None, "chunks of a plane");
        assert_eq!(stored(&[3000, 1], |dataset| dataset.chunk((100, 1)).fletcher32()), None, "another filter");
        assert_eq!(stored(&[3000, 1, 1], |dataset| dataset), None, "three dimensions");
    }
}
