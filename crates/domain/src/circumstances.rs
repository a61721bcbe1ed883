//! Under which circumstances a relationship holds, read from what people write about it.
//!
//! "Partially implements the auth module, verified by integration tests, only when Redis is up"
//! says how far (scope), what it is about (components), when (conditions, a time), how one knows
//! (evidence), and what is left out (exceptions). [`read`] finds these by their English marker
//! words; it understands nothing else, and keeps the text itself beside them.

mod components;
mod phrases;
mod words;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::{
    components::components,
    phrases::{Marker, phrases},
    words::{Word, words},
};

/// The free text of a relationship's context, and what it says in a structured way.
///
/// Its JSON is that of the Python system: all seven keys, `null` for what is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Circumstances {
    /// What was written.
    pub text: String,
    /// How far the relationship holds.
    pub scope: Option<Scope>,
    /// The parts of a system that are named.
    pub components: Vec<String>,
    /// What must be so: the X of "when X", "if X", "requires X", "only in X", "in X environment".
    pub conditions: Vec<String>,
    /// How one knows: the X of "verified by X", "tested by X", "proven by X", "observed in X".
    pub evidence: Vec<String>,
    /// Since when: the X of "since X", "after X", "as of X", else the first version number.
    pub temporal: Option<String>,
    /// What is left out: the X of "except X", "excluding X", "but not X", "without X".
    pub exceptions: Vec<String>,
}

/// How far a relationship holds. Where a text says several, the first of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// In part: "partially", "limited", "incomplete", "not fully".
    Partial,
    /// Altogether: "fully", "complete", "entirely".
    Full,
    /// Under conditions: "conditionally", "only".
    Conditional,
}

impl Circumstances {
    /// Returns the JSON that [`read`] takes back unchanged.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and lists of strings always have a JSON form")
    }
}

/// Reads a context: the JSON form of [`Circumstances`], or free text.
///
/// Any string can be read. Lists hold distinct, trimmed, non-empty strings in order of
/// appearance. In JSON, a value of an unexpected type counts as absent, and an object without any
/// of the seven keys is free text. Takes time linear in the length of the text.
///
/// # Examples
///
/// ```
/// use memorygraph_domain::circumstances::{Scope, read};
///
/// let read = read("partially implements auth module, verified by integration tests");
/// assert_eq!(read.scope, Some(Scope::Partial));
/// assert_eq!(read.components, ["auth module"]);
/// assert_eq!(read.evidence, ["integration tests"]);
/// ```
pub fn read(text: &str) -> Circumstances {
    read_json(text).unwrap_or_else(|| read_free_text(text))
}

fn read_json(text: &str) -> Option<Circumstances> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut object)) = serde_json::from_str(text) else {
        return None;
    };
    let keys = [
        "text",
        "scope",
        "components",
        "conditions",
        "evidence",
        "temporal",
        "exceptions",
    ];
    if !keys.iter().any(|key| object.contains_key(*key)) {
        return None;
    }
    let mut take = |key| object.remove(key).unwrap_or_default();
    Some(Circumstances {
        text: string(take("text")).unwrap_or_default(),
        scope: serde_json::from_value(take("scope")).ok(),
        components: strings(take("components")),
        conditions: strings(take("conditions")),
        evidence: strings(take("evidence")),
        temporal: string(take("temporal"))
            .map(|time| time.trim().to_owned())
            .filter(|time| !time.is_empty()),
        exceptions: strings(take("exceptions")),
    })
}

fn string(value: Value) -> Option<String> {
    match value {
        Value::String(string) => Some(string),
        _ => None,
    }
}

fn strings(value: Value) -> Vec<String> {
    let Value::Array(values) = value else {
        return Vec::new();
    };
    let mut list = Distinct::default();
    for value in values.into_iter().filter_map(string) {
        list.add(&value);
    }
    list.in_order
}

