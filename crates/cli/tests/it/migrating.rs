//! Carrying a graph from one store into another.

use std::fs;

use serde_json::Value;

use crate::world::{BACKENDS, World, names};

/// A URL of a file for each backend of this build.
fn urls(name: &str) -> [String; 2] {
    let (first, last) = (BACKENDS[0], BACKENDS[BACKENDS.len() - 1]);
    [first, last].map(|backend| format!("{backend}:{name}"))
}

fn migrate<'a>(from: &'a str, to: &'a str) -> [&'a str; 5] {
    ["migrate", "--from", from, "--to", to]
}

#[test]
fn the_sample_is_migrated_verified_and_migrated_again() {
    let world = World::with_sample();
    let [from, _] = urls("graph.db");
    let [_, to] = urls("~/new.db");
    let before = fs::read(world.file("graph.db")).unwrap();
    let dry = world.succeeds(&[&migrate(&from, &to)[..], &["--dry-run"]].concat());
    assert_eq!(dry, "Would migrate 203 memories and 290 relationships.\n");
    assert_eq!(names(&world.home()), [""; 0]);

    let said = world.succeeds(&migrate(&from, &to));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "Migrated 203 memories and 290 relationships.");
    assert!(
        lines[1].starts_with(
            "Verified: the target has 203 memories and 290 relationships of the source, digest "
        ) && lines[1].ends_with("; 20 searches found what they should."),
        "{said}"
    );
    assert_eq!(lines.len(), 2);
    assert_eq!(names(&world.home()), ["new.db"]);
    assert!(fs::read(world.file("graph.db")).unwrap() == before);

    let again = world.json(&migrate(&from, &to));
    assert_eq!(again["memories"]["added"], 0);
    assert_eq!(again["memories"]["already_there"], 203);
    assert_eq!(again["relationships"]["already_there"], 290);
    assert_eq!(again["verified"]["relationships"], 290);
    assert_eq!(again["dry_run"], false);
    let digest = again["verified"]["digest"].as_str().unwrap();
    assert!(lines[1].contains(digest), "{said}");
}

#[test]
fn what_differs_is_listed_and_ends_with_a_conflict() {
    let world = World::new();
    world.succeeds(&["store", "Larger pool", "It had 4.", "--id", "pool"]);
    world.succeeds(&["store", "Other", "It is new.", "--id", "new"]);
    let [from, _] = urls("graph.db");
    let [_, to] = urls("other.db");
    // Not by `migrate`, so that the times differ.
    let store = ["store", "Larger pool", "It had 4.", "--id", "pool"];
    world.succeeds(&[&store[..], &["--path", "other.db"]].concat());

    let ran = world.run(&migrate(&from, &to));
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.stdout
            .starts_with("Migrated 1 memory and 0 relationships.\n"),
        "{ran:?}"
    );
    assert!(
        ran.stdout
            .ends_with("\nDiffering, and left as they are in the target:\n  memory pool\n"),
        "{ran:?}"
    );
    assert!(
        ran.stderr
            .starts_with("error: 1 memory and 0 relationships of the target say something"),
        "{ran:?}"
    );
    let ran = world.run(&[&migrate(&from, &to)[..], &["--json"]].concat());
    assert_eq!(ran.code, 4);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report["differing"],
        serde_json::json!([{"kind": "memory", "id": "pool"}])
    );
    let error: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "conflict");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let world = World::with_sample();
    let [from, other] = urls("graph.db");
    let [_, to] = urls("new.db");
    for (arguments, code, words) in [
        (
            &migrate(&from, &other)[..],
            2,
            "--from and --to are the same file",
        ),
        (
            &migrate(&from, "graph2.db"),
            2,
            "--to begins with sqlite:PATH, turso:PATH,",
        ),
        (&migrate("sqlite:", &to), 2, "--from names no file"),
        (
            &migrate("sqlite:absent.db", &to),
            3,
            "absent.db holds no graph",
        ),
        (
            &[&migrate(&from, &to)[..], &["--path", "x.db"]].concat(),
            2,
            "--path says nothing here",
        ),
        (&["migrate", "--from", &from], 2, "--to <URL>"),
    ] {
        let (ended, error) = world.fails(arguments);
        assert_eq!(ended, code, "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
    }
    for url in [
        "libsql://me:secret@graph.example",
        "https://graph.example?authToken=secret",
        "turso:x.db?authToken=secret",
        "turso:x.db?primary=libsql://secret@graph.example",
    ] {
        for arguments in [migrate(&from, url), migrate(url, &to)] {
            let (ended, error) = world.fails(&arguments);
            assert_eq!(ended, 2, "{error}");
            assert!(
                error.contains("TURSO_AUTH_TOKEN") && !error.contains("secret"),
                "{error}"
            );
        }
    }
    let mut left = names(&world.file("."));
    left.sort();
    assert_eq!(left, ["graph.db", "home"]);
}

/// Writes an export with so many memories, each with a relationship to the one before.
#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
fn write_export(path: &std::path::Path, count: usize) {
    let memories: Vec<_> = (0..count)
        .map(|n| {
            serde_json::json!({
                "id": format!("m{n:05}"), "type": "fix", "title": format!("Pool number {n}"),
                "content": format!("The pool of service {n} had 4 connections. ").repeat(20),
                "created_at": format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3_600, n / 60 % 60, n % 60),
                "updated_at": "2026-01-02T00:00:00Z",
            })
        })
        .collect();
    let relationships: Vec<_> = (1..count)
        .map(|n| {
            serde_json::json!({
                "from_memory_id": format!("m{n:05}"), "to_memory_id": format!("m{:05}", n - 1),
                "type": "SOLVES", "created_at": "2026-01-01T00:00:00Z",
            })
        })
        .collect();
    let export = serde_json::json!({
        "format_version": "2.0", "memories": memories, "relationships": relationships,
    });
    fs::write(path, export.to_string()).unwrap();
}

