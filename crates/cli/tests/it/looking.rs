//! Searches, the past, and the graph as a whole.

use serde_json::{Value, json};

use crate::world::World;

fn store(world: &World, id: &str, kind: &str, content: &str) {
    world.succeeds(&["store", id, content, "--id", id, "--type", kind]);
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|hit| hit["memory"]["id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_search_stays_near_a_memory() {
    let world = World::new();
    store(&world, "near", "fix", "The pool of connections.");
    store(&world, "far", "fix", "Another pool of connections.");
    store(&world, "root", "error", "Requests time out.");
    world.succeeds(&["link", "near", "solves", "root"]);
    let hits = world.json(&["search", "pool", "--near", "root", "--depth", "1"]);
    assert_eq!(ids(&hits), ["near"]);
    assert!(hits["next"].is_null());
    let table = world.succeeds(&["search", "pool", "--near", "root"]);
    assert_eq!(table.lines().count(), 2, "{table}");
    assert_eq!(world.fails(&["search", "pool", "--near", "none"]).0, 3);
    for wrong in [
        &["search", "pool", "--depth", "1"][..],
        &["search", "pool", "--near", "root", "--type", "fix"],
        &["search", "pool", "--near", "root", "--mode", "strict"],
        &["search", "pool", "--near", "root", "--depth", "11"],
    ] {
        assert_eq!(world.fails(wrong).0, 2, "{wrong:?}");
    }
}

#[test]
fn a_search_asks_for_another_time() {
    let world = World::new();
    world.succeeds(&[
        "store",
        "Old",
        "The pool.",
        "--id",
        "old",
        "--valid-from",
        "2020-01-01",
    ]);
    store(&world, "new", "general", "A pool of today.");
    let found = |options: &[&str]| world.json(&[&["search", "pool"], options].concat());
    assert_eq!(ids(&found(&[])).len(), 2);
    assert_eq!(ids(&found(&["--as-of", "2020-06-01"])), ["old"]);
    assert_eq!(ids(&found(&["--as-of", "2019-06-01"])), [""; 0]);
    let (code, error) = world.fails(&["search", "pool", "--as-of", "yesterday"]);
    assert_eq!(code, 2);
    assert!(error.contains("a time such as"), "{error}");
}

#[test]
fn the_end_of_a_page_says_how_to_go_on() {
    let world = World::new();
    for number in 0..3 {
        store(
            &world,
            &format!("m{number}"),
            "general",
            &format!("Pool {number}."),
        );
    }
    for command in [
        &["search", "the pool", "-n", "2"][..],
        &["recall", "the pool", "-n", "2"],
        &["changes", "--since", "2020-01-01", "-n", "2"],
    ] {
        let mut page = world.succeeds(command);
        let further = page.lines().last().unwrap().to_owned();
        let further = further.strip_prefix("There is more: memorygraph ").unwrap();
        let words: Vec<_> = further.split(' ').collect();
        let cursor = words.last().unwrap();
        assert_eq!(words[words.len() - 2], "--after", "{further}");
        page = world.succeeds(&[command, &["--after", cursor]].concat());
        assert!(!page.contains("There is more"), "{page}");
        let json = world.json(command);
        assert_eq!(json["next"], **cursor);
    }
}

#[test]
fn the_history_of_a_memory_says_what_each_change_did() {
    let world = World::new();
    store(&world, "pool", "fix", "It had 4.");
    world.succeeds(&[
        "update",
        "pool",
        "--title",
        "Larger pool",
        "--author",
        "Anna",
    ]);
    world.succeeds(&["update", "pool", "--importance", "0.9"]);
    let shown = world.succeeds(&["history", "pool"]);
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[0].starts_with("version 3  "), "{shown}");
    assert_eq!(lines[1], "  importance: 0.5 → 0.9");
    assert!(
        lines[2].starts_with("version 2  ") && lines[2].ends_with(" UTC  by Anna"),
        "{shown}"
    );
    assert_eq!(lines[3], "  title: \"pool\" → \"Larger pool\"");
    assert_eq!(lines[5], "  pool  (fix, pool)");
    assert_eq!(lines.len(), 6);
    let states = world.json(&["history", "pool", "-n", "2"]);
    assert_eq!(states["items"][1]["version"], 2);
    assert!(states["next"].is_string());
    world.succeeds(&["delete", "pool"]);
    assert!(world.succeeds(&["history", "pool"]).contains("version 1"));
    assert_eq!(world.fails(&["history", "none"]).0, 3);
    assert_eq!(world.fails(&["history", "a", "b"]).0, 2);
}

