//! The kernels' own source on the CPU: compiled once per change, launched by name.

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_void},
    path::PathBuf,
    sync::{Mutex, MutexGuard, OnceLock},
};

use libloading::Library;

use super::library;

type Run = unsafe extern "C" fn(*const c_char, *const c_uint, c_uint, c_uint, *mut *mut c_void) -> c_int;

struct Functions {
    run: Run,
    manner: unsafe extern "C" fn(c_int, c_int),
    allocate: unsafe extern "C" fn(usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, usize),
}

/// Threads of a block forwards, backwards, at random: results must not depend on it.
pub(crate) const ORDERS: [i32; 3] = [0, 1, 2];

/// The emulator, for one test at a time. `None`, said aloud, without a C++ compiler.
pub(crate) struct Emulator(MutexGuard<'static, Functions>);

/// Memory that ends at a page which stops whoever reads or writes on; filled with NaN.
pub(crate) struct Buffer<T> {
    at: *mut T,
    count: usize,
    free: unsafe extern "C" fn(*mut c_void, usize),
}

/// One argument of a kernel.
#[derive(Clone, Copy)]
pub(crate) enum Argument {
    Pointer(*const c_void),
    Int(i32),
    Float(f32),
    Double(f64),
    Shape([i32; 7]),
}

/// No array.
pub(crate) const NULL: Argument = Argument::Pointer(std::ptr::null());

impl Emulator {
    pub(crate) fn get() -> Option<Self> {
        static LOADED: OnceLock<Option<Mutex<Functions>>> = OnceLock::new();
        let loaded = LOADED.get_or_init(|| library::built().map(|path| Mutex::new(load(&path)))).as_ref();
        if loaded.is_none() {
            super::skipped::skip("there is no C++ compiler (c++, or what CXX names) for the emulator of the kernels");
        }
        let functions = loaded?.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // SAFETY: the lock is held.
        unsafe { (functions.manner)(0, 0) };
        Some(Self(functions))
    }

    /// How threads take turns, and whether sums are cut off as tensor cores do.
    pub(crate) fn manner(&self, order: i32, cuts_off: bool) {
        // SAFETY: the lock is held.
        unsafe { (self.0.manner)(order, c_int::from(cuts_off)) }
    }

    pub(crate) fn buffer<T: Copy>(&self, count: usize) -> Buffer<T> {
        // SAFETY: the lock is held; NaN bits are a value of every type here.
        let at: *mut T = unsafe { (self.0.allocate)(count * size_of::<T>()) }.cast();
        assert!(!at.is_null(), "memory for {count} values");
        Buffer { at, count, free: self.0.free }
    }

    pub(crate) fn filled<T: Copy>(&self, values: &[T]) -> Buffer<T> {
        let buffer = self.buffer(values.len());
        // SAFETY: there is room for so many.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), buffer.at, values.len()) };
        buffer
    }

    pub(crate) fn launch(&self, name: &str, grid: [usize; 3], threads: usize, shared: usize, arguments: &[Argument]) {
        let c_name = CString::new(name).unwrap();
        let mut cells: Vec<[u64; 4]> = arguments.iter().map(|argument| argument.bytes()).collect();
        let mut pointers: Vec<*mut c_void> = cells.iter_mut().map(|cell| cell.as_mut_ptr().cast()).collect();
        // SAFETY: the arguments are those of the kernel, which is what is tested.
        let code = unsafe {
            (self.0.run)(
                c_name.as_ptr(),
                grid.map(|n| n as c_uint).as_ptr(),
                threads as c_uint,
                shared as c_uint,
                pointers.as_mut_ptr(),
            )
        };
        assert_eq!(code, 0, "there is no kernel {name}");
    }
}

impl Argument {
    fn bytes(self) -> [u64; 4] {
        let mut cell = [0_u64; 4];
        match self {
            Self::Pointer(at) => cell[0] = at as u64,
            Self::Int(value) => cell[0] = u64::from(value as u32),
            Self::Float(value) => cell[0] = u64::from(value.to_bits()),
            Self::Double(value) => cell[0] = value.to_bits(),
            Self::Shape(values) => {
                for (k, value) in values.into_iter().enumerate() {
                    cell[k / 2] |= u64::from(value as u32) << (32 * (k % 2));
                }
            }
        }
        cell
    }
}

impl<T: Copy> Buffer<T> {
    pub(crate) fn values(&self) -> &[T] {
        // SAFETY: so many were allocated, and all bits are values.
        unsafe { std::slice::from_raw_parts(self.at, self.count) }
    }

    pub(crate) fn arg(&self) -> Argument {
        Argument::Pointer(self.at.cast())
    }

    pub(crate) fn write(&self, at: usize, value: T) {
        assert!(at < self.count);
        // SAFETY: within the allocation, which nobody reads meanwhile: `values` is not kept across.
        unsafe { self.at.add(at).write(value) };
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        // SAFETY: allocated with this size; nobody launches now, since buffers live as long as their emulator's lock.
        unsafe { (self.free)(self.at.cast(), self.count * size_of::<T>()) };
    }
}

fn load(path: &PathBuf) -> Functions {
    // SAFETY: made from sources of this repository; it stays loaded.
    let library = Box::leak(Box::new(unsafe { Library::new(path) }.expect("the emulator loads")));
    // SAFETY: these are the types in emulator.h.
    unsafe {
        Functions {
            run: *library.get(b"emulator_launch\0").unwrap(),
            manner: *library.get(b"emulator_manner\0").unwrap(),
            allocate: *library.get(b"emulator_allocate\0").unwrap(),
            free: *library.get(b"emulator_free\0").unwrap(),
        }
    }
}
