//! A store that is no replica.

use serde_json::{Value, json};

use crate::world::{BACKENDS, World};

#[test]
fn a_sync_of_a_store_that_is_no_replica_is_a_warning() {
    let world = World::new();
    for backend in BACKENDS {
        for options in [
            &[][..],
            &["--watch"],
            &["--status"],
            &["--status", "--prometheus"],
        ] {
            let command = [&["sync", "--backend", backend], options].concat();
            let ran = world.run(&command);
            assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{command:?}");
            let lines: Vec<_> = ran.stderr.lines().collect();
            assert_eq!(
                lines[0],
                "warning: this store is no replica: there is nothing to sync"
            );
            assert!(
                lines[1].starts_with("hint: set ") && lines[1].contains("TURSO_DATABASE_URL"),
                "{lines:?}"
            );
            assert_eq!(lines.len(), 2);
        }
    }
}

#[test]
fn for_programs_that_warning_is_json() {
    let world = World::new();
    for options in [&[][..], &["--status"]] {
        let ran = world.run(&[&["sync", "--json"], options].concat());
        assert_eq!(ran.code, 0);
        assert_eq!(ran.stdout, "{\"synced\":null,\"status\":null}\n");
        let warning: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert!(warning["warning"]["message"].is_string(), "{warning}");
    }
}

#[test]
fn answers_that_are_of_now_say_so() {
    let world = World::new();
    world.succeeds(&[
        "store",
        "Larger pool",
        "It had 4 connections.",
        "--id",
        "pool",
    ]);
    world.succeeds(&["store", "Redis timeout", "Slow.", "--id", "timeout"]);
    world.succeeds(&["link", "pool", "solves", "timeout"]);
    for command in [
        &["get", "pool"][..],
        &["path", "pool", "timeout"],
        &["search", "pool"],
        &["recall", "pool"],
        &["related", "pool"],
        &["stats"],
    ] {
        let mut plain = world.json(command);
        assert!(plain.get("freshness").is_none(), "{plain}");
        forget_uses(&mut plain);
        let mut dated = world.json(&[command, &["--freshness"]].concat());
        let fields = dated.as_object_mut().unwrap();
        assert_eq!(fields.remove("freshness"), Some(Value::Null));
        forget_uses(&mut dated);
        assert_eq!(dated, plain);

        let ran = world.run(&[command, &["--freshness"]].concat());
        assert_eq!(ran.stderr, "as of now: this store is no replica\n");
        let is_told = |line: &&str| !line.starts_with("used ");
        let told: Vec<_> = ran.stdout.lines().filter(is_told).collect();
        let plain = world.succeeds(command);
        assert_eq!(told, plain.lines().filter(is_told).collect::<Vec<_>>());
    }
}

/// Takes out of an answer what each answer adds to.
fn forget_uses(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for field in ["usage_count", "last_accessed"] {
                fields.remove(field);
            }
            fields.values_mut().for_each(forget_uses);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_uses),
        _ => {}
    }
}

#[test]
fn every_backend_tells_where_it_keeps_the_graph_and_why() {
    let world = World::new();
    world.succeeds(&["store", "A", "c"]);
    for backend in BACKENDS {
        let health = world.succeeds(&["health", "--backend", backend]);
        for expected in [
            format!("backend        {backend}\n"),
            format!("set by         MEMORY_{}_PATH\n", backend.to_uppercase()),
            "state          all is well\n".to_owned(),
        ] {
            assert!(health.contains(&expected), "{expected} in {health}");
        }
        assert!(health.contains("graph.db"), "{health}");
        let health = world.json(&["health", "--backend", backend]);
        assert_eq!(health["backend"], *backend);
        assert_eq!(health["sync"], json!(null));
    }
}

#[test]
fn each_backend_goes_on_with_the_file_of_the_other() {
    let world = World::with_sample();
    for (round, backend) in BACKENDS.iter().rev().chain(BACKENDS).enumerate() {
        let title = format!("Round {round}");
        world.succeeds(&[
            "store",
            &title,
            &title,
            "--id",
            &title,
            "--backend",
            backend,
        ]);
        let statistics = world.json(&["stats", "--backend", backend]);
        assert_eq!(statistics["memories"], 203 + round + 1);
        assert_eq!(
            world.json(&["search", &title])["items"][0]["memory"]["title"],
            title
        );
    }
}
