//! NVIDIA cards: what they are.

mod queue;

use std::{
    collections::HashMap,
    ffi::{CString, c_int, c_uint},
    fmt,
    ptr::null_mut,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use crate::{
    driver::{Driver, Handle},
    error::CudaError,
    kernels,
};

pub use queue::Queue;
use queue::Stream;

/// What is known of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFacts {
    /// As NVIDIA calls it.
    pub name: String,
    /// Major and minor version: (9, 0) for sm_90.
    pub architecture: (i32, i32),
    /// Bytes of memory.
    pub memory: usize,
    /// Bytes of it that are free.
    pub free: usize,
    /// Most shared memory of a block, in bytes.
    pub shared_per_block: u32,
    /// Multiprocessors.
    pub multiprocessors: u32,
    /// CUDA version of the driver.
    pub driver: (i32, i32),
}

impl fmt::Display for CardFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, architecture: (major, minor), memory, free, driver, .. } = self;
        let [free, memory] = [free, memory].map(|bytes| bytes >> 20);
        write!(
            formatter,
            "{name} (sm_{major}{minor}, {free} of {memory} MiB free, driver for CUDA {}.{})",
            driver.0, driver.1
        )
    }
}

/// A card that this process uses; its kernels are loaded once.
pub struct Card {
    driver: &'static Driver,
    context: Handle,
    facts: CardFacts,
    functions: Mutex<Functions>,
}

/// Kernels by name, with the shared memory that each was given.
struct Functions {
    module: Handle,
    found: HashMap<String, (Handle, u32)>,
}

// SAFETY: the driver's handles may be used from any thread.
unsafe impl Send for Card {}
// SAFETY: as above; what changes is behind a mutex.
unsafe impl Sync for Card {}

// numbers of cuda.h
const MULTIPROCESSORS: c_int = 16;
const MAJOR: c_int = 75;
const MINOR: c_int = 76;
const SHARED_PER_BLOCK: c_int = 97;
const FUNCTION_SHARED: c_int = 8;
const FUNCTION_CARVEOUT: c_int = 9;

const NON_BLOCKING: c_uint = 1;
/// Another process has the card to itself.
const TAKEN: c_int = 46;

/// No memory is left.
const FULL: c_int = 2;

/// Whether nothing works any more in this process after this error of cuda.h: the context is gone (4, 201, 709), the card is (46,
/// 101, 999), its memory or a link is broken (214, 220, 226), or a kernel has done what it must not (700, 702, 710, 714 … 721).
fn is_lost(code: c_int) -> bool {
    matches!(code, 4 | TAKEN | 101 | 201 | 214 | 220 | 226 | 700 | 702 | 709 | 710 | 714..=719 | 721 | 999)
}

fn check_architecture(name: &str, architecture: (i32, i32)) -> Result<(), CudaError> {
    if architecture >= (8, 0) { Ok(()) } else { Err(CudaError::CardTooOld { name: name.to_owned(), architecture }) }
}

fn check_driver(has: (i32, i32), needs: (i32, i32)) -> Result<(), CudaError> {
    if has >= needs { Ok(()) } else { Err(CudaError::DriverTooOld { has, needs }) }
}

/// Inputs that go through an encoder together: enough to fill the card, and less than a gigabyte.
const PORTION: usize = 128;

/// How many cards this machine has; 0 without a driver.
pub fn cards() -> usize {
    Driver::get().ok().and_then(|driver| count(driver).ok()).unwrap_or(0)
}

