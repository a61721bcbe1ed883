//! A place where there is no graph yet.

use std::fs;

use crate::world::{World, names};

#[test]
fn what_asks_for_a_graph_makes_none() {
    let world = World::new();
    for command in [
        &["search", "x"][..],
        &["get", "a"],
        &["stats"],
        &["health", "--check"],
        &["export", "out.jsonl"],
        &["backup", "out.db"],
        &["quarantine"],
        &["update", "a", "--title", "t"],
        &["link", "a", "solves", "b"],
    ] {
        let (code, error) = world.fails(&[command, &["--path", "typo.db"]].concat());
        assert_eq!(code, 3, "{command:?}: {error}");
        assert!(
            error.starts_with("error: there is no graph at typo.db yet\nhint: memorygraph store "),
            "{command:?}: {error}"
        );
        assert_eq!(names(&world.file(".")), ["home"], "{command:?}");
    }
    let (_, error) = world.fails(&["stats", "--json", "--path", "typo.db"]);
    assert!(error.contains("\"kind\":\"not_found\""), "{error}");
    world.succeeds(&["stats", "--path", ":memory:"]);
}

#[test]
fn what_keeps_something_makes_a_graph() {
    let world = World::new();
    fs::write(world.file("memory.jsonl"), crate::world::MCP_MEMORY).unwrap();
    world.succeeds(&["store", "T", "c", "--path", "stored.db"]);
    world.succeeds(&["import", "memory.jsonl", "--path", "imported.db"]);
    world.succeeds(&["backup", "copy.db", "--path", "stored.db"]);
    world.succeeds(&["restore", "copy.db", "--path", "restored.db"]);
    for file in ["stored.db", "imported.db", "restored.db"] {
        assert_ne!(world.json(&["stats", "--path", file])["memories"], 0);
    }
}
