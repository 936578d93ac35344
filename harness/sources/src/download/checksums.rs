//! What was fetched, by hash: `checksums.csv` beside the files. A file whose publisher states no hash is trusted when it
//! is fetched for the first time, and never after unless it is the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::manifest::PublishedFile;
use super::unwritable;
use crate::Error;
use cells::lock::Lock;
use cells::quote::shown;
use cells::text;
use cells::whole_file;

/// Size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// Size.
    pub bytes: u64,
    /// SHA-256, 64 hexadecimal digits in lower case.
    pub sha256: String,
}

impl Checksum {
    /// Reads the whole file.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn of(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        let mut bytes = 0;
        loop {
            let count = file.read(&mut buffer).map_err(unreadable)?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            bytes += count as u64;
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, sha256 })
    }
}

/// Where an expected hash is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Trust {
    /// The manifest.
    Manifest,
    /// The first time the file was fetched.
    FirstUse,
}

/// A line of `checksums.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    file: String,
    bytes: u64,
    sha256: String,
    trust: Trust,
    url: String,
}

/// `checksums.csv` of a folder.
#[derive(Debug)]
pub struct Checksums {
    path: PathBuf,
    lines: BTreeMap<String, Line>,
}

impl Checksums {
    /// Those of the files in and below `folder`; none if there is no such file yet.
    ///
    /// # Errors
    /// [`Error::List`] names the file and line if it is broken.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("checksums.csv");
        let broken = |what: String| Error::List {
            list: path.display().to_string(),
            what: format!("{what}; mend the file, or delete it to trust the next downloads anew"),
        };
        let mut lines = BTreeMap::new();
        if path.exists() {
            let text = text::read(&path).map_err(broken)?;
            for line in csv::Reader::from_reader(text.as_bytes()).deserialize::<Line>() {
                let line = line.map_err(|error| broken(shown(error, 200)))?;
                lines.insert(line.file.clone(), line);
            }
        }
        Ok(Self { path, lines })
    }

    /// Whether `found` is what `file`, kept as `name` in this folder, should be.
    ///
    /// # Errors
    /// [`Error::Mismatch`] says what differs, and where the other value is written.
    pub fn check(&self, name: &str, file: &PublishedFile, found: &Checksum) -> Result<(), Error> {
        let Checksum { bytes, sha256 } = found;
        let other = |what: String| Error::Mismatch { file: name.to_owned(), what };
        if let Some(expected) = file.bytes.filter(|expected| expected != bytes) {
            return Err(other(format!("{bytes} bytes, the published file has {expected}")));
        }
        if file.made_when_asked {
            return Ok(());
        }
        if let Some(expected) = file.sha256.as_ref().filter(|expected| *expected != sha256) {
            return Err(other(format!("the SHA-256 {sha256}, the published file has {expected}")));
        }
        match self.lines.get(name) {
            Some(line) if file.sha256.is_none() && line.sha256 != *sha256 => Err(other(format!(
                "the SHA-256 {sha256}, when it was first fetched it had {}; if its publisher has replaced it, \
                 delete its line in {}",
                line.sha256,
                self.path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Notes what has passed [`Checksums::check`]; says whether it is trusted for the first time.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written.
    pub fn note(&mut self, name: &str, file: &PublishedFile, found: Checksum, url: &str) -> Result<bool, Error> {
        if file.made_when_asked {
            return Ok(false);
        }
        let trust = if file.sha256.is_some() { Trust::Manifest } else { Trust::FirstUse };
        let is_first = !self.lines.contains_key(name) && trust == Trust::FirstUse;
        let Checksum { bytes, sha256 } = found;
        let line = Line { file: name.to_owned(), bytes, sha256, trust, url: url.to_owned() };
        if self.lines.insert(name.to_owned(), line.clone()).as_ref() != Some(&line) {
            // another process may have noted files since this one looked
            let folder = whole_file::folder_of(&self.path);
            let lock = folder.join(".checksums");
            let _alone = Lock::wait(&lock).map_err(|error| unwritable(&lock, error))?;
            self.lines = Self::open(folder)?.lines;
            self.lines.insert(name.to_owned(), line);
            self.write().map_err(|error| unwritable(&self.path, error))?;
        }
        Ok(is_first)
    }

    fn write(&self) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for line in self.lines.values() {
            writer.serialize(line).map_err(io::Error::other)?;
        }
        let text = writer.into_inner().map_err(|error| error.into_error())?;
        whole_file::write(&self.path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(sha256: Option<&str>, bytes: Option<u64>) -> PublishedFile {
        let sha256 = sha256.map(str::to_owned);
        let urls = vec!["https://host/a".to_owned()];
        PublishedFile { name: "a".to_owned(), urls, bytes, sha256, limit: None, made_when_asked: false }
    }

    #[test]
    fn the_hash_of_a_file_is_its_sha256() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        // FIPS 180-2, appendix B.1
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Checksum::of(file.path()).unwrap(), Checksum { bytes: 3, sha256: expected.to_owned() });
    }

    #[test]
    fn what_is_trusted_on_first_use_must_stay_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let of = |digit: char| Checksum { bytes: 3, sha256: digit.to_string().repeat(64) };
        let (unknown, known) = (published(None, None), published(Some(&"1".repeat(64)), None));
        let mut checksums = Checksums::open(dir.path()).unwrap();
        checksums.check("s/a", &unknown, &of('1')).unwrap();
        assert!(checksums.note("s/a", &unknown, of('1'), "https://host/a").unwrap());
        assert!(!checksums.note("s/b", &known, of('1'), "https://host/b").unwrap());

        let checksums = Checksums::open(dir.path()).unwrap();
        checksums.check("s/a", &unknown, &of('1')).unwrap();
        let message = checksums.check("s/a", &unknown, &of('2')).unwrap_err().to_string();
        assert!(
            message.contains("when it was first fetched it had 111") && message.contains("checksums.csv"),
            "{message}"
        );
        let message = checksums.check("s/b", &known, &of('2')).unwrap_err().to_string();
        assert!(message.contains("has the SHA-256 222") && message.contains("the published file has 111"), "{message}");
        // what the manifest says counts more than what was trusted before it said so
        checksums.check("s/a", &published(Some(&"2".repeat(64)), None), &of('2')).unwrap();
        let message = checksums.check("s/c", &published(None, Some(4)), &of('1')).unwrap_err().to_string();
        assert!(message.contains("has 3 bytes, the published file has 4"), "{message}");
        let text = std::fs::read_to_string(dir.path().join("checksums.csv")).unwrap();
        assert!(text.starts_with("file,bytes,sha256,trust,url\ns/a,3,1111"), "{text}");
        assert!(text.contains(",first_use,https://host/a\n") && text.contains(",manifest,https://host/b\n"), "{text}");
    }

    #[test]
    fn lines_of_two_who_fetch_at_once_are_all_there() {
        let dir = tempfile::tempdir().unwrap();
        let of = |digit: char| Checksum { bytes: 3, sha256: digit.to_string().repeat(64) };
        let [mut one, mut other] = [(); 2].map(|()| Checksums::open(dir.path()).unwrap());
        one.note("s/a", &published(None, None), of('1'), "u").unwrap();
        other.note("s/b", &published(None, None), of('2'), "u").unwrap();
        let names: Vec<String> = Checksums::open(dir.path()).unwrap().lines.into_keys().collect();
        assert_eq!(names, ["s/a", "s/b"]);
    }

    #[test]
    fn a_broken_list_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("checksums.csv"), "file,bytes,sha256,trust,url\na,many,x,first_use,u\n")
            .unwrap();
        let message = Checksums::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("checksums.csv") && message.contains("line: 2"), "{message}");
    }
}
