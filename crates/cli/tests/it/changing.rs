use std::process::Stdio;

use crate::world::World;

fn store(world: &World, id: &str, title: &str) {
    world.succeeds(&["store", title, "Content.", "--id", id]);
}

#[test]
fn a_memory_is_stored_shown_changed_and_deleted() {
    let world = World::new();
    let said = world.succeeds(&[
        "store",
        "Raise the pool",
        "It had 4 connections.",
        "--type",
        "FIX",
        "--tag",
        "Redis,pool",
        "--importance",
        "0.9",
        "--project",
        "shop",
        "--file",
        "a.py",
        "--id",
        "pool",
    ]);
    assert_eq!(said, "Stored Raise the pool  (fix, pool)\n");
    let memory = world.json(&["get", "pool"]);
    assert_eq!(memory["type"], "fix");
    assert_eq!(memory["tags"], serde_json::json!(["redis", "pool"]));
    assert_eq!(memory["context"]["project_path"], "shop");
    let shown = world.succeeds(&["get", "pool"]);
    for expected in [
        "Raise the pool\n",
        "tags        redis, pool\n",
        "\nIt had 4 connections.\n",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }

    let said = world.succeeds(&["update", "pool", "--title", "Raise it", "--tags", ""]);
    assert_eq!(said, "Version 2 of Raise it  (fix, pool)\n");
    let memory = world.json(&[
        "update",
        "pool",
        "--effectiveness",
        "1",
        "--if-version",
        "2",
    ]);
    assert_eq!(
        (&memory["version"], &memory["effectiveness"]),
        (&3.into(), &1.0.into())
    );
    assert!(memory.get("tags").is_none());

    store(&world, "other", "Other");
    world.succeeds(&["link", "pool", "solves", "other"]);
    let said = world.succeeds(&["delete", "pool"]);
    assert_eq!(said, "Deleted Raise it  (fix, pool) and 1 relationship\n");
    assert_eq!(world.fails(&["get", "pool"]).0, 3);
}

#[test]
fn content_may_come_through_the_standard_input() {
    let world = World::new();
    let ran = world.run_with_input(&["store", "Title", "-", "--json"], "two\nlines\n");
    let memory: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(memory["content"], "two\nlines");
    assert_eq!(memory["id"].as_str().unwrap().len(), 36);
}

#[test]
fn links_reinforce_and_contradictions_are_told() {
    let world = World::new();
    store(&world, "a", "A");
    store(&world, "b", "B");
    let said = world.succeeds(&["link", "a", "solves", "b", "--strength", "0.4"]);
    assert_eq!(said, "Linked a SOLVES b, strength 0.40\n");
    let linked = world.json(&["link", "a", "SOLVES", "b"]);
    assert_eq!(
        (
            &linked["reinforced"],
            &linked["relationship"]["evidence_count"]
        ),
        (&true.into(), &2.into())
    );
    let said = world.succeeds(&["link", "a", "ineffective_for", "b"]);
    assert!(
        said.ends_with("This contradicts a SOLVES b, which is kept too.\n"),
        "{said}"
    );
    let tree = world.succeeds(&["related", "b", "--direction", "outgoing"]);
    assert_eq!(tree, "B  (general, b)\nNothing is related to it.\n");
}

#[test]
fn recall_without_a_text_shows_what_matters_most() {
    let world = World::new();
    store(&world, "a", "A");
    world.succeeds(&["store", "B", "Content.", "--id", "b", "--importance", "1"]);
    let table = world.succeeds(&["recall"]);
    assert_eq!(
        table,
        "ID  TYPE     TITLE  IMPORTANCE\nb   general  B      1.00\na   general  A      0.50\n"
    );
}

#[test]
fn nothing_that_a_terminal_would_obey_is_shown() {
    let world = World::new();
    store(&world, "a", "red \u{1b}[31m alert");
    for command in [&["get", "a"][..], &["search", "alert"], &["related", "a"]] {
        assert!(!world.succeeds(command).contains('\u{1b}'), "{command:?}");
    }
    let exact = world.json(&["get", "a"]);
    assert_eq!(exact["title"], "red \u{1b}[31m alert");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::with_sample();
    let mut child = world
        .program()
        .args(["recall", "--limit", "1000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert!(ended.status.success());
}
