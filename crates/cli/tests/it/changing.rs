use std::process::Stdio;

use crate::world::World;

fn store(world: &World, id: &str, title: &str) {
    world.succeeds(&["store", title, &format!("Content of {id}."), "--id", id]);
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
    let updated = world.json(&[
        "update",
        "pool",
        "--effectiveness",
        "1",
        "--if-version",
        "2",
    ]);
    let memory = &updated["memory"];
    assert_eq!(updated["merged"], serde_json::json!([]));
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
fn the_standard_input_may_also_be_asked_for_by_name() {
    let world = World::new();
    let ran = world.run_with_input(
        &["store", "Title", "--stdin", "--id", "a"],
        "From a pipe.\n",
    );
    assert_eq!(ran.stdout, "Stored Title  (general, a)\n");
    let ran = world.run_with_input(&["update", "a", "--stdin"], "Another one.\n");
    assert_eq!(ran.stdout, "Version 2 of Title  (general, a)\n");
    assert_eq!(world.json(&["get", "a"])["content"], "Another one.");
    for command in [
        &["store", "Title", "Content", "--stdin"][..],
        &["store", "Title"],
        &["update", "a", "--content", "c", "--stdin"],
    ] {
        assert_eq!(world.fails(command).0, 2, "{command:?}");
    }
}

#[test]
fn what_is_said_already_is_refused_and_named() {
    let world = World::new();
    world.succeeds(&[
        "store",
        "Pool",
        "Content.",
        "--id",
        "pool",
        "--project",
        "shop",
    ]);
    let again = ["store", "Again", "Content.", "--project", "shop"];
    let (code, error) = world.fails(&again);
    assert_eq!(code, 4);
    let lines: Vec<_> = error.lines().collect();
    assert!(lines[0].contains("\"pool\""), "{error}");
    assert_eq!(
        lines[1],
        "hint: memorygraph update pool changes that one; --allow-duplicate keeps both"
    );
    let (_, error) = world.fails(&[&again[..], &["--json"]].concat());
    let error: serde_json::Value = serde_json::from_str(&error).unwrap();
    assert_eq!(error["error"]["kind"], "conflict");
    assert_eq!(error["error"]["found"]["memory"]["id"], "pool");

    world.succeeds(&[&again[..], &["--allow-duplicate"]].concat());
    world.succeeds(&["store", "Elsewhere", "Content."]);
    assert_eq!(world.json(&["stats"])["memories"], 3);
}

#[test]
fn a_memory_takes_the_place_of_another() {
    let world = World::new();
    world.succeeds(&[
        "store",
        "Pool",
        "It had 4.",
        "--id",
        "pool",
        "--type",
        "fix",
    ]);
    let said = world.succeeds(&["supersede", "pool", "By load", "It grows.", "--id", "load"]);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "Stored By load  (fix, load)");
    assert!(
        lines[1].starts_with("It replaces Pool  (fix, pool), which held until "),
        "{said}"
    );
    let replaced = world.json(&[
        "store",
        "Fixed size",
        "It is 128.",
        "--id",
        "fixed",
        "--type",
        "solution",
        "--supersedes",
        "load",
    ]);
    assert_eq!(replaced["old"]["superseded_by"], "fixed");
    assert_eq!(replaced["new"]["type"], "solution");
    assert_eq!(replaced["relationship"]["type"], "REPLACES");

    let found = |options: &[&str]| {
        let hits = world.json(&[&["recall"], options].concat());
        hits["items"].as_array().unwrap().len()
    };
    assert_eq!((found(&[]), found(&["--ever"])), (1, 3));
    assert!(
        world
            .succeeds(&["get", "pool"])
            .contains("replaced by  load\n")
    );
    let (code, error) = world.fails(&["supersede", "pool", "T", "c"]);
    assert_eq!(code, 4);
    assert!(error.contains("supersede that one"), "{error}");
    assert!(!error.contains("--allow-duplicate"), "{error}");
    world.succeeds(&["delete", "load"]);
    world.succeeds(&["supersede", "pool", "T", "c"]);
    assert_eq!(world.fails(&["supersede", "none", "T", "c"]).0, 3);
}

