//! Writing pickles of protocol 4: plain containers, and frames as pandas 1.3 and later lays them out.

use std::collections::HashMap;
use std::io::{self, Write};

/// Writes one pickle, value by value; Python's own reader takes what comes out.
pub struct Writer<W> {
    out: W,
    /// Names that were written, and where in the memo they are.
    names: HashMap<(&'static str, &'static str), u32>,
}

impl<W: Write> Writer<W> {
    /// Begins a pickle.
    ///
    /// # Errors
    /// As every method: when `out` takes nothing more.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&[0x80, 4])?;
        Ok(Self { out, names: HashMap::new() })
    }

    /// Ends it.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b".")?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// `None`.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn none(&mut self) -> io::Result<()> {
        self.out.write_all(b"N")
    }

    /// A truth value.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn boolean(&mut self, value: bool) -> io::Result<()> {
        self.out.write_all(if value { b"\x88" } else { b"\x89" })
    }

    /// An integer.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn integer(&mut self, value: i64) -> io::Result<()> {
        match (u8::try_from(value), i32::try_from(value)) {
            (Ok(byte), _) => self.out.write_all(&[b'K', byte]),
            (_, Ok(value)) => self.code(b'J', &value.to_le_bytes()),
            _ => {
                self.out.write_all(&[0x8a, 8])?;
                self.out.write_all(&value.to_le_bytes())
            }
        }
    }

    /// A floating-point number.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn float(&mut self, value: f64) -> io::Result<()> {
        self.code(b'G', &value.to_be_bytes())
    }

    /// A text.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.code(b'X', &length(text.len())?.to_le_bytes())?;
        self.out.write_all(text.as_bytes())
    }

    /// Bytes.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.code(b'B', &length(bytes.len())?.to_le_bytes())?;
        self.out.write_all(bytes)
    }

    /// A list of what `items` writes.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn list(&mut self, items: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.bracket(b"](", items, b"e")
    }

    /// A dictionary of keys and values, which `entries` writes in turn.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn dict(&mut self, entries: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.bracket(b"}(", entries, b"u")
    }

    /// A tuple of what `items` writes.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn tuple(&mut self, items: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.bracket(b"(", items, b"t")
    }

    /// A list of floating-point numbers.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn floats(&mut self, values: &[f64]) -> io::Result<()> {
        self.out.write_all(b"]")?;
        // Python's reader keeps what is between brackets on its stack, so it writes a thousand at a time
        for part in values.chunks(1000) {
            self.bracket(b"(", |this| part.iter().try_for_each(|value| this.float(*value)), b"e")?;
        }
        Ok(())
    }

    /// A frame of floating-point columns, equally long.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn frame(&mut self, columns: &[(&str, &[f64])]) -> io::Result<()> {
        let rows = columns.first().map_or(0, |(_, values)| values.len());
        self.name("pandas.core.frame", "DataFrame")?;
        self.out.write_all(b")\x81")?;
        self.dict(|this| {
            this.text("_mgr")?;
            this.manager(columns, rows)?;
            this.text("_typ")?;
            this.text("dataframe")?;
            this.text("_metadata")?;
            this.list(|_| Ok(()))?;
            this.text("attrs")?;
            this.dict(|_| Ok(()))?;
            this.text("_flags")?;
            this.dict(|this| {
                this.text("allows_duplicate_labels")?;
                this.boolean(true)
            })
        })?;
        self.out.write_all(b"b")
    }

    fn manager(&mut self, columns: &[(&str, &[f64])], rows: usize) -> io::Result<()> {
        let count = columns.len() as i64;
        self.name("pandas.core.internals.managers", "BlockManager")?;
        self.tuple(|this| {
            this.tuple(|this| {
                this.name("pandas._libs.internals", "_unpickle_block")?;
                this.tuple(|this| {
                    let values = columns.iter().flat_map(|(_, values)| *values);
                    let bytes: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
                    this.array(&[count, rows as i64], ("f8", "<"), |this| this.bytes(&bytes))?;
                    this.range("builtins", "slice", count)?;
                    this.integer(2)
                })?;
                this.out.write_all(b"R")
            })?;
            this.list(|this| {
                this.index("pandas.core.indexes.base", "Index", |this| {
                    this.text("data")?;
                    let names = |this: &mut Self| columns.iter().try_for_each(|(name, _)| this.text(name));
                    this.array(&[count], ("O8", "|"), |this| this.list(names))
                })?;
                this.index("pandas.core.indexes.range", "RangeIndex", |this| {
                    for (name, value) in [("start", 0), ("stop", rows as i64), ("step", 1)] {
                        this.text(name)?;
                        this.integer(value)?;
                    }
                    Ok(())
                })
            })
        })?;
        self.out.write_all(b"R")
    }

    /// An array, given its shape and, as what NumPy calls them, kind and byte order of its elements.
    fn array(
        &mut self,
        shape: &[i64],
        (kind, order): (&str, &str),
        values: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.name("numpy.core.multiarray", "_reconstruct")?;
        self.tuple(|this| {
            this.name("numpy", "ndarray")?;
            this.tuple(|this| this.integer(0))?;
            this.bytes(b"b")
        })?;
        self.out.write_all(b"R")?;
        self.tuple(|this| {
            this.integer(1)?;
            this.tuple(|this| shape.iter().try_for_each(|length| this.integer(*length)))?;
            this.name("numpy", "dtype")?;
            this.tuple(|this| {
                this.text(kind)?;
                this.boolean(false)?;
                this.boolean(true)
            })?;
            this.out.write_all(b"R")?;
            let flags = if kind == "O8" { 63 } else { 0 };
            this.tuple(|this| {
                this.integer(3)?;
                this.text(order)?;
                for _ in 0..3 {
                    this.none()?;
                }
                this.integer(-1)?;
                this.integer(-1)?;
                this.integer(flags)
            })?;
            this.out.write_all(b"b")?;
            this.boolean(false)?;
            values(this)
        })?;
        self.out.write_all(b"b")
    }

    /// `slice(0, stop, 1)`.
    fn range(&mut self, module: &'static str, name: &'static str, stop: i64) -> io::Result<()> {
        self.name(module, name)?;
        self.tuple(|this| [0, stop, 1].into_iter().try_for_each(|bound| this.integer(bound)))?;
        self.out.write_all(b"R")
    }

    fn index(
        &mut self,
        module: &'static str,
        class: &'static str,
        attributes: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.name("pandas.core.indexes.base", "_new_Index")?;
        self.tuple(|this| {
            this.name(module, class)?;
            this.dict(|this| {
                attributes(this)?;
                this.text("name")?;
                this.none()
            })
        })?;
        self.out.write_all(b"R")
    }

    /// A class or function; the second time from the memo.
    fn name(&mut self, module: &'static str, name: &'static str) -> io::Result<()> {
        if let Some(place) = self.names.get(&(module, name)) {
            let place = place.to_le_bytes();
            return self.code(b'j', &place);
        }
        let place = self.names.len() as u32;
        self.names.insert((module, name), place);
        self.text(module)?;
        self.text(name)?;
        self.out.write_all(b"\x93\x94")
    }

    fn bracket(
        &mut self,
        open: &[u8],
        inner: impl FnOnce(&mut Self) -> io::Result<()>,
        close: &[u8],
    ) -> io::Result<()> {
        self.out.write_all(open)?;
        inner(self)?;
        self.out.write_all(close)
    }

    fn code(&mut self, opcode: u8, argument: &[u8]) -> io::Result<()> {
        self.out.write_all(&[opcode])?;
        self.out.write_all(argument)
    }
}

/// Lengths of texts and bytes have four bytes.
fn length(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a value has more than 4 GiB"))
}
