//! Clients are set up in their own files.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::world::{Ran, World};

/// The files of the clients on this system, where a test can tell.
const FILES: [(&str, &str); 8] = [
    ("claude-code", ".claude.json"),
    ("cursor", ".cursor/mcp.json"),
    ("windsurf", ".codeium/windsurf/mcp_config.json"),
    ("cline", ".cline/data/settings/cline_mcp_settings.json"),
    ("continue", ".continue/mcpServers/memorygraph.yaml"),
    ("gemini", ".gemini/settings.json"),
    ("codex", ".codex/config.toml"),
    ("opencode", ".config/opencode/opencode.json"),
];

const SETTINGS: &str = "{\n  \"numStartups\": 3,\n  \"mcpServers\": {\n    \"other\": { \"command\": \"o\" }\n  }\n}\n";

/// Puts a file into the home folder.
fn put(world: &World, name: &str, text: &str) -> PathBuf {
    let path = world.home().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn entry(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap();
    value["mcpServers"]["memorygraph"].clone()
}

/// Runs without the variables that say where the graph is.
fn run(world: &World, arguments: &[&str]) -> Ran {
    let mut program = world.program();
    program.env_remove("MEMORY_SQLITE_PATH");
    program.env_remove("MEMORY_TURSO_PATH");
    Ran::of(&program.args(arguments).output().unwrap())
}

#[test]
fn a_client_is_set_up_once_and_taken_out_again() {
    for (name, file) in FILES {
        let world = World::new();
        let path = world.home().join(file);
        let done = world.succeeds(&["init", name]);
        assert!(
            done.contains("added the server memorygraph to ~/"),
            "{done}"
        );
        let first = fs::read(&path).unwrap();
        let again = world.succeeds(&["init", name]);
        assert!(again.contains("nothing to change in ~/"), "{again}");
        assert_eq!(fs::read(&path).unwrap(), first);
        let gone = world.succeeds(&["init", name, "--uninstall"]);
        assert!(
            gone.contains("removed the server memorygraph from ~/"),
            "{gone}"
        );
        assert!(!path.exists(), "{name}");
    }
}

#[test]
fn what_was_in_a_file_is_back_after_an_uninstall_and_beside_it_before() {
    let world = World::new();
    let path = put(&world, ".claude.json", SETTINGS);
    let answer = world.json(&["init", "claude-code"]);
    let backup = path.with_file_name(".claude.json.memorygraph.bak");
    let expected = json!({"clients": [{
        "client": "claude-code", "part": "entry", "change": "added", "file": path, "backup": backup
    }]});
    assert_eq!(answer, expected);
    assert_eq!(fs::read_to_string(&backup).unwrap(), SETTINGS);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(entry(&text)["args"], json!(["serve"]));
    assert_eq!(entry(&text)["command"], env!("CARGO_BIN_EXE_memorygraph"));
    let updated = world.json(&["init", "claude-code", "--profile", "extended"]);
    assert_eq!(updated["clients"][0]["change"], "updated");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        entry(&text)["args"],
        json!(["serve", "--profile", "extended"])
    );
    world.succeeds(&["init", "claude-code", "--uninstall"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), SETTINGS);
}

