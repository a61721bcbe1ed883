//! How alike two words look, for searches that forgive a slip of the keyboard.

/// The trigrams of a word, with repeats, so that one word can be compared with many.
///
/// The word is padded with two characters before it and one after it, so its beginning counts
/// more than its end, and a word of `n` characters has `n + 1` trigrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigrams(Vec<[char; 3]>);

impl Trigrams {
    /// Stands where a word has no more characters.
    const PADDING: char = '\0';

    /// Takes a word apart. Case and accents make a difference; see [`fold`](super::fold).
    pub fn of(word: &str) -> Self {
        let mut window = [Self::PADDING; 3];
        let mut trigrams: Vec<_> = word
            .chars()
            .chain([Self::PADDING])
            .map(|next| {
                window = [window[1], window[2], next];
                window
            })
            .collect();
        trigrams.sort_unstable();
        Self(trigrams)
    }

    /// Returns the Dice coefficient, from 0 to 1: twice the number of trigrams that both words
    /// have, over the number of trigrams of both. (L. R. Dice, "Measures of the amount of
    /// ecologic association between species", Ecology 26(3), 1945.)
    pub fn similarity(&self, other: &Self) -> f64 {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut shared = 0_u32;
        while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
            let order = our.cmp(their);
            shared += u32::from(order.is_eq());
            if order.is_le() {
                ours.next();
            }
            if order.is_ge() {
                theirs.next();
            }
        }
        let count = |trigrams: &[_]| f64::from(u32::try_from(trigrams.len()).unwrap_or(u32::MAX));
        2.0 * f64::from(shared) / (count(&self.0) + count(&other.0))
    }
}

/// Returns how alike two words look, from 0 to 1; equal words have 1.
///
/// The measure is that of [`Trigrams::similarity`].
pub fn similarity(a: &str, b: &str) -> f64 {
    Trigrams::of(a).similarity(&Trigrams::of(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Compares with a tolerance, since no test should hang on the last bit of a division.
    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-12
    }

    #[test]
    fn a_slip_leaves_most_trigrams() {
        // Shared: ..t .ti tim out ut.: 5 of 8 and 8 ("timeout", "timoout" share 5).
        assert!(near(similarity("timeout", "timoout"), 10.0 / 16.0));
        assert!(similarity("timeout", "timeuot") > similarity("timeout", "timber"));
        assert!(near(similarity("abc", "xyz"), 0.0));
    }

    #[test]
    fn repeats_count() {
        // aaa: ..a .aa aaa aa.; aaaa: ..a .aa aaa aaa aa.
        assert!(near(similarity("aaa", "aaaa"), 8.0 / 9.0));
        assert!(near(similarity("aaaa", "aaa"), 8.0 / 9.0));
    }

    #[test]
    fn nothing_is_like_nothing_only() {
        assert!(near(similarity("", ""), 1.0));
        assert!(near(similarity("", "a"), 0.0));
    }

    proptest! {
        #[test]
        fn similarity_is_symmetric_and_a_share(a in "[ab]{0,9}|\\PC*", b in "[ab]{0,9}|\\PC*") {
            let measured = similarity(&a, &b);
            prop_assert!((0.0..=1.0).contains(&measured));
            prop_assert!(near(measured, similarity(&b, &a)));
            prop_assert!(near(similarity(&a, &a), 1.0));
        }
    }
}