#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
mod killed {
    use std::{
        io,
        os::unix::process::ExitStatusExt,
        process::Stdio,
        sync::mpsc,
        thread,
        time::{Duration, Instant},
    };

    use engines::Sqld;

    use super::{World, migrate, write_export};
    use crate::world::Ran;

    const COUNT: usize = 2_500;
    const SEED: u64 = 20_261_124;

    /// Kills the migration again and again, each time at another moment, then lets it end.
    fn survives(to: &str, variables: &[(&str, String)], see: &dyn Fn(&World)) {
        let world = World::new();
        write_export(&world.file("export.json"), COUNT);
        world.succeeds(&["import", "export.json"]);
        std::fs::remove_file(world.file("export.json")).unwrap();
        let before = std::fs::read(world.file("graph.db")).unwrap();
        let program = || {
            let mut program = world.program();
            program.envs(variables.iter().map(|(name, value)| (name, value)));
            program.args(migrate("sqlite:graph.db", to)).arg("--json");
            program
        };

        // A whole one, into another place, tells how long one takes.
        let begun = Instant::now();
        world.succeeds(&migrate("sqlite:graph.db", "turso:measure.db"));
        let whole = begun.elapsed();
        let mut chance = SEED;
        let mut killed = 0;
        for _ in 0..8 {
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let share = f64::from(u32::try_from(chance >> 32).unwrap()) / f64::from(u32::MAX);
            let mut child = program()
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut stdout = child.stdout.take().unwrap();
            let (report, ended) = mpsc::channel();
            thread::spawn(move || drop(report.send(io::copy(&mut stdout, &mut io::sink()))));
            let most = whole.mul_f64(share * 0.5) + Duration::from_millis(5);
            drop(ended.recv_timeout(most));
            child.kill().unwrap();
            killed += usize::from(child.wait().unwrap().signal() == Some(9));
        }
        assert!(killed >= 3, "only {killed} were killed before they ended");

        for round in 0..2 {
            let ran = Ran::of(&program().output().unwrap());
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
            let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            for (kind, count) in [
                ("memories", COUNT as u64),
                ("relationships", COUNT as u64 - 1),
            ] {
                let tally = &report[kind];
                let number = |field: &str| tally[field].as_u64().unwrap();
                assert_eq!(number("added") + number("already_there"), count, "{report}");
                assert_eq!((number("read"), number("differing")), (count, 0));
                assert_eq!(report["verified"][kind], count);
                assert!(round == 0 || number("added") == 0, "{report}");
                assert!(
                    kind != "memories" || number("already_there") > 0,
                    "{report}"
                );
            }
        }
        assert!(std::fs::read(world.file("graph.db")).unwrap() == before);
        see(&world);
    }

    fn assert_whole(health: &serde_json::Value) {
        assert_eq!(health["memories"], COUNT, "{health}");
        assert_eq!(health["relationships"], COUNT - 1, "{health}");
        assert_eq!(health["warnings"], serde_json::json!([]), "{health}");
    }

    #[test]
    fn a_migration_to_a_file_goes_on() {
        survives("turso:new.db", &[], &|world| {
            assert_whole(&world.json(&["health", "--path", "new.db"]));
        });
    }

    #[test]
    fn a_migration_to_a_replica_goes_on() {
        let primary = Sqld::start();
        let url = primary.url();
        let variables = [("TURSO_DATABASE_URL", url.clone())];
        survives("turso:new.db", &variables, &|world| {
            // Another device, too.
            for path in ["new.db", "device.db"] {
                let mut program = world.program();
                program.env("TURSO_DATABASE_URL", &url);
                program.args(["health", "--json", "--backend", "turso", "--path", path]);
                let ran = Ran::of(&program.output().unwrap());
                assert_whole(&serde_json::from_str(&ran.stdout).unwrap());
            }
        });
    }
}

#[test]
fn what_stays_with_the_source_is_told_and_the_quarantine_comes_along() {
    let world = World::new();
    let file = r#"{"format_version": "2.0", "memories": [{"id": "a", "title": "x"}], "relationships": []}"#;
    fs::write(world.file("export.json"), file).unwrap();
    world.succeeds(&["import", "export.json", "--skip-invalid"]);
    world.succeeds(&["store", "Larger pool", "It had 4.", "--id", "pool"]);
    world.succeeds(&["update", "pool", "--content", "It had 8."]);
    let [from, _] = urls("graph.db");
    let [_, to] = urls("new.db");
    let ran = world.run(&migrate(&from, &to));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.starts_with(
            "warning: 1 earlier state of a memory or relationship stays in the source"
        ),
        "{ran:?}"
    );
    assert!(
        ran.stdout
            .contains("\nMigrated 1 record of the quarantine.\n"),
        "{ran:?}"
    );
    let aside = world.json(&["quarantine", "--path", "new.db"]);
    assert_eq!(aside["items"].as_array().unwrap().len(), 1, "{aside}");
}

#[test]
fn the_graph_is_not_imported_into_itself() {
    let world = World::with_sample();
    for backend in BACKENDS {
        world.succeeds(&["store", backend, backend, "--backend", backend]);
        let (code, error) = world.fails(&["import", "graph.db", "--backend", backend]);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("graph.db is the graph itself"), "{error}");
    }
}
