//! All that a graph holds, to be compared with another one.

use std::collections::BTreeSet;

use domain::{
    AsOf, ListQuery, Memory, MemoryFilter, PageRequest, Relationship, RelationshipQuery,
    SearchMode, SearchQuery,
};
use engines::Sqld;
use memorygraph_adapter_turso::TursoBackend;
use ports::{GraphBackend, SqlValue};

use crate::graph::{all, ask};

/// All memories and relationships of a graph, those that have ended too, and what some searches
/// find in it.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    pub(crate) memories: Vec<Memory>,
    pub(crate) relationships: Vec<Relationship>,
    found: Vec<Vec<String>>,
}

impl Contents {
    pub(crate) async fn of(backend: &dyn GraphBackend) -> Self {
        let query = ListQuery {
            filter: ever(),
            ..ListQuery::default()
        };
        let mut memories = Vec::new();
        let mut page = Some(all());
        while let Some(request) = page {
            let found = backend.list(&query, &request).await.unwrap();
            memories.extend(found.items);
            page = following(found.next);
        }
        let query = RelationshipQuery {
            as_of: AsOf::Ever,
            ..RelationshipQuery::default()
        };
        let mut relationships = Vec::new();
        let mut page = Some(all());
        while let Some(request) = page {
            let found = backend.relationships(&query, &request).await.unwrap();
            relationships.extend(found.items);
            page = following(found.next);
        }
        let mut found = Vec::new();
        for text in ["title", "lorem ipsum", "changed", "m3"] {
            found.push(ranked(backend, text).await);
        }
        Self {
            memories,
            relationships,
            found,
        }
    }

    /// The ids of the memories.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        let ids = self.memories.iter().map(|memory| memory.id.to_string());
        ids.collect()
    }
}

fn following(next: Option<domain::Cursor>) -> Option<PageRequest> {
    next.map(|cursor| all().after(cursor))
}

fn ever() -> MemoryFilter {
    MemoryFilter {
        as_of: AsOf::Ever,
        ..MemoryFilter::default()
    }
}

/// Returns the ids of the memories that a search finds, best first.
async fn ranked(backend: &dyn GraphBackend, text: &str) -> Vec<String> {
    let query = SearchQuery {
        text: text.to_owned(),
        mode: SearchMode::Normal,
        filter: ever(),
    };
    let hits = backend.search(&query, &all()).await.unwrap().items;
    hits.into_iter()
        .map(|hit| hit.memory.id.to_string())
        .collect()
}

/// Each row of each table as a text, the pages of the full-text index too.
const TABLES: [&str; 8] = [
    "SELECT concat_ws('|', type, name, quote(sql)) FROM sqlite_schema ORDER BY type, name",
    "SELECT concat_ws('|', key, id, label, properties, created_at, updated_at, quote(expansion),
       type, importance, confidence, quote(valid_until)) FROM nodes ORDER BY key",
    "SELECT concat_ws('|', key, id, from_id, to_id, rel_type, properties, created_at, recorded_at,
       valid_from, quote(valid_until), quote(invalidated_by)) FROM relationships ORDER BY key",
    "SELECT concat_ws('|', tag, key) FROM node_tags ORDER BY tag, key",
    "SELECT concat_ws('|', key) FROM nodes_unread ORDER BY key",
    "SELECT concat_ws('|', id, hex(block)) FROM nodes_fts_data ORDER BY id",
    "SELECT concat_ws('|', number, id, applied, holds, at) FROM batches ORDER BY number",
    "SELECT id FROM graph",
];

/// Fails unless the replica's file is sound, and has every row that the primary has and no other.
pub(crate) async fn assert_equals_primary(replica: &TursoBackend, primary: &Sqld) {
    let checked = primary.rows("PRAGMA integrity_check");
    assert_eq!(checked, [[Some("ok".to_owned())]], "the primary itself");
    for sql in TABLES {
        let there = primary.rows(sql);
        let there: Vec<String> = there.into_iter().flatten().flatten().collect();
        let here = texts(replica, sql).await;
        let odd = here.iter().zip(&there).find(|(here, there)| here != there);
        assert_eq!(odd, None, "the replica has, and the primary: {sql}");
        assert_eq!(here.len(), there.len(), "rows of {sql}");
    }
    assert_sound(replica).await;
}

/// Checks the file. The full-text index is checked by what the connection knows of it, which a
/// search brings up to date.
const CHECK: &str = "
    SELECT c.integrity_check
    FROM (SELECT count(*) AS n FROM nodes_fts WHERE nodes_fts MATCH 'title') AS found,
      pragma_integrity_check AS c
    WHERE found.n >= 0";

/// Fails unless the file is sound, and no relationship leads nowhere.
pub(crate) async fn assert_sound(backend: &TursoBackend) {
    assert_eq!(texts(backend, CHECK).await, ["ok"]);
    let dangling = ask(backend, "PRAGMA foreign_key_check").await;
    assert!(dangling.is_empty(), "leads nowhere: {dangling:?}");
}

async fn texts(backend: &TursoBackend, sql: &str) -> Vec<String> {
    let rows = ask(backend, sql).await;
    let text = |value: &SqlValue| match value {
        SqlValue::Text(text) => text.clone(),
        other => panic!("{other:?} is no text: {sql}"),
    };
    rows.iter().map(|row| text(&row.0[0].1)).collect()
}

/// How many memories and relationships a [`chain`](crate::graph::chain) of five has: five, and four
/// between them.
const PARTS: i64 = 9;

/// Says how many memories and relationships of each chain there are.
const COUNT_CHAINS: &str = "
    SELECT substr(id, 1, instr(id, '/') - 1) AS name, count(*) AS parts
    FROM (SELECT id FROM nodes UNION ALL SELECT id FROM relationships)
    WHERE id LIKE '%/%' GROUP BY name ORDER BY name";

/// Returns the names of the chains of five that the graph has; fails unless each is there whole.
pub(crate) async fn whole_chains(backend: &TursoBackend) -> BTreeSet<String> {
    let rows = ask(backend, COUNT_CHAINS).await;
    let names = rows.into_iter().map(|row| {
        let parts = row.get("parts");
        assert_eq!(parts, Some(&SqlValue::Integer(PARTS)), "here: {row:?}");
        match row.get("name") {
            Some(SqlValue::Text(name)) => name.clone(),
            other => panic!("{other:?} is no name"),
        }
    });
    names.collect()
}

/// As [`whole_chains`], of what the primary has.
pub(crate) fn whole_chains_at(primary: &Sqld) -> BTreeSet<String> {
    let names = primary.rows(COUNT_CHAINS).into_iter().map(|row| {
        let parts = PARTS.to_string();
        assert_eq!(row[1], Some(parts), "at the primary: {row:?}");
        row[0].clone().unwrap()
    });
    names.collect()
}