/// Trimmed, non-empty strings, each once, in order.
#[derive(Default)]
struct Distinct {
    in_order: Vec<String>,
    known: HashSet<String>,
}

impl Distinct {
    fn add(&mut self, item: &str) {
        let item = item.trim();
        if !item.is_empty() && self.known.insert(item.to_owned()) {
            self.in_order.push(item.to_owned());
        }
    }
}

fn read_free_text(text: &str) -> Circumstances {
    let words = words(text);
    let phrases = phrases(text, &words);
    let said = |marker| {
        let mut list = Distinct::default();
        for (_, phrase) in phrases.iter().filter(|(of, _)| *of == marker) {
            list.add(phrase);
        }
        list.in_order
    };
    Circumstances {
        text: text.to_owned(),
        scope: scope(&words),
        components: components(text, &words),
        conditions: said(Marker::Condition),
        evidence: said(Marker::Evidence),
        temporal: said(Marker::Time)
            .into_iter()
            .next()
            .or_else(|| version(text, &words)),
        exceptions: said(Marker::Exception),
    }
}

const PARTIAL: &[&str] = &["partial", "partially", "limited", "incomplete"];
const FULL: &[&str] = &["full", "fully", "complete", "completely", "entirely"];
const CONDITIONAL: &[&str] = &["conditional", "conditionally", "only"];
const NEGATIONS: &[&str] = &["not", "never", "isn't", "isn’t", "doesn't", "doesn’t"];

