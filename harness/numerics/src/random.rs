//! Seeded random streams: one ChaCha generator per purpose.

use rand::SeedableRng as _;
pub use rand_chacha::ChaCha8Rng;

/// The family of random streams of one run.
///
/// Each purpose (`init`, `shuffle`, `references-train`, `forest` …) has a generator of its own, keyed by a hash of the
/// run's identity and the purpose. So one more draw for one purpose changes nothing for another, and streams of
/// neighbouring seeds are unrelated.
#[derive(Clone, Debug)]
pub struct Streams {
    identity: String,
}

impl Streams {
    /// `identity` names the run: anything that should change the draws belongs in it (experiment, model, seed …).
    pub fn new(identity: impl Into<String>) -> Self {
        Self { identity: identity.into() }
    }

    /// A fresh generator for `purpose`; the same purpose always gives the same sequence.
    pub fn stream(&self, purpose: &str) -> ChaCha8Rng {
        let mut hasher = blake3::Hasher::new_derive_key("batlinet random stream v1");
        // the length keeps ("ab", "c") and ("a", "bc") apart
        hasher.update(&(self.identity.len() as u64).to_le_bytes());
        hasher.update(self.identity.as_bytes());
        hasher.update(purpose.as_bytes());
        ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn a_stream_depends_on_identity_and_purpose_only() {
        let first = |identity: &str, purpose: &str| Streams::new(identity).stream(purpose).next_u64();
        assert_eq!(first("a", "init"), first("a", "init"));
        assert_ne!(first("a", "init"), first("b", "init"));
        assert_ne!(first("a", "init"), first("a", "shuffle"));
        assert_ne!(first("ab", "c"), first("a", "bc"));
    }
}
