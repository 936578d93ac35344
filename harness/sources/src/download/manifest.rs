//! Which files are published where: `manifest.yaml`, or another file of this form.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use ureq::http::Uri;

use crate::Error;
use crate::format::Format;
use cells::catalogue;
use cells::quote::shown;
use cells::suggest::did_you_mean;
use cells::text;

/// Files that are imported together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Name of the [`Format`] of these files.
    pub name: String,
    /// What it holds, in a few words.
    pub about: String,
    /// Where a person finds the files.
    pub page: String,
    /// Files that this program can fetch.
    #[serde(default)]
    pub files: Vec<PublishedFile>,
    /// Ends of the names of the files of a cell, where a person has to fetch them.
    #[serde(default)]
    pub per_cell: Vec<String>,
    /// What that person has to do, step by step.
    #[serde(default)]
    pub by_hand: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedFile {
    /// What it is called here; importers look at names.
    pub name: String,
    /// Where it is, and its mirrors.
    pub urls: Vec<String>,
    /// Its size, where known.
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal digits, where known.
    pub sha256: Option<String>,
    /// Bytes; what is larger is something else and is not taken. Where the size is known, that.
    pub limit: Option<u64>,
    /// Whether its host makes it anew for everybody, so that no hash of it lasts.
    #[serde(default)]
    pub made_when_asked: bool,
}

/// What is larger than this is no battery data, whoever serves it.
const LIMIT: u64 = 64_000_000_000;

impl PublishedFile {
    /// Bytes that are taken at most.
    pub fn limit(&self) -> u64 {
        self.bytes.or(self.limit).unwrap_or(LIMIT)
    }
}

impl Collection {
    /// The format that imports these files.
    pub fn format(&self) -> &'static Format {
        Format::find(&self.name).expect("checked when the manifest was read")
    }

    /// The names of all its files.
    pub fn names(&self) -> Vec<String> {
        let listed = self.files.iter().map(|file| file.name.clone());
        let of_cell = |id: &String| self.per_cell.iter().map(move |end| format!("{id}{end}")).collect::<Vec<_>>();
        listed.chain(self.ids().iter().flat_map(of_cell)).collect()
    }

    /// The ids of the published cells of its datasets, in the order of the catalogue.
    pub fn ids(&self) -> Vec<String> {
        let own = |entry: &&catalogue::CatalogueEntry| self.format().datasets.has(&entry.dataset);
        catalogue::cells().iter().filter(own).map(|entry| entry.id.clone()).collect()
    }

    /// Bytes of all its files, as far as they are known.
    pub fn bytes(&self) -> Option<u64> {
        if self.files.is_empty() { None } else { self.files.iter().map(|file| file.bytes).sum() }
    }

    /// What a person has to do to get its files into `folder`.
    pub fn steps(&self, folder: &Path, data: &Path) -> String {
        self.by_hand
            .replace("{page}", &self.page)
            .replace("{folder}", &folder.display().to_string())
            .replace("{data}", &data.display().to_string())
            .replace("{name}", &self.name)
    }

    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if Format::find(name).is_none() {
            return Err(format!("{name} is no format that can be imported"));
        }
        if self.files.is_empty() == self.per_cell.is_empty() {
            return Err(format!("{name} needs either files or per_cell"));
        }
        if !self.per_cell.is_empty() && self.by_hand.is_empty() {
            return Err(format!("{name} has to say in by_hand what a person has to do"));
        }
        self.files
            .iter()
            .try_for_each(|file| file.check().map_err(|problem| format!("{name}, {}: {problem}", file.name)))
    }
}

impl PublishedFile {
    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if self.name.is_empty() || !self.name.chars().all(plain) || self.name.starts_with('.') {
            return Err("a file name is made of letters, digits, '_', '-' and '.'".to_owned());
        }
        if self.urls.is_empty() {
            return Err("urls is empty".to_owned());
        }
        if let Some(url) = self.urls.iter().find(|url| !(url.starts_with("https://") || is_local(url))) {
            return Err(format!("{url} is not https: files are fetched over TLS only"));
        }
        let is_hash = |hash: &String| hash.len() == 64 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if !self.sha256.as_ref().is_none_or(is_hash) {
            return Err("sha256 is 64 hexadecimal digits in lower case".to_owned());
        }
        Ok(())
    }
}

/// Whether an address is one of this machine's own, where tests serve.
pub(super) fn is_local(url: &str) -> bool {
    let address: Option<Uri> = url.parse().ok();
    address.is_some_and(|address| {
        // by its host: what stands before an @ is none
        let is_plain = address.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        is_plain && address.scheme_str() == Some("http") && address.host() == Some("127.0.0.1")
    })
}

/// Everything that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest(Vec<Collection>);

