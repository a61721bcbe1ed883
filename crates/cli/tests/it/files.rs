//! What is written into files, and comes back from them.

use std::{ffi::OsStr, fs, path::Path};

use serde_json::Value;

use crate::world::{Ran, World, names};

/// Two memories that are joined, and one that is not.
fn small() -> World {
    let world = World::new();
    for [id, kind, title] in [
        ["timeout", "error", "Redis timeout"],
        ["pool", "fix", "Larger pool"],
        ["alone", "general", "Nothing to do with it"],
    ] {
        let content = format!("The content of {id}.");
        world.succeeds(&["store", title, &content, "--id", id, "--type", kind]);
    }
    world.succeeds(&["link", "pool", "solves", "timeout"]);
    world
}

#[test]
fn an_export_goes_to_the_standard_output_or_into_a_file_with_the_same_bytes() {
    let world = World::with_sample();
    let written = world.succeeds(&["export"]);
    assert_eq!(written.lines().count(), 1 + 203 + 290);
    let header: Value = serde_json::from_str(written.lines().next().unwrap()).unwrap();
    assert_eq!(header["format"], "memorygraph");
    let said = world.succeeds(&["export", "graph.jsonl"]);
    assert!(
        said.starts_with("Exported 203 memories and 290 relationships to graph.jsonl, "),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(world.file("graph.jsonl")).unwrap(),
        written
    );
    assert_eq!(world.succeeds(&["export", "-"]), written);
}

#[test]
fn what_was_exported_comes_back_as_it_was() {
    let world = World::with_sample();
    let written = world.succeeds(&["export", "graph.jsonl"]);
    assert!(written.contains("Exported"));
    let other = ["--path", "other.db"];
    let import = [&["import", "graph.jsonl"], &other[..]].concat();
    assert_eq!(
        world.succeeds(&import),
        "Imported 203 memories and 290 relationships.\n"
    );
    let again = world.succeeds(&[&["export"], &other[..]].concat());
    assert!(again == fs::read_to_string(world.file("graph.jsonl")).unwrap());
}

#[test]
fn nothing_is_replaced_without_force() {
    let world = small();
    for (file, format) in [("taken.jsonl", "jsonl"), ("taken.dot", "dot")] {
        fs::write(world.file(file), "mine").unwrap();
        let (code, error) = world.fails(&["export", file, "--format", format]);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains(file) && error.contains("--force"), "{error}");
        assert_eq!(fs::read_to_string(world.file(file)).unwrap(), "mine");
        world.succeeds(&["export", file, "--format", format, "--force"]);
        assert_ne!(fs::read_to_string(world.file(file)).unwrap(), "mine");
    }
    let left = names(world.file("taken.dot").parent().unwrap());
    assert!(
        !left.iter().any(|name| name.ends_with(".partial")),
        "{left:?}"
    );
}

#[test]
fn the_file_of_the_memory_server_comes_back() {
    let world = World::new();
    let text = "{\"type\":\"entity\",\"name\":\"Ada\",\"entityType\":\"person\",\
                \"observations\":[\"Likes proofs.\"]}\n\
                {\"type\":\"entity\",\"name\":\"Engine\",\"entityType\":\"project\",\
                \"observations\":[]}\n\
                {\"type\":\"relation\",\"from\":\"Ada\",\"to\":\"Engine\",\
                \"relationType\":\"works on\"}\n";
    fs::write(world.file("memory.jsonl"), text).unwrap();
    world.succeeds(&["import", "memory.jsonl"]);
    let written = world.succeeds(&["export", "--format", "mcp-memory"]);
    assert_eq!(written.trim_end(), text.trim_end());
}

#[test]
fn the_ending_of_the_file_tells_the_format() {
    let world = small();
    for (file, begin) in [
        ("a.dot", "digraph"),
        ("a.gv", "digraph"),
        ("a.mmd", "flowchart"),
        ("a.graphml", "<?xml"),
        ("a.jsonl", "{\"format\":\"memorygraph\""),
        ("a.json", "{\"format\":\"memorygraph\""),
    ] {
        world.succeeds(&["export", file]);
        let written = fs::read_to_string(world.file(file)).unwrap();
        assert!(written.trim_start().starts_with(begin), "{file}: {written}");
    }
}

