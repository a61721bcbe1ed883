use std::{fmt, num::NonZeroU32};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Which part of a long answer a caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The most items to return.
    pub limit: NonZeroU32,
    /// Where the page before ended; none for the first page.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The most items that one page holds.
    pub const LARGEST: u32 = 10_000;

    /// Asks for the first `limit` items: 1 to [`LARGEST`](Self::LARGEST).
    pub fn first(limit: u32) -> Result<Self, Invalid> {
        match NonZeroU32::new(limit) {
            Some(limit) if limit.get() <= Self::LARGEST => Ok(Self { limit, after: None }),
            _ => Err(Invalid::new(
                "limit",
                format!("is a number from 1 to {}", Self::LARGEST),
                limit,
            )),
        }
    }

    /// Asks for what comes after `cursor`.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self {
            after: Some(cursor),
            ..self
        }
    }

    /// Fails when the limit is larger than a page may be.
    pub fn check(&self) -> Result<(), Invalid> {
        Self::first(self.limit.get()).map(drop)
    }

    /// Returns the limit as a length.
    pub fn size(&self) -> usize {
        self.limit.get() as usize
    }
}

/// A part of a long answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items, in the order of the whole answer.
    pub items: Vec<T>,
    /// Where the next page begins; none when this one is the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of at most `limit` of `items`, which holds one more where there is a next
    /// page; `cursor` says where an item stands.
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// A place in a long answer. Opaque: it comes from a page and goes back to the same query.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Marks `position` in the answer to `query`.
    pub fn new(query: &impl fmt::Debug, position: &impl Serialize) -> Self {
        let position = serde_json::to_vec(position).expect("a position is plain data");
        let mut text = format!("{:016x}", fingerprint(query));
        for byte in position {
            use fmt::Write;
            write!(text, "{byte:02x}").expect("writing to a string does not fail");
        }
        Self(text)
    }

    /// Returns the position.
    ///
    /// # Errors
    ///
    /// Fails when the cursor was not made for `query`, or by nobody.
    pub fn position<T: for<'de> Deserialize<'de>>(
        &self,
        query: &impl fmt::Debug,
    ) -> Result<T, Invalid> {
        self.read(query).ok_or_else(|| {
            Invalid::new(
                "cursor",
                "comes from a page of the same query, start again without it",
                &self.0,
            )
        })
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, query: &impl fmt::Debug) -> Option<T> {
        let (made_for, position) = self.0.split_at_checked(16)?;
        if u64::from_str_radix(made_for, 16).ok()? != fingerprint(query) {
            return None;
        }
        let bytes: Option<Vec<u8>> = position
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        serde_json::from_slice(&bytes?).ok()
    }
}

/// A cursor is a text that callers may keep and send back.
impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// FNV-1a of the query's debug text: stable over processes, which std's hashers are not.
fn fingerprint(query: &impl fmt::Debug) -> u64 {
    struct Fnv(u64);
    impl fmt::Write for Fnv {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for byte in text.bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            Ok(())
        }
    }
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    fmt::write(&mut hash, format_args!("{query:?}")).expect("hashing does not fail");
    hash.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_gives_its_position_back(query in ".*", position: (String, i64)) {
            let cursor = Cursor::new(&query, &position);
            let kept = Cursor::from(cursor.to_string());
            prop_assert_eq!(kept.position::<(String, i64)>(&query).unwrap(), position);
        }

        #[test]
        fn a_foreign_cursor_is_refused(query in ".*", text in ".*") {
            let other = format!("{query}x");
            prop_assert!(Cursor::new(&other, &1).position::<i64>(&query).is_err());
            prop_assert!(Cursor::from(text).position::<i64>(&query).is_err());
        }
    }

    #[test]
    fn a_page_is_cut_at_its_limit() {
        let cursor = |n: &i32| Cursor::new(&"q", n);
        assert_eq!(Page::cut(vec![1, 2, 3], 2, cursor).items, [1, 2]);
        assert!(Page::cut(vec![1, 2, 3], 2, cursor).next.is_some());
        assert!(Page::cut(vec![1, 2], 2, cursor).next.is_none());
        assert!(PageRequest::first(0).is_err());
        assert!(PageRequest::first(PageRequest::LARGEST + 1).is_err());
    }
}
