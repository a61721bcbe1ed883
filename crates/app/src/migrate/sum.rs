use serde::Serialize;
use sha2::{Digest, Sha256};

/// How many documents there are, and a sum over their hashes: equal for the same documents in any
/// order, and for others only by a chance of 1 in 2^128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) count: u64,
    sum: u128,
}

impl Sum {
    pub(super) fn add(&mut self, document: &impl Serialize) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash(document));
    }

    /// Returns the sum over the documents of both.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum.wrapping_add(other.sum),
        }
    }

    pub(super) fn to_hex(self) -> String {
        format!("{:032x}", self.sum)
    }
}

/// The first 128 bits of the SHA-256 of a document's JSON, whose fields stand in a fixed order.
pub(super) fn hash(document: &impl Serialize) -> u128 {
    let json = serde_json::to_vec(document).expect("memories and relationships are plain data");
    let hash = Sha256::digest(json);
    hash.iter()
        .take(16)
        .fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_does_not_matter_and_everything_else_does() {
        let sum = |documents: &[&str]| {
            let mut sum = Sum::default();
            for document in documents {
                sum.add(document);
            }
            sum
        };
        assert_eq!(sum(&["a", "b"]), sum(&["b", "a"]));
        assert_eq!(sum(&["a"]).with(sum(&["b"])), sum(&["b", "a"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "c"]));
        assert_ne!(sum(&["a"]), sum(&["a", "a"]));
        assert_ne!(sum(&["ab", ""]), sum(&["a", "b"]));
    }

    #[test]
    fn the_hash_is_sha_256() {
        // Of the five bytes "abc" in quotation marks.
        assert_eq!(hash(&"abc") >> 96, 0x6cc4_3f85);
    }
}