fn count(driver: &Driver) -> Result<usize, CudaError> {
    let mut count = 0;
    // SAFETY: the driver writes one number.
    check(driver, unsafe { (driver.count)(&raw mut count) }, "counting cards")?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn check(driver: &Driver, code: c_int, what: &str) -> Result<(), CudaError> {
    if code == 0 { Ok(()) } else { Err(CudaError::Driver { what: what.to_owned(), reason: driver.text(code) }) }
}

impl Card {
    /// Card number `index`, opened once per process.
    ///
    /// # Errors
    /// [`CudaError`] says what is missing.
    pub fn open(index: usize) -> Result<Arc<Self>, CudaError> {
        static OPENED: OnceLock<Mutex<HashMap<usize, Arc<Card>>>> = OnceLock::new();
        let mut opened = OPENED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(card) = opened.get(&index) {
            return Ok(card.clone());
        }
        let card = Arc::new(Self::opened(index)?);
        opened.insert(index, card.clone());
        Ok(card)
    }

    fn opened(index: usize) -> Result<Self, CudaError> {
        let driver = Driver::get()?;
        match count(driver)? {
            0 => return Err(CudaError::NoCard),
            count if index >= count => return Err(CudaError::NoSuchCard { asked: index, count }),
            _ => {}
        }
        let (mut device, mut version, mut name) = (0, 0, [0; 256]);
        // SAFETY: the driver writes a number each, and at most 256 characters with an end.
        unsafe {
            check(driver, (driver.device)(&raw mut device, index as c_int), "opening a card")?;
            check(driver, (driver.version)(&raw mut version), "asking for the driver's version")?;
            check(driver, (driver.name)(name.as_mut_ptr(), 256, device), "asking for a card's name")?;
        }
        let name: Vec<u8> = name.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
        let name = String::from_utf8_lossy(&name).into_owned();
        let attribute = |which| -> Result<c_int, CudaError> {
            let mut value = 0;
            // SAFETY: the driver writes one number.
            check(driver, unsafe { (driver.attribute)(&raw mut value, which, device) }, "asking what a card can do")?;
            Ok(value)
        };
        let architecture = (attribute(MAJOR)?, attribute(MINOR)?);
        check_architecture(&name, architecture)?;
        let version = (version / 1000, version % 1000 / 10);
        let mut context = null_mut();
        // SAFETY: the driver writes a handle; the context lives until the process ends.
        match unsafe { (driver.retain)(&raw mut context, device) } {
            TAKEN => return Err(CudaError::Busy(name)),
            FULL => return Err(CudaError::Full { card: name, what: "the program itself".to_owned() }),
            code => check(driver, code, "opening a card")?,
        }
        let mut card = Self {
            driver,
            context,
            facts: CardFacts {
                name,
                architecture,
                memory: 0,
                free: 0,
                shared_per_block: attribute(SHARED_PER_BLOCK)? as u32,
                multiprocessors: attribute(MULTIPROCESSORS)? as u32,
                driver: version,
            },
            functions: Mutex::new(Functions { module: null_mut(), found: HashMap::new() }),
        };
        card.make_current()?;
        (card.facts.free, card.facts.memory) = card.memory()?;
        card.functions.get_mut().unwrap_or_else(PoisonError::into_inner).module = card.load()?;
        Ok(card)
    }

    /// The kernels: as they were compiled for this architecture, if they were, or by the driver's own compiler.
    fn load(&self) -> Result<Handle, CudaError> {
        let mut module = null_mut();
        let mut load = |image: &[u8]| {
            // SAFETY: the image is whole, text of it ends with NUL; there are no options.
            unsafe { (self.driver.load_module)(&raw mut module, image.as_ptr().cast(), 0, null_mut(), null_mut()) }
        };
        if kernels::compiled_for(self.facts.architecture).is_some_and(|image| load(&image) == 0) {
            return Ok(module);
        }
        let ptx = kernels::ptx();
        let (has, needs) = (self.facts.driver, kernels::driver_for(&ptx).unwrap_or_default());
        check_driver(has, needs)?;
        self.check(load(&[ptx.as_bytes(), &[0]].concat()), "compiling the kernels")?;
        Ok(module)
    }

    /// What it is; its free memory was asked when it was opened.
    pub fn facts(&self) -> &CardFacts {
        &self.facts
    }

    /// Bytes that are free now, and bytes in all.
    ///
    /// # Errors
    /// What the driver says.
    pub fn memory(&self) -> Result<(usize, usize), CudaError> {
        self.make_current()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: the driver writes two numbers.
        self.check(unsafe { (self.driver.memory)(&raw mut free, &raw mut total) }, "asking for free memory")?;
        Ok((free, total))
    }

    /// A queue of this card.
    ///
    /// # Errors
    /// What the driver says.
    pub fn queue(self: &Arc<Self>) -> Result<Queue, CudaError> {
        self.make_current()?;
        let mut stream = null_mut();
        // SAFETY: the driver writes a handle.
        self.check(unsafe { (self.driver.stream)(&raw mut stream, NON_BLOCKING) }, "making a queue")?;
        let stream = Arc::new(Stream { card: self.clone(), handle: stream });
        Ok(Queue { stream, is_one_by_one: false })
    }

    /// Every thread that calls the driver says first which card it means.
    fn make_current(&self) -> Result<(), CudaError> {
        // SAFETY: the context lives until the process ends.
        self.check(unsafe { (self.driver.set_current)(self.context) }, "opening a card")
    }

    fn check(&self, code: c_int, what: &str) -> Result<(), CudaError> {
        match code {
            0 => Ok(()),
            FULL => Err(CudaError::Full { card: self.facts.name.clone(), what: what.to_owned() }),
            code if is_lost(code) => Err(CudaError::Lost {
                card: self.facts.name.clone(),
                what: what.to_owned(),
                reason: self.driver.text(code),
            }),
            code => check(self.driver, code, what),
        }
    }

    /// A kernel that may be launched with so much shared memory.
    fn function(&self, name: &str, shared: u32) -> Result<Handle, CudaError> {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let module = functions.module;
        if !functions.found.contains_key(name) {
            let symbol = CString::new(name).expect("kernels have names without NUL");
            let mut function = null_mut();
            // SAFETY: the module is loaded and stays so.
            let code = unsafe { (self.driver.function)(&raw mut function, module, symbol.as_ptr()) };
            self.check(code, &format!("looking for kernel {name}"))?;
            functions.found.insert(name.to_owned(), (function, 0));
        }
        let (function, given) = functions.found.get_mut(name).expect("just put there");
        if shared > *given {
            // SAFETY: the function is the module's.
            self.check(
                unsafe { (self.driver.set_function)(*function, FUNCTION_SHARED, shared as c_int) },
                &format!("giving kernel {name} {shared} bytes of shared memory"),
            )?;
            // as much of the first cache as there is for shared memory; only a hint
            // SAFETY: as above.
            unsafe { (self.driver.set_function)(*function, FUNCTION_CARVEOUT, 100) };
            *given = shared;
        }
        Ok(*function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_card_or_driver_lacks_is_said() {
        assert_eq!(check_architecture("a card", (8, 0)), Ok(()));
        assert_eq!(check_architecture("a card", (10, 3)), Ok(()));
        let old = check_architecture("Tesla V100", (7, 0)).unwrap_err().to_string();
        assert!(old.contains("Tesla V100") && old.contains("sm_70") && old.contains("sm_80"), "{old}");
        assert_eq!(check_driver((12, 1), (12, 1)), Ok(()));
        let old = check_driver((11, 8), (12, 1)).unwrap_err().to_string();
        assert!(old.contains("11.8") && old.contains("12.1") && old.contains("update the driver"), "{old}");
        let busy = CudaError::Busy("a card".to_owned()).to_string();
        assert!(busy.contains("another process"), "{busy}");
        let full = CudaError::Full { card: "a card".to_owned(), what: "recording kernels".to_owned() }.to_string();
        assert!(full.contains("a card") && full.contains("recording kernels") && full.contains("--jobs"), "{full}");
    }

    #[test]
    fn errors_after_which_nothing_works_are_told_from_others() {
        // cuda.h: deinitialised, unavailable, illegal address, launch failed, unknown
        assert!([4, 46, 101, 201, 214, 700, 709, 719, 999].into_iter().all(is_lost));
        // invalid value, out of memory, no compiler in the driver, an assembly too new for it, not found, not ready, too large to
        // launch, not supported
        assert!(![1, 2, 221, 222, 500, 600, 701, 720, 801].into_iter().any(is_lost));
    }
}
