//! Somebody who calls the tools of a server.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use crate::world::World;

pub(super) struct Client {
    process: Child,
    to_server: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a tool answers.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) refused: bool,
    pub(super) text: String,
    pub(super) json: Value,
}

impl Client {
    pub(super) fn of(world: &World) -> Self {
        let mut process = world
            .program()
            .args(["serve", "--profile", "extended"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut client = Self {
            to_server: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        };
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        client.asks("initialize", &params);
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        writeln!(client.to_server, "{initialized}").unwrap();
        client
    }

    fn asks(&mut self, method: &str, params: &Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        writeln!(self.to_server, "{message}").unwrap();
        loop {
            let mut line = String::new();
            self.answers.read_line(&mut line).unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            // What has no id is no answer: the server tells something of its own accord.
            if message.get("id").is_some() {
                return message;
            }
        }
    }

    pub(super) fn calls(&mut self, tool: &str, arguments: &Value) -> Answer {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.asks("tools/call", &params);
        if let Some(message) = answer["error"]["message"].as_str() {
            return Answer {
                refused: true,
                text: message.to_owned(),
                json: Value::Null,
            };
        }
        let result = &answer["result"];
        Answer {
            refused: result["isError"] == true,
            text: result["content"][0]["text"].as_str().unwrap().to_owned(),
            json: result["structuredContent"].clone(),
        }
    }

    /// Calls a tool that has to do what it is asked.
    pub(super) fn gets(&mut self, tool: &str, arguments: &Value) -> Answer {
        let answer = self.calls(tool, arguments);
        assert!(!answer.refused, "{tool} {arguments}: {}", answer.text);
        answer
    }

    /// Returns the entries of an answer and of all pages that follow it.
    pub(super) fn pages(&mut self, tool: &str, arguments: &Value, first: &Answer) -> Vec<Value> {
        let mut items = first.items().to_vec();
        let mut page = first.clone();
        while let Some(cursor) = page.json.get("next_cursor") {
            let mut next = arguments.clone();
            next.as_object_mut().unwrap().remove("offset");
            next["cursor"] = cursor.clone();
            page = self.gets(tool, &next);
            items.extend_from_slice(page.items());
        }
        items
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Answer {
    /// The entries of a list.
    pub(super) fn items(&self) -> &[Value] {
        self.json["items"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The ids of the memories of a list.
    pub(super) fn ids(&self) -> Vec<String> {
        ids(self.items())
    }
}

/// Returns the ids of the memories, which are entries or a part of them.
pub(super) fn ids(items: &[Value]) -> Vec<String> {
    let ids = items.iter().map(|item| {
        let memory = item.get("memory").unwrap_or(item);
        memory["id"].as_str().unwrap_or_default().to_owned()
    });
    ids.collect()
}
