//! What keeps a store in order: settings, health, quarantine, backups, completions, manual pages.

use std::fs;

use serde_json::{Value, json};

use crate::world::{BACKENDS, World, names};

/// A world with one record in quarantine, and its id.
fn with_quarantine() -> (World, String) {
    let world = World::new();
    let file = r#"{"format_version": "2.0", "memories": [
        {"id": "a", "type": "fix", "title": "t", "content": "c"},
        {"id": "b", "type": "fix", "title": "no content"}], "relationships": []}"#;
    fs::write(world.file("export.json"), file).unwrap();
    world.succeeds(&["import", "export.json", "--skip-invalid"]);
    let listed = world.json(&["quarantine"]);
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    (world, id)
}

#[test]
fn config_shows_every_value_and_who_said_it() {
    let world = World::new();
    let folder = world.home().join(".config/memorygraph");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "allow_cycles = true\n").unwrap();
    let run = |arguments: &[&str]| {
        let output = world
            .program()
            .args(arguments)
            .env("TURSO_AUTH_TOKEN", "sesame")
            .env("TURSO_DATABASE_URL", "libsql://me:sesame@example.test")
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(output.stderr, b"");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("sesame"), "{text}");
        text
    };
    let text = run(&["config", "--backend", BACKENDS[0]]);
    for (setting, value, by) in [
        ("MEMORY_BACKEND", BACKENDS[0], "--backend"),
        ("TURSO_AUTH_TOKEN", "(hidden)", "TURSO_AUTH_TOKEN"),
        (
            "TURSO_DATABASE_URL",
            "libsql://example.test",
            "TURSO_DATABASE_URL",
        ),
        ("MEMORY_TURSO_SYNC_INTERVAL", "300", "default"),
        ("MEMORY_SQLITE_KEY", "-", "default"),
    ] {
        let found = text.lines().any(|line| {
            let cells: Vec<_> = line.split_whitespace().collect();
            cells == [setting, value, by]
        });
        assert!(found, "{setting} in {text}");
    }
    let file = folder.join("config.toml").display().to_string();
    assert!(
        text.ends_with(&format!("\nconfig.toml: {file}\n")),
        "{text}"
    );

    let answer: Value = serde_json::from_str(&run(&["config", "--json"])).unwrap();
    assert_eq!(answer["file"], json!({"path": file, "exists": true}));
    let settings = answer["settings"].as_array().unwrap();
    let cycles = settings.iter().find(|it| it["key"] == "allow_cycles");
    assert_eq!(
        cycles.unwrap(),
        &json!({"variable": "MEMORY_ALLOW_CYCLES", "key": "allow_cycles", "value": "true",
            "is_hidden": false, "origin": "file", "set_by": file})
    );
}

#[test]
fn the_place_of_the_configuration_file_is_shown_whatever_is_in_it() {
    let world = World::new();
    let file = world.home().join(".config/memorygraph/config.toml");
    let expected = format!("{}\n", file.display());
    let ran = world.run(&["config", "path"]);
    assert_eq!((ran.code, &ran.stdout), (0, &expected));
    assert_eq!(ran.stderr, "There is no such file yet.\n");

    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "no_such_key = 1").unwrap();
    assert_eq!(world.succeeds(&["config", "path"]), expected);
    assert_eq!(
        world.json(&["config", "path"]),
        json!({"path": file.to_str().unwrap(), "exists": true})
    );
    let (code, error) = world.fails(&["config"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("no_such_key"), "{error}");
}

