//! Of which version of a file a part is: `FILE.part.origin`, two lines, beside `FILE.part`. What was resumed must be the same file.

use std::fs;
use std::path::{Path, PathBuf};

/// What a host said of the file that it began to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// `ETag`, or `Last-Modified` where there is no strong one: what `If-Range` takes.
    pub(super) version: String,
    /// Its address: versions are those of one host.
    pub(super) url: String,
}

impl Origin {
    /// What a response says, if it says anything.
    pub(super) fn of(response: &ureq::http::Response<ureq::Body>, url: &str) -> Option<Self> {
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.trim().to_owned());
        // a weak one is of files that are alike
        let strong = header("ETag").filter(|tag| tag.starts_with('"'));
        let version = strong.or_else(|| header("Last-Modified"))?;
        (!version.contains(['\n', '\r'])).then(|| Self { version, url: url.to_owned() })
    }

    fn path(part: &Path) -> PathBuf {
        PathBuf::from(format!("{}.origin", part.display()))
    }

    /// That of the part, if it was noted.
    pub(super) fn read(part: &Path) -> Option<Self> {
        let text = fs::read_to_string(Self::path(part)).ok()?;
        let (version, url) = text.trim_end().split_once('\n')?;
        Some(Self { version: version.to_owned(), url: url.to_owned() })
    }

    /// Notes it, or that there is none. What cannot be noted is not held against the part later.
    pub(super) fn note(origin: Option<&Self>, part: &Path) {
        match origin {
            Some(Self { version, url }) => drop(fs::write(Self::path(part), format!("{version}\n{url}\n"))),
            None => Self::forget(part),
        }
    }

    /// The part is gone, or complete.
    pub(super) fn forget(part: &Path) {
        let _ = fs::remove_file(Self::path(part));
    }
}
