//! Rows that need a rule, one for each.

use std::collections::BTreeMap;

use domain::{
    AsOf, ListQuery, Memory, MemoryFilter, PageRequest, Relationship, RelationshipQuery, Score,
    parse_time,
};
use ports::{Quarantined, Upgrade};
use serde_json::{Value, json};

use super::bare::Bare;

const TABLES: &str = "
    CREATE TABLE nodes (id TEXT PRIMARY KEY, label TEXT NOT NULL, properties TEXT NOT NULL,
      created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
    CREATE TABLE relationships (id TEXT PRIMARY KEY, from_id TEXT NOT NULL, to_id TEXT NOT NULL,
      rel_type TEXT NOT NULL, properties TEXT NOT NULL,
      created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
      valid_from TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, valid_until TIMESTAMP,
      recorded_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, invalidated_by TEXT);";

/// A store of the Python program, and what it is after the upgrade.
struct Old(Bare);

struct New {
    upgrade: Upgrade,
    memories: BTreeMap<String, Memory>,
    relationships: BTreeMap<String, Relationship>,
    aside: Vec<Quarantined>,
}

impl Old {
    fn new() -> Self {
        let connection = Bare::in_memory();
        connection.sqlite.execute_batch(TABLES).unwrap();
        Self(connection)
    }

    /// Puts a memory; `fields` come over the usual ones.
    fn node(&self, id: &str, fields: Value) -> &Self {
        let mut document = json!({
            "id": id, "type": "task", "title": "a title", "content": "some content", "tags": [],
            "importance": 0.5, "confidence": 0.8, "usage_count": 0,
            "created_at": "2026-01-02T03:04:05.123456+00:00",
            "updated_at": "2026-01-02T03:04:06.000001+00:00",
        });
        let Value::Object(fields) = fields else {
            panic!("fields are an object");
        };
        document.as_object_mut().unwrap().extend(fields);
        self.row(id, &document.to_string())
    }

    fn row(&self, id: &str, properties: &str) -> &Self {
        let sql = "INSERT INTO nodes (id, label, properties, created_at, updated_at)
             VALUES (?1, 'Memory', ?2, '2026-01-02 03:04:05', '2026-01-02 03:04:06')";
        self.0.sqlite.execute(sql, [id, properties]).unwrap();
        self
    }

    fn edge(&self, id: &str, ends: [&str; 2], kind: &str, fields: Value) -> &Self {
        let mut document = json!({
            "id": id, "strength": 0.5, "confidence": 0.8, "context": null, "evidence_count": 1,
            "created_at": "2026-01-02T03:04:05.123456+00:00",
        });
        let Value::Object(fields) = fields else {
            panic!("fields are an object");
        };
        document.as_object_mut().unwrap().extend(fields);
        let sql = "INSERT INTO relationships (id, from_id, to_id, rel_type, properties, valid_from, recorded_at)
             VALUES (?1, ?2, ?3, ?4, ?5, '2026-01-02T03:04:05.5+00:00', '2026-01-02 03:04:07')";
        let row = [id, ends[0], ends[1], kind, &document.to_string()];
        self.0.sqlite.execute(sql, row).unwrap();
        self
    }

    fn sql(&self, sql: &str) -> &Self {
        self.0.sqlite.execute_batch(sql).unwrap();
        self
    }

    fn upgraded(mut self) -> New {
        let connection = &mut self.0;
        let upgrade = connection.upgrade(|| Ok(None)).upgraded.unwrap();
        let page = PageRequest::first(1_000).unwrap();
        let filter = MemoryFilter {
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        };
        let query = ListQuery {
            filter,
            ..ListQuery::default()
        };
        let memories = sql_graph::list(connection, &query, &page).unwrap().items;
        let query = RelationshipQuery {
            as_of: AsOf::Ever,
            ..RelationshipQuery::default()
        };
        let edges = sql_graph::relationships(connection, &query, &page).unwrap();
        let aside = sql_graph::quarantine(connection, &page).unwrap().items;
        New {
            upgrade,
            memories: memories
                .into_iter()
                .map(|it| (it.id.to_string(), it))
                .collect(),
            relationships: edges
                .items
                .into_iter()
                .map(|it| (it.id.to_string(), it))
                .collect(),
            aside,
        }
    }
}

impl New {
    /// What the report says about a row.
    fn said_of(&self, id: &str) -> &str {
        let mut repaired = self.upgrade.repaired.iter();
        let found = repaired.find(|it| it.id == id);
        found.map_or("", |it| &it.what)
    }

    /// Why a row was kept aside.
    fn reason(&self, part: &str) -> &str {
        let mut aside = self.aside.iter();
        &aside.find(|it| it.document.contains(part)).unwrap().reason
    }
}

fn metadata(memory: &Memory) -> &serde_json::Map<String, Value> {
    &memory.context.as_ref().unwrap().additional_metadata
}

#[test]
fn what_is_too_long_is_cut_and_kept_whole_beside_it() {
    let title = "word ".repeat(60);
    let summary = "ы".repeat(700);
    let old = Old::new();
    old.node("m", json!({"title": title, "summary": summary}));
    let new = old.upgraded();
    let memory = &new.memories["m"];
    assert_eq!(memory.title, "word ".repeat(40).trim());
    assert_eq!(memory.summary, Some("ы".repeat(500)));
    assert_eq!(metadata(memory)["original_title"], title.trim());
    assert_eq!(metadata(memory)["original_summary"], summary);
    let said = new.said_of("m");
    assert!(
        said.contains("title has 299 characters") && said.contains("summary has 700"),
        "{said}"
    );
    assert_eq!(new.upgrade.repaired_count, 1);
}

#[test]
fn words_that_are_not_known_are_kept() {
    let old = Old::new();
    old.node("a", json!({"type": "pattern"}))
        .node("b", json!({}));
    old.edge("plain", ["a", "b"], "FIXES", json!({}));
    old.edge(
        "spoken",
        ["b", "a"],
        "INSPIRED_BY",
        json!({"context": "{\"text\": \"on Mondays\"}"}),
    );
    let new = old.upgraded();
    let memory = &new.memories["a"];
    assert_eq!(memory.memory_type.as_str(), "general");
    assert_eq!(metadata(memory)["original_type"], "pattern");
    // Both state the same, since RELATED_TO is symmetric: the evidence of the two is one's.
    assert_eq!(new.upgrade.relationships_joined, 1);
    assert_eq!(new.upgrade.relationships, 2);
    let kept = &new.relationships["plain"];
    assert_eq!(kept.relationship_type.as_str(), "RELATED_TO");
    assert_eq!(kept.evidence_count, 2);
    assert_eq!(
        kept.context.as_deref(),
        Some("FIXES\nINSPIRED_BY: on Mondays")
    );
    assert!(new.said_of("spoken").contains("INSPIRED_BY"));
}

#[test]
fn scores_outside_are_clamped_and_told() {
    let old = Old::new();
    old.node(
        "m",
        json!({"importance": 1.5, "confidence": "0.25", "effectiveness": "high"}),
    );
    let new = old.upgraded();
    let memory = &new.memories["m"];
    assert_eq!(memory.importance, Score::clamped(1.5));
    assert_eq!(memory.confidence, Score::clamped(0.25));
    assert_eq!(memory.effectiveness, None);
    assert_eq!(metadata(memory)["original_importance"], 1.5);
    assert_eq!(metadata(memory)["original_effectiveness"], "high");
    assert!(
        new.said_of("m")
            .contains("importance is not from 0 to 1, now 1")
    );
}

#[test]
fn a_flattened_context_is_put_together() {
    let old = Old::new();
    old.node(
        "m",
        json!({
            "context_project_path": "/p", "context_languages": "[]", "context_frameworks": ["axum"],
            "context_technologies": "[\"redis\"]", "context_additional_metadata": "{\"a\": [1]}",
            "context_timestamp": "2026-01-02T03:04:05+00:00", "context_visibility": "team",
            "context_unheard_of": 7, "mood": "sunny",
        }),
    );
    let new = old.upgraded();
    let context = new.memories["m"].context.as_ref().unwrap();
    assert_eq!(context.project_path.as_deref(), Some("/p"));
    assert!(context.languages.is_empty());
    assert_eq!(context.frameworks, ["axum"]);
    assert_eq!(context.technologies, ["redis"]);
    assert!(context.timestamp.is_some() && context.visibility.is_some());
    assert_eq!(
        Value::from(context.additional_metadata.clone()),
        json!({"a": [1], "unheard_of": 7, "mood": "sunny"})
    );
    assert_eq!(new.upgrade.repaired_count, 0);
}

#[test]
fn tags_are_normalised_and_those_without_a_place_are_kept() {
    let many: Vec<String> = (0..55).map(|number| format!("Tag {number}")).collect();
    let long = "x".repeat(101);
    let old = Old::new();
    old.node("few", json!({"tags": [" Ä ", "ä", "", "b"]}));
    old.node("many", json!({"tags": many}));
    old.node("long", json!({"tags": [long, "short", 5, [6]]}));
    let new = old.upgraded();
    assert_eq!(new.memories["few"].tags, ["ä", "b"]);
    assert_eq!(new.said_of("few"), "");
    assert_eq!(new.memories["many"].tags.len(), 50);
    let rest = metadata(&new.memories["many"])["original_tags"]
        .as_array()
        .unwrap();
    assert_eq!((rest.len(), &rest[4]), (5, &json!("tag 54")));
    assert_eq!(new.memories["long"].tags, ["short", "5"]);
    let kept = Value::from(metadata(&new.memories["long"]).clone()).to_string();
    assert!(kept.contains(&long) && kept.contains("[[6]]"), "{kept}");
}

#[test]
fn both_forms_of_times_are_read_and_columns_say_when_something_ended() {
    let old = Old::new();
    old.node("a", json!({}))
        .node("b", json!({"created_at": null, "updated_at": "yesterday"}));
    let stale = json!({"valid_until": null, "valid_from": "2020-01-01T00:00:00+00:00"});
    old.edge("ended", ["a", "b"], "SOLVES", stale);
    old.edge("next", ["a", "b"], "SOLVES", json!({}));
    // The document speaks of an end, and the column says that there is none.
    let ended = json!({"valid_until": "2026-01-05T00:00:00+00:00", "invalidated_by": "next"});
    old.edge("open", ["b", "a"], "SOLVES", ended);
    old.sql(
        "UPDATE relationships SET valid_until = '2026-02-03 04:05:06', invalidated_by = 'next'
         WHERE id = 'ended'",
    );
    let new = old.upgraded();
    let time = |text| parse_time("time", text).unwrap();
    assert_eq!(
        new.memories["a"].created_at,
        time("2026-01-02T03:04:05.123456Z")
    );
    assert_eq!(new.memories["b"].created_at, time("2026-01-02T03:04:05Z"));
    assert_eq!(
        metadata(&new.memories["b"])["original_updated_at"],
        "yesterday"
    );
    let ended = &new.relationships["ended"];
    assert_eq!(ended.valid_from, time("2026-01-02T03:04:05.5Z"));
    assert_eq!(ended.recorded_at, time("2026-01-02T03:04:07Z"));
    assert_eq!(ended.valid_until, Some(time("2026-02-03T04:05:06Z")));
    assert_eq!(
        ended.invalidated_by,
        Some(new.relationships["next"].id.clone())
    );
    let open = &new.relationships["open"];
    assert_eq!((open.valid_until, &open.invalidated_by), (None, &None));
    assert_eq!(new.upgrade.relationships_joined, 0);
    assert_eq!(new.said_of("ended"), "");
}

#[test]
fn what_took_the_place_of_something_and_is_gone_or_joined_is_told_or_followed() {
    let old = Old::new();
    old.node("a", json!({})).node("b", json!({}));
    for id in ["first", "twin", "ended by the twin", "ended by nobody"] {
        old.edge(id, ["a", "b"], "SOLVES", json!({}));
    }
    old.sql(
        "UPDATE relationships SET valid_until = '2026-02-03 04:05:06', invalidated_by = 'twin'
           WHERE id = 'ended by the twin';
         UPDATE relationships SET valid_until = '2026-02-03 04:05:06', invalidated_by = 'gone'
           WHERE id = 'ended by nobody'",
    );
    let new = old.upgraded();
    assert_eq!(new.upgrade.relationships_joined, 1);
    assert_eq!(new.relationships["first"].evidence_count, 2);
    let by = new.relationships["ended by the twin"]
        .invalidated_by
        .clone();
    assert_eq!(by, Some(new.relationships["first"].id.clone()));
    assert_eq!(new.relationships["ended by nobody"].invalidated_by, None);
    let said = new.said_of("ended by nobody");
    assert!(said.contains("\"gone\", which is not there"), "{said}");
}

#[test]
fn cycles_of_the_old_store_are_kept() {
    let old = Old::new();
    old.node("a", json!({})).node("b", json!({}));
    old.edge("there", ["a", "b"], "DEPENDS_ON", json!({}));
    old.edge("back", ["b", "a"], "DEPENDS_ON", json!({}));
    let new = old.upgraded();
    assert_eq!(new.relationships.len(), 2);
}

#[test]
fn what_no_rule_mends_is_kept_aside_with_its_reason() {
    let old = Old::new();
    old.node("a", json!({})).node("b", json!({}));
    old.row("torn", "{\"title\": \"cut o");
    old.row("list", "[1]");
    old.row("", "{\"title\": \"nameless\"}");
    old.row(&"x".repeat(129), "{\"title\": \"long name\"}");
    old.node("empty", json!({"title": " ", "content": ""}));
    old.edge("loop", ["a", "a"], "SOLVES", json!({}));
    old.edge("dangling", ["a", "nowhere"], "SOLVES", json!({}));
    old.edge("to the torn", ["torn", "a"], "SOLVES", json!({}));
    old.sql("INSERT INTO nodes (id, label, properties) VALUES ('bytes', 'Memory', CAST (x'7bff' AS TEXT))");
    let new = old.upgraded();
    assert_eq!(
        (new.upgrade.memories, new.upgrade.memories_quarantined),
        (2, 6)
    );
    assert_eq!(new.upgrade.relationships_quarantined, 3);
    for (part, reason) in [
        ("cut o", "its properties are no JSON"),
        ("[1]", "are no JSON object"),
        ("nameless", "memory id has 1 to 128 characters"),
        ("long name", "memory id has 1 to 128 characters"),
        ("\"empty\"", "it has neither a title nor a content"),
        ("\"loop\"", "is another memory than"),
        (
            "\"dangling\"",
            "the memory \"nowhere\" that it joins is not there",
        ),
        (
            "\"to the torn\"",
            "the memory \"torn\" that it joins is not there",
        ),
        ("7BFF", "a text in it is no UTF-8"),
    ] {
        assert!(
            new.reason(part).contains(reason),
            "{part}: {}",
            new.reason(part)
        );
    }
    let dangling = new
        .aside
        .iter()
        .find(|it| it.document.contains("dangling"))
        .unwrap();
    let named: Vec<&str> = dangling
        .memories
        .iter()
        .map(domain::MemoryId::as_str)
        .collect();
    assert_eq!(named, ["a", "nowhere"]);
}

#[test]
fn nul_characters_are_removed_and_unknown_fields_of_relationships_kept_in_the_context() {
    let old = Old::new();
    old.node("a", json!({"title": "a\0b", "content": "c\0"}))
        .node("b", json!({}));
    let fields = json!({"context": "free text", "description": "why", "weight": 3});
    old.edge("r", ["a", "b"], "SOLVES", fields);
    let new = old.upgraded();
    let memory = &new.memories["a"];
    assert_eq!(
        (memory.title.as_str(), memory.content.as_str()),
        ("ab", "c")
    );
    assert!(new.said_of("a").contains("title held NUL characters"));
    let context = new.relationships["r"].context.as_deref();
    assert_eq!(context, Some("free text\ndescription: why\nweight: 3"));
    assert!(new.said_of("r").contains("weight has no field"));
}

#[test]
fn many_rows_are_read_in_chunks() {
    let old = Old::new();
    old.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
         INSERT INTO nodes (id, label, properties)
         SELECT 'm' || i, 'Memory', json_object('title', 'title ' || i, 'content', 'c') FROM n;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO relationships (id, from_id, to_id, rel_type, properties)
         SELECT 'r' || i, 'm' || i, 'm' || (i + 1), 'FOLLOWS', '{}' FROM n;
         INSERT INTO relationships (id, from_id, to_id, rel_type, properties)
         SELECT 'again ' || id, from_id, to_id, rel_type, properties FROM relationships;",
    );
    let new = old.upgraded();
    assert_eq!(new.upgrade.memories, 1_201);
    assert_eq!(new.upgrade.relationships, 2_400);
    assert_eq!(new.upgrade.relationships_joined, 1_200);
    assert_eq!(new.relationships["r1200"].evidence_count, 2);
}
