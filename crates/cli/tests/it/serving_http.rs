//! The server over HTTP, as a person starts it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
};

use serde_json::json;

use crate::world::World;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A server, and where it is.
struct Served {
    process: Child,
    address: SocketAddr,
    told: BufReader<ChildStderr>,
    /// The lines that it wrote before it said where it is.
    before: String,
}

impl Served {
    fn start(program: &mut Command, arguments: &[&str]) -> Self {
        let mut process = program
            .args(["serve", "--http"])
            .args(arguments)
            .env("MEMORY_LOG_LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stderr.take().unwrap());
        let mut before = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(told.read_line(&mut line).unwrap(), 0, "{before}");
            let url = line.strip_prefix("serving on http://");
            if let Some((address, _)) = url.and_then(|url| url.split_once("/mcp")) {
                break address.parse().unwrap();
            }
            before.push_str(&line);
        };
        Self {
            process,
            address,
            told,
            before,
        }
    }

    /// Stores a memory, and returns the status and the body of the answer.
    fn store(&self, title: &str, headers: &str) -> (u16, String) {
        let memory = json!({"type": "fix", "title": title, "content": "It is larger now."});
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"name": "store_memory", "arguments": memory, "_meta": meta});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let message = message.to_string();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\
             MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n\
             Mcp-Name: store_memory\r\n{headers}\r\n{message}",
            message.len()
        );
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    /// Asks it to end, and returns the exit code and what it said after it began.
    fn ends(mut self, signal: &str) -> (Option<i32>, String) {
        let process = self.process.id().to_string();
        let killed = Command::new("kill").args([signal, &process]).status();
        assert!(killed.unwrap().success());
        let mut told = String::new();
        self.told.read_to_string(&mut told).unwrap();
        (self.process.wait().unwrap().code(), told)
    }
}

#[test]
fn a_signal_ends_the_server_and_what_was_stored_is_there() {
    for signal in ["-TERM", "-INT"] {
        let world = World::new();
        let served = Served::start(&mut world.program(), &["localhost:0"]);
        let (status, answer) = served.store("Pool", "");
        assert!(
            status == 200 && answer.contains("\"isError\":false"),
            "{answer}"
        );
        assert_eq!(served.ends(signal), (Some(0), String::new()));
        assert_eq!(world.json(&["stats"])["memories"], 1);
    }
}

#[test]
fn a_server_ends_that_is_asked_as_soon_as_it_says_where_it_is() {
    let world = World::new();
    let served = Served::start(&mut world.program(), &["127.0.0.1:0"]);
    assert_eq!(served.ends("-TERM"), (Some(0), String::new()));
}

#[test]
fn a_token_comes_from_a_file_or_the_environment() {
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    let world = World::new();
    fs::write(world.file("token"), format!("{TOKEN}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    fs::set_permissions(world.file("token"), mode(0o600)).unwrap();
    let by_flag = &["127.0.0.1:0", "--token-file", "token"][..];
    let other = ("MEMORY_HTTP_TOKEN", "another-token-that-is-not-used");
    for (arguments, variable) in [
        (by_flag, other),
        (&by_flag[..1], ("MEMORY_HTTP_TOKEN", TOKEN)),
        (&by_flag[..1], ("MEMORY_HTTP_TOKEN_FILE", "token")),
    ] {
        let mut program = world.program();
        let served = Served::start(program.env(variable.0, variable.1), arguments);
        assert_eq!(served.before, "");
        let (status, answer) = served.store(variable.0, "");
        assert_eq!(status, 401, "{answer}");
        let (status, answer) = served.store(variable.0, &bearer);
        assert_eq!(status, 200, "{answer}");
        let (code, told) = served.ends("-TERM");
        assert_eq!(code, Some(0));
        assert!(!told.contains(TOKEN), "{told}");
    }

    fs::set_permissions(world.file("token"), mode(0o644)).unwrap();
    let served = Served::start(&mut world.program(), by_flag);
    let warning = "warning: other users of this machine may read the token: chmod 600 token\n";
    assert_eq!(served.before, warning);
    served.ends("-TERM");
}

#[test]
fn a_token_comes_through_a_pipe() {
    let world = World::new();
    let pipe = world.file("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let writes = thread::spawn(move || fs::write(pipe, format!("{TOKEN}\n")).unwrap());
    let by_pipe = &["127.0.0.1:0", "--token-file", "pipe"];
    let served = Served::start(&mut world.program(), by_pipe);
    writes.join().unwrap();
    assert_eq!(served.store("Pool", "").0, 401);
    let (status, answer) = served.store("Pool", &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert_eq!(status, 200, "{answer}");
    served.ends("-TERM");
}

#[test]
fn what_would_let_strangers_in_is_refused_and_makes_no_graph() {
    let world = World::new();
    fs::write(world.file("short"), "short\n").unwrap();
    for (arguments, told) in [
        (&["0.0.0.0:0"][..], "MEMORY_HTTP_TOKEN_FILE"),
        (&["[::]:0"], "openssl rand -hex 32"),
        (
            &["0.0.0.0:0", "--token-file", "short"],
            "openssl rand -hex 32",
        ),
        (&["0.0.0.0:0", "--token-file", "absent"], "cannot be read"),
        (
            &["127.0.0.1:0", "--allow-origin", "example.org"],
            "https://example.org",
        ),
        (
            &["127.0.0.1:0", "--allow-host", "a.example:80"],
            "no name of a host",
        ),
        (&["8123"], "127.0.0.1:8123"),
    ] {
        let (code, error) = world.fails(&[&["serve", "--http"], arguments].concat());
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
    let (code, _) = world.fails(&["serve", "--token-file", "short"]);
    assert_eq!(code, 2);
    assert!(!world.file("graph.db").exists());
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, error) = World::new().fails(&["serve", "--http", &address]);
    assert_eq!(code, 1);
    assert!(error.contains(&format!("listen on {address}")), "{error}");
    assert!(error.contains("take another port"), "{error}");
}
