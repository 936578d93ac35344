//! The few functions of the NVIDIA driver that are needed, found when the program runs.

use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    sync::OnceLock,
};

use libloading::Library;

use crate::error::CudaError;

/// A pointer of the driver's that is no business of ours.
pub(crate) type Handle = *mut c_void;

/// An address in the card's memory.
pub(crate) type Address = u64;

/// `CUDA_KERNEL_NODE_PARAMS` as it was first.
#[repr(C)]
pub(crate) struct NodeParameters {
    pub(crate) function: Handle,
    pub(crate) grid: [c_uint; 3],
    pub(crate) block: [c_uint; 3],
    pub(crate) shared: c_uint,
    pub(crate) arguments: *mut *mut c_void,
    pub(crate) extra: *mut *mut c_void,
}

macro_rules! driver {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal ($($argument:ty),*);)*) => {
        /// The driver's functions. Each returns 0 or an error's number.
        pub(crate) struct Driver {
            $(pub(crate) $name: unsafe extern "C" fn($($argument),*) -> c_int,)*
            _library: Library,
        }

        impl Driver {
            fn load() -> Result<Self, CudaError> {
                let missing = |error: libloading::Error| CudaError::NoDriver(error.to_string());
                // SAFETY: the driver's library is made to be loaded; its initialisers have no conditions.
                let library = unsafe { Library::new("libcuda.so.1") }.map_err(missing)?;
                // SAFETY: the types are those of cuda.h.
                unsafe {
                    $(let $name = *library
                        .get::<unsafe extern "C" fn($($argument),*) -> c_int>(concat!($symbol, "\0").as_bytes())
                        .map_err(missing)?;)*
                    Ok(Self { $($name,)* _library: library })
                }
            }
        }
    };
}

driver! {
    init = "cuInit" (c_uint);
    version = "cuDriverGetVersion" (*mut c_int);
    count = "cuDeviceGetCount" (*mut c_int);
    device = "cuDeviceGet" (*mut c_int, c_int);
    name = "cuDeviceGetName" (*mut c_char, c_int, c_int);
    attribute = "cuDeviceGetAttribute" (*mut c_int, c_int, c_int);
    retain = "cuDevicePrimaryCtxRetain" (*mut Handle, c_int);
    set_current = "cuCtxSetCurrent" (Handle);
    memory = "cuMemGetInfo_v2" (*mut usize, *mut usize);
    allocate = "cuMemAlloc_v2" (*mut Address, usize);
    free = "cuMemFree_v2" (Address);
    upload = "cuMemcpyHtoDAsync_v2" (Address, *const c_void, usize, Handle);
    download = "cuMemcpyDtoHAsync_v2" (*mut c_void, Address, usize, Handle);
    stream = "cuStreamCreate" (*mut Handle, c_uint);
    destroy_stream = "cuStreamDestroy_v2" (Handle);
    synchronise = "cuStreamSynchronize" (Handle);
    graph = "cuGraphCreate" (*mut Handle, c_uint);
    kernel_node = "cuGraphAddKernelNode" (*mut Handle, Handle, *const Handle, usize, *const NodeParameters);
    instantiate = "cuGraphInstantiateWithFlags" (*mut Handle, Handle, u64);
    destroy_graph = "cuGraphDestroy" (Handle);
    launch_graph = "cuGraphLaunch" (Handle, Handle);
    destroy_instance = "cuGraphExecDestroy" (Handle);
    load_module = "cuModuleLoadDataEx" (*mut Handle, *const c_void, c_uint, *mut c_int, *mut *mut c_void);
    function = "cuModuleGetFunction" (*mut Handle, Handle, *const c_char);
    set_function = "cuFuncSetAttribute" (Handle, c_int, c_int);
    launch = "cuLaunchKernel"
        (Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle, *mut *mut c_void, *mut *mut c_void);
    event = "cuEventCreate" (*mut Handle, c_uint);
    destroy_event = "cuEventDestroy_v2" (Handle);
    record = "cuEventRecord" (Handle, Handle);
    elapsed = "cuEventElapsedTime" (*mut f32, Handle, Handle);
    error_text = "cuGetErrorString" (c_int, *mut *const c_char);
}

impl Driver {
    /// The driver of this machine, loaded and initialised once.
    pub(crate) fn get() -> Result<&'static Self, CudaError> {
        static DRIVER: OnceLock<Result<Driver, CudaError>> = OnceLock::new();
        let loaded = DRIVER.get_or_init(|| {
            let driver = Self::load()?;
            // SAFETY: 0 is the only flag there is.
            match unsafe { (driver.init)(0) } {
                0 => Ok(driver),
                100 => Err(CudaError::NoCard),
                34 => Err(CudaError::NoDriver("libcuda.so.1 is a stub".to_owned())),
                code => Err(CudaError::NoDriver(driver.text(code))),
            }
        });
        loaded.as_ref().map_err(Clone::clone)
    }

    /// An error in the driver's words.
    pub(crate) fn text(&self, code: c_int) -> String {
        let mut text = std::ptr::null();
        // SAFETY: the driver writes a pointer to a string that lives as long as it does, or leaves null.
        unsafe {
            if (self.error_text)(code, &raw mut text) != 0 || text.is_null() {
                return format!("error {code}");
            }
            format!("{} (error {code})", CStr::from_ptr(text).to_string_lossy())
        }
    }
}
