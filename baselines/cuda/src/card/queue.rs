//! Queues on a card: memory, launches, recorded graphs.

use std::{
    ffi::{c_int, c_void},
    ptr::null_mut,
    sync::Arc,
};

use super::{Card, PORTION};
use crate::{
    driver::{Driver, Handle, NodeParameters},
    error::CudaError,
    machine::{Launch, Limits, Machine, Node, Recorded, pointers},
};

/// A queue of a card.
#[derive(Clone)]
pub struct Queue {
    pub(super) stream: Arc<Stream>,
    pub(super) is_one_by_one: bool,
}

pub(super) struct Stream {
    pub(super) card: Arc<Card>,
    pub(super) handle: Handle,
}

// SAFETY: the driver's handles may be used from any thread.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.card.make_current().is_ok() {
            // SAFETY: nobody else knows the stream; what is queued is done first.
            unsafe { (self.card.driver.destroy_stream)(self.handle) };
        }
    }
}

impl Queue {
    /// Its card.
    pub fn card(&self) -> &Arc<Card> {
        &self.stream.card
    }

    fn driver(&self) -> &'static Driver {
        self.stream.card.driver
    }

    fn check(&self, code: c_int, what: &str) -> Result<(), CudaError> {
        self.stream.card.check(code, what)
    }

    /// The same queue, but for kernels that are recorded: of these, none runs beside another. For measurements.
    pub fn one_by_one(&self) -> Self {
        Self { is_one_by_one: true, ..self.clone() }
    }

    fn launch(&self, launch: &Launch) -> Result<(), CudaError> {
        let Launch { kernel, grid: [x, y, z], threads, shared, arguments } = launch;
        let function = self.card().function(kernel, *shared)?;
        let mut pointers = pointers(arguments);
        // SAFETY: the kernel's arguments are as many and as wide as `kernels` says, which a test compares with the
        // kernels' source; the driver copies them before it returns.
        let code = unsafe {
            (self.driver().launch)(
                function,
                *x,
                *y,
                *z,
                *threads,
                1,
                1,
                *shared,
                self.stream.handle,
                pointers.as_mut_ptr(),
                null_mut(),
            )
        };
        self.check(code, &format!("starting kernel {kernel}"))
    }

    /// Milliseconds that the card takes for what `work` queues.
    ///
    /// # Errors
    /// What the driver or `work` says.
    pub fn time(&self, work: impl FnOnce() -> Result<(), CudaError>) -> Result<f32, CudaError> {
        let driver = self.driver();
        self.card().make_current()?;
        let mut events = [null_mut(); 2];
        for event in &mut events {
            // SAFETY: the driver writes a handle.
            self.check(unsafe { (driver.event)(&raw mut *event, 0) }, "making an event")?;
        }
        let mark = |event| self.check(unsafe { (driver.record)(event, self.stream.handle) }, "marking a time");
        mark(events[0])?;
        work()?;
        mark(events[1])?;
        self.finish()?;
        let mut milliseconds = 0.0;
        // SAFETY: both events have happened; the driver writes a number.
        let code = unsafe { (driver.elapsed)(&raw mut milliseconds, events[0], events[1]) };
        // SAFETY: nobody else knows them.
        events.iter().for_each(|&event| unsafe {
            (driver.destroy_event)(event);
        });
        self.check(code, "reading a time")?;
        Ok(milliseconds)
    }
}

impl Machine for Queue {
    fn allocate(&self, bytes: usize, what: &str) -> Result<u64, CudaError> {
        self.card().make_current()?;
        let mut address = 0;
        // SAFETY: the driver writes an address.
        match unsafe { (self.driver().allocate)(&raw mut address, bytes) } {
            2 => {
                let (free, total) = self.card().memory()?;
                let card = self.card().facts.name.clone();
                Err(CudaError::OutOfMemory { card, what: what.to_owned(), asked: bytes, free, total })
            }
            code => self.check(code, &format!("taking memory for {what}")).map(|()| address),
        }
    }

    fn free(&self, address: u64) {
        if self.card().make_current().is_ok() {
            // SAFETY: `Memory` frees what it allocated, once; kernels that still use it are waited for.
            unsafe { (self.driver().free)(address) };
        }
    }

