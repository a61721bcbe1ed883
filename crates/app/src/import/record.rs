use domain::{
    Invalid, Memory, MemoryContext, MemoryId, MemoryType, Relationship, RelationshipId, Score,
    Timestamp, parse_time,
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The namespace of the ids that relationships without one get.
const RELATIONSHIPS: Uuid = Uuid::from_u128(0x6d65_6d6f_7279_5067_8261_7068_5f69_6d70);

/// What search results of the Python MemoryGraph carry beside the memory: other records say it.
const DERIVED: [&str; 3] = ["relationships", "match_info", "context_summary"];

/// Reads a memory; one that does not say when it was first kept was so at `now`. What has no place
/// in a [`Memory`] goes into the additional metadata of its context, under its own name.
pub(super) fn memory(record: &Value, now: Timestamp) -> Result<Memory, Invalid> {
    let mut fields = Fields::new("memory", record.clone())?;
    let id = MemoryId::new(fields.required("id")?)?;
    let memory_type: MemoryType = fields.required("type")?.parse()?;
    let title = fields.required("title")?;
    let content = fields.required("content")?;
    let created_at = fields.time("created_at")?.unwrap_or(now);
    let plain = Memory::new(id, memory_type, title, content, created_at);
    let mut memory = Memory {
        summary: fields.text("summary")?,
        tags: fields.texts("tags")?,
        importance: fields.score("importance")?.unwrap_or(plain.importance),
        confidence: fields.score("confidence")?.unwrap_or(plain.confidence),
        effectiveness: fields.score("effectiveness")?,
        usage_count: fields.count("usage_count")?.unwrap_or(plain.usage_count),
        updated_at: fields.time("updated_at")?.unwrap_or(created_at),
        last_accessed: fields.time("last_accessed")?,
        version: fields.count("version")?.unwrap_or(plain.version),
        updated_by: fields.text("updated_by")?,
        valid_from: fields.time("valid_from")?.unwrap_or(created_at),
        valid_until: fields.time("valid_until")?,
        superseded_by: fields
            .text("superseded_by")?
            .map(MemoryId::new)
            .transpose()?,
        context: context(fields.take("context"))?,
        ..plain
    };
    let rest = fields.rest(&DERIVED);
    if !rest.is_empty() {
        let context = memory.context.get_or_insert_default();
        add_missing(&mut context.additional_metadata, rest);
    }
    let memory = memory.normalised();
    memory.check()?;
    Ok(memory)
}

fn context(record: Option<Value>) -> Result<Option<MemoryContext>, Invalid> {
    let Some(record) = record else {
        return Ok(None);
    };
    let mut fields = Fields::new("context", record)?;
    let mut context = MemoryContext {
        project_path: fields.text("project_path")?,
        files_involved: fields.texts("files_involved")?,
        languages: fields.texts("languages")?,
        frameworks: fields.texts("frameworks")?,
        technologies: fields.texts("technologies")?,
        git_commit: fields.text("git_commit")?,
        git_branch: fields.text("git_branch")?,
        working_directory: fields.text("working_directory")?,
        timestamp: fields.time("timestamp")?,
        session_id: fields.text("session_id")?,
        user_id: fields.text("user_id")?,
        additional_metadata: fields.object("additional_metadata")?,
        tenant_id: fields.text("tenant_id")?,
        team_id: fields.text("team_id")?,
        visibility: fields.text("visibility")?.map(|v| v.parse()).transpose()?,
        created_by: fields.text("created_by")?,
    };
    add_missing(&mut context.additional_metadata, fields.rest(&[]));
    Ok(Some(context))
}

fn add_missing(metadata: &mut Map<String, Value>, rest: Map<String, Value>) {
    for (name, value) in rest {
        metadata.entry(name).or_insert(value);
    }
}

/// A relationship as a file has it.
#[derive(Debug)]
pub(super) struct Stated {
    /// The relationship. Where the file does not say when it began, it begins with the later of
    /// the memories that it joins; where that is not known, with the import.
    pub(super) relationship: Relationship,
    /// Whether the file gave it its id; else [`stated_id`] did.
    pub(super) has_own_id: bool,
    /// How many relations of the file it is.
    pub(super) statements: u32,
    /// The names of fields that a relationship has no place for.
    pub(super) ignored: Vec<String>,
}

impl Stated {
    /// Takes a relationship that the file has once, under its id.
    pub(super) fn once(relationship: Relationship) -> Self {
        Self {
            relationship,
            has_own_id: true,
            statements: 1,
            ignored: Vec::new(),
        }
    }
}

/// Reads a relationship. `began` tells when a memory was first kept, `now` when the import is.
pub(super) fn relationship(
    record: &Value,
    began: impl Fn(&MemoryId) -> Option<Timestamp>,
    now: Timestamp,
) -> Result<Stated, Invalid> {
    let mut fields = Fields::new("relationship", record.clone())?;
    // What is stated twice counts as it is stated outside.
    if let Some(inner) = fields.take("properties") {
        let inner = Fields::new("properties", inner)?.0;
        add_missing(&mut fields.0, inner);
    }
    let from = MemoryId::new(fields.required("from_memory_id")?)?;
    let to = MemoryId::new(fields.required("to_memory_id")?)?;
    let relationship_type = fields.required("type")?.parse()?;
    let own_id = fields.text("id")?.map(RelationshipId::new).transpose()?;
    let created_at = fields.time("created_at")?;
    let valid_until = fields.time("valid_until")?;
    let valid_from = fields.time("valid_from")?.or(created_at);
    let valid_from = valid_from.unwrap_or_else(|| {
        let ends = began(&from).zip(began(&to));
        let begin = ends.map_or(now, |(from, to)| from.max(to));
        valid_until.map_or(begin, |until| begin.min(until))
    });
    let placeholder = RelationshipId::new("unnamed")?;
    let plain = Relationship::new(placeholder, from, relationship_type, to, now);
    let mut relationship = Relationship {
        strength: fields.score("strength")?.unwrap_or(plain.strength),
        confidence: fields.score("confidence")?.unwrap_or(plain.confidence),
        context: fields.take("context").and_then(context_text),
        evidence_count: fields
            .count("evidence_count")?
            .unwrap_or(plain.evidence_count)
            .max(1),
        validation_count: fields.count("validation_count")?.unwrap_or_default(),
        counter_evidence_count: fields.count("counter_evidence_count")?.unwrap_or_default(),
        success_rate: fields.score("success_rate")?,
        last_validated: fields.time("last_validated")?,
        created_at: created_at.unwrap_or(now),
        recorded_at: fields.time("recorded_at")?.unwrap_or(now),
        valid_from,
        valid_until,
        invalidated_by: fields
            .text("invalidated_by")?
            .map(RelationshipId::new)
            .transpose()?,
        ..plain
    };
    let has_own_id = own_id.is_some();
    relationship.id = own_id.unwrap_or_else(|| stated_id(statement(&relationship), 0));
    relationship.check()?;
    Ok(Stated {
        relationship,
        has_own_id,
        statements: 1,
        ignored: fields.rest(&[]).into_iter().map(|(name, _)| name).collect(),
    })
}

/// What a relationship states, as a number: two of them that state the same have the same.
///
/// One that has ended states when it held, too: it does not speak for another time.
pub(super) fn statement(relationship: &Relationship) -> Uuid {
    let (kind, from, to) = relationship.statement();
    let name = match relationship.valid_until {
        None => format!("{from}\0{kind}\0{to}"),
        Some(until) => format!("{from}\0{kind}\0{to}\0{}\0{until}", relationship.valid_from),
    };
    Uuid::new_v5(&RELATIONSHIPS, name.as_bytes())
}

/// The id of a relationship that has none: its statement decides it, so that the same file gives
/// the same ids. `occurrence` counts from 0 how often the file states the same.
pub(super) fn stated_id(statement: Uuid, occurrence: u32) -> RelationshipId {
    let id = match occurrence {
        0 => statement,
        n => Uuid::new_v5(&statement, &n.to_be_bytes()),
    };
    RelationshipId::new(id.to_string()).expect("a UUID is an id")
}

/// The free text of a context: the Python MemoryGraph writes its reading of the text around it, as
/// JSON in a text. Other text is what it is.
fn context_text(context: Value) -> Option<String> {
    let text_of = |object: &Map<String, Value>| match object.get("text") {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let text = match context {
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => text_of(&object).unwrap_or(text),
            _ => text,
        },
        Value::Object(object) => {
            text_of(&object).unwrap_or_else(|| Value::from(object).to_string())
        }
        other => other.to_string(),
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The fields of a JSON object that were not read yet; null is as good as absent.
struct Fields(Map<String, Value>);

impl Fields {
    fn new(what: &'static str, record: Value) -> Result<Self, Invalid> {
        match record {
            Value::Object(mut fields) => {
                fields.retain(|_, value| !value.is_null());
                Ok(Self(fields))
            }
            other => Err(wrong(what, "is a JSON object", &other)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, Invalid> {
        self.take(name)
            .map(|value| match value {
                Value::String(text) => Ok(text),
                other => Err(wrong(name, "is a text", &other)),
            })
            .transpose()
    }

    fn required(&mut self, name: &'static str) -> Result<String, Invalid> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, Invalid> {
        self.text(name)?
            .map(|text| parse_time(name, &text))
            .transpose()
    }

    fn score(&mut self, name: &'static str) -> Result<Option<Score>, Invalid> {
        self.take(name)
            .map(|value| match value.as_f64() {
                Some(number) => Score::new(name, number),
                None => Err(wrong(name, "is a number from 0 to 1", &value)),
            })
            .transpose()
    }

    fn count(&mut self, name: &'static str) -> Result<Option<u32>, Invalid> {
        self.take(name)
            .map(|value| {
                let count = value.as_u64().and_then(|count| count.try_into().ok());
                let rule = "is a whole number from 0 to 4294967295";
                count.ok_or_else(|| wrong(name, rule, &value))
            })
            .transpose()
    }

    /// A list of texts; also one that is written as JSON in a text.
    fn texts(&mut self, name: &'static str) -> Result<Vec<String>, Invalid> {
        let list = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Array(list)) => list,
                _ => return Err(wrong(name, "is a list of texts", &text.into())),
            },
            Some(other) => return Err(wrong(name, "is a list of texts", &other)),
        };
        list.into_iter()
            .map(|entry| match entry {
                Value::String(text) => Ok(text),
                other => Err(wrong(name, "is a list of texts", &other)),
            })
            .collect()
    }

    /// An object; also one that is written as JSON in a text.
    fn object(&mut self, name: &'static str) -> Result<Map<String, Value>, Invalid> {
        match self.take(name) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object),
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Object(object)) => Ok(object),
                _ => Err(wrong(name, "is a JSON object", &text.into())),
            },
            Some(other) => Err(wrong(name, "is a JSON object", &other)),
        }
    }

    /// What was not read, without the fields of these names.
    fn rest(mut self, without: &[&str]) -> Map<String, Value> {
        self.0.retain(|name, _| !without.contains(&name.as_str()));
        self.0
    }
}

fn wrong(field: &'static str, rule: &str, value: &Value) -> Invalid {
    Invalid::new(field, rule, value)
}

fn missing(field: &'static str) -> Invalid {
    Invalid::new(field, "is required", "nothing")
}