#[test]
fn a_part_is_what_is_around_a_memory_or_what_a_filter_lets_through() {
    let world = small();
    let all = world.succeeds(&["export", "--format", "mermaid"]);
    assert!(
        all.contains("Nothing to do with it") && all.contains("SOLVES"),
        "{all}"
    );
    let around = world.succeeds(&["export", "--format", "mermaid", "--around", "pool"]);
    assert!(
        around.contains("Redis timeout") && !around.contains("Nothing to do"),
        "{around}"
    );
    let fixes = world.succeeds(&["export", "--format", "dot", "--type", "fix"]);
    assert!(
        fixes.contains("Larger pool") && !fixes.contains("Redis timeout"),
        "{fixes}"
    );
    let along = [
        "export", "--format", "dot", "--around", "pool", "--along", "causes",
    ];
    assert!(!world.succeeds(&along).contains("Redis timeout"));

    let ran = world.run(&["export", "--format", "dot", "--limit", "1"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("--limit"), "{ran:?}");
    let answer = world.json(&["export", "part.dot", "--around", "pool"]);
    assert_eq!(
        answer,
        serde_json::json!({"format": "dot", "file": "part.dot", "memories": 2,
            "relationships": 1, "truncated": false})
    );
}

#[test]
fn markdown_is_a_folder_of_notes() {
    let world = small();
    let said = world.succeeds(&["export", "notes", "--format", "markdown"]);
    assert_eq!(said, "Exported 3 memories and 1 relationship to notes.\n");
    let notes = names(&world.file("notes"));
    assert_eq!(notes.len(), 3, "{notes:?}");
    let is_note = |name: &String| Path::new(name).extension() == Some(OsStr::new("md"));
    assert!(notes.iter().all(is_note), "{notes:?}");
    world.fails(&["export", "notes", "--format", "markdown"]);
    world.succeeds(&["export", "notes", "--format", "markdown", "--force"]);
    let part = ["export", "part", "--format", "markdown", "--type", "fix"];
    assert_eq!(world.json(&part)["memories"], 1);
}

#[test]
fn a_wrong_export_is_told() {
    let world = small();
    for (arguments, code, expected) in [
        (&["--format", "svg"][..], 2, "mermaid"),
        (&["--format", "markdown"], 2, "needs a folder"),
        (&["--around", "pool"], 2, "the whole graph"),
        (
            &["--format", "mcp-memory", "--type", "fix"],
            2,
            "the whole graph",
        ),
        (
            &["--format", "dot", "--around", "pool", "--type", "fix"],
            2,
            "--type",
        ),
        (&["--format", "dot", "--depth", "2"], 2, "--around"),
        (&["--format", "dot", "--around", "nobody"], 3, "nobody"),
        (
            &["--format", "dot", "--around", "pool", "--depth", "11"],
            2,
            "from 1 to 10",
        ),
        (&["--format", "dot", "--limit", "10001"], 2, "10000"),
        (&["--json"], 2, "FILE"),
        (&["nowhere/graph.jsonl"], 1, "nowhere/graph.jsonl"),
        (&["nowhere/graph.dot"], 1, "nowhere/graph.dot"),
    ] {
        let (got, error) = world.fails(&[&["export"], arguments].concat());
        assert_eq!(got, code, "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn whoever_has_enough_of_an_export_may_stop_reading() {
    let world = World::with_sample();
    let program = env!("CARGO_BIN_EXE_memorygraph");
    let line = format!("'{program}' export | head -n 1 > first; test -s first");
    let output = std::process::Command::new("sh")
        .args(["-c", &line])
        .env("MEMORY_SQLITE_PATH", world.file("graph.db"))
        .env("MEMORY_TURSO_PATH", world.file("graph.db"))
        .env("HOME", world.home())
        .current_dir(world.home())
        .output()
        .unwrap();
    let ran = Ran::of(&output);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn an_export_goes_nowhere_that_is_not_meant() {
    let world = World::new();
    world.succeeds(&["store", "T", "c"]);
    for (file, code, expected) in [
        (
            "e.png",
            2,
            "error: the ending .png says no format\nhint: --format ",
        ),
        ("notes.md", 2, "error: markdown is a folder of notes: "),
        (
            "none/e.jsonl",
            1,
            "error: none/e.jsonl cannot be written: there is no folder none\n",
        ),
    ] {
        let (got, error) = world.fails(&["export", file]);
        assert_eq!(got, code, "{error}");
        assert!(error.starts_with(expected), "{error}");
    }
    world.succeeds(&["export", "e.png", "--format", "jsonl"]);
    world.succeeds(&["export", "e"]);
}
