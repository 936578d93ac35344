//! Processor time from published files to cells in memory: `import_cpu FORMAT PATH…`. Nothing is written, and batch files of
//! MATR are read in this process. `scripts/oracle/import_speed.py` holds it against Python.

use std::path::PathBuf;
use std::process::ExitCode;

use harness::failure::Failure;
use harness::source::import::Format;

fn read(format: &str, paths: &[PathBuf]) -> Result<(usize, usize), Failure> {
    let format = Format::find(format).ok_or_else(|| Failure::Usage(format!("there is no format {format}")))?;
    let published = (format.open)(paths)?;
    let mut cycles = 0;
    for id in published.ids() {
        cycles += published.cell(&id)?.cell.cycles().len();
    }
    Ok((published.ids().len(), cycles))
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
    let began = processor_time();
    match read(&format, &paths) {
        Ok((cells, cycles)) => {
            println!("{format}: {cells} cells, {cycles} cycles in {:.3} CPU s", processor_time() - began);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("import_cpu: {failure}");
            ExitCode::FAILURE
        }
    }
}
