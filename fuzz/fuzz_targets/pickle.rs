//! Any bytes as a pickle: read, and looked at in every way in which an importer looks.

#![no_main]

use sources::pickle::{self, Frame, Pickle};
use libfuzzer_sys::fuzz_target;

const MEMORY: usize = 32 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pickle) = Pickle::read(bytes, MEMORY.min(pickle::MEMORY)) else { return };
    let mut open = vec![(pickle.root(), 0)];
    for _ in 0..500 {
        let Some((node, depth)) = open.pop() else { return };
        let _ = (node.kind(), node.text(), node.integer(), node.number(), node.is_none(), node.numbers(1 << 16));
        let _ = node.get("data");
        if let Ok(frame) = Frame::read(node) {
            assert!(frame.names().len() <= 1000);
            for name in frame.names().iter().take(8) {
                if let Ok(values) = frame.column(name) {
                    assert_eq!(values.len(), frame.rows());
                }
            }
        }
        if depth < 6 {
            open.extend(node.items().unwrap_or_default().into_iter().take(100).map(|item| (item, depth + 1)));
            let entries = node.entries().into_iter().flatten().take(100);
            open.extend(entries.map(|(_, value)| (value, depth + 1)).collect::<Vec<_>>());
        }
    }
});