impl Manifest {
    /// The one that is part of the program.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Manifest> = LazyLock::new(|| {
            Manifest::parse(include_str!("manifest.yaml")).expect("manifest.yaml is compiled in, and a test reads it")
        });
        &BUILTIN
    }

    /// Reads a file of the same form, such as one that names mirrors.
    ///
    /// # Errors
    /// [`Error::List`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |what: String| Error::List { list: format!("manifest {}", path.display()), what };
        let text = text::read(path).map_err(wrong)?;
        Self::parse(&text).map_err(|problem| wrong(shown(problem, 400)))
    }

    fn parse(text: &str) -> Result<Self, String> {
        // some editors put a mark before the text
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let collections: Vec<Collection> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let mut names = HashSet::new();
        for collection in &collections {
            collection.check()?;
            if !names.insert(&collection.name) {
                return Err(format!("{} is there twice", collection.name));
            }
            let mut files = HashSet::new();
            if let Some(twice) = collection.files.iter().find(|file| !files.insert(&file.name)) {
                return Err(format!("{} has two files {}", collection.name, twice.name));
            }
        }
        Ok(Self(collections))
    }

    /// In the order of the file.
    pub fn collections(&self) -> &[Collection] {
        &self.0
    }

    /// The collection of this name.
    ///
    /// # Errors
    /// [`Error::UnknownCollection`] names those that there are.
    pub fn find(&self, name: &str) -> Result<&Collection, Error> {
        self.0.iter().find(|collection| collection.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.0.iter().map(|collection| collection.name.as_str()).collect();
            let hint = did_you_mean(name, known.iter().copied());
            Error::UnknownCollection { name: name.to_owned(), hint, known: known.join(", ") }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::datasets;

    #[test]
    fn every_dataset_can_be_got_and_every_name_is_what_its_importer_expects() {
        let manifest = Manifest::builtin();
        for dataset in datasets::all() {
            let name = &dataset.name;
            assert!(manifest.collections().iter().any(|one| one.format().datasets.has(name)), "{name}");
        }
        let count = |name| manifest.find(name).unwrap().names().len();
        assert_eq!((count("matr"), count("calce"), count("hnei"), count("ul-pur"), count("snl")), (4, 13, 28, 20, 122));
        let calce: Vec<String> = manifest.find("calce").unwrap().ids();
        for file in &manifest.find("calce").unwrap().files {
            assert!(calce.contains(&format!("CALCE_{}", file.name.trim_end_matches(".zip"))), "{}", file.name);
        }
        assert_eq!(manifest.find("matr").unwrap().bytes(), Some(10_870_637_553));
        assert_eq!(manifest.find("rwth").unwrap().bytes(), None);
    }

    #[test]
    fn only_this_machine_is_local() {
        assert!(is_local("http://127.0.0.1:8080/a.zip"));
        for other in [
            "http://127.0.0.1:80@host/a.zip",
            "http://127.0.0.1:x@host/a.zip",
            "http://127.0.0.1.host:80/a.zip",
            "https://127.0.0.1:80/a.zip",
            "http://host/127.0.0.1:",
        ] {
            assert!(!is_local(other), "{other}");
        }
    }

    #[test]
    fn steps_by_hand_name_page_folder_and_command() {
        let steps =
            Manifest::builtin().find("snl").unwrap().steps(Path::new("cells/downloads/snl"), Path::new("cells"));
        for words in ["https://www.batteryarchive.org", "cells/downloads/snl", "data import snl", "--data cells"] {
            assert!(steps.contains(words), "{steps}");
        }
        assert!(!steps.contains('{'), "{steps}");
    }

    #[test]
    fn a_wrong_manifest_says_what_is_wrong() {
        let sound = "- name: hust\n  about: x\n  page: y\n  files: [{name: a.zip, urls: [https://host/a.zip]}]\n";
        Manifest::parse(sound).unwrap();
        for (right, wrong, words) in [
            ("hust", "hsut", "hsut is no format"),
            ("https://host", "http://host", "fetched over TLS only"),
            ("a.zip,", "../a.zip,", "a file name is made of"),
            ("urls: [https://host/a.zip]", "urls: []", "urls is empty"),
            ("urls:", "sha256: abc, urls:", "64 hexadecimal digits"),
            ("files:", "per_cell: [x]\n  files:", "either files or per_cell"),
            ("files: [{name: a.zip, urls: [https://host/a.zip]}]", "per_cell: [x]", "by_hand"),
            ("files:", "file:", "unknown field `file`"),
        ] {
            assert!(sound.contains(right));
            let message = Manifest::parse(&sound.replacen(right, wrong, 1)).unwrap_err();
            assert!(message.contains(words), "{message}");
        }
        assert!(Manifest::parse(&format!("{sound}{sound}")).unwrap_err().contains("hust is there twice"));
        let message = Manifest::builtin().find("hsut").unwrap_err().to_string();
        assert!(message.contains("did you mean 'hust'?"), "{message}");
    }
}
