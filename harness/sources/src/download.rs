//! Getting published files over HTTPS: resumed where they broke off, bounded, tried again and elsewhere, and kept only
//! once they are verified.
//!
//! | file | what |
//! |---|---|
//! | [`manifest`] | which files are where, how large, with which hash |
//! | `transfer` | one attempt at one address |
//! | `origin` | of which version of a file a part is |
//! | [`checksums`] | hashes of what was fetched, for files whose publishers state none |

pub mod checksums;
pub mod manifest;
mod origin;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use crate::Error;
use cells::lock::Lock;
use cells::whole_file;
use origin::Origin;
use transfer::{Trouble, Wanted};

/// A file, and everywhere it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Where it is; later ones are mirrors.
    pub urls: Vec<String>,
    /// Its size, where known.
    pub bytes: Option<u64>,
    /// Bytes; what is larger is something else and is not taken.
    pub limit: u64,
    /// What to do without a network, as the end of a sentence.
    pub by_hand: String,
}

/// How often an address is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts in a row that bring nothing worth mentioning.
    pub attempts: u32,
    /// Before the second attempt; doubled before each further one.
    pub first_wait: Duration,
}

impl Default for Patience {
    /// Half a minute in all.
    fn default() -> Self {
        Self { attempts: 6, first_wait: Duration::from_secs(1) }
    }
}

/// A host that asks to be left alone for longer is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// An attempt that brings this many bytes was worth it: what follows counts as the first.
const PROGRESS: u64 = MEGABYTE;

const MEGABYTE: u64 = 1_000_000;

impl Remote {
    /// Downloads to `target`, by way of `target` with `.part` appended, where an earlier attempt is resumed.
    ///
    /// `verify` reads the complete file, is told its address and says whether it is the right one; only then does it get
    /// its name. A file that was put together from parts and is not the right one is fetched once more as a whole. `say`
    /// is told about progress in plain lines. Of two who fetch one target, the second waits for the first.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when no address gives the file (what came is kept for the next call), or one that is too large
    /// or that `verify` finds wrong (it is then deleted); [`Error::Write`], such as when the disk is full.
    pub fn fetch<T>(
        &self,
        target: &Path,
        patience: Patience,
        mut verify: impl FnMut(&Path, &str) -> Result<T, Error>,
        say: &mut dyn FnMut(&str),
    ) -> Result<T, Error> {
        let part = PathBuf::from(format!("{}.part", target.display()));
        let was_there = target.exists();
        let _alone = self.alone(target, say)?;
        if !was_there && target.exists() {
            return verify(target, &self.urls[0]);
        }
        let mut problems: Vec<String> = Vec::new();
        for url in &self.urls {
            if let Some(problem) = problems.last() {
                say(&format!("{problem}; trying {url}"));
            }
            loop {
                let is_resumed = part.exists();
                match self.complete(url, &part, patience, say) {
                    Ok(()) => {}
                    Err(Trouble::Here(failure)) => return Err(failure),
                    Err(Trouble::Lasting(problem) | Trouble::Passing(problem, _)) => {
                        problems.push(problem);
                        break;
                    }
                }
                match verify(&part, url) {
                    Ok(verified) => {
                        Origin::forget(&part);
                        whole_file::put_in_place(&part, target).map_err(|error| unwritable(target, error))?;
                        return Ok(verified);
                    }
                    Err(failure) => {
                        Origin::forget(&part);
                        fs::remove_file(&part).map_err(|error| unwritable(&part, error))?;
                        let problem = format!("the download from {url} was of no use, it is deleted: {failure}");
                        if !is_resumed {
                            problems.push(problem);
                            break;
                        }
                        say(&format!("{problem}; fetching the whole file again"));
                    }
                }
            }
        }
        let kept = if part.exists() { "run the same command again, it goes on from there; or " } else { "" };
        Err(Error::Unreachable(format!("{}; {kept}{}", problems.join("; "), self.by_hand)))
    }

    fn alone(&self, target: &Path, say: &mut dyn FnMut(&str)) -> Result<Lock, Error> {
        let path = PathBuf::from(format!("{}.lock", target.display()));
        let failed = |error| unwritable(&path, error);
        match Lock::attempt(&path).map_err(failed)? {
            Some(lock) => Ok(lock),
            None => {
                say("another process is fetching this file; waiting for it");
                Lock::wait(&path).map_err(failed)
            }
        }
    }

    /// Leaves the whole file in `part`, trying again after troubles that may pass.
    fn complete(&self, url: &str, part: &Path, patience: Patience, say: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        let wanted = Wanted { url, bytes: self.bytes, limit: self.limit };
        let here = || fs::metadata(part).map_or(0, |metadata| metadata.len());
        let mut attempts = 0;
        loop {
            let before = here();
            let (problem, asked) = match wanted.complete(part, say) {
                Err(Trouble::Passing(problem, asked)) => (problem, asked),
                outcome => return outcome,
            };
            attempts = if here() >= before + PROGRESS { 1 } else { attempts + 1 };
            let wait = asked.unwrap_or(patience.first_wait * 2_u32.saturating_pow(attempts - 1));
            if attempts >= patience.attempts || wait > LONGEST_WAIT {
                return Err(Trouble::Passing(problem, asked));
            }
            say(&format!("{problem}; trying again in {} s", wait.as_secs_f64().ceil()));
            thread::sleep(wait);
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / MEGABYTE as f64)
}

fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::Write { doing: format!("write {}", path.display()), source }
}
