//! Bounds on what this process takes of the machine; the system enforces them.

use std::io;
use std::mem::MaybeUninit;

/// Bytes that the process may map beyond what it has when it begins; the largest published cells take a tenth of it.
const MEMORY: u64 = 1 << 30;
/// Seconds of processor time for one answer; the largest published cells take some seconds.
pub(super) const PROCESSOR_SECONDS: u64 = 120;
/// The signal that ends a process which took longer.
pub(super) const OUT_OF_TIME: i32 = libc::SIGXCPU;

/// Bounds memory from now on, and leaves no core file behind when that goes wrong.
pub(super) fn memory() -> io::Result<()> {
    set(libc::RLIMIT_CORE, 0)?;
    // in pages; where there is no such file, there is no such bound either
    let mapped = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = mapped.as_deref().and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    // SAFETY: reads a constant of the system
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    match (pages, u64::try_from(page)) {
        (Some(pages), Ok(page)) => set(libc::RLIMIT_AS, pages * page + MEMORY),
        _ => Ok(()),
    }
}

/// Bounds processor time, counted from now on.
pub(super) fn time() -> io::Result<()> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the struct that it is given
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed and filled; any bits are a value of it
    let usage = unsafe { usage.assume_init() };
    set(libc::RLIMIT_CPU, (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) as u64 + 1 + PROCESSOR_SECONDS)
}

/// Sets the bound that the system enforces now, not the one up to which this process may raise it again.
fn set(resource: libc::__rlimit_resource_t, bound: u64) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the calls read or fill the struct that they are given
    unsafe {
        if libc::getrlimit(resource, &raw mut limit) != 0 {
            return Err(io::Error::last_os_error());
        }
        limit.rlim_cur = bound.min(limit.rlim_max);
        if libc::setrlimit(resource, &raw const limit) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
