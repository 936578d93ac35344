//! Batch files that are not [plain](super::plain), read by a process of their own.
//!
//! The HDF5 library is not made for damaged files: a flipped bit can crash it, or have it ask for all memory. So the program
//! starts itself to read them (`batlinet read-matr FILE`), with bounds on memory and processor time, and listens to what
//! that process says ([`Message`]). Whatever happens to it, this one goes on, and can say which file is to blame.
//!
//! ```text
//! reader:  O head                              (or R why not, and it ends)
//! parent:  "12 0\n"                            the cell at index 12, from its first cycle on
//! reader:  B outline, C cycle, C cycle, …, E   (or R why not)
//! ```
//!
//! The library lets one thread of a process in at a time. Readers of one file work side by side.

use std::cell::RefCell;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::batch::Batch;
use super::limits;
use super::message::{Head, Message, Outline, Recorded};
use super::plain::Plain;
use crate::Error;

/// The verb that starts a reader.
pub const VERB: &str = "read-matr";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// From now on, batch files are read by `program`, started as `PROGRAM read-matr FILE`, which must do [`serve`]. If this
/// is never called, they are read in the calling process, which a damaged file can crash.
pub fn read_by(program: PathBuf) {
    PROGRAM.get_or_init(|| program);
}

/// What the process that [`read_by`] started does: reads the file at `path` and answers on standard output what is asked on
/// standard input, until that ends.
///
/// # Errors
/// [`Error::Internal`] when the process cannot be bounded, or nobody listens.
pub fn serve(path: &Path) -> Result<(), Error> {
    let lost = |error: io::Error| Error::Internal(format!("the reader of {}: {error}", path.display()));
    let mut out = BufWriter::with_capacity(1 << 18, io::stdout().lock());
    // a sandbox may allow no such call; unbounded, a hostile file would have the whole machine
    if let Err(error) = limits::memory().and_then(|()| limits::time()) {
        let why = format!(
            "not read: the system lets no bounds be put on the process that would read it ({error}); allow `setrlimit` to this \
             program and try again"
        );
        return Message::Refused(why).write(&mut out).and_then(|()| out.flush()).map_err(lost);
    }
    let batch = match Batch::open(path) {
        Ok(batch) => batch,
        Err(why) => return Message::Refused(why).write(&mut out).and_then(|()| out.flush()).map_err(lost),
    };
    Message::Opened(batch.head.clone()).write(&mut out).and_then(|()| out.flush()).map_err(lost)?;
    for asked in io::stdin().lines() {
        let asked = asked.map_err(lost)?;
        let numbers = asked.split_once(' ').and_then(|(index, first)| Some((index.parse().ok()?, first.parse().ok()?)));
        let (index, first) = numbers.ok_or_else(|| lost(io::ErrorKind::InvalidInput.into()))?;
        limits::time().map_err(lost)?;
        let shared = RefCell::new(&mut out);
        let say = |message: Message| message.write(*shared.borrow_mut()).map_err(|error| error.to_string());
        let read = batch.read(index, first, |outline| say(Message::Begin(outline)), |cycle| say(Message::Cycle(cycle)));
        let last = read.map_or_else(Message::Refused, |()| Message::End);
        last.write(&mut out).and_then(|()| out.flush()).map_err(lost)?;
    }
    Ok(())
}

/// An open batch file.
pub(super) struct Reader {
    path: PathBuf,
    /// Where the file is as MATLAB writes it.
    plain: Option<Plain>,
    /// Processes that wait to be asked.
    idle: Mutex<Vec<Process>>,
}

impl Reader {
    /// Opens the file. An error is a fragment.
    pub(super) fn open(path: &Path) -> Result<(Head, Self), String> {
        let mut reader = Self { path: path.to_owned(), plain: None, idle: Mutex::default() };
        if let Some((head, plain)) = Plain::open(path) {
            reader.plain = Some(plain);
            return Ok((head, reader));
        }
        let Some(program) = PROGRAM.get() else { return Ok((Batch::open(path)?.head, reader)) };
        let (head, process) = Process::start(program, path)?;
        reader.idle = Mutex::new(vec![process]);
        Ok((head, reader))
    }

    /// As [`Batch::read`].
    pub(super) fn read(
        &self,
        index: usize,
        first: usize,
        begin: impl FnOnce(Outline) -> Result<(), String>,
        take: impl FnMut(Recorded) -> Result<(), String>,
    ) -> Result<(), String> {
        if let Some((outline, cycles)) = self.plain.as_ref().and_then(|plain| plain.read(index, first)) {
            begin(outline)?;
            return cycles.into_iter().try_for_each(take);
        }
        let Some(program) = PROGRAM.get() else { return Batch::open(&self.path)?.read(index, first, begin, take) };
        let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut process = match waiting {
            Some(process) => process,
            None => Process::start(program, &self.path)?.1,
        };
        process.read(index, first, begin, take)?;
        // only after everything went well: any other has more to say, or is dead
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        Ok(())
    }
}

/// A reading process; it ends with this value.
pub(super) struct Process {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    fn start(program: &Path, path: &Path) -> Result<(Head, Self), String> {
        let mut command = Command::new(program);
        command.arg(VERB).arg("--").arg(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl-C is for the parent, which ends its readers itself
        let child = command.process_group(0).spawn();
        let mut child = child.map_err(|error| format!("cannot start {} to read it: {error}", program.display()))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (asks, answers) = pipes.ok_or("cannot talk to the process that was to read it")?;
        let mut process = Self { child, asks, answers: BufReader::with_capacity(1 << 18, answers) };
        match process.hear()? {
            Message::Opened(head) => Ok((head, process)),
            _ => Err(ASTRAY.to_owned()),
        }
    }

    fn read(
        &mut self,
        index: usize,
        first: usize,
        begin: impl FnOnce(Outline) -> Result<(), String>,
        mut take: impl FnMut(Recorded) -> Result<(), String>,
    ) -> Result<(), String> {
        // to a process that is gone nothing can be said; the answer tells why
        let _ = writeln!(self.asks, "{index} {first}");
        let Message::Begin(outline) = self.hear()? else { return Err(ASTRAY.to_owned()) };
        begin(outline)?;
        loop {
            match self.hear()? {
                Message::Cycle(recorded) => take(recorded)?,
                Message::End => return Ok(()),
                _ => return Err(ASTRAY.to_owned()),
            }
        }
    }

    /// The next message, unless that is a refusal.
    fn hear(&mut self) -> Result<Message, String> {
        match Message::read(&mut self.answers) {
            Ok(Some(Message::Refused(why))) => Err(why),
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(self.child.wait().map_or_else(|error| error.to_string(), cause_of_death)),
            Err(_) => Err(ASTRAY.to_owned()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ASTRAY: &str = "damaged: the HDF5 library went astray while reading it; download it again";

fn cause_of_death(status: ExitStatus) -> String {
    match status.signal() {
        Some(limits::OUT_OF_TIME) => format!(
            "damaged: reading it took more than {} s of processor time; download it again",
            limits::PROCESSOR_SECONDS
        ),
        Some(signal) => {
            format!("damaged: the HDF5 library crashed while reading it (signal {signal}); download it again")
        }
        None => format!("damaged: the HDF5 library gave up while reading it ({status}); download it again"),
    }
}
