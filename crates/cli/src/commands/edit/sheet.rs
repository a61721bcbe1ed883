//! A memory as a text that a person edits: front matter, then the content.

use std::collections::BTreeSet;

use memorygraph::domain::{Memory, MemoryContext, MemoryType, Score};

const RULE: &str = "---";
const HELP: &str = "\
# Change what you like, and save. A field that is left out stays as it is.";
const FIELDS: &[&str] = &[
    "title",
    "type",
    "tags",
    "importance",
    "confidence",
    "effectiveness",
    "summary",
    "project",
];

/// Writes a memory. [`read`] understands it, and so do readers of YAML.
pub(super) fn write(memory: &Memory) -> String {
    let tags: Vec<_> = memory
        .tags
        .iter()
        .map(|tag| quoted(tag, &[',', '[', ']']))
        .collect();
    let score = |score: Option<Score>| score.map(|it| it.get().to_string()).unwrap_or_default();
    let text = |text: Option<&str>| text.map(|it| quoted(it, &[])).unwrap_or_default();
    let values = [
        text(Some(&memory.title)),
        memory.memory_type.to_string(),
        format!("[{}]", tags.join(", ")),
        score(Some(memory.importance)),
        score(Some(memory.confidence)),
        score(memory.effectiveness),
        text(memory.summary.as_deref()),
        text(memory.project_path()),
    ];
    let mut sheet = format!("{RULE}\n{HELP}\n");
    for (name, value) in FIELDS.iter().zip(values) {
        sheet += format!("{name}: {value}").trim_end();
        sheet.push('\n');
    }
    format!("{sheet}{RULE}\n{}\n", memory.content)
}

/// Writes a text as it stands where nothing in it could be taken for something else, else as JSON
/// does.
fn quoted(text: &str, more: &[char]) -> String {
    let first = text.chars().next();
    let is_odd = text.trim() != text
        || first.is_none_or(|c| "-?:,[]{}#&*!|>'\"%@`".contains(c))
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.contains(more)
        || text.chars().any(char::is_control);
    if is_odd {
        serde_json::Value::from(text).to_string()
    } else {
        text.to_owned()
    }
}

/// Reads what somebody made of the sheet of `memory`; the error says in which line what is wrong.
pub(super) fn read(text: &str, memory: &Memory) -> Result<Memory, String> {
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, line)| line.trim_end() != RULE) {
        return Err(format!(
            "line 1: it has to begin with {RULE}, then the fields"
        ));
    }
    let mut edited = memory.clone();
    let mut seen = BTreeSet::new();
    for (at, line) in lines.by_ref() {
        if line.trim_end() == RULE {
            let content: Vec<_> = lines.map(|(_, line)| line).collect();
            edited.content = content.join("\n");
            return Ok(edited);
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |error: String| format!("line {}: {error}", at + 1);
        let (name, value) = line.split_once(':').ok_or_else(|| {
            wrong(format!(
                "{line:?} is no field and its value, as in title: Pool"
            ))
        })?;
        let name = name.trim_end();
        if !seen.insert(name) {
            return Err(wrong(format!("{name} is there twice")));
        }
        set(&mut edited, name, value.trim()).map_err(wrong)?;
    }
    Err(format!(
        "the fields have to end with a line {RULE}, before the content"
    ))
}

fn set(memory: &mut Memory, name: &str, value: &str) -> Result<(), String> {
    match name {
        "title" => memory.title = unquoted(value)?,
        "type" => {
            let kind = unquoted(value)?.to_lowercase();
            let kind = kind.parse::<MemoryType>();
            memory.memory_type = kind.map_err(|invalid| invalid.to_string())?;
        }
        "tags" => memory.tags = tags(value)?,
        "importance" => memory.importance = score("importance", value)?,
        "confidence" => memory.confidence = score("confidence", value)?,
        "effectiveness" if value.is_empty() => {
            if memory.effectiveness.is_some() {
                return Err("effectiveness cannot be removed, only changed".to_owned());
            }
        }
        "effectiveness" => memory.effectiveness = Some(score("effectiveness", value)?),
        "summary" => {
            let summary = unquoted(value)?;
            memory.summary = (!summary.is_empty()).then_some(summary);
        }
        "project" => {
            let project = unquoted(value)?;
            let context = memory.context.get_or_insert_with(MemoryContext::default);
            context.project_path = (!project.is_empty()).then_some(project);
        }
        _ => {
            return Err(format!(
                "{name:?} is no field; they are {}",
                FIELDS.join(", ")
            ));
        }
    }
    Ok(())
}

