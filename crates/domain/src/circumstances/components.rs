//! The parts of a system that a text names.

use super::{CONDITIONAL, Distinct, FULL, PARTIAL, words::Word};
use crate::text::is_stop_word;

/// What makes a component of the word before it.
const PARTS_OF_SYSTEMS: &[&str] = &[
    "module",
    "service",
    "layer",
    "system",
    "component",
    "database",
    "api",
    "thread",
    "threads",
    "process",
    "processes",
    "flow",
    "leak",
];

/// What is done to components.
const VERBS: &[&str] = &["implements", "fixes", "supports", "handles"];

/// What may begin a sentence with a capital and names nothing.
const NO_NAMES: &[&str] = &[
    "testing",
    "tested",
    "verified",
    "proven",
    "observed",
    "works",
    "requires",
    "except",
    "excluding",
    "without",
    "since",
];

/// Whether a word may be part of the name of a component.
fn may_name(word: &Word<'_>) -> bool {
    ![PARTIAL, FULL, CONDITIONAL, VERBS, NO_NAMES]
        .iter()
        .any(|words| word.is_any(words))
        && !is_stop_word(&word.text.to_lowercase())
}

/// The components that words name, each word in one component at most.
pub(super) fn components(text: &str, words: &[Word<'_>]) -> Vec<String> {
    let mut components = Distinct::default();
    let mut at = 0;
    while at < words.len() {
        let first = if words[at].is_any(VERBS) {
            object(words, at)
        } else {
            at
        };
        let length = component_length(&words[first..], first > at);
        if length > 0 {
            components.add(&text[words[first].start..words[first + length - 1].end]);
        }
        at = first + length.max(usize::from(first == at));
    }
    components.in_order
}

/// Where the object of a verb begins: after articles and the like.
fn object(words: &[Word<'_>], verb: usize) -> usize {
    let after = &words[verb + 1..];
    let skipped = after
        .iter()
        .take_while(|word| word.joined && word.is_any(&["a", "an", "the", "all", "our", "its"]))
        .count();
    verb + 1 + skipped
}

/// How many words make a component, of those at the beginning of `words`.
fn component_length(words: &[Word<'_>], is_object: bool) -> usize {
    let Some(first) = words.first() else {
        return 0;
    };
    if !may_name(first) || (is_object && !first.joined) {
        return 0;
    }
    let follows = |at: usize| words.get(at).filter(|word| word.joined);
    let second_belongs = is_object && follows(1).is_some_and(may_name);
    let named = 1 + usize::from(second_belongs);
    let parts = (named..words.len())
        .take_while(|&at| follows(at).is_some_and(|word| word.is_any(PARTS_OF_SYSTEMS)))
        .count();
    if is_object || parts > 0 || is_name(first.text) {
        named + parts
    } else {
        0
    }
}

/// Whether a word alone names a component: with a capital and of three letters, or hyphenated.
fn is_name(word: &str) -> bool {
    let capitalised = word.starts_with(char::is_uppercase) && word.chars().nth(2).is_some();
    let hyphenated = word
        .split_once('-')
        .is_some_and(|(before, _)| before.chars().all(char::is_alphabetic));
    capitalised || hyphenated
}
