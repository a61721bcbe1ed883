//! Rows by hand: one prepared INSERT, run for each row.

use domain::{Memory, Relationship, RelationshipType, Score, parse_time, text, time_text};
use serde::{Deserialize, Serialize};
use sqlite_engine::rusqlite::{Row, Statement, params};

use super::Limit;
use crate::Result;

/// What of a relationship has no column of its own.
#[derive(Serialize, Deserialize)]
struct Properties {
    strength: Score,
    confidence: Score,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    evidence_count: u32,
    validation_count: u32,
    counter_evidence_count: u32,
}

/// Decodes a relationship that begins at `first`, as every caller needs it.
pub(super) fn relationship(row: &Row<'_>, first: usize) -> Result<Relationship> {
    let text = |at: usize| -> Result<&str> { Ok(row.get_ref(first + at)?.as_str()?) };
    let kind: RelationshipType = text(3)?.parse()?;
    let properties: Properties = serde_json::from_str(text(4)?)?;
    let mut relationship = Relationship::new(
        text(0)?.parse()?,
        text(1)?.parse()?,
        kind,
        text(2)?.parse()?,
        parse_time("created_at", text(5)?)?,
    );
    relationship.strength = properties.strength;
    relationship.confidence = properties.confidence;
    relationship.context = properties.context;
    relationship.recorded_at = parse_time("recorded_at", text(6)?)?;
    relationship.valid_from = parse_time("valid_from", text(7)?)?;
    Ok(relationship)
}

const INSERT_MEMORY: &str = "INSERT INTO nodes (id, properties, created_at, updated_at, expansion)
     VALUES (?1, ?2, ?3, ?4, ?5)";

const INSERT_RELATIONSHIP: &str =
    "INSERT INTO relationships (id, from_id, to_id, rel_type, properties,
     created_at, recorded_at, valid_from, valid_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

impl Limit {
    /// Stores each memory in a transaction of its own.
    pub fn store_each(&self, memories: &[Memory]) -> Result<()> {
        let mut statement = self.connection.prepare_cached(INSERT_MEMORY)?;
        memories
            .iter()
            .try_for_each(|memory| insert(&mut statement, memory))
    }

    /// Stores memories, then relationships, in one transaction for each `chunk` of them.
    pub fn store(
        &mut self,
        memories: &[Memory],
        relationships: &[Relationship],
        chunk: usize,
    ) -> Result<()> {
        for memories in memories.chunks(chunk) {
            let transaction = self.connection.transaction()?;
            let mut statement = transaction.prepare_cached(INSERT_MEMORY)?;
            for memory in memories {
                insert(&mut statement, memory)?;
            }
            drop(statement);
            transaction.commit()?;
        }
        for relationships in relationships.chunks(chunk) {
            let transaction = self.connection.transaction()?;
            let mut statement = transaction.prepare_cached(INSERT_RELATIONSHIP)?;
            for relationship in relationships {
                insert_relationship(&mut statement, relationship)?;
            }
            drop(statement);
            transaction.commit()?;
        }
        Ok(())
    }

    /// Returns the statements that made the tables.
    pub fn schema(&self) -> Result<Vec<String>> {
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = self.connection.prepare(sql)?;
        let texts = statement.query_map([], |row| row.get(0))?;
        Ok(texts.collect::<std::result::Result<_, _>>()?)
    }

    /// Returns what the tables hold as text, so that two files can be compared.
    pub fn contents(&self) -> Result<Vec<String>> {
        let mut contents = Vec::new();
        for sql in [
            "SELECT concat_ws('|', id, label, properties, created_at, updated_at, expansion)
             FROM nodes ORDER BY id",
            "SELECT concat_ws('|', tag, id) FROM node_tags JOIN nodes USING (key) ORDER BY tag, id",
            "SELECT concat_ws('|', term, doc, cnt) FROM nodes_words ORDER BY term",
            "SELECT concat_ws('|', id, from_id, to_id, rel_type, properties, created_at, recorded_at,
               valid_from, valid_until) FROM relationships ORDER BY id",
        ] {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                contents.push(row.get(0)?);
            }
        }
        Ok(contents)
    }
}

fn insert(statement: &mut Statement<'_>, memory: &Memory) -> Result<()> {
    let tags = memory.tags.join(" ");
    let texts = [
        memory.title.as_str(),
        tags.as_str(),
        memory.summary.as_deref().unwrap_or_default(),
        &memory.content,
    ];
    let expansions = texts.map(text::expansion);
    let expansion: Vec<&str> = expansions
        .iter()
        .map(String::as_str)
        .filter(|words| !words.is_empty())
        .collect();
    statement.execute(params![
        memory.id.as_str(),
        serde_json::to_string(memory)?,
        time_text(memory.created_at),
        time_text(memory.updated_at),
        expansion.join(" "),
    ])?;
    Ok(())
}

fn insert_relationship(statement: &mut Statement<'_>, it: &Relationship) -> Result<()> {
    let properties = Properties {
        strength: it.strength,
        confidence: it.confidence,
        context: it.context.clone(),
        evidence_count: it.evidence_count,
        validation_count: it.validation_count,
        counter_evidence_count: it.counter_evidence_count,
    };
    statement.execute(params![
        it.id.as_str(),
        it.from.as_str(),
        it.to.as_str(),
        it.relationship_type.as_str(),
        serde_json::to_string(&properties)?,
        time_text(it.created_at),
        time_text(it.recorded_at),
        time_text(it.valid_from),
        it.valid_until.map(time_text),
    ])?;
    Ok(())
}
