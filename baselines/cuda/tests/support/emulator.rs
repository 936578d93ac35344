//! A machine that runs the kernels' own source on the CPU.

use std::{
    alloc::{Layout, alloc, dealloc},
    collections::HashMap,
    ffi::{CString, c_char, c_int, c_uint, c_void},
    sync::{Arc, Mutex, OnceLock},
};

use cuda::{
    CudaError,
    machine::{Argument, Launch, Limits, Machine, Node, Recorded, pointers},
};
use libloading::Library;

use super::library;

type Run = unsafe extern "C" fn(*const c_char, *const c_uint, c_uint, c_uint, *mut *mut c_void) -> c_int;

/// The emulator's launch function; it is for one thread at a time.
fn emulator() -> &'static Mutex<Run> {
    static LOADED: OnceLock<Mutex<Run>> = OnceLock::new();
    LOADED.get_or_init(|| {
        // SAFETY: the library has been made from sources of this repository, and stays loaded.
        let library = Box::leak(Box::new(
            unsafe { Library::new(library::built().expect("a C++ compiler, as for libtorch")) }
                .expect("the emulator loads"),
        ));
        // SAFETY: that is its type in emulator.h.
        Mutex::new(*unsafe { library.get::<Run>(b"emulator_launch\0") }.expect("the emulator launches"))
    })
}

/// The machine; memory is the CPU's and begins as NaN.
#[derive(Clone, Default)]
pub(crate) struct Emulator {
    allocated: Arc<Mutex<HashMap<u64, Layout>>>,
    limits: Option<Limits>,
}

impl Emulator {
    pub(crate) fn machine() -> Arc<dyn Machine> {
        Arc::new(Self::default())
    }

    /// One whose limits are these.
    pub(crate) fn with(limits: Limits) -> Arc<dyn Machine> {
        Arc::new(Self { limits: Some(limits), ..Self::default() })
    }
}

struct List(Emulator, Vec<Launch>);

impl Recorded for List {
    fn run(&self) -> Result<(), CudaError> {
        self.0.run(&self.1)
    }
}

/// As late as may be: the last of those that nobody who is left must come after goes last. So what is not said to come after
/// something else comes before it.
fn late(mut nodes: Vec<Option<Node>>) -> Vec<Launch> {
    let mut order = Vec::with_capacity(nodes.len());
    while order.len() < nodes.len() {
        let left = || nodes.iter().flatten();
        let is_free = |number: &usize| nodes[*number].is_some() && !left().any(|node| node.after.contains(number));
        let next = (0..nodes.len()).find(is_free).expect("no circles");
        order.extend(nodes[next].take().map(|node| node.launch));
    }
    order.reverse();
    order
}

impl Machine for Emulator {
    fn allocate(&self, bytes: usize, _what: &str) -> Result<u64, CudaError> {
        let layout = Layout::from_size_align(bytes, 256).unwrap();
        // SAFETY: there is at least one byte, as `Memory` asks for.
        let address = unsafe { alloc(layout) };
        // SAFETY: they have just been allocated.
        unsafe { address.write_bytes(0xff, bytes) };
        self.allocated.lock().unwrap().insert(address as u64, layout);
        Ok(address as u64)
    }

    fn free(&self, address: u64) {
        let layout = self.allocated.lock().unwrap().remove(&address).expect("memory of this machine");
        // SAFETY: allocated above with this layout.
        unsafe { dealloc(address as *mut u8, layout) };
    }

    fn upload(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError> {
        // SAFETY: `Memory` checks the range.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) };
        Ok(())
    }

    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<(), CudaError> {
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(address as *const u8, bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    fn run(&self, launches: &[Launch]) -> Result<(), CudaError> {
        for launch in launches {
            let name = CString::new(launch.kernel.as_str()).unwrap();
            assert!(launch.arguments.iter().all(|argument| *argument != Argument::Address(u64::MAX)));
            let run = emulator().lock().unwrap();
            // SAFETY: the arguments are those of the kernel, which these tests are about.
            let code = unsafe {
                run(
                    name.as_ptr(),
                    launch.grid.as_ptr(),
                    launch.threads,
                    launch.shared,
                    pointers(&launch.arguments).as_mut_ptr(),
                )
            };
            assert_eq!(code, 0, "there is no kernel {}", launch.kernel);
        }
        Ok(())
    }

    fn record(&self, nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError> {
        Ok(Box::new(List(self.clone(), late(nodes.into_iter().map(Some).collect()))))
    }

    fn finish(&self) -> Result<(), CudaError> {
        Ok(())
    }

    fn limits(&self) -> Limits {
        self.limits.unwrap_or(Limits { shared_per_block: 227 << 10, blocks: 2, portion: 128 })
    }
}
