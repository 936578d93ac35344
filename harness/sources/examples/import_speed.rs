//! Time from published files to cells in memory: `import_speed FORMAT PATH…`, of all cores where there are several cells, as
//! in `batlinet data import`; nothing is written. `scripts/oracle/import_speed.py` holds it against Python.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use rayon::prelude::*;
use sources::Error;
use sources::import::Format;

fn read(format: &str, paths: &[PathBuf]) -> Result<(usize, usize), Error> {
    let format = Format::find(format).ok_or_else(|| Error::Given(format!("there is no format {format}")))?;
    let published = (format.open)(paths)?;
    let ids = published.ids();
    let cells = ids.par_iter().map(|id| Ok(published.cell(id)?.cell)).collect::<Result<Vec<_>, Error>>()?;
    Ok((cells.len(), cells.iter().map(|cell| cell.cycles().len()).sum()))
}

/// Seconds of this process so far.
fn processor_time() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the struct, which may hold any bits
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let format = arguments.next().unwrap_or_default().to_string_lossy().into_owned();
    let paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let (began, begun) = (processor_time(), Instant::now());
    match read(&format, &paths) {
        Ok((cells, cycles)) => {
            let (processor, wall) = (processor_time() - began, begun.elapsed().as_secs_f64());
            println!("{format}: {cells} cells, {cycles} cycles in {processor:.3} CPU s, {wall:.3} wall s");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("import_speed: {failure}");
            ExitCode::FAILURE
        }
    }
}
