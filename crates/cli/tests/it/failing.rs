use std::fs;

use serde_json::{Value, json};

use crate::world::{BACKENDS, World};

#[test]
fn what_is_not_there_ends_with_3() {
    let world = World::new();
    world.succeeds(&["store", "A", "c", "--id", "a"]);
    world.succeeds(&["store", "B", "d", "--id", "b"]);
    for command in [
        &["get", "x"][..],
        &["delete", "x"],
        &["related", "x"],
        &["path", "a", "x"],
        &["path", "a", "b"],
        &["link", "a", "solves", "x"],
        &["update", "x", "--title", "t"],
    ] {
        let (code, error) = world.fails(command);
        assert_eq!(code, 3, "{command:?}: {error}");
        let lines: Vec<_> = error.lines().collect();
        assert_eq!(lines.len(), 2, "{error}");
        assert!(
            lines[0].starts_with("error: ") && lines[1].starts_with("hint: "),
            "{error}"
        );
    }
}

#[test]
fn a_conflict_ends_with_4() {
    let world = World::new();
    for id in ["a", "b"] {
        world.succeeds(&["store", id, id, "--id", id]);
    }
    world.succeeds(&["link", "a", "depends_on", "b"]);
    for command in [
        &["store", "again", "c", "--id", "a"][..],
        &["update", "a", "--title", "t", "--if-version", "7"],
        &["link", "b", "depends_on", "a"],
    ] {
        let (code, error) = world.fails(command);
        assert_eq!(code, 4, "{command:?}: {error}");
    }
    let allowed = world
        .program()
        .args(["link", "b", "depends_on", "a"])
        .env("MEMORY_ALLOW_CYCLES", "true")
        .output()
        .unwrap();
    assert!(allowed.status.success());
}

#[test]
fn wrong_usage_ends_with_2() {
    let world = World::new();
    world.succeeds(&["store", "A", "c", "--id", "a"]);
    for (command, expected) in [
        (&["frobnicate"][..], "unrecognized subcommand"),
        (&["get"], "required"),
        (&["update", "a"], "set EDITOR"),
        (&["store", "t", "c", "--type", "pattern"], "code_pattern"),
        (&["store", "t", "c", "--importance", "7"], "from 0 to 1"),
        (&["store", "  ", "c"], "title"),
        (&["store", "t"], "- or --stdin reads the standard input"),
        (&["store", "t", "--stdn"], "no such option"),
        (&["recent", "--days", "-1"], "1..=36500"),
        (&["search", "x", "-n", "-5"], "'-5'"),
        (&["store", "t", "c", "--importance", "-1"], "from 0 to 1"),
        (&["link", "a", "solved", "a"], "solves"),
        (&["link", "a", "solves", "a"], "another memory"),
        (&["related", "a", "--depth", "11"], "from 1 to 10"),
        (&["search", "x", "--limit", "0"], "limit"),
        (&["search", "x", "--after", "y"], "cursor"),
        (&["search", "x", "--mode", "y"], "fuzzy"),
        (
            &["stats", "--backend", "mongo"],
            &format!("--backend is one of {}", BACKENDS.join(", ")),
        ),
        (&["sync", "--prometheus"], "--status"),
        (&["sync", "--status", "--watch"], "--watch"),
        (
            &["health", "--freshness"],
            "goes with commands that only read",
        ),
    ] {
        let (code, error) = world.fails(command);
        assert_eq!(code, 2, "{command:?}: {error}");
        assert!(error.contains(expected), "{command:?}: {error}");
    }
}

#[test]
fn a_backend_that_was_left_out_is_told_from_one_that_is_unknown() {
    let world = World::new();
    world.succeeds(&["store", "A", "c"]);
    for backend in ["sqlite", "turso"] {
        if BACKENDS.contains(&backend) {
            world.succeeds(&["stats", "--backend", backend]);
        } else {
            let (code, error) = world.fails(&["stats", "--backend", backend]);
            assert_eq!(code, 2, "{error}");
            let expected = format!("this build does not have {backend}");
            assert!(error.contains(&expected), "{error}");
        }
    }
}

#[test]
fn a_store_that_cannot_be_opened_says_why() {
    let world = World::new();
    fs::write(
        world.file("text.db"),
        "no database, but longer than a header ".repeat(40),
    )
    .unwrap();
    for path in ["home", "text.db"] {
        let (code, error) = world.fails(&["stats", "--path", path]);
        assert!(code == 1 || code == 2, "{code} {error}");
        assert!(
            error.starts_with("error: ") && error.contains(path),
            "{error}"
        );
    }
    assert_eq!(fs::read_dir(world.home()).unwrap().count(), 0);
}

