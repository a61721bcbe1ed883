//! `update` with an editor, which is a shell script here.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::Value;

use crate::world::{Ran, World};

fn world() -> World {
    let world = World::new();
    world.succeeds(&[
        "store",
        "Pool",
        "It had 4.",
        "--id",
        "pool",
        "--type",
        "fix",
        "--tag",
        "redis,a b",
        "--project",
        "shop",
    ]);
    world
}

/// Edits the memory by a script that gets the file as `$1`.
fn edit(world: &World, script: &str, options: &[&str]) -> Ran {
    let editor = world.file("an editor");
    fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut program = world.program();
    program
        .args([&["update", "pool"], options].concat())
        .env("EDITOR", format!("'{}' --wait", editor.display()))
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TMPDIR", world.file("."));
    Ran::of(&program.output().unwrap())
}

/// What a script does with the file, which comes behind an option.
fn sed(command: &str) -> String {
    format!("test \"$1\" = --wait && sed -i '{command}' \"$2\"")
}

/// The texts that were kept.
fn kept(world: &World) -> Vec<String> {
    let names = crate::world::names(&world.file("."));
    names
        .into_iter()
        .filter(|name| name.starts_with("memorygraph-"))
        .collect()
}

#[test]
fn what_was_saved_is_what_changes() {
    let world = world();
    let ran = edit(
        &world,
        &sed("s/^title: .*/title: A larger pool/; s/ 4/ 32/"),
        &[],
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "Version 2 of A larger pool  (fix, pool)\n");
    let memory = world.json(&["get", "pool"]);
    assert_eq!(memory["content"], "It had 32.");
    assert_eq!(memory["tags"], serde_json::json!(["redis", "a b"]));
    assert_eq!(memory["context"]["project_path"], "shop");
    assert_eq!(kept(&world), [""; 0]);
}

#[test]
fn the_sheet_shows_every_field() {
    let world = world();
    edit(&world, "cp \"$2\" sheet.txt", &[]);
    let sheet = fs::read_to_string(world.file("sheet.txt")).unwrap();
    let lines: Vec<_> = sheet
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(
        lines,
        [
            "---",
            "title: Pool",
            "type: fix",
            "tags: [redis, a b]",
            "importance: 0.5",
            "confidence: 0.8",
            "effectiveness:",
            "summary:",
            "project: shop",
            "---",
            "It had 4.",
        ]
    );
}

#[test]
fn what_is_as_it_was_changes_nothing() {
    let world = world();
    let ran = edit(&world, "true", &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "Nothing was changed in Pool  (fix, pool)\n");
    let ran = edit(&world, "touch \"$2\"", &["--json"]);
    let updated: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(updated["memory"]["version"], 1);
    assert_eq!(kept(&world), [""; 0]);
}

#[test]
fn a_text_that_cannot_be_kept_stays_in_a_file() {
    let world = world();
    for (command, expected) in [
        (
            "s/^importance: .*/importance: high/",
            "line 6: importance is a number from 0 to 1",
        ),
        ("s/^title: .*/title:/", "title"),
    ] {
        let before = kept(&world).len();
        let ran = edit(&world, &sed(command), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("\n  your text is kept in "),
            "{}",
            ran.stderr
        );
        assert_eq!(kept(&world).len(), before + 1);
    }
    assert_eq!(world.json(&["get", "pool"])["version"], 1);
}

#[test]
fn what_others_do_meanwhile_is_merged_or_a_conflict() {
    let world = world();
    let program = env!("CARGO_BIN_EXE_memorygraph");
    let other = |option: &str| format!("'{program}' update pool {option} > other.txt && ");
    let ran = edit(
        &world,
        &(other("--importance 0.9") + &sed("s/^title: .*/title: A/")),
        &[],
    );
    assert_eq!(
        ran.stdout,
        "Version 3 of A  (fix, pool)\nOthers changed since the version that you have seen, and it \
         stays: importance\n"
    );
    let ran = edit(
        &world,
        &(other("--title B") + &sed("s/^title: .*/title: C/")),
        &[],
    );
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.stderr.contains("\"B\"") && ran.stderr.contains("\"C\""),
        "{}",
        ran.stderr
    );
    assert_eq!(kept(&world).len(), 1);
    assert_eq!(world.json(&["get", "pool"])["title"], "B");
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let world = world();
    let ran = edit(&world, "exit 3", &[]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("the editor did not end well"),
        "{}",
        ran.stderr
    );
    assert_eq!(kept(&world), [""; 0]);
    let (code, error) = world.fails(&["update", "pool"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("hint: say it, as with --title TEXT, or set EDITOR"),
        "{error}"
    );
}
