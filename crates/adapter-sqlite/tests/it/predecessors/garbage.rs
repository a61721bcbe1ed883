//! Rows that no predecessor would write.

use proptest::{collection::vec, option, prelude::*};
use sqlite_engine::rusqlite::types::Value;

use super::bare::Bare;
use ports::Upgrade;

const TABLES: &str = "
    CREATE TABLE nodes (id TEXT PRIMARY KEY, label TEXT, properties, created_at TIMESTAMP,
      updated_at TIMESTAMP);
    CREATE TABLE relationships (id TEXT PRIMARY KEY, from_id TEXT, to_id TEXT, rel_type TEXT,
      properties, created_at TIMESTAMP, valid_from TIMESTAMP, valid_until TIMESTAMP,
      recorded_at TIMESTAMP, invalidated_by TEXT,
      FOREIGN KEY (from_id) REFERENCES nodes(id) ON DELETE CASCADE,
      FOREIGN KEY (to_id) REFERENCES nodes(id) ON DELETE CASCADE,
      FOREIGN KEY (invalidated_by) REFERENCES relationships(id) ON DELETE SET NULL);";

/// A value that a column may hold.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Real),
        "\\PC{0,12}".prop_map(Value::Text),
        vec(any::<u8>(), 0..6).prop_map(Value::Blob),
    ]
}

/// One of a few ids, so that rows meet; at times something else.
fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => "[a-f]".prop_map(Value::Text),
        1 => value(),
        1 => Just(Value::Text("x".repeat(200))),
        1 => "[a-f]".prop_map(|id| Value::Blob(id.into_bytes())),
    ]
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (2000..2030_i32, 1..13_i32).prop_map(|(year, month)| {
            Value::Text(format!("{year}-{month:02}-03T04:05:06.123456+00:00"))
        }),
        1 => Just(Value::Text("2026-11-23 13:56:12".to_owned())),
        1 => value(),
    ]
}

/// What a field of a document may be.
fn field() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2.0..2.0).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        (150..600_usize).prop_map(|length| "word ".repeat(length / 5).into()),
        Just(json!("[]")),
        Just(json!("2026-01-01T00:00:00Z")),
        Just(json!({"a": [1, null], "\0": "\0"})),
        vec(".{0,120}", 0..4).prop_map(Value::from),
        Just(json!(vec!["tag"; 60])),
        Just(json!((0..60).collect::<Vec<u8>>())),
    ]
}

const FIELDS: [&str; 24] = [
    "id",
    "type",
    "title",
    "content",
    "summary",
    "tags",
    "importance",
    "confidence",
    "effectiveness",
    "usage_count",
    "created_at",
    "updated_at",
    "last_accessed",
    "version",
    "valid_until",
    "valid_from",
    "superseded_by",
    "context",
    "context_languages",
    "context_additional_metadata",
    "context_timestamp",
    "strength",
    "evidence_count",
    "unknown",
];

fn document() -> impl Strategy<Value = Value> {
    let fields = vec((proptest::sample::select(&FIELDS), field()), 0..10);
    let title = option::weighted(0.8, "\\PC{0,30}");
    let object = (fields, title).prop_map(|(fields, title)| {
        let mut object: serde_json::Map<_, _> = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if let Some(title) = title {
            object.insert("content".to_owned(), title.into());
        }
        Value::Text(serde_json::Value::from(object).to_string())
    });
    prop_oneof![9 => object, 1 => value()]
}

type Node = [Value; 5];
type Edge = [Value; 10];

fn node() -> impl Strategy<Value = Node> {
    (id(), value(), document(), time(), time()).prop_map(|(a, b, c, d, e)| [a, b, c, d, e])
}

fn edge() -> impl Strategy<Value = Edge> {
    let word = prop_oneof![
        Just("SOLVES"),
        Just("RELATED_TO"),
        Just("FIXES"),
        Just("causes"),
        Just("")
    ];
    let word = prop_oneof![9 => word.prop_map(|it| Value::Text(it.to_owned())), 1 => value()];
    let ends = (id(), id(), id(), word, document());
    let times = (time(), time(), option::of(time()), time(), option::of(id()));
    (ends, times).prop_map(
        |((id, from, to, word, document), (created, since, until, at, by))| {
            let until = until.unwrap_or(Value::Null);
            let by = by.unwrap_or(Value::Null);
            [id, from, to, word, document, created, since, until, at, by]
        },
    )
}

/// Puts the rows into a store of the Python program and upgrades it. Returns how many were taken of
/// each, as two may not have one id.
fn upgraded(nodes: &[Node], edges: &[Edge]) -> (Bare, Upgrade, [u64; 2]) {
    let mut connection = Bare::in_memory();
    connection
        .sqlite
        .execute_batch("PRAGMA foreign_keys = OFF")
        .unwrap();
    connection.sqlite.execute_batch(TABLES).unwrap();
    let put = |table: &str, row: &[Value]| {
        let marks = vec!["?"; row.len()].join(", ");
        let sql = format!("INSERT OR IGNORE INTO {table} VALUES ({marks})");
        let row = sqlite_engine::rusqlite::params_from_iter(row.iter());
        connection.sqlite.execute(&sql, row).unwrap() as u64
    };
    let count = [
        nodes.iter().map(|row| put("nodes", row)).sum(),
        edges.iter().map(|row| put("relationships", row)).sum(),
    ];
    connection
        .sqlite
        .execute_batch("PRAGMA foreign_keys = ON")
        .unwrap();
    let schema = connection.upgrade(|| Ok(None));
    (connection, schema.upgraded.unwrap(), count)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_rows_hold_each_is_accounted_for(
        nodes in vec(node(), 0..12), edges in vec(edge(), 0..16),
    ) {
        let (connection, upgrade, count) = upgraded(&nodes, &edges);
        prop_assert_eq!(upgrade.memories + upgrade.memories_quarantined, count[0]);
        prop_assert_eq!(upgrade.relationships + upgrade.relationships_quarantined, count[1]);
        prop_assert!(upgrade.repaired_count <= count[0] + count[1]);
        crate::graph::check_file(&connection.sqlite);
        let mut connection = connection;
        let page = domain::PageRequest::first(100).unwrap();
        // Everything reads back, and keeps the rules.
        let query = domain::ListQuery {
            filter: domain::MemoryFilter { as_of: domain::AsOf::Ever, ..Default::default() },
            ..Default::default()
        };
        let memories = sql_graph::list(&mut connection, &query, &page).unwrap();
        prop_assert_eq!(memories.items.len() as u64, upgrade.memories);
        for memory in memories.items {
            prop_assert_eq!(memory.check(), Ok(()));
        }
        let query = domain::RelationshipQuery { as_of: domain::AsOf::Ever, ..Default::default() };
        let found = sql_graph::relationships(&mut connection, &query, &page).unwrap();
        let apart = upgrade.relationships - upgrade.relationships_joined;
        prop_assert_eq!(found.items.len() as u64, apart);
        for relationship in found.items {
            prop_assert_eq!(relationship.check(), Ok(()));
        }
        let aside = sql_graph::quarantine(&mut connection, &page).unwrap();
        let kept = upgrade.memories_quarantined + upgrade.relationships_quarantined;
        prop_assert_eq!(aside.items.len() as u64, kept);
        for record in aside.items {
            prop_assert_eq!(record.check(), Ok(()));
        }
    }
}
