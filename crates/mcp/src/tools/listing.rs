use std::num::NonZeroU32;

use domain::{AsOf, Cursor, Memory, PageRequest, Timestamp, parse_time};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use super::refusal::Refusal;

/// How much of a content a line shows.
const SHOWN: usize = 300;

/// An entry of a list, for programs and for readers.
pub(super) struct Entry {
    pub(super) json: Value,
    pub(super) text: String,
}

impl Entry {
    pub(super) fn tokens(&self) -> usize {
        let json = self.json.to_string();
        json.len().max(self.text.len()).div_ceil(BYTES_PER_TOKEN)
    }

    /// Cuts the content so that the entry takes about so many tokens.
    fn shorten(&mut self, tokens: usize) {
        let excess = self.tokens().saturating_sub(tokens) * BYTES_PER_TOKEN;
        let memory = match self.json.get_mut("memory") {
            Some(memory) => memory,
            None => &mut self.json,
        };
        if let Some(Value::String(content)) = memory.get_mut("content") {
            let mut end = content.len().saturating_sub(excess).min(content.len());
            while !content.is_char_boundary(end) {
                end -= 1;
            }
            content.truncate(end);
            content.push('…');
            memory["content_shortened"] = true.into();
        }
    }
}

/// JSON with ids takes three bytes a token, prose four: counted as the dearer of the two.
const BYTES_PER_TOKEN: usize = 3;

/// Keeps the first entries that take at most so many tokens together, at least one, and returns
/// how many were left out.
pub(super) fn pack(entries: &mut Vec<Entry>, budget: Option<usize>) -> usize {
    let Some(budget) = budget else {
        return 0;
    };
    let mut room = budget;
    let mut kept = 0;
    for entry in &*entries {
        let Some(left) = room.checked_sub(entry.tokens()) else {
            break;
        };
        room = left;
        kept += 1;
    }
    if kept == 0 && !entries.is_empty() {
        entries[0].shorten(budget);
        kept = 1;
    }
    let left_out = entries.len() - kept;
    entries.truncate(kept);
    left_out
}

/// Answers with a list.
pub(super) fn list_result(
    title: &str,
    entries: Vec<Entry>,
    next: Option<&Cursor>,
    left_out: usize,
) -> CallToolResult {
    let mut text = title.to_owned();
    for (at, entry) in entries.iter().enumerate() {
        text.push_str(&format!("\n\n{}. {}", at + 1, entry.text));
    }
    let mut json = json!({
        "items": entries.into_iter().map(|entry| entry.json).collect::<Vec<_>>(),
    });
    told_rest(&mut text, &mut json, next, left_out);
    result(text, json)
}

/// Says what an answer leaves out, and how to go on.
pub(super) fn told_rest(
    text: &mut String,
    json: &mut Value,
    next: Option<&Cursor>,
    left_out: usize,
) {
    if left_out > 0 {
        text.push_str(&format!(
            "\n\n{left_out} more did not fit into budget_tokens."
        ));
        json["left_out"] = left_out.into();
    }
    if let Some(next) = next {
        let next = json!(next);
        let shown = next.as_str().unwrap_or_default();
        text.push_str(&format!("\n\nMore: the same call with cursor: {shown}"));
        json["next_cursor"] = next;
    }
}

/// Returns how many entries there are, as the limit of a page that ends with them.
pub(super) fn shown(entries: &[Entry]) -> Result<NonZeroU32, Refusal> {
    let shown = u32::try_from(entries.len()).unwrap_or(PageRequest::LARGEST);
    Ok(PageRequest::first(shown)?.limit)
}

/// Answers for programs, and for readers.
pub(super) fn result(text: impl Into<String>, json: Value) -> CallToolResult {
    let mut result = CallToolResult::structured(json);
    result.content = vec![ContentBlock::text(text.into())];
    result
}

/// Describes a memory in a few lines.
pub(super) fn line(memory: &Memory) -> String {
    let mut text = format!(
        "{} (ID: {})\n   {} | importance {}",
        memory.title,
        memory.id,
        memory.memory_type.as_str(),
        memory.importance.get()
    );
    if !memory.tags.is_empty() {
        text.push_str(&format!(" | tags: {}", memory.tags.join(", ")));
    }
    if memory.valid_until.is_some() {
        text.push_str(" | no longer valid");
    }
    let gist = memory.summary.as_ref().unwrap_or(&memory.content);
    let mut shown: String = gist.chars().take(SHOWN).collect();
    if shown.len() < gist.len() {
        shown.push('…');
    }
    text.push_str(&format!("\n   {}", shown.replace('\n', "\n   ")));
    text
}

/// Takes the cursor that an answer gave.
pub(super) fn cursor(text: &str) -> Cursor {
    serde_json::from_value(text.into()).expect("any text can be a cursor")
}

/// Takes a moment.
pub(super) fn time(field: &'static str, text: &str) -> Result<Timestamp, Refusal> {
    // A day alone is its beginning.
    let day = text.len() == 10 && !text.contains(':');
    let time = if day {
        parse_time(field, &format!("{text}T00:00:00Z"))
    } else {
        parse_time(field, text)
    };
    time.map_err(|_| {
        let message = format!("is a time such as 2026-01-31T08:00:00Z, got {text:?}");
        Refusal::argument(field, message)
    })
}

/// Takes the moment that a question is about.
pub(super) fn as_of(text: Option<&str>) -> Result<AsOf, Refusal> {
    text.map_or(Ok(AsOf::Latest), |text| time("as_of", text).map(AsOf::At))
}