    fn upload(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError> {
        self.card().make_current()?;
        let from: *const c_void = bytes.as_ptr().cast();
        // SAFETY: `Memory` checks that the bytes fit; those of pageable memory have been read when the call returns, or
        // when the queue is done.
        let code = unsafe { (self.driver().upload)(address, from, bytes.len(), self.stream.handle) };
        self.check(code, "writing to the card")?;
        self.finish()
    }

    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<(), CudaError> {
        self.card().make_current()?;
        let to: *mut c_void = bytes.as_mut_ptr().cast();
        // SAFETY: `Memory` checks that there are so many bytes; they are there when the queue is done.
        let code = unsafe { (self.driver().download)(to, address, bytes.len(), self.stream.handle) };
        self.check(code, "reading from the card")?;
        self.finish()
    }

    fn run(&self, launches: &[Launch]) -> Result<(), CudaError> {
        self.card().make_current()?;
        launches.iter().try_for_each(|launch| self.launch(launch))
    }

    fn record(&self, nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError> {
        self.card().make_current()?;
        let driver = self.driver();
        let mut graph = null_mut();
        // SAFETY: the driver writes a handle.
        self.check(unsafe { (driver.graph)(&raw mut graph, 0) }, "recording kernels")?;
        let graph = Graph(driver, graph);
        let mut handles: Vec<Handle> = Vec::with_capacity(nodes.len());
        for Node { launch, after } in &nodes {
            let mut pointers = pointers(&launch.arguments);
            let parameters = NodeParameters {
                function: self.card().function(&launch.kernel, launch.shared)?,
                grid: launch.grid,
                block: [launch.threads, 1, 1],
                shared: launch.shared,
                arguments: pointers.as_mut_ptr(),
                extra: null_mut(),
            };
            let before: Vec<Handle> = match handles.last() {
                Some(&last) if self.is_one_by_one => vec![last],
                _ => after.iter().map(|&node| handles[node]).collect(),
            };
            let mut node = null_mut();
            // SAFETY: as for a launch; the driver copies the arguments before it returns.
            let code = unsafe {
                (driver.kernel_node)(&raw mut node, graph.1, before.as_ptr(), before.len(), &raw const parameters)
            };
            self.check(code, &format!("recording kernel {}", launch.kernel))?;
            handles.push(node);
        }
        let mut instance = null_mut();
        // SAFETY: the graph is whole; an instance needs it no longer.
        let code = unsafe { (driver.instantiate)(&raw mut instance, graph.1, 0) };
        self.check(code, "preparing kernels")?;
        Ok(Box::new(Instance { queue: self.clone(), instance }))
    }

    fn finish(&self) -> Result<(), CudaError> {
        self.card().make_current()?;
        // SAFETY: the stream lives.
        self.check(unsafe { (self.driver().synchronise)(self.stream.handle) }, "computing")
    }

    fn limits(&self) -> Limits {
        let blocks = match self.card().facts.architecture {
            (8, 0) => 108,
            (8, 6) => 84,
            (8, 9) => 128,
            _ => 132,
        };
        Limits { shared_per_block: self.card().facts.shared_per_block, blocks, portion: PORTION }
    }
}

/// A graph on its way to an instance.
struct Graph(&'static Driver, Handle);

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: nobody else knows the graph.
        unsafe { (self.0.destroy_graph)(self.1) };
    }
}

/// A graph that can be launched.
struct Instance {
    queue: Queue,
    instance: Handle,
}

// SAFETY: the driver's handles may be used from any thread.
unsafe impl Send for Instance {}

impl Recorded for Instance {
    fn run(&self) -> Result<(), CudaError> {
        self.queue.card().make_current()?;
        let code = unsafe { (self.queue.driver().launch_graph)(self.instance, self.queue.stream.handle) };
        self.queue.check(code, "starting recorded kernels")
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.queue.card().make_current().is_ok() {
            // SAFETY: nobody else knows the instance; one that runs is kept by the driver until it is done.
            unsafe { (self.queue.driver().destroy_instance)(self.instance) };
        }
    }
}
