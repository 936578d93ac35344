//! One attempt to get the rest of a file from one address.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::manifest::is_local;
use super::origin::Origin;
use super::{megabytes, unwritable};
use crate::{Error, epoch};

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// This machine's: no other attempt and no other address helps.
    Here(Error),
    /// The address has no such file, and will not have it in a minute either; a fragment.
    Lasting(String),
    /// It may go better next time; a fragment, and how long the host asks to be left alone.
    Passing(String, Option<Duration>),
}

/// What is wanted.
pub(super) struct Wanted<'a> {
    /// Where it is.
    pub(super) url: &'a str,
    /// Its size, where known.
    pub(super) bytes: Option<u64>,
    /// Bytes that are taken at most.
    pub(super) limit: u64,
}

/// How long a host may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

impl Wanted<'_> {
    /// Leaves the whole file in `part`, whose bytes are taken for its beginning.
    pub(super) fn complete(&self, part: &Path, say: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        let have = fs::metadata(part).map_or(0, |metadata| metadata.len());
        if have > 0 && self.bytes == Some(have) {
            return Ok(()); // the host need not be asked
        }
        let begun = Origin::read(part).filter(|origin| origin.url == self.url);
        let mut response = self.request(have, begun.as_ref())?;
        let mut offset = 0;
        let now = Origin::of(&response, self.url);
        // a host that knows no If-Range sends the rest of whatever it has now
        let is_other = begun.is_some() && now.is_some() && begun != now;
        match response.status().as_u16() {
            206 if range_start(&response) == Some(have) && !is_other => offset = have,
            200 => {}
            416 if have > 0 && range_total(&response) == Some(have) && !is_other => return Ok(()),
            206 | 416 if have > 0 => {
                // what is here is no part of what the host has: begin anew
                Origin::forget(part);
                fs::remove_file(part).map_err(|error| Trouble::Here(unwritable(part, error)))?;
                return self.complete(part, say);
            }
            status @ (408 | 429 | 500..) => {
                return Err(Trouble::Passing(format!("{} answers with status {status}", self.url), wait(&response)));
            }
            status => return Err(Trouble::Lasting(format!("{} answers with status {status}", self.url))),
        }
        let total = response.body().content_length().map(|length| length + offset);
        if let (Some(total), Some(bytes)) = (total, self.bytes)
            && total != bytes
        {
            let sizes = format!("has {total} bytes, the published file {bytes}: it is another one");
            return Err(Trouble::Lasting(format!("{} {sizes}", self.url)));
        }
        if total.is_some_and(|total| total > self.limit) {
            return Err(self.too_large());
        }
        if offset == 0 {
            Origin::note(now.as_ref(), part);
        } else {
            say(&format!("resuming at {}", megabytes(offset)));
        }
        let mut file = self.open(part, offset).map_err(Trouble::Here)?;
        self.copy(&mut response.body_mut().as_reader(), &mut file, offset, total, part, say)?;
        file.sync_all().map_err(|error| Trouble::Here(unwritable(part, error)))
    }

    fn open(&self, part: &Path, offset: u64) -> Result<File, Error> {
        if let Some(folder) = part.parent() {
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        }
        let file = if offset > 0 { OpenOptions::new().append(true).open(part) } else { File::create(part) };
        file.map_err(|error| unwritable(part, error))
    }

    fn copy(
        &self,
        body: &mut dyn Read,
        file: &mut File,
        offset: u64,
        total: Option<u64>,
        part: &Path,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Trouble> {
        let here = |error: io::Error| Trouble::Here(unwritable(part, error));
        // a line for every fiftieth of a large file, for every 5 MB of a small one
        let step = (total.unwrap_or(0) / 50).max(5_000_000);
        let mut buffer = vec![0; 64 * 1024];
        let mut done = offset;
        loop {
            let count = body.read(&mut buffer).map_err(|error| {
                let after = megabytes(done);
                Trouble::Passing(format!("the connection to {} broke off after {after} ({error})", self.url), None)
            })?;
            if count == 0 {
                return Ok(());
            }
            if done + count as u64 > self.limit {
                Origin::forget(part);
                fs::remove_file(part).map_err(here)?;
                return Err(self.too_large());
            }
            file.write_all(&buffer[..count]).map_err(here)?;
            let before = done;
            done += count as u64;
            if before / step != done / step {
                let of = total.map(|total| format!(" of {}", megabytes(total))).unwrap_or_default();
                say(&format!("{}{of}", megabytes(done)));
            }
        }
    }

    fn request(&self, have: u64, begun: Option<&Origin>) -> Result<ureq::http::Response<ureq::Body>, Trouble> {
        // certificates hold from a date on
        if let Some(why) = epoch::wrong_clock().filter(|_| !is_local(self.url)) {
            return Err(Trouble::Here(Error::Unreachable(format!("cannot ask {} securely: {why}", self.url))));
        }
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // also for where a host redirects to
            .https_only(!is_local(self.url))
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE));
        if is_local(self.url) {
            config = config.proxy(None); // a proxy cannot reach this machine's own servers
        }
        let agent: ureq::Agent = config.build().into();
        // a compressed transfer would count other bytes than the file has
        let mut request = agent.get(self.url).header("Accept-Encoding", "identity");
        if have > 0 {
            request = request.header("Range", format!("bytes={have}-"));
            if let Some(begun) = begun {
                request = request.header("If-Range", &begun.version);
            }
        }
        request.call().map_err(|error| {
            let what = format!("cannot reach {} ({error})", self.url);
            match error {
                ureq::Error::ConnectionFailed | ureq::Error::Io(_) | ureq::Error::Timeout(_) => {
                    Trouble::Passing(what, None)
                }
                _ => Trouble::Lasting(what),
            }
        })
    }

    fn too_large(&self) -> Trouble {
        let limit = megabytes(self.limit);
        Trouble::Lasting(format!("{} is larger than the {limit} expected, so it is not the published file", self.url))
    }
}

/// `Retry-After`, where it is a number of seconds.
fn wait(response: &ureq::http::Response<ureq::Body>) -> Option<Duration> {
    response.headers().get("Retry-After")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
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
