//! Replicas of a real primary.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use engines::{Sqld, SqldOptions, Tokens, closed_port, serve_not_libsql};
use serde_json::Value;

use crate::world::{Ran, World};

/// A device with a replica of the primary at `url`, in a world of its own.
struct Device {
    world: World,
    variables: Vec<(&'static str, String)>,
}

impl Device {
    fn new(url: impl Into<String>) -> Self {
        let world = World::new();
        let variables = vec![
            ("MEMORY_BACKEND", "turso".to_owned()),
            ("TURSO_DATABASE_URL", url.into()),
        ];
        Self { world, variables }
    }

    fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((variable, value.into()));
        self
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut program = self.world.program();
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        Ran::of(&program.envs(variables).args(arguments).output().unwrap())
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        ran.stdout
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let text = self.succeeds(&[arguments, &["--json"]].concat());
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Runs what must fail, and returns its code and stderr.
    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let ran = self.run(arguments);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert_ne!(ran.code, 0, "{arguments:?}");
        (ran.code, ran.stderr)
    }

    fn store(&self, id: &str) {
        let content = format!("It had 4 connections, says {id}.");
        self.succeeds(&["store", "Larger pool", &content, "--id", id]);
    }

    fn recalls(&self, id: &str) -> bool {
        let hits = self.json(&["recall", "pool"]);
        let hits = hits["items"].as_array().unwrap();
        hits.iter().any(|hit| hit["memory"]["id"] == id)
    }
}

#[test]
fn what_one_device_stores_another_recalls_after_a_sync() {
    let primary = Sqld::start();
    let (one, other) = (Device::new(primary.url()), Device::new(primary.url()));
    let said = other.succeeds(&["sync"]);
    assert!(said.starts_with("Synced "), "{said}");
    one.store("from-one");
    let said = other.succeeds(&["sync"]);
    let words: Vec<_> = said.split_whitespace().collect();
    assert!(words[1].parse::<u32>().unwrap() > 0, "{said}");
    assert!(
        said.contains("\nThis replica has what its primary had at 20"),
        "{said}"
    );
    assert!(other.recalls("from-one"));
    other.store("from-other");
    one.succeeds(&["sync"]);
    assert!(one.recalls("from-other"));
}

#[test]
fn a_sync_for_programs_says_what_it_brought_and_how_it_goes() {
    let primary = Sqld::start();
    let (one, other) = (Device::new(primary.url()), Device::new(primary.url()));
    other.succeeds(&["sync"]);
    one.store("from-one");
    let line = other.json(&["sync"]);
    assert!(line["synced"]["frames"].as_u64().unwrap() > 0, "{line}");
    assert!(
        line["synced"]["took_seconds"].as_f64().unwrap() > 0.0,
        "{line}"
    );
    let status = &line["status"];
    assert_eq!(
        (&status["state"], &status["successes"]),
        (&"idle".into(), &1.into())
    );
    assert!(status["age_seconds"].as_f64().unwrap() < 60.0, "{line}");
    assert!(status["last_error"].is_null(), "{line}");
}

