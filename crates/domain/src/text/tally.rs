//! Counting some terms in many texts.

use std::collections::HashMap;

use super::{Term, each_form, each_token, stem};

/// Terms to be counted in texts, each in a slot of its own.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    slots: HashMap<Term, usize>,
    /// How words of the terms begin: up to two characters of each.
    beginnings: Vec<String>,
}

impl Tally {
    /// Gives a term a slot, unless it has one. Slots are numbered from 0.
    pub fn add(&mut self, term: &Term) {
        let next = self.slots.len();
        self.slots.entry(term.clone()).or_insert(next);
        let mut beginning: String = term.as_str().chars().take(2).collect();
        if beginning.ends_with('i') {
            // It may have been a `y`, as in "ays", of which "ai" is the stem.
            beginning.pop();
        }
        if !self.beginnings.contains(&beginning) {
            self.beginnings.push(beginning);
        }
    }

    /// Returns the slot of a term that was added.
    pub fn slot(&self, term: &Term) -> Option<usize> {
        self.slots.get(term).copied()
    }

    /// Returns how many slots there are.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Adds to `counts`, by slot, how often `text` and its [`expansion`](super::expansion) have the
    /// terms. Returns how many terms the text has.
    pub fn count(&self, text: &str, counts: &mut [u32]) -> u32 {
        let before = counts.to_vec();
        let mut length = 0;
        each_token(text, |token| {
            length += 1;
            if let Some(slot) = self.find(token) {
                counts[slot] += 1;
            }
        });
        // An expansion has once what the text has not.
        each_form(text, |token| {
            if let Some(slot) = self.find(token)
                && counts[slot] == before[slot]
            {
                counts[slot] += 1;
            }
        });
        length
    }

    /// Returns the slot of the term of a token, which it turns into the term.
    fn find(&self, token: &mut String) -> Option<usize> {
        // A stem begins as its word does, and most words of a text begin like none of the terms.
        let mut beginnings = self.beginnings.iter();
        beginnings
            .any(|beginning| token.starts_with(beginning))
            .then(|| stem::stem(token))?;
        self.slots.get(token.as_str()).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{expansion, terms};

    proptest! {
        #[test]
        fn a_tally_counts_what_the_terms_are(
            text in "([a-zA-Z]{1,9}(ies|es|s|ed|ing|y|ement|ational)?[ ._🚀é日-]?){0,20}",
            other in "[a-z]{1,3}( [a-z]{1,3}){0,5}",
        ) {
            let mut all = terms(&text);
            let length = all.len();
            all.extend(terms(&expansion(&text)));
            let mut tally = Tally::default();
            for term in all.iter().chain(&terms(&other)) {
                tally.add(term);
            }
            let mut counts = vec![0; tally.slots()];
            prop_assert_eq!(tally.count(&text, &mut counts) as usize, length);
            for term in all.iter().chain(&terms(&other)) {
                let expected = all.iter().filter(|known| *known == term).count();
                let slot = tally.slot(term).expect("it was added");
                prop_assert_eq!(counts[slot] as usize, expected, "{}", term);
            }
        }
    }
}