#[test]
fn for_programs_errors_are_json() {
    let world = World::new();
    world.succeeds(&["store", "A", "c"]);
    let error = |arguments: &[&str]| -> Value {
        let (_, error) = world.fails(arguments);
        assert_eq!(error.lines().count(), 1, "{error}");
        serde_json::from_str(&error).unwrap()
    };
    assert_eq!(
        error(&["--json", "get", "x"]),
        json!({"error": {"kind": "not_found", "message": "no memory has the id \"x\"",
            "hint": "memorygraph search TEXT shows the ids of what is there"}})
    );
    assert_eq!(error(&["get", "--json"])["error"]["kind"], "usage");
    let wrong = error(&["stats", "--json", "--backend", "mongo"]);
    assert_eq!(wrong["error"]["kind"], "invalid_argument");
}

#[test]
fn the_exit_code_follows_from_the_kind() {
    let world = World::new();
    world.succeeds(&["store", "A", "c", "--id", "a"]);
    fs::write(world.file("text.json"), "hello").unwrap();
    for (command, kind, expected) in [
        (&["get"][..], "usage", 2),
        (&["store", "  ", "c"], "invalid_argument", 2),
        (&["import", "text.json"], "invalid_file", 1),
        (&["import", "nothing.json"], "failed", 1),
        (&["get", "x"], "not_found", 3),
        (&["link", "a", "solves", "x"], "not_found", 3),
        (&["store", "B", "c", "--id", "a"], "conflict", 4),
    ] {
        let (code, error) = world.fails(&[command, &["--json"]].concat());
        let error: Value = serde_json::from_str(&error).unwrap();
        let got = error["error"]["kind"].as_str().unwrap();
        assert_eq!((got, code), (kind, expected), "{command:?}: {error}");
    }
}

#[test]
fn a_message_begins_with_what_is_wrong() {
    let world = World::new();
    world.succeeds(&["store", "A", "c", "--id", "a"]);
    for (command, expected) in [
        (&["related", "x"][..], "error: no memory has the id \"x\"\n"),
        (
            &["link", "a", "solves", "x"],
            "error: no memory has the id \"x\"\n",
        ),
        (&["delete", "x"], "error: no memory has the id \"x\"\n"),
        (&["store", "  ", "c"], "error: title has 1 to 200 "),
        (
            &["store", "B", "d", "--id", "a"],
            "error: there is a memory with the id \"a\"",
        ),
    ] {
        let (_, error) = world.fails(command);
        assert!(error.starts_with(expected), "{command:?}: {error}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_key_for_a_file_that_is_not_encrypted_is_told() {
    let world = World::new();
    world.succeeds(&["store", "A", "c"]);
    let mut program = world.program();
    program.arg("stats").env("MEMORY_SQLITE_KEY", "k");
    let output = program.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("a file that is not encrypted opens without it"),
        "{error}"
    );
}

#[test]
fn help_and_version_are_data() {
    let world = World::new();
    let help = world.succeeds(&["--help"]);
    assert!(
        help.contains("Examples:") && help.contains("memorygraph demo"),
        "{help}"
    );
    assert!(world.succeeds(&["--version"]).starts_with("memorygraph "));
    assert!(help.contains("TURSO_DATABASE_URL"), "{help}");
    let backends = format!("Which backend keeps it: {}", BACKENDS.join(", "));
    assert!(help.contains(&backends), "{help}");
    assert!(world.succeeds(&["link", "--help"]).contains("depends_on"));
}

#[test]
fn the_home_folder_is_used_only_when_nothing_else_is_said() {
    let world = World::new();
    let ran = world
        .program()
        .args(["store", "A", "c"])
        .env_remove("MEMORY_SQLITE_PATH")
        .env_remove("MEMORY_TURSO_PATH")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert!(world.home().join(".memorygraph/memory.db").is_file());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_secret_is_not_shown() {
    let world = World::new();
    let store = ["store", "A", "c"];
    for arguments in [
        &store[..],
        &["health"],
        &["health", "--json"],
        &["get", "x"],
    ] {
        let output = world
            .program()
            .args(arguments)
            .env("MEMORY_SQLITE_KEY", "open sesame")
            .env("MEMORY_LOG_LEVEL", "trace")
            .output()
            .unwrap();
        let all = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8(all).unwrap().contains("sesame"));
    }
    let (code, error) = world.fails(&["health"]);
    assert_eq!(code, 1, "{error}");
}