fn unquoted(value: &str) -> Result<String, String> {
    if !value.starts_with('"') {
        return Ok(value.to_owned());
    }
    serde_json::from_str(value)
        .map_err(|_| format!("{value} is no text in quotes, as in \"a \\\"word\\\"\""))
}

fn score(name: &'static str, value: &str) -> Result<Score, String> {
    let number = value.parse().unwrap_or(f64::NAN);
    Score::new(name, number).map_err(|invalid| format!("{name} {}, got {value:?}", invalid.rule()))
}

/// Reads `[redis, "a, b"]`, with its brackets or without.
fn tags(value: &str) -> Result<Vec<String>, String> {
    let inner = value
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'));
    let mut rest = inner.unwrap_or(value).trim_start();
    let mut tags = Vec::new();
    while !rest.is_empty() {
        if rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let tag = values.next().and_then(Result::ok);
            tags.push(tag.ok_or_else(|| format!("{rest} has a quote without an end"))?);
            rest = rest[values.byte_offset()..].trim_start();
            rest = match rest.strip_prefix(',') {
                Some(rest) => rest,
                None if rest.is_empty() => rest,
                None => return Err(format!("there has to be a comma before {rest:?}")),
            };
        } else {
            let (tag, further) = rest.split_once(',').unwrap_or((rest, ""));
            tags.push(tag.trim().to_owned());
            rest = further;
        }
        rest = rest.trim_start();
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use memorygraph::domain::{MemoryId, Timestamp};

    use super::*;

    fn memory() -> Memory {
        let id = MemoryId::new("pool").unwrap();
        let now = Timestamp::UNIX_EPOCH;
        Memory {
            tags: vec!["redis".into(), "a, b".into(), "c \"d\"".into()],
            summary: Some("two\nlines: #1".into()),
            effectiveness: Some(Score::clamped(0.25)),
            context: Some(MemoryContext {
                project_path: Some("C:\\shop".into()),
                ..MemoryContext::default()
            }),
            ..Memory::new(id, MemoryType::Fix, "Pool: larger", "one\n---\n\nend", now)
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let plain = Memory {
            tags: Vec::new(),
            summary: None,
            effectiveness: None,
            context: None,
            title: "Plain".into(),
            ..memory()
        };
        for memory in [memory(), plain] {
            let read = read(&write(&memory), &memory).unwrap();
            assert_eq!(read.project_path(), memory.project_path());
            let context = memory.context.clone();
            assert_eq!(Memory { context, ..read }, memory);
        }
    }

    #[test]
    fn each_field_can_be_changed() {
        let sheet = "---\ntitle: \"A: b\"\ntype: Error\ntags: one, two\nimportance: 1\n\
                     confidence: 0\neffectiveness: 0.5\nsummary:\nproject: here\n---\r\nNew.\r\n";
        let read = read(sheet, &memory()).unwrap();
        assert_eq!(
            (read.title.as_str(), read.content.as_str()),
            ("A: b", "New.")
        );
        assert_eq!(read.memory_type, MemoryType::Error);
        assert_eq!(read.tags, ["one", "two"]);
        assert_eq!(
            (read.importance, read.confidence),
            (Score::ONE, Score::ZERO)
        );
        assert_eq!(read.effectiveness, Some(Score::clamped(0.5)));
        assert_eq!(
            (read.summary.as_deref(), read.project_path()),
            (None, Some("here"))
        );
    }

    #[test]
    fn what_is_left_out_stays() {
        let read = read("---\n# nothing\n---\nNew.", &memory()).unwrap();
        let expected = Memory {
            content: "New.".into(),
            ..memory()
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn an_error_names_its_line() {
        for (sheet, expected) in [
            ("title: a", "line 1: it has to begin with ---"),
            ("---\ntitle: a\n", "have to end with a line ---"),
            (
                "---\ntitle: a\ntitle: b\n---\nc",
                "line 3: title is there twice",
            ),
            ("---\nnote: a\n---\nc", "line 2: \"note\" is no field"),
            (
                "---\nword\n---\nc",
                "line 2: \"word\" is no field and its value",
            ),
            (
                "---\nimportance: high\n---\nc",
                "line 2: importance is a number",
            ),
            ("---\ntype: pattern\n---\nc", "code_pattern"),
            (
                "---\ntitle: \"a\n---\nc",
                "line 2: \"a is no text in quotes",
            ),
            ("---\ntags: [\"a\" b]\n---\nc", "a comma before \"b\""),
            ("---\neffectiveness:\n---\nc", "cannot be removed"),
        ] {
            let error = read(sheet, &memory()).unwrap_err();
            assert!(error.contains(expected), "{error:?} {expected:?}");
        }
    }
}
