//! What an inspection finds in a file that lacks parts of its schema, and what a repair makes again.

use std::fs;

use domain::SearchQuery;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{ErrorKind, GraphBackend, Trouble};
use tempfile::TempDir;

use super::{assert_works, schema, spoil};
use crate::graph::{all, assert_fails, check_file, made, raw};

#[tokio::test]
async fn each_part_of_the_schema_that_is_missing_is_made_again() {
    let folder = TempDir::new().unwrap();
    let sound = folder.path().join("sound.db");
    made(&sound).await;
    let whole = schema(&sound);
    let kinds: Vec<(String, String)> = {
        let connection = raw(&sound);
        let sql = "SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL
                   AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE 'nodes~_fts~_%' ESCAPE '~'";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    assert!(kinds.len() > 30, "{kinds:?}");
    for (number, (kind, name)) in kinds.iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        fs::copy(&sound, &path).unwrap();
        spoil(&path, &format!("DROP {kind} {name}"));
        let late = usize::from(name == "nodes_inserted");
        if late > 0 {
            // What is put without the trigger is found nowhere.
            let put = r#"INSERT INTO nodes (id, properties)
                VALUES ('late', '{"title": "parseLateRequest", "tags": ["late"]}')"#;
            spoil(&path, put);
        }
        let backend = SqliteBackend::open(&path).unwrap();
        let found = backend.inspect().await.unwrap();
        assert_eq!(found[0].trouble, Trouble::IncompleteSchema, "{name}");
        assert!(
            found[0].examples.contains(&format!("{kind} {name}")),
            "{found:?}"
        );
        let repaired = backend.repair().await;
        if ["nodes", "relationships"].contains(&name.as_str()) {
            assert!(!found[0].can_repair);
            assert_fails(repaired, ErrorKind::Corrupt, &["restore a backup"]);
            continue;
        }
        assert_eq!(repaired.unwrap()[0], found[0], "{name}");
        assert_eq!(backend.inspect().await.unwrap(), [], "{name}");
        assert_eq!(schema(&path), whole, "{name}");
        backend.initialize_schema().await.unwrap();
        let search = SearchQuery {
            text: "late request".to_owned(),
            ..SearchQuery::default()
        };
        let found = backend.search(&search, &all()).await.unwrap();
        assert_eq!(found.items.len(), late, "{name}");
        assert_works(&backend, 3 + late).await;
        backend.close().await.unwrap();
        check_file(&raw(&path));
    }
}