#[test]
fn get_tells_how_often_a_memory_was_used() {
    let world = World::new();
    store(&world, "pool", "fix", "It had 4.");
    assert!(!world.succeeds(&["get", "pool"]).contains("used"));
    world.succeeds(&["recall", "pool"]);
    let shown = world.succeeds(&["get", "pool"]);
    assert!(shown.contains("\nused        2 times, last "), "{shown}");
}

#[test]
fn changes_are_told_in_their_order() {
    let world = World::new();
    store(&world, "fix", "fix", "It had 4.");
    store(&world, "error", "error", "Requests time out.");
    world.succeeds(&["link", "fix", "solves", "error"]);
    let told = world.succeeds(&["changes", "--since", "2020-01-01"]);
    let ends: Vec<_> = told.lines().map(|line| &line[25..]).collect();
    assert_eq!(
        ends,
        [
            "fix  (fix, fix), version 1",
            "error  (error, error), version 1",
            "fix SOLVES error, new"
        ]
    );
    let changes = world.json(&["changes", "--since", "2020-01-01"]);
    assert_eq!(changes["items"][0]["memory"]["id"], "fix");
    assert_eq!(changes["items"][2]["relationship"]["type"], "SOLVES");
    let told = world.succeeds(&["changes", "--since", "2100-01-01"]);
    assert_eq!(told, "Nothing has changed since 2100-01-01 00:00:00 UTC.\n");
    assert_eq!(world.fails(&["changes"]).0, 2);
}

#[test]
fn recent_names_what_is_unresolved() {
    let world = World::new();
    store(&world, "fix", "fix", "It had 4.");
    store(&world, "solved", "error", "Requests time out.");
    store(&world, "open", "problem", "Nobody knows why.");
    world.succeeds(&["link", "fix", "solves", "solved"]);
    let told = world.succeeds(&["recent"]);
    let (recent, unresolved) = told
        .split_once("Unresolved problems and errors:\n")
        .unwrap();
    assert!(
        recent.starts_with("3 memories kept or changed in 7 days: "),
        "{told}"
    );
    assert!(
        unresolved.contains("open") && !unresolved.contains("solved"),
        "{told}"
    );
    let activity = world.json(&["recent", "--days", "1", "-n", "1"]);
    assert_eq!(activity["total"], 3);
    assert_eq!(activity["recent"].as_array().unwrap().len(), 1);
    assert_eq!(activity["unresolved"][0]["id"], "open");
    let told = world.succeeds(&["recent", "--project", "none"]);
    assert_eq!(
        told,
        "0 memories kept or changed in 7 days\n\nNo problem or error is unresolved.\n"
    );
    assert_eq!(world.fails(&["recent", "--days", "0"]).0, 2);
}

#[test]
fn clusters_and_bridges_are_found() {
    let world = World::new();
    for id in ["a1", "a2", "a3", "b1", "b2", "b3"] {
        store(&world, id, "general", &format!("Content of {id}."));
    }
    for (from, to) in [
        ("a1", "a2"),
        ("a2", "a3"),
        ("a3", "a1"),
        ("b1", "b2"),
        ("b2", "b3"),
        ("b3", "b1"),
        ("a1", "b1"),
    ] {
        world.succeeds(&["link", from, "related_to", to]);
    }
    let clusters = world.json(&["clusters"]);
    let sizes: Vec<_> = clusters["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["size"])
        .collect();
    assert_eq!(sizes, [&json!(3), &json!(3)]);
    let shown = world.succeeds(&["clusters"]);
    assert!(
        shown.starts_with("1. 3 memories, density 1.00: RELATED_TO 3\n  "),
        "{shown}"
    );
    assert!(
        shown.contains("2 clusters found among 6 memories and 7 relationships"),
        "{shown}"
    );
    assert!(
        world
            .succeeds(&["clusters", "--min-size", "4"])
            .starts_with("No cluster found.\n")
    );

    let bridges = world.json(&["bridges"]);
    assert_eq!(bridges["memories_found"], 2);
    assert_eq!(bridges["relationships"][0]["parts"], json!([3, 3]));
    let shown = world.succeeds(&["bridges"]);
    assert!(
        shown.contains("  a1 RELATED_TO b1: 3 and 3 memories\n"),
        "{shown}"
    );
    assert!(
        world
            .succeeds(&["bridges", "--type", "fix"])
            .starts_with("No bridge found.\n")
    );
}
