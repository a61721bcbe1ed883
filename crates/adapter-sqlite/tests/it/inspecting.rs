//! What an inspection finds in a file that another program has spoilt, and what a repair makes of it.

mod parts;
mod rows;

use std::{fs, path::Path};

use domain::{ListQuery, Memory, RelationshipQuery, SearchQuery};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{Batch, ErrorKind, Finding, GraphBackend, GraphBackendExt, Quarantined, Trouble};
use tempfile::TempDir;

use crate::graph::{
    all, assert_fails, at, check_file, ever, five, id, link, made, memory, opened, raw,
};

/// Runs SQL as a program that turns every rule off.
fn spoil(path: &Path, sql: &str) {
    raw(path)
        .execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {sql}"
        ))
        .unwrap();
}

/// What is found of a text that no memory has, and nobody has read.
const UNREAD: [Trouble; 2] = [Trouble::UnreadableMemories, Trouble::TextIndexOutOfStep];

fn troubles(found: &[Finding]) -> Vec<Trouble> {
    found.iter().map(|found| found.trouble).collect()
}

async fn kept_aside(backend: &SqliteBackend) -> Vec<Quarantined> {
    backend.quarantine(&all()).await.unwrap().items
}

/// Spoils a file, fails unless exactly these troubles are found and mended, and returns the backend.
async fn mended(path: &Path, sql: &str, expected: &[Trouble]) -> (SqliteBackend, Vec<Finding>) {
    spoil(path, sql);
    let backend = SqliteBackend::open(path).unwrap();
    let found = backend.inspect().await.unwrap();
    assert_eq!(troubles(&found), expected, "{found:#?}");
    for finding in &found {
        assert!(finding.can_repair, "{finding:?}");
        assert!(
            finding.count > 0 && !finding.examples.is_empty(),
            "{finding:?}"
        );
        assert!(finding.detail.contains("health --repair"), "{finding:?}");
    }
    let repaired = backend.repair().await.unwrap();
    assert_eq!(troubles(&repaired), expected);
    assert_eq!(backend.inspect().await.unwrap(), []);
    assert_eq!(backend.repair().await.unwrap(), [], "nothing is left");
    check_file(&raw(path));
    (backend, found)
}

#[tokio::test]
async fn a_sound_file_gives_no_finding() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    assert_eq!(backend.inspect().await.unwrap(), []);
    backend.apply(five("five")).await.unwrap();
    backend.apply(five("more")).await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    assert_eq!(backend.repair().await.unwrap(), []);
    assert_eq!(kept_aside(&backend).await, []);
}

#[tokio::test]
async fn an_inspection_finds_nothing_while_others_write() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let (backend, writing) = (opened(&path).await, opened(&path).await);
    backend.apply(five("before")).await.unwrap();
    let writer = tokio::spawn(async move {
        for number in 0..100 {
            writing.apply(five(&format!("n{number}"))).await.unwrap();
        }
    });
    while !writer.is_finished() {
        assert_eq!(backend.inspect().await.unwrap(), []);
    }
    writer.await.unwrap();
}

/// What a predecessor or a person writes by SQL may be a memory after a repair.
#[tokio::test]
async fn a_memory_that_breaks_a_rule_is_mended_without_losing_a_word() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let title = "word ".repeat(60);
    let sql = format!(
        r#"INSERT INTO nodes (id, properties) VALUES
            ('odd', '{{"type": "banana", "title": "{title}", "content": "kept", "tags": ["Fruit"]}}')"#
    );
    let (backend, found) = mended(&path, &sql, &UNREAD).await;
    assert!(found[0].examples[0].contains("odd"), "{found:?}");
    let odd = backend.memory(&id("odd")).await.unwrap().unwrap();
    odd.check().unwrap();
    let said = serde_json::to_string(&odd).unwrap();
    for word in ["banana", title.trim(), "kept", "fruit"] {
        assert!(said.contains(word), "{word:?} is lost: {said}");
    }
    assert_eq!(kept_aside(&backend).await, []);
}

