//! How the entities and relations of the official MCP memory server are memories and relationships
//! here, so that they can be given back as they were.
//!
//! An entity is a memory whose id is its name. What the memory has no field for stands in the
//! additional metadata of its context, under [`KEY`]. The observations are the content, one after
//! the other; where one has more than one line, the metadata has how many lines each has.
//!
//! Relations between the same two entities of the same type here are one relationship, whose
//! context has their words, one on each line: as they are, or as JSON where the word would not be
//! a line of its own, and behind an arrow where it leads the other way.

use domain::{
    Invalid, Memory, MemoryContext, MemoryId, MemoryType, Relationship, RelationshipId,
    RelationshipType, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The namespace of the ids that follow from names, and from what relations state.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d65_6d6f_7279_5067_8261_7068_6d63_7001);
/// Where the additional metadata of a memory says what the entity was.
pub(crate) const KEY: &str = "mcp_memory";
/// What stands in front of a word that leads the other way.
const BACKWARDS: &str = "← ";
/// What names an entity whose name says nothing.
const UNNAMED: &str = "(unnamed)";

/// An entity as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entity {
    /// Its name, which is its identity.
    pub(crate) name: String,
    /// What kind of thing it is, in any word.
    #[serde(rename = "entityType")]
    pub(crate) kind: String,
    /// What is known of it.
    #[serde(default)]
    pub(crate) observations: Vec<String>,
    /// What other servers write beside these.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// A relation as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Relation {
    /// The name of the entity where it begins.
    pub(crate) from: String,
    /// The name of the entity where it ends.
    pub(crate) to: String,
    /// What it says, in any word.
    #[serde(rename = "relationType")]
    pub(crate) word: String,
}

/// What the metadata of a memory says of its entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(rename = "entityType", default)]
    pub(crate) kind: String,
    /// The name, where it is not the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The observations, where the content does not have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) observations: Option<Vec<String>>,
    /// How many lines each observation has, where one has more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lines: Vec<usize>,
    /// The memories that have the rest of the observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Part>,
    /// The memory that has the beginning of these observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_of: Option<MemoryId>,
    /// What other servers write beside these.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) more: Map<String, Value>,
}

/// A memory that goes on with the observations of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) id: MemoryId,
    /// What stood between the part before and this one.
    pub(crate) after: String,
}

/// The id of the memory that is the entity of this name: the name, where it is an id.
pub(crate) fn entity_id(name: &str) -> MemoryId {
    MemoryId::new(name).unwrap_or_else(|_| named("entity", name))
}

fn named(what: &str, name: &str) -> MemoryId {
    MemoryId::new(uuid_of(what, name)).expect("a UUID is an id")
}

fn uuid_of(what: &str, name: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{what}\0{name}").as_bytes()).to_string()
}

/// Reads what the metadata of a memory says of its entity; none when it never was one.
pub(crate) fn kept(memory: &Memory) -> Option<Kept> {
    let value = memory.context.as_ref()?.additional_metadata.get(KEY)?;
    serde_json::from_value(value.clone()).ok()
}

