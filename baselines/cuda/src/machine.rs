//! What runs kernels: a card, or in tests an emulator; and memory on it.

use std::{ffi::c_void, ops::Range, sync::Arc};

use crate::error::CudaError;

/// One argument of a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// A pointer to the machine's memory; 0 for none.
    Address(u64),
    /// `int`.
    Int(i32),
    /// `float`.
    Float(f32),
    /// `double`.
    Double(f64),
    /// Seven `int`s by value: the kernels' `Shape`.
    Ints([i32; 7]),
}

impl From<&Memory> for Argument {
    fn from(memory: &Memory) -> Self {
        Self::Address(memory.address)
    }
}

impl From<Option<&Memory>> for Argument {
    fn from(memory: Option<&Memory>) -> Self {
        memory.map_or(Self::Address(0), Self::from)
    }
}

impl From<usize> for Argument {
    fn from(value: usize) -> Self {
        Self::Int(i32::try_from(value).expect("sizes on a card are small"))
    }
}

impl From<i32> for Argument {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

impl From<f32> for Argument {
    fn from(value: f32) -> Self {
        Self::Float(value)
    }
}

impl From<f64> for Argument {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<[i32; 7]> for Argument {
    fn from(values: [i32; 7]) -> Self {
        Self::Ints(values)
    }
}

/// A kernel with its grid and arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// Its name.
    pub kernel: String,
    /// Blocks.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub threads: u32,
    /// Bytes of shared memory of a block.
    pub shared: u32,
    /// In the kernel's order.
    pub arguments: Vec<Argument>,
}

/// A launch among others that are recorded together.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is launched.
    pub launch: Launch,
    /// Which of those before it must be done first; others may run beside it.
    pub after: Vec<usize>,
}

/// Pointers to the arguments, as `cuLaunchKernel` takes them; they are good as long as the arguments are.
pub fn pointers(arguments: &[Argument]) -> Vec<*mut c_void> {
    let pointer = |argument: &Argument| match argument {
        Argument::Address(value) => std::ptr::from_ref(value).cast(),
        Argument::Int(value) => std::ptr::from_ref(value).cast(),
        Argument::Float(value) => std::ptr::from_ref(value).cast(),
        Argument::Double(value) => std::ptr::from_ref(value).cast(),
        Argument::Ints(values) => std::ptr::from_ref(values).cast::<c_void>(),
    };
    arguments.iter().map(|argument| pointer(argument).cast_mut()).collect()
}

/// A queue of one machine: what is given to it happens in order.
pub trait Machine: Send + Sync {
    /// Bytes of memory, unset, for `what` (a few words for an error).
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    fn allocate(&self, bytes: usize, what: &str) -> Result<u64, CudaError>;

    /// Gives memory back.
    fn free(&self, address: u64);

    /// Writes to memory; when it returns, the bytes have been read.
    ///
    /// # Errors
    /// What the driver says.
    fn upload(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError>;

    /// Reads memory, when all that was queued before is done.
    ///
    /// # Errors
    /// What the driver says; of kernels queued before, too.
    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<(), CudaError>;

    /// Queues kernels.
    ///
    /// # Errors
    /// What the driver says.
    fn run(&self, launches: &[Launch]) -> Result<(), CudaError>;

    /// Prepares kernels to be queued again and again, each after those that it names.
    ///
    /// # Errors
    /// What the driver says.
    fn record(&self, nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError>;

    /// Waits for all that was queued.
    ///
    /// # Errors
    /// What the driver says of it.
    fn finish(&self) -> Result<(), CudaError>;

    /// What kernels may ask for.
    fn limits(&self) -> Limits;
}

/// What kernels may ask of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most shared memory of a block, in bytes.
    pub shared_per_block: u32,
    /// Blocks that go on with another tile when they are done with one. The sums of gradients are in this number's order,
    /// so it is the same for all cards of an architecture.
    pub blocks: u32,
    /// Most inputs that go through an encoder together; a batch that has more is done in parts. Sums are in this order, too,
    /// so it is no matter of free memory.
    pub portion: usize,
}

/// Kernels that were prepared by [`Machine::record`].
pub trait Recorded: Send {
    /// Queues them all, on the machine that recorded them.
    ///
    /// # Errors
    /// What the driver says.
    fn run(&self) -> Result<(), CudaError>;
}

/// A type whose bytes a machine can hold.
pub trait Plain: Copy + Default {
    /// Bytes of one.
    const SIZE: usize;
    /// Appends its bytes.
    fn write(self, bytes: &mut Vec<u8>);
    /// Reads it from as many bytes.
    fn read(bytes: &[u8]) -> Self;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Plain for $type {
            const SIZE: usize = size_of::<$type>();
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn read(bytes: &[u8]) -> Self {
                <$type>::from_le_bytes(bytes.try_into().expect("as many bytes as it has"))
            }
        }
    )*};
}

plain!(u8, u16, i32, u32, f32, f64);

/// Memory of a machine, given back when dropped.
pub struct Memory {
    machine: Arc<dyn Machine>,
    address: u64,
    bytes: usize,
}

impl Memory {
    /// Unset memory for `what`.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    pub fn new(machine: &Arc<dyn Machine>, bytes: usize, what: &str) -> Result<Self, CudaError> {
        // a kernel may get an address for nothing, so nothing has one
        let bytes = bytes.max(16);
        Ok(Self { machine: machine.clone(), address: machine.allocate(bytes, what)?, bytes })
    }

    /// Memory that holds these.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    pub fn of<T: Plain>(machine: &Arc<dyn Machine>, values: &[T], what: &str) -> Result<Self, CudaError> {
        let memory = Self::new(machine, values.len() * T::SIZE, what)?;
        memory.write(0, values)?;
        Ok(memory)
    }

    /// As an argument of a kernel that begins `bytes` further.
    pub(crate) fn at(&self, bytes: usize) -> Argument {
        debug_assert!(bytes < self.bytes, "{bytes} of {} bytes", self.bytes);
        Argument::Address(self.address + bytes as u64)
    }

    /// How much there is.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Writes values from number `first` on.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn write<T: Plain>(&self, first: usize, values: &[T]) -> Result<(), CudaError> {
        // portions, so that no second copy of large maps lies in memory
        const PORTION: usize = 1 << 20;
        assert!((first + values.len()) * T::SIZE <= self.bytes, "{} values in {} bytes", values.len(), self.bytes);
        let mut bytes = Vec::with_capacity(values.len().min(PORTION) * T::SIZE);
        for (number, portion) in values.chunks(PORTION).enumerate() {
            bytes.clear();
            portion.iter().for_each(|value| value.write(&mut bytes));
            let at = (first + number * PORTION) * T::SIZE;
            self.machine.upload(self.address + at as u64, &bytes)?;
        }
        Ok(())
    }

    /// Reads these values, when all that its machine has queued is done.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn read<T: Plain>(&self, range: Range<usize>) -> Result<Vec<T>, CudaError> {
        assert!(range.end * T::SIZE <= self.bytes, "{range:?} of {} bytes", self.bytes);
        let mut bytes = vec![0; range.len() * T::SIZE];
        self.machine.download(self.address + (range.start * T::SIZE) as u64, &mut bytes)?;
        Ok(bytes.chunks_exact(T::SIZE).map(T::read).collect())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.machine.free(self.address);
    }
}
