//! Text as terms, and as a question.

use std::collections::HashSet;

use memorygraph::domain::text::{
    MAX_QUERY_TERMS, Term, Word, expansion, question, similarity, terms,
};
use proptest::prelude::*;

use crate::corpus::corpus;

#[test]
fn any_text_is_a_question_and_a_content() {
    corpus("question").fuzz(200, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let asked = question(&text);
        prop_assert_eq!(&asked, &question(&text));
        prop_assert!(asked.terms().count() <= MAX_QUERY_TERMS);
        for term in asked.words.iter().flat_map(Word::terms) {
            let word = &term.word;
            let is_plain =
                |c: char| c.is_ascii_alphanumeric() || (!c.is_ascii() && c != '\u{fffd}');
            prop_assert!(!word.is_empty() && word.chars().all(is_plain), "{:?}", word);
            prop_assert_eq!(terms(word), std::slice::from_ref(&term.term));
        }
        let own = terms(&text);
        let more = expansion(&text);
        prop_assert!(own.len() <= text.chars().count());
        prop_assert!(more.len() <= 64 * text.len(), "{} bytes", more.len());
        let own: HashSet<Term> = own.into_iter().collect();
        let added = terms(&more);
        let distinct: HashSet<&Term> = added.iter().collect();
        prop_assert_eq!(distinct.len(), added.len());
        prop_assert!(added.iter().all(|term| !own.contains(term)));
        // A text has every word that it asks for.
        let has = |term: &Term| own.contains(term) || distinct.contains(term);
        prop_assert!(asked.is_answered(has), "{:?}", asked);
        Ok(())
    });
}

#[test]
fn words_are_alike_in_the_same_way_from_both_sides() {
    corpus("question").fuzz(100, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let middle = text.len() / 2;
        let middle = text.floor_char_boundary(middle);
        let (one, other) = text.split_at(middle);
        let alike = similarity(one, other);
        prop_assert!((0.0..=1.0).contains(&alike));
        prop_assert_eq!(alike.to_bits(), similarity(other, one).to_bits());
        prop_assert_eq!(similarity(one, one).to_bits(), 1.0_f64.to_bits());
        Ok(())
    });
}
