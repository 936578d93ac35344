//! Objects of an HDF5 file of the first format: superblock 0, object headers of version 1, data contiguous or in chunks that
//! a B-tree of version 1 finds. See "HDF5 File Format Specification Version 3.0".
//!
//! Every number that a file gives is bounded before it is believed, and none leads outside of the file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What stands at the start of a file, behind the block that belongs to MATLAB.
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Bytes of MATLAB's block; files of other origin may have none.
const USER_BLOCKS: [u64; 2] = [512, 0];
/// Bytes of the messages of one header; those of MATLAB have some hundred.
const LARGEST_HEADER: usize = 1 << 13;

/// Bytes, from which numbers are taken one after the other.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of `N` bytes, the least significant first.
    pub(super) fn number<const N: usize>(&mut self) -> Option<u64> {
        let mut whole = [0; 8];
        whole[..N].copy_from_slice(self.take(N)?);
        Some(u64::from_le_bytes(whole))
    }

    pub(super) fn size<const N: usize>(&mut self) -> Option<usize> {
        self.number::<N>()?.try_into().ok()
    }

    /// Whether these bytes come next, which are taken.
    pub(super) fn is(&mut self, expected: &[u8]) -> Option<()> {
        (self.take(expected.len())? == expected).then_some(())
    }
}

/// An open file.
pub(super) struct Storage {
    file: File,
    /// Where address 0 is.
    base: u64,
    length: u64,
    pub(super) root: u64,
}

impl Storage {
    pub(super) fn open(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        USER_BLOCKS.into_iter().find_map(|block| {
            let mut storage = Self { file: file.try_clone().ok()?, base: block, length, root: 0 };
            let start = storage.read(0, 96)?;
            let mut start = Bytes(&start);
            start.is(SIGNATURE)?;
            start.is(&[0, 0, 0, 0, 0, 8, 8, 0])?; // versions of its parts; bytes of addresses and of lengths
            start.take(8)?;
            (start.number::<8>()? == block).then_some(())?;
            start.take(32)?;
            storage.root = start.number::<8>()?;
            Some(storage)
        })
    }

    /// So many bytes from an address on, all of which must be in the file.
    pub(super) fn read(&self, address: u64, count: usize) -> Option<Vec<u8>> {
        let at = self.base.checked_add(address)?;
        (at.checked_add(count as u64)? <= self.length).then_some(())?;
        let mut bytes = vec![0; count];
        self.file.read_exact_at(&mut bytes, at).ok()?;
        Some(bytes)
    }

    /// The header at an address.
    pub(super) fn object(&self, address: u64) -> Option<Object> {
        // most headers are shorter, and one call is faster than two
        const USUAL: u64 = 512;
        let at = self.base.checked_add(address)?;
        let usual = USUAL.min(self.length.checked_sub(at)?) as usize;
        let mut block = self.read(address, usual)?;
        let mut start = Bytes(&block);
        start.is(&[1, 0])?;
        start.take(6)?;
        let size = start.size::<4>().filter(|size| *size <= LARGEST_HEADER)?;
        if 16 + size > block.len() {
            block = self.read(address, 16 + size)?;
        }
        block.truncate(16 + size);
        block.drain(..16);
        let mut object = Object::default();
        let mut left = LARGEST_HEADER;
        let mut pending = vec![block];
        while let Some(block) = pending.pop() {
            let mut part = Bytes(&block);
            // what is left at the end of a part is a gap
            while part.0.len() >= 8 {
                let (kind, size, flags) = (part.number::<2>()?, part.size::<2>()?, part.number::<1>()?);
                part.take(3)?;
                let mut content = Bytes(part.take(size)?);
                (flags & ELSEWHERE == 0).then_some(())?;
                if kind == CONTINUATION {
                    let (address, size) = (content.number::<8>()?, content.size::<8>()?);
                    left = left.checked_sub(size.max(8))?;
                    pending.push(self.read(address, size)?);
                } else {
                    object.note(kind, content)?;
                }
            }
        }
        Some(object)
    }
}

/// The message that says where there are more.
const CONTINUATION: u64 = 0x10;
/// The flag of a message that is not in the header itself.
const ELSEWHERE: u64 = 2;

/// What the elements of a dataset are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Double,
    /// A letter in UTF-16.
    Letter,
    /// The address of an object.
    Reference,
}

impl Element {
    /// How they are described, all of them little-endian.
    const KNOWN: [(Self, &[u8]); 3] = [
        (Self::Double, &[0x11, 0x20, 0x3f, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0]),
        (Self::Letter, &[0x10, 0, 0, 0, 2, 0, 0, 0, 0, 0, 16, 0]),
        (Self::Reference, &[0x17, 0, 0, 0, 8, 0, 0, 0]),
    ];

