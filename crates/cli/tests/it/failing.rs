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
        (&["link", "a", "solved", "a"], "SOLVES"),
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
    assert!(world.succeeds(&["link", "--help"]).contains("DEPENDS_ON"));
}

#[test]
fn the_home_folder_is_used_only_when_nothing_else_is_said() {
    let world = World::new();
    let ran = world
        .program()
        .arg("stats")
        .env_remove("MEMORY_SQLITE_PATH")
        .env_remove("MEMORY_TURSO_PATH")
        .output()
        .unwrap();
    assert!(ran.status.success());
    assert!(world.home().join(".memorygraph/memory.db").is_file());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_secret_is_not_shown() {
    let world = World::new();
    for arguments in [&["health"][..], &["health", "--json"], &["get", "x"]] {
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