#[test]
fn a_dry_run_shows_what_it_would_do_and_does_nothing() {
    let world = World::new();
    let path = put(&world, ".claude.json", SETTINGS);
    let shown = world.succeeds(&["init", "claude-code", "codex", "--dry-run"]);
    assert!(
        shown.contains("would add the server memorygraph to ~/.claude.json"),
        "{shown}"
    );
    assert!(shown.contains("\n  +     \"memorygraph\": {\n"), "{shown}");
    assert!(
        shown.contains("\n  + [mcp_servers.memorygraph]\n"),
        "{shown}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), SETTINGS);
    assert_eq!(crate::world::names(&world.home()), [".claude.json"]);
}

#[test]
fn what_is_printed_is_what_would_be_written() {
    let world = World::new();
    let printed = world.json(&["init", "codex", "--print", "--instructions"]);
    world.succeeds(&["init", "codex", "--instructions"]);
    for (index, file) in [".codex/config.toml", ".codex/AGENTS.md"]
        .iter()
        .enumerate()
    {
        let text = fs::read_to_string(world.home().join(file)).unwrap();
        assert_eq!(printed["clients"][index]["text"], text);
    }
    let text = world.succeeds(&["init", "zed", "--print"]);
    assert!(text.starts_with("In ~/"), "{text}");
    assert!(text.contains("\"context_servers\""), "{text}");
}

#[test]
fn a_file_that_does_not_parse_is_left_alone_and_the_others_are_done() {
    let world = World::new();
    let broken = "{ \"mcpServers\": {} // mine\n}\n";
    let path = put(&world, ".claude.json", broken);
    let ran = world.run(&["init", "claude-code", "codex"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("Codex: added"), "{ran:?}");
    assert!(
        ran.stderr.contains("~/.claude.json: it is left as it is:"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("line 1 column 20"), "{ran:?}");
    assert!(
        ran.stderr.contains("memorygraph init claude-code --print"),
        "{ran:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), broken);
}

#[test]
fn settings_that_the_server_would_not_find_go_into_the_entry_and_secrets_do_not() {
    let world = World::new();
    put(
        &world,
        ".config/memorygraph/config.toml",
        "turso_sync_interval = 60\n",
    );
    let mut program = world.program();
    program
        .env_remove("MEMORY_TURSO_PATH")
        .env("MEMORY_SQLITE_PATH", "notes.db")
        .env("MEMORY_SQLITE_KEY", "hunter2")
        .env("MEMORY_TURSO_SYNC_INTERVAL", "60")
        .env("MEMORY_HTTP_TOKEN_FILE", "token")
        .args(["init", "claude-code"]);
    let ran = Ran::of(&program.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.contains("MEMORY_SQLITE_KEY is a secret"),
        "{ran:?}"
    );
    let text = fs::read_to_string(world.home().join(".claude.json")).unwrap();
    assert!(!text.contains("hunter2"));
    let path = entry(&text)["env"]["MEMORY_SQLITE_PATH"].clone();
    assert!(path.as_str().unwrap().ends_with("/notes.db"), "{path}");
    assert!(path.as_str().unwrap().starts_with('/'), "{path}");
    assert_eq!(entry(&text)["env"].as_object().unwrap().len(), 1);
    let world = World::new();
    assert_eq!(run(&world, &["init", "claude-code"]).code, 0);
    let text = fs::read_to_string(world.home().join(".claude.json")).unwrap();
    assert_eq!(entry(&text).get("env"), None);
}

#[test]
fn a_project_has_files_of_its_own_and_agents_are_told_once() {
    let world = World::new();
    let rules = "# Rules\n";
    fs::write(world.file("AGENTS.md"), rules).unwrap();
    let set_up = [
        "init",
        "cursor",
        "vscode",
        "gemini",
        "--project",
        "--instructions",
    ];
    let done = world.succeeds(&set_up);
    assert_eq!(done.matches("AGENTS.md\n").count(), 1, "{done}");
    for file in [
        ".cursor/mcp.json",
        ".vscode/mcp.json",
        ".gemini/settings.json",
        "GEMINI.md",
    ] {
        assert!(world.file(file).exists(), "{file}");
    }
    let told = fs::read_to_string(world.file("AGENTS.md")).unwrap();
    assert!(told.starts_with(rules) && told.contains("recall_memories"));
    world.succeeds(&[&set_up[..], &["--uninstall"]].concat());
    assert_eq!(fs::read_to_string(world.file("AGENTS.md")).unwrap(), rules);
    assert!(!world.file("GEMINI.md").exists());
    let (code, error) = world.fails(&["init", "windsurf", "--project"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("Windsurf has no file for a project"),
        "{error}"
    );
}

#[test]
fn all_are_those_that_are_found() {
    let world = World::new();
    let (code, error) = world.fails(&["init", "--all"]);
    assert_eq!(code, 3);
    assert!(error.contains("no client is found"), "{error}");
    for folder in [".cursor", ".codex"] {
        fs::create_dir(world.home().join(folder)).unwrap();
    }
    world.succeeds(&["init", "--all"]);
    let known = world.json(&["init"]);
    let installed = known["clients"].as_array().unwrap().iter();
    let installed = installed.filter(|client| client["installed"] == true);
    let names: Vec<_> = installed
        .map(|client| client["client"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cursor", "codex"]);
    let table = world.succeeds(&["init"]);
    assert!(table.lines().count() > 12, "{table}");
    let (code, error) = world.fails(&["init", "--dry-run"]);
    assert_eq!(code, 2);
    assert!(error.contains("no client is named"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_mode_stays_a_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let world = World::new();
    let kept = world.file("dotfiles.json");
    fs::write(&kept, SETTINGS).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o600)).unwrap();
    let path = world.home().join(".claude.json");
    symlink(&kept, &path).unwrap();
    world.succeeds(&["init", "claude-code"]);
    assert!(path.is_symlink());
    for file in ["dotfiles.json", "dotfiles.json.memorygraph.bak"] {
        let mode = fs::metadata(world.file(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(
        fs::read_to_string(&kept)
            .unwrap()
            .contains("\"memorygraph\"")
    );
}