    /// Bytes of one.
    pub(super) fn size(self) -> usize {
        if self == Self::Letter { 2 } else { 8 }
    }
}

/// Where the elements of a dataset are.
#[derive(Clone, Debug, Default)]
pub(super) enum Layout {
    #[default]
    Unknown,
    /// In one piece, of so many bytes.
    Whole { address: u64, size: u64 },
    /// In pieces of this shape, found by a tree.
    Chunks { tree: u64, shape: Vec<u64> },
}

/// What is done to chunks before they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Deflate,
    Shuffle,
}

/// What a header says, as far as it is of interest here.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    /// Of a dataset.
    pub(super) shape: Vec<u64>,
    pub(super) element: Option<Element>,
    pub(super) layout: Layout,
    pub(super) filters: Vec<Filter>,
    /// Tree and heap of a group.
    pub(super) group: Option<(u64, u64)>,
    /// It says that MATLAB has nothing there.
    is_marked_empty: bool,
    /// Where the attribute `origin` has its text: an address, and a number there.
    pub(super) origin: Option<(u64, u64)>,
}

impl Object {
    /// Number of elements.
    pub(super) fn count(&self) -> Option<usize> {
        let count = self.shape.iter().try_fold(1_u64, |count, length| count.checked_mul(*length))?;
        usize::try_from(count).ok()
    }

    /// Whether MATLAB has nothing there: of an empty array its dimensions are stored, with a mark.
    pub(super) fn is_empty(&self) -> bool {
        self.is_marked_empty && self.count().is_some_and(|count| count <= 4)
    }

    fn note(&mut self, kind: u64, mut content: Bytes<'_>) -> Option<()> {
        match kind {
            0x01 => {
                let (version, rank) = (content.number::<1>()?, content.size::<1>()?);
                content.take(match version {
                    1 => 6,
                    2 => 2,
                    _ => return None,
                })?;
                (rank <= 2).then_some(())?;
                self.shape = (0..rank).map(|_| content.number::<8>()).collect::<Option<_>>()?;
            }
            0x03 => {
                let known = Element::KNOWN.iter().find(|(_, description)| content.0.starts_with(description));
                self.element = known.map(|(element, _)| *element);
            }
            0x08 => {
                content.is(&[3])?;
                self.layout = match content.number::<1>()? {
                    1 => Layout::Whole { address: content.number::<8>()?, size: content.number::<8>()? },
                    2 => {
                        // the last dimension is the size of an element
                        let rank = content.size::<1>()?.checked_sub(1).filter(|rank| *rank <= 2)?;
                        let tree = content.number::<8>()?;
                        let shape = (0..rank).map(|_| content.number::<4>()).collect::<Option<_>>()?;
                        Layout::Chunks { tree, shape }
                    }
                    _ => Layout::Unknown,
                };
            }
            0x0b => {
                content.is(&[1])?;
                let count = content.number::<1>()?;
                content.take(6)?;
                for _ in 0..count {
                    let filter = match content.number::<2>()? {
                        1 => Filter::Deflate,
                        2 => Filter::Shuffle,
                        _ => return None,
                    };
                    let name = content.size::<2>()?;
                    content.take(2)?;
                    let values = content.size::<2>()?;
                    content.take(name.next_multiple_of(8) + 4 * values.next_multiple_of(2))?;
                    self.filters.push(filter);
                }
            }
            0x0c => self.note_attribute(content)?,
            0x11 => self.group = Some((content.number::<8>()?, content.number::<8>()?)),
            _ => {}
        }
        Some(())
    }

    fn note_attribute(&mut self, mut content: Bytes<'_>) -> Option<()> {
        let version = content.number::<1>()?;
        content.take(1)?;
        let sizes = [content.size::<2>()?, content.size::<2>()?, content.size::<2>()?];
        let [name, element, space] = match version {
            1 => sizes.map(|size| size.next_multiple_of(8)),
            2 => sizes,
            3 => {
                content.take(1)?;
                sizes
            }
            _ => return None,
        };
        match content.take(name)?.split(|byte| *byte == 0).next()? {
            b"MATLAB_empty" => self.is_marked_empty = true,
            b"origin" => {
                // text of any length: how long it is and where
                (content.take(element)?.first()? & 0x0f == 9).then_some(())?;
                content.take(space + 4)?;
                self.origin = Some((content.number::<8>()?, content.number::<4>()?));
            }
            _ => {}
        }
        Some(())
    }
}