/// The memories that an entity becomes, the first of them under its id, and what joins them: more
/// than one only where the observations are longer than a content may be.
pub(crate) fn memories(
    entity: Entity,
    at: Timestamp,
) -> Result<(Vec<Memory>, Vec<Relationship>), Invalid> {
    let id = entity_id(&entity.name);
    let mut kept = Kept {
        name: (id.as_str() != entity.name).then(|| entity.name.clone()),
        more: entity.more,
        ..Kept::default()
    };
    let spoken = match entity.name.trim() {
        "" => UNNAMED,
        name => name,
    };
    let text = entity.observations.join("\n");
    let contents = if text.trim().is_empty() {
        kept.observations = Some(entity.observations);
        let filler = spoken.chars().take(Memory::LONGEST_CONTENT).collect();
        vec![(String::new(), filler)]
    } else {
        let lines: Vec<_> = entity.observations.iter().map(|it| lines_of(it)).collect();
        if lines.iter().any(|lines| *lines != 1) {
            kept.lines = lines;
        }
        pieces(&text)
    };
    let count = contents.len();
    let tag = entity.kind.trim().to_lowercase();
    let is_tag = !tag.is_empty() && tag.chars().count() <= Memory::LONGEST_TAG;
    let memory_type = type_of(&entity.kind);
    kept.kind = entity.kind;
    let part_id = |number: usize| named("part", &format!("{number}\0{}", entity.name));
    let parts = contents.iter().enumerate().skip(1);
    kept.parts = parts
        .map(|(number, (after, _))| Part {
            id: part_id(number),
            after: after.clone(),
        })
        .collect();
    let mut kept = Some(kept);
    let mut memories = Vec::with_capacity(count);
    let mut joints = Vec::new();
    for (number, (_, content)) in contents.into_iter().enumerate() {
        let (own_id, suffix, says) = if let Some(kept) = kept.take() {
            (id.clone(), String::new(), kept)
        } else {
            let suffix = format!(" (part {} of {count})", number + 1);
            let says = Kept {
                part_of: Some(id.clone()),
                ..Kept::default()
            };
            (part_id(number), suffix, says)
        };
        let most = Memory::LONGEST_TITLE - suffix.chars().count();
        let title: String = spoken.chars().take(most).chain(suffix.chars()).collect();
        let mut memory = Memory::new(own_id, memory_type, title, content, at);
        if is_tag {
            memory.tags = vec![tag.clone()];
        }
        let says = serde_json::to_value(says).expect("texts and numbers are plain data");
        memory.context = Some(MemoryContext {
            additional_metadata: Map::from_iter([(KEY.to_owned(), says)]),
            ..MemoryContext::default()
        });
        memory.check()?;
        check_no_nul(&memory)?;
        if let Some(before) = memories.last() {
            joints.push(joint(&memory, before, at));
        }
        memories.push(memory);
    }
    Ok((memories, joints))
}

/// Says that a part goes on where the one before ends.
fn joint(part: &Memory, before: &Memory, at: Timestamp) -> Relationship {
    let id = RelationshipId::new(uuid_of("joint", part.id.as_str())).expect("a UUID is an id");
    let (from, to) = (part.id.clone(), before.id.clone());
    Relationship {
        context: Some("goes on with the observations of one entity".to_owned()),
        ..Relationship::new(id, from, RelationshipType::Follows, to, at)
    }
}

/// No engine's JSON functions carry the NUL character through, also not in the metadata.
fn check_no_nul(memory: &Memory) -> Result<(), Invalid> {
    let context = serde_json::to_string(&memory.context).expect("a context is plain data");
    // Only an escape of NUL itself: in JSON a backslash is escaped too.
    let mut rest = context.as_str();
    while let Some(place) = rest.find("\\u0000") {
        let before = rest[..place].bytes().rev();
        if before.take_while(|byte| *byte == b'\\').count() % 2 == 0 {
            let rule = "must not hold the NUL character";
            return Err(Invalid::new("entity", rule, &memory.title));
        }
        rest = &rest[place + 1..];
    }
    Ok(())
}

fn lines_of(text: &str) -> usize {
    text.split('\n').count()
}

/// Cuts a text into contents, behind a line where there is one; each with what stood before it.
fn pieces(text: &str) -> Vec<(String, String)> {
    let mut pieces = Vec::new();
    let (mut after, mut rest) = ("", text);
    while let Some((end, _)) = rest.char_indices().nth(Memory::LONGEST_CONTENT) {
        let (piece, next, joined_by) = match rest[..end].rfind('\n') {
            Some(line) if !rest[..line].trim().is_empty() => {
                (&rest[..line], &rest[line + 1..], "\n")
            }
            _ => (&rest[..end], &rest[end..], ""),
        };
        pieces.push((after.to_owned(), piece.to_owned()));
        (after, rest) = (joined_by, next);
    }
    pieces.push((after.to_owned(), rest.to_owned()));
    pieces
}

