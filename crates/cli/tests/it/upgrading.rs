//! The store of a predecessor, opened in its place.

use serde_json::Value;

use crate::world::{World, names};

#[test]
fn a_store_of_a_predecessor_is_reported_once() {
    let world = World::new();
    World::bring(&world.file("."), "old.db");
    let ran = world.run(&["stats", "--json", "--path", "old.db"]);
    let statistics: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(statistics["memories"], 204);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stderr).unwrap();
    let report = &report["upgraded"];
    assert_eq!(
        (&report["memories"], &report["repaired_count"]),
        (&204.into(), &1.into())
    );
    assert!(world.file(report["backup"].as_str().unwrap()).exists());
    world.succeeds(&["stats", "--path", "old.db"]);
}

#[test]
fn a_person_hears_what_was_read_and_where_the_old_file_is() {
    let world = World::new();
    World::bring(&world.file("."), "old.db");
    let ran = world.run(&["search", "redis", "--path", "old.db"]);
    assert_eq!(ran.code, 0);
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert!(
        lines[0].starts_with("This was a store of Python MemoryGraph "),
        "{lines:?}"
    );
    assert!(
        lines[0].contains(": 204 memories and 290 relationships."),
        "{lines:?}"
    );
    let backup = lines[1].strip_prefix("As it was, it is in ").unwrap();
    let name = backup.rsplit('/').next().unwrap();
    assert!(
        names(&world.file(".")).iter().any(|it| it == name),
        "{backup}"
    );
    assert_eq!(lines[2], "Repaired: 1 row");
    assert!(lines[3].starts_with("  memory "), "{lines:?}");
}
