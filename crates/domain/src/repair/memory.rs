use serde_json::{Map, Value};

use super::{
    Mended,
    fields::{Fields, cut, free},
};
use crate::{Memory, MemoryContext, MemoryId, MemoryType, Timestamp};

/// What stands for the title of a memory that has none.
const UNTITLED: &str = "(untitled)";

/// Reads a memory from a record with the fields of its JSON form, whose context may stand in fields
/// of its own, as `context_project_path`. `since` is when it was first kept, where the record does
/// not say.
///
/// # Errors
///
/// Says in words why no repair helps.
pub fn memory(
    id: MemoryId,
    record: Map<String, Value>,
    since: Timestamp,
) -> Result<Mended<Memory>, String> {
    let mut fields = Fields::new(record);
    let memory_type = memory_type(&mut fields);
    let texts = texts(&mut fields)?;
    let created_at = fields.time("created_at");
    let updated_at = fields.time("updated_at");
    let created_at = created_at.or(updated_at).unwrap_or(since);
    let plain = Memory::new(id, memory_type, texts.title, texts.content, created_at);
    let mut memory = Memory {
        summary: texts.summary,
        tags: tags(&mut fields),
        importance: fields.score("importance").unwrap_or(plain.importance),
        confidence: fields.score("confidence").unwrap_or(plain.confidence),
        effectiveness: fields.score("effectiveness"),
        usage_count: fields.count("usage_count", 0).unwrap_or_default(),
        updated_at: updated_at.unwrap_or(created_at),
        last_accessed: fields.time("last_accessed"),
        version: fields.count("version", 1).unwrap_or(plain.version),
        updated_by: fields.short_text("updated_by", Memory::LONGEST_AUTHOR),
        valid_from: fields.time("valid_from").unwrap_or(created_at),
        valid_until: fields.time("valid_until"),
        superseded_by: fields.word("superseded_by"),
        ..plain
    };
    if let Some(until) = memory.valid_until.filter(|it| *it < memory.valid_from) {
        let from = crate::time_text(memory.valid_from);
        fields.set_aside("valid_from", from, "is after valid_until, and now the same");
        memory.valid_from = until;
    }
    let mut context = fields.object("context");
    for (name, value) in fields.take_prefixed("context_") {
        let name = free(&context, name);
        context.insert(name, value);
    }
    let has_context = !context.is_empty();
    let (context, context_notes) = self::context(context);
    let (rest, mut notes) = fields.into_rest();
    notes.extend(context_notes);
    if has_context || !rest.is_empty() {
        let metadata = &mut memory.context.insert(context).additional_metadata;
        for (name, value) in rest {
            let name = free(metadata, name);
            metadata.insert(name, value);
        }
    }
    let memory = memory.normalised();
    match memory.check() {
        Ok(()) => Ok(Mended {
            value: memory,
            notes,
        }),
        Err(invalid) => Err(invalid.to_string()),
    }
}

fn memory_type(fields: &mut Fields) -> MemoryType {
    match fields.take("type") {
        Some(Value::String(word)) => word.trim().parse().unwrap_or_else(|_| {
            let why = format!("{word:?} is none that is known here, now general");
            fields.set_aside("type", word, &why);
            MemoryType::General
        }),
        Some(other) => {
            fields.set_aside("type", other, "is no text, now general");
            MemoryType::General
        }
        None => {
            fields.note("type was missing, now general");
            MemoryType::General
        }
    }
}

struct Texts {
    title: String,
    content: String,
    summary: Option<String>,
}