#[test]
fn a_status_is_shown_in_three_forms_and_syncs_nothing() {
    let primary = Sqld::start();
    let (one, other) = (Device::new(primary.url()), Device::new(primary.url()));
    other.succeeds(&["sync"]);
    one.store("from-one");
    let line = other.json(&["sync", "--status"]);
    assert!(line["synced"].is_null(), "{line}");
    assert_eq!(line["status"]["successes"], 0);
    let text = other.succeeds(&["sync", "--status"]);
    assert!(
        text.starts_with("state          idle\nlast sync      "),
        "{text}"
    );
    let text = other.succeeds(&["sync", "--status", "--prometheus"]);
    for expected in [
        "# TYPE memorygraph_sync_duration_seconds histogram\n",
        "memorygraph_sync_success_total 0\n",
        "memorygraph_sync_age_seconds ",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    let frames = &other.json(&["sync"])["synced"]["frames"];
    assert!(frames.as_u64().unwrap() > 0, "the status brought it");
}

#[test]
fn without_its_primary_a_replica_reads_and_tells_its_age() {
    let mut primary = Sqld::start();
    let device = Device::new(primary.url());
    device.store("kept");
    device.succeeds(&["sync"]);
    primary.stop();

    let status = device.json(&["sync", "--status"]);
    assert!(status["status"]["last_success"].is_string(), "{status}");
    let (code, error) = device.fails(&["sync"]);
    assert_eq!(code, 1);
    assert!(error.starts_with("error: sync: unreachable: "), "{error}");
    assert_eq!(error.matches("unreachable").count(), 1, "{error}");
    let (code, error) = device.fails(&["sync", "--json"]);
    let error: Value = serde_json::from_str(&error).unwrap();
    assert_eq!((code, &error["error"]["kind"]), (1, &"unreachable".into()));

    let ran = device.run(&["get", "kept", "--freshness"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("Larger pool\n"));
    assert!(
        ran.stderr.contains("as of the last sync ") && ran.stderr.contains(" s ago\n"),
        "{}",
        ran.stderr
    );
    let ran = device.run(&["recall", "pool", "--freshness", "--json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["items"][0]["memory"]["id"], "kept");
    let freshness = answer["freshness"].as_object().unwrap();
    assert!(freshness["last_synced_at"].is_string(), "{answer}");
    assert!(
        freshness["age_seconds"].as_f64().unwrap() >= 0.0,
        "{answer}"
    );

    let ran = device.run(&["health"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("warning        the last sync failed: "),
        "{}",
        ran.stdout
    );
    assert_eq!(device.run(&["store", "t", "c"]).code, 1);
}

#[test]
fn health_and_stats_tell_of_the_sync() {
    let primary = Sqld::start();
    let device = Device::new(primary.url());
    device.store("kept");
    let health = device.succeeds(&["health"]);
    for expected in [
        "backend        turso\n",
        &format!("graph.db (replica of {})\n", primary.url()),
        "set by         MEMORY_TURSO_PATH, TURSO_DATABASE_URL\n",
        "last sync      less than 1 s ago (20",
        "state          all is well\n",
    ] {
        assert!(health.contains(expected), "{expected} in {health}");
    }
    let health = device.json(&["health"]);
    assert!(health["sync"]["last_success"].is_string(), "{health}");
    let statistics = device.json(&["stats"]);
    assert_eq!(statistics["memories"], 1);
    assert!(
        statistics["sync"]["age_seconds"].is_number(),
        "{statistics}"
    );
    let text = device.succeeds(&["stats"]);
    assert!(
        text.contains("\nlast sync  less than 1 s ago (20"),
        "{text}"
    );
}

#[test]
fn a_remote_graph_is_no_replica() {
    let primary = Sqld::start();
    let device = Device::new(primary.url()).with("MEMORY_TURSO_MODE", "remote");
    device.store("kept");
    assert!(device.recalls("kept"));
    let ran = device.run(&["sync"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(
        ran.stderr.contains("hint: with MEMORY_TURSO_MODE=remote "),
        "{}",
        ran.stderr
    );
    let health = device.json(&["health"]);
    assert!(health["sync"].is_null());
    assert!(
        health["location"]
            .as_str()
            .unwrap()
            .contains(&primary.url()),
        "{health}"
    );
    assert!(!device.world.file("graph.db").exists());
}

#[test]
fn a_first_sync_without_a_primary_fails_and_leaves_nothing() {
    let not_libsql = serve_not_libsql();
    for (url, code) in [
        (format!("http://127.0.0.1:{}", closed_port()), 1),
        ("http://no-such-host.invalid".to_owned(), 1),
        (not_libsql.url(), 2),
        ("ftp://graph.example".to_owned(), 2),
        ("graph.example".to_owned(), 2),
    ] {
        let device = Device::new(&url);
        let status = device.succeeds(&["sync", "--status"]);
        assert!(status.contains("last sync      never\n"), "{status}");
        for command in [&["sync"][..], &["recall", "pool"]] {
            let (ended, error) = device.fails(command);
            assert_eq!(ended, code, "{url} {command:?}: {error}");
            assert!(error.contains("error: "), "{url} {command:?}: {error}");
        }
        assert!(!device.world.file("graph.db").exists(), "{url}");
    }
}

#[test]
fn a_token_opens_the_primary_and_is_never_shown() {
    let tokens = Tokens::new();
    let primary = Sqld::start_with(&SqldOptions {
        jwt_key: Some(tokens.key_file_content()),
        ..SqldOptions::default()
    });
    let token = tokens.read_write();
    let device = Device::new(primary.url()).with("TURSO_AUTH_TOKEN", &token);
    device.store("kept");

    let from_file = Device::new(primary.url()).with("TURSO_AUTH_TOKEN_FILE", "token");
    std::fs::write(from_file.world.file("token"), format!("{token}\n")).unwrap();
    assert!(from_file.recalls("kept"));

    let none = Device::new(primary.url());
    let wrong = Device::new(primary.url()).with("TURSO_AUTH_TOKEN", tokens.of_another_key());
    let missing = Device::new(primary.url()).with("TURSO_AUTH_TOKEN_FILE", "no-token");
    for (device, code, expected) in [
        (&none, 1, "unauthorized"),
        (&wrong, 1, "unauthorized"),
        (&missing, 2, "TURSO_AUTH_TOKEN_FILE names no-token"),
    ] {
        let (ended, error) = device.fails(&["sync"]);
        assert_eq!(ended, code, "{error}");
        assert!(error.contains(expected), "{error}");
    }

    for device in [&device, &from_file, &wrong] {
        let secret = device.variables.last().unwrap().1.clone();
        for command in [
            &["health"][..],
            &["health", "--json"],
            &["sync", "--status"],
            &["sync"],
        ] {
            let mut program = device.world.program();
            let variables = device.variables.iter().map(|(name, value)| (name, value));
            program.envs(variables).env("MEMORY_LOG_LEVEL", "trace");
            let ran = Ran::of(&program.args(command).output().unwrap());
            for text in [ran.stdout, ran.stderr] {
                assert!(!text.contains(&token), "{text}");
                assert!(secret == "token" || !text.contains(&secret), "{text}");
            }
        }
    }
}

/// Ends a process as `kill` does.
#[cfg(unix)]
fn terminate(process: u32) {
    let mut kill = std::process::Command::new("kill");
    assert!(kill.arg(process.to_string()).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_watch_tells_of_each_sync_until_it_is_ended() {
    let mut primary = Sqld::start();
    let device = Device::new(primary.url())
        .with("MEMORY_TURSO_SYNC_INTERVAL", "1")
        // A watch is asked for, so that it syncs all the same.
        .with("MEMORY_TURSO_AUTO_SYNC", "false");
    let other = Device::new(primary.url());
    let mut program = device.world.program();
    program.envs(device.variables.iter().map(|(name, value)| (name, value)));
    let mut watch = program
        .args(["sync", "--watch", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };

    assert!(next()["synced"].is_object());
    other.store("from-other");
    let brought = std::iter::repeat_with(&mut next).take(20);
    let mut frames = brought.map(|line| line["synced"]["frames"].as_u64().unwrap());
    assert!(frames.any(|frames| frames > 0));
    primary.stop();
    let mut after = std::iter::repeat_with(&mut next).take(20);
    let failed = after.find(|line| line["synced"].is_null()).unwrap();
    assert_eq!(failed["status"]["state"], "retrying");
    assert_eq!(failed["status"]["last_error"]["kind"], "unreachable");

    terminate(watch.id());
    assert!(watch.wait().unwrap().success());
}
