//! A server, as a client starts it, and somebody who talks to it line by line.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use crate::world::World;

pub(crate) struct Served {
    pub(crate) process: Child,
    pub(crate) to_server: Option<ChildStdin>,
    pub(crate) answers: BufReader<ChildStdout>,
}

impl Served {
    /// Starts the program, and shakes hands.
    pub(crate) fn start(world: &World, arguments: &[&str]) -> Self {
        let mut process = world
            .program()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut served = Self {
            to_server: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        };
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let answer = served.asks("initialize", &params);
        assert_eq!(answer["result"]["serverInfo"]["name"], "memorygraph");
        served
    }

    /// Writes a line.
    pub(crate) fn says(&mut self, line: &[u8]) {
        let to_server = self.to_server.as_mut().unwrap();
        to_server.write_all(&[line, b"\n"].concat()).unwrap();
    }

    /// Sends a request.
    pub(crate) fn requests(&mut self, id: usize, method: &str, params: &Value) {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.says(message.to_string().as_bytes());
    }

    /// Reads the next line; none after the last one. Half a line, which a killed server may leave,
    /// is none.
    pub(crate) fn hears(&mut self) -> Option<Value> {
        let mut line = Vec::new();
        self.answers.read_until(b'\n', &mut line).unwrap();
        line.ends_with(b"\n")
            .then(|| serde_json::from_slice(&line).unwrap())
    }

    /// Sends a request, and waits for what the server says next.
    pub(crate) fn asks(&mut self, method: &str, params: &Value) -> Value {
        self.requests(1, method, params);
        self.hears().expect("the server goes on")
    }
}
