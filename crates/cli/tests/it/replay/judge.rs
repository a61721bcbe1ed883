//! Which promise each line is judged by.

use std::fmt::Debug;

use serde_json::Value;

use super::{
    client::{Answer, Client},
    finding,
    graph::{Graph, text},
    keeping, past, refused, relating,
    transcript::Call,
};

/// What is not as promised, if something is not.
pub(super) type Verdict = Result<(), String>;

/// A call that was made of our server, with our ids.
pub(super) struct Seen<'a> {
    pub(super) call: &'a Call,
    pub(super) answer: &'a Answer,
    pub(super) before: &'a Graph,
    pub(super) after: &'a Graph,
}

impl Seen<'_> {
    /// Returns an argument that is a text.
    pub(super) fn given(&self, name: &str) -> String {
        text(&self.call.arguments[name])
    }

    pub(super) fn ensure(&self, holds: bool, promise: &str) -> Verdict {
        if holds {
            return Ok(());
        }
        let shown: String = self.answer.text.chars().take(1_500).collect();
        Err(format!("not so: {promise}\n  {shown}"))
    }

    /// Returns the entries of all pages.
    pub(super) fn pages(&self, client: &mut Client) -> Vec<Value> {
        client.pages(&self.call.tool, &self.call.arguments, self.answer)
    }
}

/// Says what is not as expected, if something is not.
pub(super) fn same<T: PartialEq + Debug>(got: &T, expected: &T, what: &str) -> Verdict {
    if got == expected {
        return Ok(());
    }
    let shown = |value: &T| format!("{value:?}").chars().take(1_000).collect::<String>();
    let (got, expected) = (shown(got), shown(expected));
    Err(format!(
        "not so: {what}\n  got      {got}\n  expected {expected}"
    ))
}

/// Says whether an answer is what the tool promises.
pub(super) fn judge(seen: &Seen, client: &mut Client) -> Verdict {
    match seen.call.line {
        1..=15 | 93 => keeping::stored(seen),
        16..=27 | 95 | 96 | 98 => relating::joined(seen),
        28 | 29 | 31 | 105 | 108 | 112 => keeping::shown(seen),
        30 | 49..=52 | 65 | 66 | 77..=92 | 94 | 101..=103 | 106 | 107 | 111 | 115 => {
            refused::argument(seen)
        }
        32..=48 | 53..=59 | 109 => finding::found(seen, client),
        60..=64 | 116 => relating::walked(seen, client),
        67 => past::counted(seen),
        68 | 69 => past::recent(seen),
        70..=74 => relating::circumstances(seen, client),
        75 | 76 => finding::found_nearby(seen, client),
        97 => refused::circle(seen),
        99 | 100 => relating::reinforced(seen),
        104 => keeping::updated(seen),
        110 | 113 | 114 => keeping::deleted(seen),
        117 => relating::path(seen),
        120 => relating::suggested(seen),
        121 => relating::tried(seen),
        118 | 119 | 122..=126 => refused::unknown_tool(seen),
        line => Err(format!("nobody knows what line {line} promises")),
    }
}
