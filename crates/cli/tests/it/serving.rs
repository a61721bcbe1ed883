//! The server for agents, as a client starts it.

use std::{
    fs,
    io::{BufRead, Write},
    process::Command,
};

use serde_json::{Value, json};

use crate::{served::Served, world::World};

impl Served {
    /// How many memories the server counts.
    fn count(&mut self) -> u64 {
        let answer = self.asks("resources/read", &json!({"uri": "memory://stats"}));
        let text = answer["result"]["contents"][0]["text"].as_str().unwrap();
        let statistics: Value = serde_json::from_str(text).unwrap();
        statistics["memories"].as_u64().unwrap()
    }

    /// Waits for the end, after which there is nothing more to read.
    fn ends(mut self) {
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        let mut line = String::new();
        assert_eq!(self.answers.read_line(&mut line).unwrap(), 0, "{line}");
    }
}

#[test]
fn an_agent_is_served_until_its_end_with_a_command_and_without() {
    for arguments in [&["serve"][..], &["serve", "--profile", "extended"], &[]] {
        let world = World::new();
        let mut served = Served::start(&world, arguments);
        assert_eq!(served.count(), 0);
        drop(served.to_server.take());
        served.ends();
        assert!(world.file("graph.db").is_file());
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_though_its_client_stays() {
    for signal in ["-INT", "-TERM"] {
        let mut served = Served::start(&World::new(), &["serve"]);
        served.count();
        let process = served.process.id().to_string();
        let killed = Command::new("kill").args([signal, &process]).status();
        assert!(killed.unwrap().success());
        let open = served.to_server.take();
        served.ends();
        drop(open);
    }
}

#[test]
fn a_client_that_does_not_read_does_not_hold_up_the_end() {
    let world = World::new();
    let mut served = Served::start(&world, &["serve"]);
    let mut to_server = served.to_server.take().unwrap();
    for id in 2..100 {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"});
        writeln!(to_server, "{message}").unwrap();
    }
    drop(to_server);
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
}

#[test]
fn two_servers_and_a_command_share_one_graph() {
    let world = World::new();
    let mut first = Served::start(&world, &["serve"]);
    let mut second = Served::start(&world, &["serve"]);
    world.succeeds(&["store", "Pool", "It had 4 connections."]);
    assert_eq!((first.count(), second.count()), (1, 1));
    for mut served in [first, second] {
        drop(served.to_server.take());
        served.ends();
    }
}

#[test]
fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    let world = World::new();
    let mut served = Served::start(&world, &["serve"]);
    for number in 0..20 {
        let memory = json!({
            "type": "fix",
            "title": format!("Fix {number}"),
            "content": format!("What was done for the {number}th time."),
        });
        let params = json!({"name": "store_memory", "arguments": memory});
        let answer = served.asks("tools/call", &params);
        let result = &answer["result"];
        assert!(
            result["content"].is_array() && result["isError"] != true,
            "{answer}"
        );
    }
    served.process.kill().unwrap();
    served.process.wait().unwrap();
    assert_eq!(world.json(&["stats"])["memories"], 20);
}

#[test]
fn lines_that_are_no_messages_end_nothing() {
    let mut served = Served::start(&World::new(), &["serve"]);
    for line in [&b"garbage"[..], b"[]", b"{\"jsonrpc\":\"2.0\"", b"\xff\xfe"] {
        served.says(line);
        let answer = served.hears().unwrap();
        assert!(answer["error"]["code"].is_i64(), "{answer}");
    }
    assert_eq!(served.count(), 0);
    drop(served.to_server.take());
    served.ends();
}

#[test]
fn an_unknown_profile_is_wrong_usage_and_writes_nothing_for_the_client() {
    let (code, error) = World::new().fails(&["serve", "--profile", "full"]);
    assert_eq!(code, 2);
    assert!(error.contains("core or extended"), "{error}");
}

#[test]
fn a_graph_that_cannot_be_opened_is_told_on_stderr() {
    let world = World::new();
    fs::write(
        world.file("graph.db"),
        "This is a letter, not a graph. ".repeat(100),
    )
    .unwrap();
    let ran = world.run_with_input(&["serve"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("error: "), "{ran:?}");
}
