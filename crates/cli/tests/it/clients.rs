//! The official clients of the protocol, on the real program: Python, TypeScript and the inspector.
//!
//! What a client does stands in its program in `tests/clients`, and what it calls in `calls.json`
//! there. A client that cannot be installed fails its test, which says what to do.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use engines::clients;
use serde_json::{Value, json};

use crate::world::{Ran, World};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// The newest revision of the protocol.
const NEWEST: &str = "2026-07-28";

/// The newest revision with a handshake.
const WITH_HANDSHAKE: &str = "2025-11-25";

const TOKEN: &str = "the-token-of-a-test-and-of-nobody-else";

/// Somebody else's program, with nothing of whoever runs the tests but what finds the interpreters.
fn foreign(world: &World, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", world.home())
        .env("MEMORY_SQLITE_PATH", world.file("graph.db"))
        .env("MEMORY_TURSO_PATH", world.file("graph.db"))
        .env("MEMORY_HTTP_TOKEN", TOKEN)
        .current_dir(world.home());
    command
}

fn python(world: &World, mode: &str) -> impl FnOnce(&str) -> Command {
    let python = clients::python().unwrap_or_else(|error| panic!("{error}"));
    let mut command = foreign(world, &python.program);
    command.env("PYTHONPATH", python.packages);
    let mode = mode.to_owned();
    move |target| {
        command.args([&format!("{PROGRAMS}/client.py"), target, &mode]);
        command
    }
}

fn node_modules() -> PathBuf {
    clients::node_modules().unwrap_or_else(|error| panic!("{error}"))
}

fn typescript(world: &World, package: &str) -> impl FnOnce(&str) -> Command {
    // A program finds its packages beside itself.
    for name in ["client.mjs", "calls.json"] {
        fs::copy(format!("{PROGRAMS}/{name}"), world.file(name)).unwrap();
    }
    symlink(node_modules(), world.file("node_modules")).unwrap();
    let mut command = foreign(world, "node");
    command.arg(world.file("client.mjs"));
    let package = package.to_owned();
    move |target| {
        command.args([target, &package]);
        command
    }
}

fn inspector(world: &World) -> Command {
    let launcher = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";
    let mut command = foreign(world, "node");
    command.arg(node_modules().join(launcher)).arg("--cli");
    command
}

/// Runs a client to its end, and returns the JSON that it prints.
fn printed(command: &mut Command) -> Value {
    let ran = Ran::of(&command.output().unwrap());
    assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, ran.stdout);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Checks what a client says that it saw. The client itself has checked that it called all tools.
fn saw_everything(seen: &Value, protocol: &str) {
    let expected = json!({
        "protocol": protocol,
        "server": "memorygraph",
        "tools": 20,
        "resources": ["memory://recent", "memory://stats"],
        "templates": ["memory://{id}", "graph://{id}{?depth}"],
        "prompts": [
            "recall_before_work", "store_after_work", "review_project", "weekly_digest",
        ],
        "updated": "memory://recent",
    });
    assert_eq!(*seen, expected);
}

/// A server for many clients; it ends with this value.
struct Listening {
    process: Child,
    address: String,
}

impl Listening {
    fn start(world: &World) -> Self {
        let mut process = world
            .program()
            .args(["serve", "--http", "127.0.0.1:0", "--profile", "extended"])
            .env("MEMORY_HTTP_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut lines = lines.map(|line| line.unwrap());
        let first = lines.next().unwrap();
        let address = first.strip_prefix("serving on ").expect(&first).to_owned();
        // A server must not wait for somebody to read its log.
        thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn over_stdio(program: impl FnOnce(&str) -> Command) -> Value {
    printed(&mut program(env!("CARGO_BIN_EXE_memorygraph")))
}

fn over_http(world: &World, program: impl FnOnce(&str) -> Command) -> Value {
    let server = Listening::start(world);
    printed(&mut program(&server.address))
}

#[test]
fn the_python_client_uses_everything_over_stdio() {
    for (mode, protocol) in [("auto", NEWEST), ("legacy", WITH_HANDSHAKE)] {
        let world = World::new();
        saw_everything(&over_stdio(python(&world, mode)), protocol);
    }
}

#[test]
fn the_python_client_uses_everything_over_http() {
    for (mode, protocol) in [("auto", NEWEST), ("legacy", WITH_HANDSHAKE)] {
        let world = World::new();
        saw_everything(&over_http(&world, python(&world, mode)), protocol);
    }
}

#[test]
fn the_typescript_sdk_uses_everything_over_stdio() {
    let world = World::new();
    saw_everything(&over_stdio(typescript(&world, "sdk")), WITH_HANDSHAKE);
}

#[test]
fn the_typescript_sdk_uses_everything_over_http() {
    let world = World::new();
    let seen = over_http(&world, typescript(&world, "sdk"));
    saw_everything(&seen, WITH_HANDSHAKE);
}

#[test]
fn the_typescript_client_uses_everything_over_stdio() {
    let world = World::new();
    saw_everything(&over_stdio(typescript(&world, "client")), NEWEST);
}

#[test]
fn the_typescript_client_uses_everything_over_http() {
    let world = World::new();
    let seen = over_http(&world, typescript(&world, "client"));
    saw_everything(&seen, NEWEST);
}

/// What the inspector is told to do, behind what it is told about the server.
const LIST: [&str; 3] = ["--method", "tools/list", "--strict"];
const STORE: [&str; 8] = [
    "--method",
    "tools/call",
    "--tool-name",
    "store_memory",
    "--tool-arg",
    "type=fix",
    "title=Pool",
    "content=It had 4 connections.",
];

/// Has the inspector list the tools, which it checks for what clients could stumble over, and call
/// one.
fn inspect(world: &World, server: &[&str]) {
    let mut lists = inspector(world);
    let listed = printed(lists.args(server).args(LIST));
    assert_eq!(listed["tools"].as_array().unwrap().len(), 20);
    let mut calls = inspector(world);
    let stored = printed(calls.args(server).args(STORE));
    assert_eq!(stored["structuredContent"]["memory"]["title"], "Pool");
    assert_eq!(world.json(&["stats"])["memories"], 1);
}

#[test]
fn the_inspector_lists_tools_and_calls_one_over_stdio() {
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_memorygraph");
    // The inspector hands no variables on.
    let graph = world.file("graph.db");
    let serve = [
        "serve",
        "--profile",
        "extended",
        "--path",
        graph.to_str().unwrap(),
    ];
    inspect(&world, &[&[program], &serve[..]].concat());
}

#[test]
fn the_inspector_lists_tools_and_calls_one_over_http() {
    let world = World::new();
    let server = Listening::start(&world);
    let token = format!("Authorization: Bearer {TOKEN}");
    let arguments = [&server.address, "--transport", "http", "--header", &token];
    inspect(&world, &arguments);
}