#[test]
fn a_sound_store_is_inspected_and_well() {
    let world = World::with_sample();
    for backend in BACKENDS {
        let health = world.json(&["health", "--backend", backend]);
        assert_eq!(health["findings"], json!([]));
        assert_eq!(health["repaired"], json!(null));
        let health = world.json(&["health", "--repair", "--backend", backend]);
        assert_eq!(health["repaired"], json!([]));
        let text = world.succeeds(&["health", "--check", "--backend", backend]);
        assert!(text.contains("\nstate          all is well\n"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn health_explains_who_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::new();
    world.succeeds(&["store", "A", "c"]);
    for (mode, letters, words) in [
        (0o600, "rw-------", "only its owner can read it"),
        (0o640, "rw-r-----", "others on this machine can read it"),
        (0o666, "rw-rw-rw-", "others on this machine can change it"),
    ] {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(world.file("graph.db"), permissions).unwrap();
        let text = world.succeeds(&["health"]);
        let expected = format!("\npermissions    {letters}: {words}\n");
        assert!(text.contains(&expected), "{text}");
        let health = world.json(&["health"]);
        assert_eq!(health["permissions"]["mode"], letters);
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn trouble_is_found_explained_and_mended() {
    let world = World::new();
    world.succeeds(&["store", "A", "c", "--id", "a"]);
    damage(&world);
    let ran = world.run(&["health"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("there is trouble"), "{ran:?}");
    assert!(
        ran.stdout.contains("\nRows that are no memories: 1\n"),
        "{ran:?}"
    );
    assert!(
        ran.stderr.starts_with("error: ")
            && ran
                .stderr
                .ends_with("hint: memorygraph health --repair mends what can be mended\n"),
        "{ran:?}"
    );
    let ran = world.run(&["health", "--json"]);
    assert_eq!(ran.code, 1);
    let health: Value = serde_json::from_str(&ran.stdout).unwrap();
    let kinds = health["findings"].as_array().unwrap().iter();
    assert!(
        kinds
            .clone()
            .any(|it| it["trouble"] == "unreadable_memories")
    );

    let mended = world.succeeds(&["health", "--repair"]);
    assert!(mended.starts_with("Mended: "), "{mended}");
    assert!(
        mended.contains("Mended: Rows that are no memories: 1\n"),
        "{mended}"
    );
    assert!(
        mended.contains("\nMoved into quarantine: 1 record; memorygraph quarantine lists it\n"),
        "{mended}"
    );
    world.succeeds(&["health"]);
    assert_eq!(world.json(&["stats"])["memories"], 1);
    let aside = world.json(&["quarantine"]);
    assert_eq!(aside["items"].as_array().unwrap().len(), 1, "{aside}");
}

/// Puts a row into the file that is no memory, as another program could.
#[cfg(feature = "sqlite")]
fn damage(world: &World) {
    use memorygraph::ports::{Access, SqlParameters};
    use memorygraph::{Config, MemoryGraph};

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let config = Config::sqlite(world.file("graph.db"));
        let graph = MemoryGraph::open(&config).await.unwrap();
        let sql = "INSERT INTO nodes (id, label, properties) VALUES ('x', 'Memory', '[1]')";
        let access = graph.backend().sql_access().unwrap();
        access
            .execute_query(sql, SqlParameters::NONE, Access::Write)
            .await
            .unwrap();
        graph.close().await.unwrap();
    });
}

#[test]
fn what_is_in_quarantine_is_listed_shown_and_let_go() {
    let (world, id) = with_quarantine();
    let listed = world.succeeds(&["quarantine"]);
    assert!(listed.starts_with("ID "), "{listed}");
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let shown = world.succeeds(&["quarantine", "show", &id]);
    assert!(shown.contains("kind    memory\n"), "{shown}");
    assert!(shown.contains("no content"), "{shown}");
    let record = world.json(&["quarantine", "show", &id]);
    assert_eq!(record["kind"], "memory");

    let (code, error) = world.fails(&["quarantine", "release", &id]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("--yes"), "{error}");
    assert_eq!(world.json(&["quarantine", "release", &id, "--yes"]), record);
    assert_eq!(
        world.succeeds(&["quarantine"]),
        "Nothing is in quarantine.\n"
    );
    for command in ["show", "release"] {
        let (code, error) = world.fails(&["quarantine", command, &id]);
        assert_eq!(code, 3, "{error}");
    }
}

#[test]
fn what_is_in_quarantine_comes_in_pages() {
    let world = World::new();
    let memories = ["a", "b", "c"].map(|id| format!(r#"{{"id": "{id}", "title": "no content"}}"#));
    let file = format!(
        r#"{{"format_version": "2.0", "memories": [{}], "relationships": []}}"#,
        memories.join(",")
    );
    fs::write(world.file("export.json"), file).unwrap();
    world.succeeds(&["import", "export.json", "--skip-invalid"]);
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut command = vec!["quarantine", "-n", "1"];
        command.extend(after.iter().flat_map(|cursor| ["--after", cursor]));
        let text = world.succeeds(&command);
        let page = world.json(&command);
        seen.push(page["items"][0]["document"].as_str().unwrap().to_owned());
        let Some(cursor) = page["next"].as_str() else {
            assert!(!text.contains("There is more"), "{text}");
            break;
        };
        let further = format!("There is more: memorygraph quarantine -n 1 --after {cursor}\n");
        assert!(text.ends_with(&further), "{text}");
        after = Some(cursor.to_owned());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn a_backup_is_put_back() {
    for backend in BACKENDS {
        let world = World::with_sample();
        let run =
            |arguments: &[&str]| world.succeeds(&[arguments, &["--backend", backend]].concat());
        let said = run(&["backup", "copy.db"]);
        assert!(
            said.starts_with("Backed up 203 memories and 290 relationships to ")
                && said.contains("/copy.db, "),
            "{said}"
        );
        let (code, error) = world.fails(&["backup", "copy.db", "--backend", backend]);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("copy.db"), "{error}");

        run(&[
            "store",
            "Afterwards",
            "Something new.",
            "--id",
            "afterwards",
        ]);
        let (code, error) = world.fails(&["restore", "copy.db", "--backend", backend]);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("--yes"), "{error}");
        let said = run(&["restore", "copy.db", "--yes"]);
        let mut lines = said.lines();
        let first = lines.next().unwrap();
        assert!(
            first.starts_with("Restored 203 memories and 290 relationships to ")
                && first.ends_with("graph.db."),
            "{said}"
        );
        let kept = lines.next().unwrap();
        let kept = kept.strip_prefix("What was there is kept in ").unwrap();
        assert!(run(&["stats"]).contains("memories       203\n"));
        let before = run(&["stats", "--path", kept]);
        assert!(before.contains("memories       204\n"), "{before}");
    }
}

#[test]
fn what_is_no_backup_is_not_put_in_the_place_of_a_graph() {
    let world = World::new();
    world.succeeds(&["store", "A", "c", "--id", "a"]);
    fs::write(world.file("text.db"), "no database ".repeat(100)).unwrap();
    for file in ["text.db", "nothing.db", "home"] {
        let (code, error) = world.fails(&["restore", file, "--yes"]);
        assert!((1..=3).contains(&code), "{code} {error}");
        assert!(error.contains(file), "{error}");
        assert_eq!(world.json(&["stats"])["memories"], 1);
    }
}

#[test]
fn each_shell_gets_its_completions() {
    let world = World::new();
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef memorygraph"),
        ("fish", "complete -c memorygraph"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let script = world.succeeds(&["completions", shell]);
        assert!(script.contains(word), "{shell}");
        assert!(script.contains("quarantine"), "{shell}");
    }
    let (code, error) = world.fails(&["completions", "tcsh"]);
    assert_eq!(code, 2, "{error}");
    // None of it opened a graph.
    assert_eq!(names(&world.home()), [""; 0]);
    assert!(!world.file("graph.db").exists());
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let world = World::new();
    let first = world.succeeds(&["man"]);
    assert!(first.contains(".TH memorygraph 1"), "{first}");
    world.succeeds(&["man", "share/man1"]);
    let pages = names(&world.file("share/man1"));
    for page in [
        "memorygraph.1",
        "memorygraph-store.1",
        "memorygraph-quarantine-show.1",
        "memorygraph-export.1",
    ] {
        assert!(pages.iter().any(|name| name == page), "{page} in {pages:?}");
    }
    fs::write(world.file("taken"), "").unwrap();
    let (code, error) = world.fails(&["man", "taken"]);
    assert!(code == 1 && error.contains("taken"), "{error}");
}
