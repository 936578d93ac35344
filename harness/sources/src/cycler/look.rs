//! What kind of file one is: by its first bytes, its name and its headings.

use super::dialect::Dialect;
use super::error::Error;
use super::heading::Heading;
use super::text_layout::{Layout, Stated};
use super::workbook::Sheet;
use crate::packed::PublishedFile;

/// Bytes that are looked at.
const START: u64 = 256 << 10;

/// How a file is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Lines of text.
    Text(Layout),
    /// An Excel workbook.
    Workbook(Sheet),
    /// Apache Parquet.
    Parquet,
    /// A pickle of BatteryML or BatteryLife.
    Pickle,
    /// The table of cycles that Battery Archive puts beside the samples.
    CycleTable,
}

/// A file that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    /// The file.
    pub file: PublishedFile,
    /// How it is read.
    pub kind: Kind,
    /// The headings of its columns.
    pub headings: Vec<Heading>,
    /// Whose it is; none of a table of another program.
    pub dialect: Option<&'static Dialect>,
}

impl Looked {
    /// The name of the format, in words.
    pub(super) fn format(&self) -> &'static str {
        match (&self.kind, self.dialect) {
            (Kind::Pickle, _) => "BatteryML",
            (Kind::CycleTable, _) => "Battery Archive",
            (_, Some(dialect)) => dialect.name,
            (_, None) => "table",
        }
    }
}

/// Looks at a file.
///
/// # Errors
/// [`Error`] where it is binary, which export to make of it; where it is no table.
pub(super) fn look(file: &PublishedFile, stated: &Stated) -> Result<Looked, Error> {
    let start = file.start(START)?;
    let refuse = |what: String| Error::File { file: file.place(), what };
    if start.is_empty() {
        return Err(refuse("it is empty".to_owned()));
    }
    if is_old_pickle(&start) {
        return Err(refuse(
            "it is a pickle of protocol 0 or 1, which are not read: load it in Python and save it anew, `pickle.dump(cell, file, protocol=4)`"
                .to_owned(),
        ));
    }
    if let Some(what) = binary(file, &start) {
        return Err(refuse(what));
    }
    let looked = |kind, headings: Vec<Heading>, preamble: &[String]| {
        let dialect = Dialect::recognised(&headings, preamble);
        Ok(Looked { file: file.clone(), kind, headings, dialect })
    };
    match &start[..] {
        [0x80, 2..=5, ..] => looked(Kind::Pickle, Vec::new(), &[]),
        [b'P', b'A', b'R', b'1', ..] => {
            let headings = super::parquet::headings(file)?;
            looked(Kind::Parquet, headings, &[])
        }
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            let (sheet, headings) = super::workbook::headings(file)?;
            looked(Kind::Workbook(sheet), headings, &[])
        }
        _ if file.name.to_lowercase().trim_end_matches(".gz").ends_with("_cycle_data.csv") => looked(Kind::CycleTable, Vec::new(), &[]),
        _ => match Layout::of(&start, stated) {
            Some(layout) => {
                let (headings, preamble) = (layout.headings.clone(), layout.preamble.clone());
                looked(Kind::Text(layout), headings, &preamble)
            }
            None => Err(refuse(
                "it is not a table that can be read: no line with the names of three columns or more is followed by values; \
                 if its headings stand elsewhere, write `mapping: {header_line: …}`"
                    .to_owned(),
            )),
        },
    }
}

/// Whether a file begins as a dictionary, a list or a call does in the first two protocols of pickles, which have no mark.
fn is_old_pickle(start: &[u8]) -> bool {
    let begins = |with: &&[u8]| start.starts_with(with);
    let is_called = || {
        let name = start.strip_prefix(b"c").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
        name.is_some_and(|name| {
            [&b"copy_reg"[..], b"copyreg", b"__builtin__", b"builtins"].contains(&name) || name.starts_with(b"numpy.")
        })
    };
    [&b"(dp"[..], b"(lp", b"(ip", b"}q", b"]q"].iter().any(begins) || is_called()
}

/// A packed file of which nothing is read. Zip archives and files of `gzip` are read as they are.
fn packed(start: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| start.starts_with(magic);
    match () {
        () if begins(b"7z\xbc\xaf\x27\x1c") => Some("an archive of 7-Zip"),
        () if begins(b"Rar!\x1a\x07") => Some("an archive of RAR"),
        () if begins(b"\xfd7zXZ\0") => Some("packed by xz"),
        () if begins(b"BZh") && start.get(4..10) == Some(b"1AY&SY") => Some("packed by bzip2"),
        () if begins(b"\x28\xb5\x2f\xfd") => Some("packed by zstd"),
        () if start.get(257..262) == Some(b"ustar") => Some("an archive of tar"),
        () => None,
    }
}

/// What a binary file is, and the export to make of it.
fn binary(file: &PublishedFile, start: &[u8]) -> Option<String> {
    let begins = |magic: &[u8]| start.starts_with(magic);
    let has = |magic: &[u8]| start[..start.len().min(64)].windows(magic.len()).any(|window| window == magic);
    let is_zip = begins(b"PK\x03\x04");
    let named = |extension: &str| file.has_extension(&[extension]);
    let is_text = !start.contains(&0);
    let (whose, export) = if has(b"Standard Jet DB") || has(b"Standard ACE DB") || named("res") && !is_text {
        (
            "a database of Arbin (.res)",
            "open it in Arbin's Data Watcher or MITS Pro and export the channel as CSV or Excel",
        )
    } else if begins(b"NEWARE") || named("nda") && !is_text {
        ("Neware's own file (.nda)", "open it in BTSDA and export it as CSV or Excel, with the general layout")
    } else if named("ndax") || is_zip && start.windows(8).any(|window| window == b"data.ndc") {
        ("Neware's own archive (.ndax)", "open it in BTSDA and export it as CSV or Excel, with the general layout")
    } else if has(b"BIO-LOGIC MODULAR FILE") || named("mpr") && !is_text {
        ("BioLogic's own file (.mpr)", "open it in EC-Lab or BT-Lab and export it as text (.mpt), with the time in s")
    } else {
        return packed(start).map(|what| format!("it is {what}: unpack it, and give the files that are in it"));
    };
    Some(format!("it is {whose}, which only that program reads: {export}, and give that file"))
}

/// Whether a file says that its cell was simulated.
pub(super) fn is_marked(file: &PublishedFile) -> bool {
    let mark = crate::format::VIRTUAL_MARK.as_bytes();
    let holds = |text: &[u8]| text.windows(mark.len()).any(|window| window == mark);
    // in UTF-16 a zero stands beside every letter
    let without_zeros = |start: &[u8]| start.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>();
    file.start(64 << 10).is_ok_and(|start| holds(&start) || holds(&without_zeros(&start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_pickles_are_known_and_tables_are_none() {
        for start in [
            &b"(dp0\nS'cell_id'\n"[..],
            b"(lp1\n",
            b"}q\0(X",
            b"]q\0",
            b"ccopy_reg\n_reconstructor\n",
            b"cnumpy.core.multiarray\n",
        ] {
            assert!(is_old_pickle(start), "{start:?}");
        }
        for start in [&b"cycle,time,voltage\n1,2,3"[..], b"(V),(A)\n", b"current\nA\n", b"\x80\x04\x95"] {
            assert!(!is_old_pickle(start), "{start:?}");
        }
    }
}