fn scope(words: &[Word<'_>]) -> Option<Scope> {
    let mut scope = None;
    let mut negated = false;
    for word in words {
        let negated_here = word.joined && std::mem::replace(&mut negated, false);
        negated = word.is_any(NEGATIONS);
        let found = if word.is_any(PARTIAL) {
            (!negated_here).then_some(Scope::Partial)
        } else if word.is_any(FULL) {
            Some(if negated_here {
                Scope::Partial
            } else {
                Scope::Full
            })
        } else if word.is_any(CONDITIONAL) {
            (!negated_here).then_some(Scope::Conditional)
        } else {
            None
        };
        scope = match (scope, found) {
            (Some(known), Some(found)) => Some(Ord::min(known, found)),
            (known, found) => known.or(found),
        };
    }
    scope
}

/// The first version number: two or three numbers, perhaps after a `v` and before a suffix such
/// as `-beta`. A quantity, as 99.9 % or 1.5 seconds, is none.
fn version(text: &str, words: &[Word<'_>]) -> Option<String> {
    const UNITS: &[&str] = &[
        "ms", "s", "sec", "seconds", "minutes", "hours", "days", "kb", "mb", "gb", "tb", "percent",
    ];
    let is_version = |(at, word): &(usize, &Word<'_>)| {
        let plain = word.text.trim_start_matches(['v', 'V']);
        let numbers = plain.split_once('-').map_or(plain, |(numbers, _)| numbers);
        let is_number =
            |number: &str| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
        let is_quantity = text[word.end..].trim_start().starts_with('%')
            || words
                .get(at + 1)
                .is_some_and(|next| next.joined && next.is_any(UNITS));
        word.text.len() - plain.len() <= 1
            && matches!(numbers.split('.').count(), 2..=3)
            && numbers.split('.').all(is_number)
            && !is_quantity
    };
    words
        .iter()
        .enumerate()
        .find(is_version)
        .map(|(_, word)| word.text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{phrases::MARKERS, *};

    #[test]
    fn the_sample_of_the_python_system_reads_as_it_was_written() {
        let json = r#"{"text": "partially implements auth module, verified by integration tests",
            "scope": "partial", "components": ["auth module"], "conditions": [],
            "evidence": ["integration tests"], "temporal": null, "exceptions": []}"#;
        let from_json = read(json);
        assert_eq!(from_json, read(&from_json.text));
        assert_eq!(from_json.scope, Some(Scope::Partial));
        assert_eq!(from_json.components, ["auth module"]);
        assert_eq!(from_json.evidence, ["integration tests"]);
        assert_eq!(from_json.temporal, None);
    }

    #[test]
    fn json_has_the_seven_keys_of_the_python_system() {
        assert_eq!(
            read("Fully works").to_json(),
            r#"{"text":"Fully works","scope":"full","components":[],"conditions":[],"#.to_owned()
                + r#""evidence":[],"temporal":null,"exceptions":[]}"#
        );
    }

    #[test]
    fn json_of_odd_types_is_read_as_far_as_it_goes() {
        let odd = read(
            r#" {"text": 7, "scope": "whole", "components": [" a ", 1, "a", ""],
                "conditions": null, "temporal": " ", "exceptions": "x", "more": {}}"#,
        );
        let expected = Circumstances {
            components: vec!["a".to_owned()],
            ..Circumstances::default()
        };
        assert_eq!(odd, expected);
    }

    #[test]
    fn what_is_not_our_json_is_free_text() {
        for text in [
            r#"{"when": 1}"#,
            "{",
            "[1]",
            "\"text\"",
            r#"{"text": "cut"#,
            "{}",
        ] {
            assert_eq!(read(text).text, text);
        }
    }

    #[test]
    fn scope_is_the_least_that_is_said() {
        let scopes = [
            ("works", None),
            ("Partially works, fully tested", Some(Scope::Partial)),
            ("a limited fix", Some(Scope::Partial)),
            ("Completely solves it", Some(Scope::Full)),
            ("fully, but only on Linux", Some(Scope::Full)),
            ("only on Linux", Some(Scope::Conditional)),
            ("not fully done", Some(Scope::Partial)),
            ("doesn't only", None),
            ("not limited to Linux", None),
            ("impartial, a carefully filled unlimited commonly", None),
        ];
        for (text, expected) in scopes {
            assert_eq!(read(text).scope, expected, "{text}");
        }
    }

    #[test]
    fn conditions_end_with_their_clause() {
        let conditions: &[(&str, &[&str])] = &[
            (
                "works when the cache is warm, else not",
                &["the cache is warm"],
            ),
            ("If x > 1,000.5; ok", &["x > 1,000.5"]),
            ("when a,5 b", &["a"]),
            ("requires v2.1 of foo.toml. Always.", &["v2.1 of foo.toml"]),
            ("only works in production", &["production"]),
            ("ONLY IN staging environment!", &["staging"]),
            ("fails in the test environment", &["test"]),
            ("(only in CI) fully", &["CI"]),
            ("when f(x) holds", &["f(x) holds"]),
            ("if a when b", &["a when b"]),
            ("if a, when b\nif a", &["a", "b"]),
            ("when up verified by CI except when offline", &["up"]),
            ("whenever, sniff, an only-in", &[]),
            ("if , when.", &[]),
            ("wenn ÄÖÜ, if größer 🚀, ok", &["größer 🚀"]),
        ];
        for (text, expected) in conditions {
            assert_eq!(read(text).conditions, *expected, "{text}");
        }
    }

    #[test]
    fn evidence_and_exceptions_follow_their_markers() {
        let all = read(
            "Tested by the QA team, observed in load tests; works except for admins, \
             excluding CI but not staging. Runs without Redis",
        );
        assert_eq!(all.evidence, ["the QA team", "load tests"]);
        assert_eq!(all.exceptions, ["admins", "CI", "staging", "Redis"]);
        assert!(
            read("exceptional bypassed byte, verified, by hand")
                .evidence
                .is_empty()
        );
    }

    #[test]
    fn time_is_said_or_a_version() {
        let times = [
            ("since v2.1.0, fully", Some("v2.1.0")),
            ("As of March 3. Later", Some("March 3")),
            ("after the deploy; since then", Some("the deploy")),
            ("in 1.2", Some("1.2")),
            ("broken in v3.0.1-rc1", Some("v3.0.1-rc1")),
            ("10.0.0.1 is 99.9 % up for 1.5 seconds, 2.5x", None),
            ("afternoon", None),
        ];
        for (text, expected) in times {
            assert_eq!(read(text).temporal.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn components_are_named() {
        let components: &[(&str, &[&str])] = &[
            (
                "fixes the memory leak in PostgreSQL",
                &["memory leak", "PostgreSQL"],
            ),
            ("implements user auth module", &["user auth module"]),
            (
                "supports OAuth2 and handles retries.",
                &["OAuth2", "retries"],
            ),
            (
                "the auth service layer and each service",
                &["auth service layer"],
            ),
            (
                "worker threads of a real-time API",
                &["worker threads", "real-time API"],
            ),
            ("The This Testing It Only Verified", &[]),
            ("on 2024-01-15 up-to-date", &["up-to-date"]),
            ("implements. Then", &[]),
            ("implements. Next auth", &["Next"]),
            ("Redis, Redis module", &["Redis", "Redis module"]),
            ("Ärger mit Ωmega", &["Ärger", "Ωmega"]),
            ("Go or Io", &[]),
        ];
        for (text, expected) in components {
            assert_eq!(read(text).components, *expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for piece in [
            "if ",
            "except ",
            "when(",
            "only works in ",
            "if except ",
            "implements the ",
            "A-",
            "in a b ",
            "x module ",
            ") ",
            "{",
            "[",
            "{\"text\":",
            "v1.",
            "not ",
        ] {
            let text = piece.repeat(30_000);
            assert_eq!(read(&text).text, text);
        }
        let gap = format!("except{}{}", " ".repeat(30_000), "if ".repeat(15_000));
        assert_eq!(read(&gap).exceptions.len(), 1);
    }

    /// Sentences of markers, names, numbers and marks, in all cases and without sense.
    fn sentences() -> impl Strategy<Value = String> {
        let marker = prop::sample::select(MARKERS).prop_map(|(words, _)| words.join(" "));
        let word = prop::sample::select(vec![
            "auth",
            "module",
            "Redis",
            "v1.2",
            "real-time",
            "environment",
            "in",
            "partially",
            "fully",
            "not",
            "implements",
            "ÄÖ",
            "日本",
            "🚀",
            "{\"text\":1}",
            "text",
        ])
        .prop_map(str::to_owned);
        let mark = "[ ,;.()\n'\"{}:-]{1,2}";
        prop::collection::vec(prop_oneof![marker, word, mark, any::<String>()], 0..12)
            .prop_map(|pieces| pieces.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_its_json_reads_the_same(text in sentences()) {
            let first = read(&text);
            prop_assert_eq!(read(&first.to_json()), first);
        }

        #[test]
        fn lists_hold_distinct_trimmed_pieces_of_the_text(text in sentences()) {
            let read = read_free_text(&text);
            prop_assert_eq!(&read.text, &text);
            for list in [&read.components, &read.conditions, &read.evidence, &read.exceptions] {
                prop_assert_eq!(list.iter().collect::<HashSet<_>>().len(), list.len());
                for item in list {
                    prop_assert!(!item.is_empty() && item.trim() == item && text.contains(item));
                }
            }
        }

        #[test]
        fn case_of_markers_makes_no_difference(text in "[a-z ,.]{0,20}(if|when|except|since) [a-z ,.]{0,20}") {
            let upper = read(&text.to_uppercase());
            let lower = read(&text);
            prop_assert_eq!(upper.scope, lower.scope);
            prop_assert_eq!(upper.conditions, lower.conditions.iter().map(|item| item.to_uppercase()).collect::<Vec<_>>());
            prop_assert_eq!(upper.exceptions, lower.exceptions.iter().map(|item| item.to_uppercase()).collect::<Vec<_>>());
        }
    }
}
