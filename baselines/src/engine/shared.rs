//! Maps on cards, once for all runs that use them at the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use cuda::{CudaError, Maps, machine::Machine, spec::Shape};

/// Card, dimensions and contents.
type Name = (usize, [usize; 3], blake3::Hash);

/// These maps on the card of this number, which `machine` is a queue of. What has the same contents is there once, as long
/// as anybody holds it.
pub(super) fn uploaded(
    card: usize,
    machine: &Arc<dyn Machine>,
    shape: Shape,
    values: &[f32],
) -> Result<Arc<Maps>, CudaError> {
    static UPLOADED: OnceLock<Mutex<HashMap<Name, Weak<Maps>>>> = OnceLock::new();
    let name = (card, [shape.channels, shape.height, shape.width], contents(values));
    // whoever wants the same maps waits until they are there
    let mut uploaded = UPLOADED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(maps) = uploaded.get(&name).and_then(Weak::upgrade) {
        return Ok(maps);
    }
    uploaded.retain(|_, maps| maps.strong_count() > 0);
    let maps = Maps::new(machine, shape, values)?;
    uploaded.insert(name, Arc::downgrade(&maps));
    Ok(maps)
}

fn contents(values: &[f32]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::new();
    for portion in values.chunks(1 << 16) {
        bytes.clear();
        portion.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        hasher.update(&bytes);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use cuda::machine::{Launch, Limits, Node, Recorded};

    use super::*;

    /// A machine that counts what is taken.
    #[derive(Default)]
    struct Counting(Mutex<(u64, usize)>);

    impl Machine for Counting {
        fn allocate(&self, _bytes: usize, _what: &str) -> Result<u64, CudaError> {
            let mut counts = self.0.lock().unwrap();
            counts.0 += 1;
            Ok(256 * counts.0)
        }

        fn free(&self, _address: u64) {
            self.0.lock().unwrap().1 += 1;
        }

        fn upload(&self, _address: u64, _bytes: &[u8]) -> Result<(), CudaError> {
            Ok(())
        }

        fn download(&self, _address: u64, _bytes: &mut [u8]) -> Result<(), CudaError> {
            Ok(())
        }

        fn run(&self, _launches: &[Launch]) -> Result<(), CudaError> {
            Ok(())
        }

        fn record(&self, _nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError> {
            Err(CudaError::NoCard)
        }

        fn finish(&self) -> Result<(), CudaError> {
            Ok(())
        }

        fn limits(&self) -> Limits {
            Limits { shared_per_block: 0, blocks: 1, portion: 1 }
        }
    }

    #[test]
    fn the_same_maps_are_on_a_card_once_and_only_while_they_are_used() {
        let shape = Shape { channels: 1, height: 2, width: 3 };
        let counting = Arc::new(Counting::default());
        let machine: Arc<dyn Machine> = counting.clone();
        let counts = || *counting.0.lock().unwrap();
        let values = [0.5; 12];
        // no card of this number is used elsewhere
        let there = |card, values: &[f32]| uploaded(card, &machine, shape, values).unwrap();
        let first = there(1000, &values);
        let elsewhere = values.to_vec();
        assert!(Arc::ptr_eq(&first, &there(1000, &elsewhere)), "whoever holds the values");
        assert_eq!(counts(), (1, 0));
        let others = [there(1000, &values[..6]), there(1000, &[0.5, 0.5, 0.5, 0.5, 0.5, 0.25]), there(1001, &values)];
        assert_eq!(counts(), (4, 0), "other contents, or another card");
        drop((first, others));
        assert_eq!(counts(), (4, 4));
        there(1000, &values);
        assert_eq!(counts(), (5, 5));
    }
}