fn texts(fields: &mut Fields) -> Result<Texts, String> {
    let [title, content, summary] = ["title", "content", "summary"].map(|name| {
        let text = fields.text(name).unwrap_or_default();
        text.trim().to_owned()
    });
    let said = [&content, &summary, &title];
    let Some(said) = said.into_iter().find(|text| !text.is_empty()) else {
        return Err("it has neither a title nor a content".to_owned());
    };
    if content.is_empty() {
        fields.note("content was blank, now as the summary or the title");
    }
    let content = said.clone();
    let title = if title.is_empty() {
        let first = content.lines().map(str::trim).find(|line| !line.is_empty());
        let first = cut(first.unwrap_or(UNTITLED), Memory::LONGEST_TITLE);
        fields.note("title was blank, now the first line of the content");
        if first.is_empty() { UNTITLED } else { first }.to_owned()
    } else {
        shortened(fields, "title", title, Memory::LONGEST_TITLE)
    };
    let summary = (!summary.is_empty())
        .then(|| shortened(fields, "summary", summary, Memory::LONGEST_SUMMARY));
    Ok(Texts {
        title,
        content: begun(fields, content),
        summary,
    })
}

/// Cuts a text that is too long; all of it is kept.
fn shortened(fields: &mut Fields, name: &str, text: String, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text;
    }
    let head = cut(&text, most).to_owned();
    let why = format!("has {count} characters, now its first {most} or fewer");
    fields.set_aside(name, text, &why);
    head
}

/// Cuts a content that is too long; the rest is kept.
fn begun(fields: &mut Fields, mut content: String) -> String {
    let end = content.char_indices().nth(Memory::LONGEST_CONTENT);
    if let Some((end, _)) = end {
        let rest = content.split_off(end);
        let kept = fields.keep("content_rest", rest);
        let most = Memory::LONGEST_CONTENT;
        fields.note(format!(
            "content has more than {most} characters: what follows them is kept as {kept}"
        ));
    }
    content
}

fn tags(fields: &mut Fields) -> Vec<String> {
    let mut tags = fields.texts("tags");
    tags = crate::memory::normalised_tags(&tags);
    let is_short = |tag: &String| tag.chars().count() <= Memory::LONGEST_TAG;
    let (mut tags, mut unfit): (Vec<_>, Vec<_>) = tags.into_iter().partition(is_short);
    if tags.len() > Memory::MOST_TAGS {
        unfit.extend(tags.split_off(Memory::MOST_TAGS));
    }
    if !unfit.is_empty() {
        let why = format!(
            "has more than {} entries, or some of more than {} characters",
            Memory::MOST_TAGS,
            Memory::LONGEST_TAG
        );
        fields.set_aside("tags", unfit, &why);
    }
    tags
}

fn context(record: Map<String, Value>) -> (MemoryContext, Vec<String>) {
    const TEXT: usize = MemoryContext::LONGEST_TEXT;
    const MOST: usize = MemoryContext::MOST_ENTRIES;
    let mut fields = Fields::new(record);
    let mut metadata = fields.object("additional_metadata");
    let mut context = MemoryContext {
        project_path: fields.short_text("project_path", TEXT),
        files_involved: fields.short_texts("files_involved", MOST, TEXT),
        languages: fields.short_texts("languages", MOST, TEXT),
        frameworks: fields.short_texts("frameworks", MOST, TEXT),
        technologies: fields.short_texts("technologies", MOST, TEXT),
        git_commit: fields.short_text("git_commit", TEXT),
        git_branch: fields.short_text("git_branch", TEXT),
        working_directory: fields.short_text("working_directory", TEXT),
        timestamp: fields.time("timestamp"),
        session_id: fields.short_text("session_id", TEXT),
        user_id: fields.short_text("user_id", TEXT),
        additional_metadata: Map::new(),
        tenant_id: fields.short_text("tenant_id", TEXT),
        team_id: fields.short_text("team_id", TEXT),
        visibility: fields.word("visibility"),
        created_by: fields.short_text("created_by", TEXT),
    };
    let (rest, notes) = fields.into_rest();
    for (name, value) in rest {
        let name = free(&metadata, name);
        metadata.insert(name, value);
    }
    context.additional_metadata = metadata;
    let notes = notes.into_iter().map(|note| format!("context.{note}"));
    (context, notes.collect())
}