#[tokio::test]
async fn a_row_that_is_no_memory_goes_into_quarantine_with_what_hangs_on_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let sql = r#"UPDATE nodes SET properties = '["no", "memory"]' WHERE id = 'made/b'"#;
    spoil(&path, sql);
    let backend = opened(&path).await;
    let listed = backend.list(&ListQuery::default(), &all()).await;
    assert_fails(
        listed,
        ErrorKind::Corrupt,
        &["made/b", "memorygraph health --repair"],
    );
    backend.close().await.unwrap();

    let (backend, _) = mended(&path, "", &[Trouble::UnreadableMemories]).await;
    let kept = kept_aside(&backend).await;
    let ids: Vec<&str> = kept
        .iter()
        .map(|it| it.id.split('/').next().unwrap())
        .collect();
    assert_eq!(ids, ["nodes", "relationships", "relationships"]);
    assert!(
        kept[0].document.contains(r#"["no","memory"]"#),
        "{:?}",
        kept[0]
    );
    assert!(kept[0].reason.contains("made/b"), "{:?}", kept[0]);
    assert_eq!(kept[0].memories, [id("made/b")]);
    assert_eq!(kept[1].memories, [id("made/a"), id("made/b")]);
    assert!(kept[1].document.contains("LEADS_TO"));
    let listed = backend.list(&ListQuery::default(), &all()).await.unwrap();
    assert_eq!(listed.items.len(), 2);
    // The state before is still in its history, and what is no state is not.
    let history = backend.memory_history(&id("made/b"), &all()).await.unwrap();
    assert_eq!(history.items.len(), 1);
    assert_eq!(history.items[0].content, "lorem ipsum");
}

#[tokio::test]
async fn bytes_that_are_no_text_go_into_quarantine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let sql = "DROP TRIGGER nodes_replaced;
        UPDATE nodes SET created_at = 'yesterday' WHERE id = 'made/a';
        UPDATE nodes SET id = CAST(x'ff00' AS TEXT) WHERE id = 'made/c';
        UPDATE relationships SET properties = '7' WHERE id = 'made/ab'";
    spoil(&path, sql);
    let backend = SqliteBackend::open(&path).unwrap();
    let found = backend.inspect().await.unwrap();
    assert_eq!(
        troubles(&found),
        [
            Trouble::IncompleteSchema,
            Trouble::UnreadableMemories,
            Trouble::UnreadableRelationships,
            Trouble::DanglingRelationships
        ],
        "{found:#?}"
    );
    backend.repair().await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    let kept = kept_aside(&backend).await;
    assert_eq!(kept.len(), 3, "{kept:#?}");
    // A moment that is none is kept in the memory.
    let mended = backend.memory(&id("made/a")).await.unwrap().unwrap();
    assert!(
        serde_json::to_string(&mended)
            .unwrap()
            .contains("yesterday")
    );
    check_file(&raw(&path));
}

#[tokio::test]
async fn relationships_that_lead_nowhere_go_into_quarantine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let sql = "DELETE FROM nodes WHERE id = 'made/c';
               UPDATE relationships SET invalidated_by = 'gone' WHERE id = 'made/ab'";
    let dangling = Trouble::DanglingRelationships;
    let (backend, found) = mended(&path, sql, &[dangling, dangling]).await;
    assert_eq!(found[0].examples, ["made/bc"]);
    assert_eq!(found[1].examples, ["made/ab"]);
    let kept = kept_aside(&backend).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].memories, [id("made/b"), id("made/c")]);
    let query = RelationshipQuery::default();
    let left = backend.relationships(&query, &all()).await.unwrap().items;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].invalidated_by, None);
}

#[tokio::test]
async fn indexes_that_are_out_of_step_are_made_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let reword = r"DROP TRIGGER nodes_reworded; DROP TRIGGER nodes_replaced;
        UPDATE nodes SET properties = json_set(properties, '$.content', 'zebra', '$.tags', json('[]'))
        WHERE id = 'made/a'";
    let triggers = schema(&path);
    spoil(&path, reword);
    let recreate = triggers
        .iter()
        .filter(|(name, _)| ["nodes_reworded", "nodes_replaced"].contains(&name.as_str()))
        .map(|(_, sql)| sql.as_str())
        .collect::<Vec<_>>()
        .join(";");
    let both = [Trouble::TagIndexOutOfStep, Trouble::TextIndexOutOfStep];
    let (backend, _) = mended(&path, &recreate, &both).await;
    assert_eq!(
        schema(&path),
        triggers,
        "a repair leaves the tables as they are"
    );
    let search = SearchQuery {
        text: "zebra".to_owned(),
        ..SearchQuery::default()
    };
    let found = backend.search(&search, &all()).await.unwrap();
    assert_eq!(found.items.len(), 1);
}

#[tokio::test]
async fn an_index_entry_that_is_missing_is_made_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let text = Trouble::TextIndexOutOfStep;
    let lose = "DELETE FROM nodes_fts_docsize WHERE id = 1";
    let (backend, _) = mended(&path, lose, &[text]).await;
    backend.close().await.unwrap();
    let unread =
        r#"INSERT INTO nodes (id, properties) VALUES ('camel', '{"title": "parseHttpRequest"}')"#;
    mended(&path, unread, &[text]).await;
}

