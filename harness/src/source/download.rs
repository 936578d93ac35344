//! Getting a published file over HTTP: resumed where it broke off, bounded, and kept only once it is verified.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::Failure;

/// A file somebody publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Where it is.
    pub url: String,
    /// Bytes; what is larger is something else and is not taken.
    pub limit: u64,
    /// What to do without a network, as the end of a sentence.
    pub by_hand: String,
}

const MEGABYTE: u64 = 1_000_000;

impl Remote {
    /// The repository of the Q(V) curves, at the commit the content hash was taken from.
    ///
    /// The host makes the archive when asked, so neither its size nor its hash last. What is pinned is the content of
    /// its tables: [`super::matr_curves::PUBLISHED_CONTENT`].
    pub fn matr_curves() -> Self {
        let url = "https://github.com/petermattia/revisit-severson-et-al/archive/3a77c7d5.tar.gz".to_owned();
        let by_hand = "get that file elsewhere and run `batlinet data import matr-curves FILE --data DIR`".to_owned();
        Self { url, limit: 300 * MEGABYTE, by_hand }
    }

    /// Downloads to `target`, by way of `target` with `.part` appended, where an earlier attempt is resumed.
    ///
    /// `verify` reads the complete file and says whether it is the right one; only then does it get its name. `say` is
    /// told about progress in plain lines.
    ///
    /// # Errors
    /// [`Failure::Usage`] when the host cannot be reached, refuses or breaks off (what came is kept for the next
    /// attempt), when the file is too large or the disk full, and what `verify` says (the file is then deleted).
    pub fn fetch<T>(
        &self,
        target: &Path,
        verify: impl FnOnce(&Path) -> Result<T, Failure>,
        say: &mut dyn FnMut(&str),
    ) -> Result<T, Failure> {
        let part = PathBuf::from(format!("{}.part", target.display()));
        self.complete(&part, say)?;
        let verified = verify(&part).map_err(|failure| match fs::remove_file(&part) {
            Ok(()) => Failure::Usage(format!("the download from {} was of no use, it is deleted: {failure}", self.url)),
            Err(error) => unwritable(&part, &error),
        })?;
        fs::rename(&part, target).map_err(|error| unwritable(target, &error))?;
        Ok(verified)
    }

    /// Leaves the whole file in `part`.
    fn complete(&self, part: &Path, say: &mut dyn FnMut(&str)) -> Result<(), Failure> {
        let have = fs::metadata(part).map_or(0, |metadata| metadata.len());
        let mut response = self.request(have)?;
        let mut offset = 0;
        match response.status().as_u16() {
            206 if range_start(&response) == Some(have) => offset = have,
            200 => {}
            416 if have > 0 && range_total(&response) == Some(have) => return Ok(()), // all of it is here already
            206 | 416 if have > 0 => {
                // what is here is no part of what the host has: begin anew
                fs::remove_file(part).map_err(|error| unwritable(part, &error))?;
                return self.complete(part, say);
            }
            status => {
                return Err(Failure::Usage(format!("{} answers with status {status}; {}", self.url, self.by_hand)));
            }
        }
        let total = response.body().content_length().map(|length| length + offset);
        if total.is_some_and(|total| total > self.limit) {
            return Err(self.too_large());
        }
        if offset > 0 {
            say(&format!("resuming at {}", megabytes(offset)));
        }
        if let Some(folder) = part.parent() {
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        }
        let file = if offset > 0 { OpenOptions::new().append(true).open(part) } else { File::create(part) };
        let mut file = file.map_err(|error| unwritable(part, &error))?;
        self.copy(&mut response.body_mut().as_reader(), &mut file, offset, total, part, say)?;
        file.sync_all().map_err(|error| unwritable(part, &error))
    }

    fn copy(
        &self,
        body: &mut dyn Read,
        file: &mut File,
        offset: u64,
        total: Option<u64>,
        part: &Path,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Failure> {
        let mut buffer = vec![0; 64 * 1024];
        let mut done = offset;
        loop {
            let count = body.read(&mut buffer).map_err(|error| {
                Failure::Usage(format!(
                    "the connection to {} broke off after {} ({error}): run the same command again, it goes on from \
                     there; or {}",
                    self.url,
                    megabytes(done),
                    self.by_hand
                ))
            })?;
            if count == 0 {
                return Ok(());
            }
            if done + count as u64 > self.limit {
                fs::remove_file(part).map_err(|error| unwritable(part, &error))?;
                return Err(self.too_large());
            }
            file.write_all(&buffer[..count]).map_err(|error| unwritable(part, &error))?;
            let before = done;
            done += count as u64;
            const STEP: u64 = 5 * MEGABYTE;
            if before / STEP != done / STEP {
                let of = total.map(|total| format!(" of {}", megabytes(total))).unwrap_or_default();
                say(&format!("{}{of}", megabytes(done)));
            }
        }
    }

    fn request(&self, have: u64) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let timeout = Some(Duration::from_secs(30));
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout);
        if self.url.starts_with("http://127.0.0.1:") {
            config = config.proxy(None); // a proxy cannot reach this machine's own servers
        }
        let agent: ureq::Agent = config.build().into();
        // a compressed transfer would count other bytes than the file has
        let mut request = agent.get(&self.url).header("Accept-Encoding", "identity");
        if have > 0 {
            request = request.header("Range", format!("bytes={have}-"));
        }
        request.call().map_err(|error| {
            Failure::Usage(format!("cannot reach {} ({error}); without a network, {}", self.url, self.by_hand))
        })
    }

    fn too_large(&self) -> Failure {
        Failure::Usage(format!(
            "{} is larger than the {} expected, so it is not the published file; {}",
            self.url,
            megabytes(self.limit),
            self.by_hand
        ))
    }
}

/// `A` of `Content-Range: bytes A-B/N`.
fn range_start(response: &ureq::http::Response<ureq::Body>) -> Option<u64> {
    content_range(response)?.split_once('-')?.0.parse().ok()
}

/// `N` of `Content-Range: bytes */N`.
fn range_total(response: &ureq::http::Response<ureq::Body>) -> Option<u64> {
    content_range(response)?.split_once('/')?.1.parse().ok()
}

fn content_range(response: &ureq::http::Response<ureq::Body>) -> Option<&str> {
    response.headers().get("Content-Range")?.to_str().ok()?.strip_prefix("bytes ")
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / MEGABYTE as f64)
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot write {}: {error}", path.display()))
}