/// The observations of a memory that was an entity, whose whole content is `text`. One that was
/// changed since has one for each line.
pub(crate) fn observations(kept: &Kept, memory: &Memory, text: &str) -> Vec<String> {
    if let Some(observations) = &kept.observations {
        let name = kept.name.as_deref().unwrap_or(memory.id.as_str()).trim();
        let filler = if name.is_empty() { UNNAMED } else { name };
        if filler
            .chars()
            .take(Memory::LONGEST_CONTENT)
            .eq(text.chars())
        {
            return observations.clone();
        }
    }
    let lines: Vec<&str> = text.split('\n').collect();
    if kept.lines.iter().sum::<usize>() != lines.len() {
        return lines.into_iter().map(str::to_owned).collect();
    }
    let mut lines = lines.as_slice();
    let each = kept.lines.iter().map(|count| {
        let (these, rest) = lines.split_at(*count);
        lines = rest;
        these.join("\n")
    });
    each.collect()
}

/// The type of a memory whose entity is of this type.
fn type_of(entity_type: &str) -> MemoryType {
    let word = entity_type.trim().to_lowercase().replace([' ', '-'], "_");
    if let Ok(known) = word.parse() {
        return known;
    }
    match word.as_str() {
        "bug" | "issue" | "incident" => MemoryType::Problem,
        "exception" | "failure" => MemoryType::Error,
        "bugfix" | "patch" | "workaround" => MemoryType::Fix,
        "answer" | "decision" => MemoryType::Solution,
        "action_item" | "goal" | "ticket" => MemoryType::Task,
        "product" | "repository" | "repo" | "codebase" => MemoryType::Project,
        "tool"
        | "library"
        | "framework"
        | "language"
        | "programming_language"
        | "database"
        | "service"
        | "software" => MemoryType::Technology,
        "pattern" | "design_pattern" | "snippet" => MemoryType::CodePattern,
        "script" => MemoryType::Command,
        "file" | "module" | "source_file" => MemoryType::FileContext,
        "process" | "procedure" => MemoryType::Workflow,
        "chat" | "meeting" | "discussion" => MemoryType::Conversation,
        _ => MemoryType::General,
    }
}

/// The type of a relationship for the word of a relation: its own where it has one.
pub(crate) fn relationship_type(word: &str) -> RelationshipType {
    let name = word.trim().replace([' ', '-'], "_");
    name.parse().unwrap_or(RelationshipType::RelatedTo)
}

/// A relationship without words yet, under the id that follows from what it states.
pub(crate) fn relationship(
    from: &MemoryId,
    kind: RelationshipType,
    to: &MemoryId,
    at: Timestamp,
) -> Result<Relationship, Invalid> {
    let placeholder = RelationshipId::new("unnamed")?;
    let plain = Relationship::new(placeholder, from.clone(), kind, to.clone(), at);
    plain.check()?;
    let id = relation_id(&plain);
    Ok(Relationship { id, ..plain })
}

fn relation_id(relationship: &Relationship) -> RelationshipId {
    let (kind, from, to) = relationship.statement();
    let name = format!("{from}\0{kind}\0{to}");
    RelationshipId::new(uuid_of("relation", &name)).expect("a UUID is an id")
}

/// Says whether a relationship was made of relations, so that its context has their words.
pub(crate) fn was_relations(relationship: &Relationship) -> bool {
    relationship.id == relation_id(relationship)
}

/// A word of a relation, and whether it leads against the relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) backwards: bool,
}

/// The context that has these words; none where there is one word, which is the type.
pub(crate) fn context_of(words: &[Word], kind: RelationshipType) -> Option<String> {
    match words {
        [word] if !word.backwards && word.text == kind.as_str() => None,
        _ => Some(words.iter().map(line_of).collect::<Vec<_>>().join("\n")),
    }
}