fn schema(path: &Path) -> Vec<(String, String)> {
    let connection = raw(path);
    let mut statement = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_repair_leaves_the_tables_as_they_are() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let before = schema(&path);
    let lost = "UPDATE nodes SET properties = '[]' WHERE id = 'made/b'";
    let (backend, _) = mended(&path, lost, &UNREAD).await;
    assert_eq!(schema(&path), before);
    // And they work.
    let removed = Batch::default().then(ports::Change::RemoveMemory(id("made/a")));
    backend.apply(removed).await.unwrap();
    let history = backend.memory_history(&id("made/a"), &all()).await.unwrap();
    assert_eq!(history.items.len(), 1);
    assert_eq!(backend.inspect().await.unwrap(), []);
}

#[tokio::test]
async fn a_damaged_index_is_made_anew_and_a_damaged_page_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    let batch = (0..300).fold(Batch::default(), |batch, number| {
        batch.put_memory(Memory {
            content: format!("word{number} common ").repeat(20),
            updated_at: at(number),
            ..memory(&format!("m{number:03}"))
        })
    });
    let batch = batch.put_relationship(link("r", "m000", "m001"));
    backend.apply(batch).await.unwrap();
    backend.close().await.unwrap();

    // An index of another table in the place of the right one has other entries.
    let connection = raw(&path);
    let root = |name: &str| -> i64 {
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        connection.query_row(sql, [name], |row| row.get(0)).unwrap()
    };
    let (created, content) = (root("nodes_updated"), root("nodes"));
    drop(connection);
    let sound = fs::read(&path).unwrap();
    let page = |number: i64| {
        let start = usize::try_from(number - 1).unwrap() * 4096;
        start..start + 4096
    };
    let mut bytes = sound.clone();
    // Two entries of a leaf change places.
    let leaf = page(created);
    let pointers = leaf.start + 12..leaf.start + 16;
    bytes[pointers.clone()].rotate_left(2);
    fs::write(&path, &bytes).unwrap();
    let backend = SqliteBackend::open(&path).unwrap();
    let found = backend.inspect().await.unwrap();
    assert_eq!(found[0].trouble, Trouble::DamagedFile, "{found:#?}");

    backend.close().await.unwrap();
    bytes = sound;
    bytes[page(content)].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let backend = SqliteBackend::open(&path).unwrap();
    let found = backend.inspect().await.unwrap();
    assert_eq!(found[0].trouble, Trouble::DamagedFile);
    assert!(!found[0].can_repair);
    assert!(found[0].detail.contains("restore"), "{found:#?}");
    assert_fails(
        backend.repair().await,
        ErrorKind::Corrupt,
        &["restore a backup", ".recover", "nothing was changed"],
    );
    backend.close().await.unwrap();
    assert!(fs::read(&path).unwrap() == bytes, "it was changed");
}

#[tokio::test]
async fn a_missing_index_entry_is_found_and_mended() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    // An index that the engine does not keep for a while has too few entries.
    let sql: String = raw(&path)
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'nodes_created'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let forget = format!(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, ', id)', ', id) WHERE id = ''made/a''')
           WHERE name = 'nodes_created';
         PRAGMA writable_schema = RESET;
         REINDEX nodes_created;
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = '{sql}' WHERE name = 'nodes_created';
         PRAGMA writable_schema = RESET;"
    );
    let (backend, found) = mended(&path, &forget, &[Trouble::DamagedFile]).await;
    assert!(found[0].examples[0].contains("nodes_created"), "{found:#?}");
    let listed = ListQuery {
        filter: ever(),
        ..ListQuery::default()
    };
    assert_eq!(backend.list(&listed, &all()).await.unwrap().items.len(), 3);
}

/// Fails unless lists, searches and writes work in a store of so many memories.
async fn assert_works(backend: &SqliteBackend, memories: usize) {
    let listed = backend.list(&ListQuery::default(), &all()).await.unwrap();
    assert_eq!(listed.items.len(), memories);
    let written = Memory {
        content: "zebra".to_owned(),
        tags: vec!["striped".to_owned()],
        ..memory("afterwards")
    };
    let link = link("afterwards", "afterwards", "made/a");
    let batch = Batch::default().put_memory(written).put_relationship(link);
    backend.apply(batch).await.unwrap();
    let search = SearchQuery {
        text: "zebra".to_owned(),
        ..SearchQuery::default()
    };
    let found = backend.search(&search, &all()).await.unwrap();
    assert_eq!(found.items.len(), 1);
    let removed = Batch::default().then(ports::Change::RemoveMemory(id("made/a")));
    backend.apply(removed).await.unwrap();
    let statistics = backend.statistics().await.unwrap();
    assert_eq!(statistics.memories, memories as u64);
    assert_eq!(backend.inspect().await.unwrap(), []);
}
