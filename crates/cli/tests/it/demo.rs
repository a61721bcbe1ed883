use crate::world::{World, names};

#[test]
fn the_demo_recalls_walks_and_counts() {
    let world = World::new();
    let shown = world.succeeds(&["demo"]);
    for expected in [
        "29 memories, joined by 38 relationships.",
        "$ memorygraph recall \"timeout in checkout\" -n 5",
        "checkout-timeout  problem",
        "├─ ← CAUSES 0.95  QueuePool limit",
        "│  │  ├─ ← SOLVES 0.95  Partial index on open reservations  (fix, stock-index)",
        "  ↑ PREVENTS 0.95",
        "RELATIONSHIPS",
        "demo --keep demo.db",
    ] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let world = World::new();
    let temporary = world.file("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let ran = world
        .program()
        .arg("demo")
        .env("TMPDIR", &temporary)
        .output()
        .unwrap();
    assert!(ran.status.success());
    assert_eq!(names(&temporary), [""; 0]);
    assert_eq!(names(&world.home()), [""; 0]);
    assert!(!world.file("graph.db").exists());
}

#[test]
fn the_demo_for_programs_is_one_value() {
    let world = World::new();
    let shown = world.json(&["demo"]);
    assert_eq!(shown["statistics"]["memories"], 29);
    assert_eq!(
        shown["recall"]["items"][0]["memory"]["id"],
        "checkout-timeout"
    );
    assert_eq!(shown["shortest_path"]["steps"].as_array().unwrap().len(), 4);
    assert!(shown["path"].is_null());
}

#[test]
fn a_demo_that_is_kept_answers_what_it_says_to_try() {
    let world = World::new();
    let shown = world.succeeds(&["demo", "--keep", "my demo.db"]);
    let program = env!("CARGO_BIN_EXE_memorygraph");
    let tried: Vec<_> = shown
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(program))
        .collect();
    assert_eq!(tried.len(), 7, "{shown}");
    for command in tried {
        let shell = std::process::Command::new("sh")
            .arg("-c")
            .arg(format!("'{program}'{command}"))
            .env("HOME", world.home())
            .current_dir(world.file(""))
            .output()
            .unwrap();
        let complaint = String::from_utf8(shell.stderr).unwrap();
        assert!(
            shell.status.success() && complaint.is_empty(),
            "{command}: {complaint}"
        );
        assert!(!shell.stdout.is_empty(), "{command}");
    }
    let (code, error) = world.fails(&["demo", "--keep", "my demo.db"]);
    assert_eq!(code, 2);
    assert_eq!(
        error,
        "error: my demo.db is there already; --keep makes a new file\n"
    );
}