#[test]
fn changes_to_different_fields_are_brought_together() {
    let world = World::new();
    store(&world, "a", "Pool");
    world.succeeds(&["update", "a", "--title", "Larger pool", "--project", "shop"]);
    let update = ["update", "a", "--importance", "0.9", "--if-version", "1"];
    let said = world.succeeds(&update);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "Version 3 of Larger pool  (general, a)");
    assert!(
        lines[1].ends_with(": title, context.project_path"),
        "{said}"
    );

    let (code, error) = world.fails(&["update", "a", "--title", "Mine", "--if-version", "1"]);
    assert_eq!(code, 4);
    for side in ["Larger pool", "Mine"] {
        assert!(error.contains(side), "{error}");
    }
    assert!(
        error.contains("hint: memorygraph get a shows what is there"),
        "{error}"
    );
    world.succeeds(&["update", "a", "--project", ""]);
    assert!(world.json(&["get", "a"])["context"]["project_path"].is_null());
}

#[test]
fn erasing_leaves_nothing_and_says_what_went() {
    let world = World::new();
    store(&world, "a", "A");
    store(&world, "b", "B");
    world.succeeds(&["link", "a", "solves", "b"]);
    world.succeeds(&["update", "a", "--importance", "1"]);
    let (code, error) = world.fails(&["delete", "a", "--erase"]);
    assert_eq!(code, 2);
    assert!(error.contains("--yes"), "{error}");
    assert_eq!(world.json(&["stats"])["memories"], 2);

    let said = world.succeeds(&["delete", "a", "--erase", "--yes"]);
    assert!(
        said.starts_with("Erased A  (general, a): 1 relationship, "),
        "{said}"
    );
    for command in [
        &["get", "a"][..],
        &["history", "a"],
        &["delete", "a", "--erase", "--yes"],
    ] {
        assert_eq!(world.fails(command).0, 3, "{command:?}");
    }
    world.succeeds(&["delete", "b"]);
    world.succeeds(&["history", "b"]);
    let erased = world.json(&["delete", "b", "--erase", "--yes"]);
    assert_eq!(
        (&erased["memory"], &erased["relationships"]),
        (&().into(), &0.into())
    );
    assert!(erased["states"].as_u64().unwrap() > 0, "{erased}");
    assert_eq!(world.fails(&["delete", "b", "--yes"]).0, 2);
}

#[test]
fn recall_without_a_text_shows_what_matters_most() {
    let world = World::new();
    store(&world, "a", "A");
    world.succeeds(&["store", "B", "More.", "--id", "b", "--importance", "1"]);
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

#[test]
fn a_content_may_begin_with_a_hyphen() {
    let world = World::new();
    for (id, content) in [
        ("a", "- first\n- second"),
        ("b", "---\nfront: matter"),
        ("c", "-5 °C"),
    ] {
        world.succeeds(&["store", "T", content, "--id", id]);
        assert_eq!(world.json(&["get", id])["content"], content);
    }
    world.succeeds(&["store", "T", "--id", "d", "--", "--flag"]);
    assert_eq!(world.json(&["get", "d"])["content"], "--flag");
    world.succeeds(&["update", "a", "--content", "- third"]);
    assert_eq!(world.json(&["get", "a"])["content"], "- third");
    let ran = world.run_with_input(&["store", "T", "-", "--id", "e"], "from the input");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.json(&["get", "e"])["content"], "from the input");
}

#[test]
fn a_change_to_what_is_so_already_is_told() {
    let world = World::new();
    world.succeeds(&["store", "T", "c", "--id", "a", "--importance", "0.8"]);
    let said = world.succeeds(&["update", "a", "--importance", "0.8"]);
    assert_eq!(
        said,
        "Nothing was changed: T  (general, a) says that already\n"
    );
    let said = world.succeeds(&["update", "a", "--importance", "0.9"]);
    assert_eq!(said, "Version 2 of T  (general, a)\n");
}
