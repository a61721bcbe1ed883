//! What stands at the head of a note, as YAML.

use std::fmt::Write;

use domain::{Memory, time_text};
use serde::Serialize;

/// How a note of an export begins, which tells it from a note that somebody wrote.
pub(super) const MARK: &str = "---\nmemorygraph: 1\n";

/// Writes all fields of a memory. Each value is JSON, which is YAML as well.
pub(super) fn of(memory: &Memory) -> String {
    let tags: Vec<String> = memory.tags.iter().map(|tag| tag_of(tag)).collect();
    let mut front = String::from(MARK);
    add(&mut front, "id", &memory.id);
    add(&mut front, "type", &memory.memory_type);
    add(&mut front, "title", &memory.title);
    add(&mut front, "aliases", &[&memory.title]);
    if !tags.is_empty() {
        add(&mut front, "tags", &tags);
    }
    if tags != memory.tags {
        add(&mut front, "tags_as_written", &memory.tags);
    }
    add_some(&mut front, "summary", memory.summary.as_ref());
    add_some(&mut front, "project", memory.project_path());
    add(&mut front, "importance", &memory.importance);
    add(&mut front, "confidence", &memory.confidence);
    add_some(&mut front, "effectiveness", memory.effectiveness);
    add(&mut front, "usage_count", &memory.usage_count);
    let last_accessed = memory.last_accessed.map(time_text);
    add_some(&mut front, "last_accessed", last_accessed);
    add(&mut front, "created", &time_text(memory.created_at));
    add(&mut front, "updated", &time_text(memory.updated_at));
    add_some(&mut front, "updated_by", memory.updated_by.as_ref());
    add(&mut front, "version", &memory.version);
    add(&mut front, "valid_from", &time_text(memory.valid_from));
    let valid_until = memory.valid_until.map(time_text);
    add_some(&mut front, "valid_until", valid_until);
    add_some(&mut front, "superseded_by", memory.superseded_by.as_ref());
    add_some(&mut front, "context", memory.context.as_ref());
    front.push_str("---\n");
    front
}

fn add_some<T: Serialize>(front: &mut String, name: &str, value: Option<T>) {
    if let Some(value) = value {
        add(front, name, &value);
    }
}

fn add(front: &mut String, name: &str, value: &(impl Serialize + ?Sized)) {
    let json = serde_json::to_string(value).expect("a memory is plain data");
    write!(front, "{name}: ").expect("a string takes everything");
    for character in json.chars() {
        // JSON may hold these as they are, inside of strings only, and readers of YAML refuse
        // them or take them for line breaks.
        match character {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                write!(front, "\\u{:04x}", u32::from(character))
                    .expect("a string takes everything");
            }
            _ => front.push(character),
        }
    }
    front.push('\n');
}

/// A tag as Obsidian allows it: letters, digits, `_`, `-` and `/`, and not a number.
fn tag_of(tag: &str) -> String {
    let mut allowed: String = tag
        .chars()
        .map(|character| match character {
            '_' | '-' | '/' => character,
            _ if character.is_alphanumeric() => character,
            _ => '-',
        })
        .collect();
    if allowed.chars().all(char::is_numeric) {
        allowed.insert(0, '_');
    }
    allowed
}

#[cfg(test)]
mod tests {
    use domain::{MemoryContext, MemoryId, MemoryType, Score, Timestamp};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use yaml_rust2::{Yaml, YamlLoader};

    use super::*;

    fn memory(title: &str) -> Memory {
        let id = MemoryId::new("a").unwrap();
        Memory::new(
            id,
            MemoryType::Fix,
            title,
            "Content.",
            Timestamp::UNIX_EPOCH,
        )
    }

    fn read(front: &str) -> Yaml {
        let documents = YamlLoader::load_from_str(front).unwrap();
        documents.into_iter().next().unwrap()
    }

    #[test]
    fn every_field_is_read_back_by_a_reader_of_yaml() {
        let mut metadata = serde_json::Map::new();
        metadata.insert("odd: key".into(), json!(["#", {"x": null}, 1.5]));
        let memory = Memory {
            tags: vec!["c++".into(), "2024".into(), "redis".into()],
            summary: Some("- no: list".into()),
            context: Some(MemoryContext {
                project_path: Some("C:\\work".into()),
                additional_metadata: metadata,
                ..MemoryContext::default()
            }),
            effectiveness: Some(Score::ONE),
            ..memory("yes")
        };
        let front = read(&of(&memory));
        assert_eq!(front["memorygraph"].as_i64(), Some(1));
        assert_eq!(front["title"].as_str(), Some("yes"));
        assert_eq!(front["tags"][0].as_str(), Some("c--"));
        assert_eq!(front["tags"][1].as_str(), Some("_2024"));
        assert_eq!(front["tags_as_written"][1].as_str(), Some("2024"));
        assert_eq!(front["summary"].as_str(), Some("- no: list"));
        assert_eq!(front["project"].as_str(), Some("C:\\work"));
        assert_eq!(front["effectiveness"].as_f64(), Some(1.0));
        let context = &front["context"]["additional_metadata"]["odd: key"];
        assert_eq!(context[0].as_str(), Some("#"));
        assert!(front["valid_until"].is_badvalue());
        let created = front["created"].as_str();
        assert_eq!(created, Some("1970-01-01T00:00:00.000000Z"));
    }

    proptest! {
        #[test]
        fn hostile_titles_stay_what_they_are(title in "\\PC{1,80}|[\\x01-\\u{a0}]{1,80}|\\p{any}{1,80}") {
            let front = of(&memory(&title));
            let end = front.strip_suffix("---\n").unwrap();
            prop_assert!(!end[4..].contains("\n---"));
            let shown = |c: char| c == '\n' || c == '\u{85}' || !c.is_control();
            prop_assert!(front.chars().all(shown));
            let read = read(&front);
            prop_assert_eq!(read["title"].as_str(), Some(title.as_str()));
            prop_assert_eq!(read["aliases"][0].as_str(), Some(title.as_str()));
            // And by a reader of JSON, line by line.
            let line = front.lines().find_map(|line| line.strip_prefix("title: ")).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(line).unwrap(), json!(title));
        }
    }
}
