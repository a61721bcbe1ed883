//! Somebody who calls the tools of a server.

use serde_json::{Value, json};

use crate::{served::Served, world::World};

pub(super) struct Client {
    served: Served,
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
        let mut served = Served::start(world, &["serve", "--profile", "extended"]);
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        served.says(initialized.to_string().as_bytes());
        Self { served }
    }

    fn asks(&mut self, method: &str, params: &Value) -> Value {
        let mut message = self.served.asks(method, params);
        // What has no id is no answer: the server tells something of its own accord.
        while message.get("id").is_none() {
            message = self.served.hears().unwrap();
        }
        message
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
        self.served.process.kill().ok();
        self.served.process.wait().ok();
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
