//! What was asked of the Python server, and what it answered.

use serde_json::Value;

const RECORDED: &str = include_str!("../../fixtures/python-0.12-mcp-transcript.jsonl");

/// How long an id of the Python system is.
const ID: usize = 36;

/// A call, as it was made and answered.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) line: u32,
    pub(super) tool: String,
    pub(super) arguments: Value,
    pub(super) refused: bool,
    pub(super) text: String,
}

pub(super) fn calls() -> Vec<Call> {
    let lines = (1..).zip(RECORDED.lines());
    let call = |(line, text): (u32, &str)| {
        let recorded: Value = serde_json::from_str(text).unwrap();
        Call {
            line,
            tool: recorded["tool"].as_str().unwrap().to_owned(),
            arguments: recorded["args"].clone(),
            refused: recorded["is_error"].as_bool().unwrap(),
            text: recorded["text"].as_str().unwrap().to_owned(),
        }
    };
    lines.map(call).collect()
}

/// Returns the ids after a word such as `ID: `, in the order of the text.
pub(super) fn ids_after(word: &str, text: &str) -> Vec<String> {
    let parts = text.split(word).skip(1);
    parts
        .filter_map(|part| part.get(..ID))
        .filter(|id| {
            id.bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        })
        .map(str::to_owned)
        .collect()
}

/// The ids of the Python system that have another one in our store.
#[derive(Default)]
pub(super) struct Ids(Vec<(String, String)>);

impl Ids {
    pub(super) fn add(&mut self, theirs: &str, ours: &str) {
        self.0.push((theirs.to_owned(), ours.to_owned()));
    }

    /// Returns the text with our ids in it.
    pub(super) fn ours(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (theirs, ours) in &self.0 {
            text = text.replace(theirs, ours);
        }
        text
    }

    /// Returns the arguments with our ids in them.
    pub(super) fn ours_in(&self, arguments: &Value) -> Value {
        serde_json::from_str(&self.ours(&arguments.to_string())).unwrap()
    }

    /// Returns the ids that a text of theirs names after a word, as ours.
    pub(super) fn named(&self, word: &str, text: &str) -> Vec<String> {
        let ids = ids_after(word, text);
        ids.iter().map(|id| self.ours(id)).collect()
    }
}