fn line_of(word: &Word) -> String {
    let text = &word.text;
    let is_plain = !text.is_empty()
        && text.trim() == text
        && !text.starts_with('"')
        && !text.starts_with(BACKWARDS.trim())
        && !text.chars().any(char::is_control);
    let text = if is_plain {
        text.clone()
    } else {
        Value::from(text.as_str()).to_string()
    };
    if word.backwards {
        format!("{BACKWARDS}{text}")
    } else {
        text
    }
}

/// The words of a relationship that was made of relations.
pub(crate) fn words_of(relationship: &Relationship) -> Vec<Word> {
    let Some(context) = &relationship.context else {
        let text = relationship.relationship_type.as_str().to_owned();
        let backwards = false;
        return vec![Word { text, backwards }];
    };
    let word = |line: &str| {
        let (line, backwards) = match line.strip_prefix(BACKWARDS) {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let text = serde_json::from_str(line).unwrap_or_else(|_| line.to_owned());
        Word { text, backwards }
    };
    context.split('\n').map(word).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = Word> {
        let text = prop_oneof![
            "\\PC{0,12}",
            Just("← knows".to_owned()),
            Just("\"quoted\"".to_owned()),
            Just("123".to_owned()),
            Just("true".to_owned()),
            Just("two\nlines".to_owned()),
            any::<String>(),
        ];
        (text, any::<bool>()).prop_map(|(text, backwards)| Word { text, backwards })
    }

    proptest! {
        #[test]
        fn words_are_read_back_from_a_context(words in prop::collection::vec(word(), 1..5)) {
            let [from, to] = ["a", "b"].map(entity_id);
            let plain = relationship(&from, RelationshipType::RelatedTo, &to, Timestamp::UNIX_EPOCH);
            let plain = plain.unwrap();
            prop_assert!(was_relations(&plain));
            let context = context_of(&words, plain.relationship_type);
            prop_assert_eq!(words_of(&Relationship { context, ..plain }), words);
        }

        #[test]
        fn observations_are_read_back_from_memories(
            name in any::<String>(),
            observations in prop::collection::vec(any::<String>(), 0..5),
            long in 0..120_000_usize,
        ) {
            let mut observations = observations;
            if long > 60_000 {
                observations.push("word and line\n".repeat(long / 14));
            } else if long > 50_000 {
                observations.push("x".repeat(long));
            }
            let entity = Entity {
                name,
                kind: "Some Type".to_owned(),
                observations: observations.clone(),
                more: Map::new(),
            };
            let Ok((memories, joints)) = memories(entity.clone(), Timestamp::UNIX_EPOCH) else {
                let texts = observations.iter().chain([&entity.name]);
                prop_assert!(texts.into_iter().any(|text| text.contains('\0')));
                return Ok(());
            };
            prop_assert_eq!(joints.len() + 1, memories.len());
            let kept = kept(&memories[0]).unwrap();
            let mut text = memories[0].content.clone();
            for (part, memory) in kept.parts.iter().zip(&memories[1..]) {
                prop_assert_eq!(&part.id, &memory.id);
                text.push_str(&part.after);
                text.push_str(&memory.content);
            }
            prop_assert_eq!(super::observations(&kept, &memories[0], &text), observations);
            let name = kept.name.as_deref().unwrap_or(memories[0].id.as_str());
            prop_assert_eq!(name, &entity.name);
        }
    }

    #[test]
    fn types_are_known_by_their_words() {
        for (word, expected) in [
            ("Person", MemoryType::General),
            ("Code Pattern", MemoryType::CodePattern),
            ("programming-language", MemoryType::Technology),
            ("Bug", MemoryType::Problem),
            ("", MemoryType::General),
        ] {
            assert_eq!(type_of(word), expected, "{word}");
        }
        for (word, expected) in [
            ("depends on", RelationshipType::DependsOn),
            ("Used-In", RelationshipType::UsedIn),
            ("knows", RelationshipType::RelatedTo),
        ] {
            assert_eq!(relationship_type(word), expected, "{word}");
        }
    }
}
