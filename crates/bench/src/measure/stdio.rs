//! A server as a client meets it: a process and two pipes.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use domain::SearchMode;
use memorygraph_bench::{
    Result,
    ask::{Ask, HITS, REACHED},
    machine,
};
use serde_json::{Value, json};

/// A server that has answered its first request.
pub(crate) struct Served {
    process: Child,
    to_server: ChildStdin,
    answers: BufReader<ChildStdout>,
    spawned: Instant,
}

/// A call of a tool.
pub(crate) struct Call {
    pub(crate) tool: &'static str,
    pub(crate) arguments: Value,
}

impl Served {
    /// Starts a program on a store, and returns how long its first answer took from then on. It
    /// knows no variable of whoever measures, and no settings but those of `home`.
    pub(crate) fn start(program: &Path, store: &Path, home: &Path) -> Result<(Self, Duration)> {
        let spawned = Instant::now();
        let mut process = Command::new(program)
            .arg("serve")
            .env_clear()
            .env("HOME", home)
            .env("MEMORY_BACKEND", "sqlite")
            .env("MEMORY_SQLITE_PATH", store)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (to_server, answers) = process
            .stdin
            .take()
            .zip(process.stdout.take())
            .ok_or("no pipes")?;
        let mut served = Self {
            process,
            to_server,
            answers: BufReader::new(answers),
            spawned,
        };
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "measure", "version": "1" },
        });
        served.asks("initialize", &params)?;
        let first = served.age();
        let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        writeln!(served.to_server, "{done}")?;
        Ok((served, first))
    }

    /// How long ago it was spawned.
    pub(crate) fn age(&self) -> Duration {
        self.spawned.elapsed()
    }

    /// Calls a tool, and returns how long its answer took to be there, and what is in it.
    pub(crate) fn calls(&mut self, call: &Call) -> Result<(Duration, Value)> {
        let params = json!({ "name": call.tool, "arguments": call.arguments });
        let (took, answer) = self.asks("tools/call", &params)?;
        let mut answer: Value = serde_json::from_str(&answer)?;
        let result = &mut answer["result"];
        if !result.is_object() || result["isError"] == true {
            return Err(format!("{} {}: {answer}", call.tool, call.arguments).into());
        }
        Ok((took, result["structuredContent"].take()))
    }

    fn asks(&mut self, method: &str, params: &Value) -> Result<(Duration, String)> {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let message = format!("{message}\n");
        let asked = Instant::now();
        self.to_server.write_all(message.as_bytes())?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err(format!("the server ended at {method}").into());
        }
        Ok((asked.elapsed(), answer))
    }

    /// How many bytes of it are in memory, and how many ever were at once.
    pub(crate) fn bytes(&self) -> Result<(u64, u64)> {
        machine::bytes_of(self.process.id())
    }

    /// Ends its input, and waits until it has ended.
    pub(crate) fn ends(mut self) -> Result<()> {
        drop(self.to_server);
        match self.process.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("the server ended with {status}").into()),
        }
    }
}

impl Call {
    /// The call that asks what `ask` does; none where no tool of the core profile does.
    pub(crate) fn of(ask: &Ask) -> Option<Self> {
        let (tool, arguments) = match ask {
            Ask::Search { text, mode, only } => {
                let types: Vec<_> = only.kind.iter().map(|kind| kind.as_str()).collect();
                let mut arguments = json!({"query": text, "limit": HITS, "memory_types": types});
                let is_plain = only.tag.is_none() && only.min_importance.is_none();
                if is_plain && *mode == SearchMode::Fuzzy {
                    ("recall_memories", arguments)
                } else {
                    arguments["search_tolerance"] = json!(mode);
                    arguments["tags"] = only.tag.iter().cloned().collect();
                    if let Some(least) = only.min_importance {
                        arguments["min_importance"] = least.get().into();
                    }
                    ("search_memories", arguments)
                }
            }
            Ask::Walk { from, depth } => (
                "get_related_memories",
                json!({"memory_id": from, "max_depth": depth, "limit": REACHED}),
            ),
            Ask::Get(id) => ("get_memory", json!({ "memory_id": id })),
            Ask::List { .. } => ("get_recent_activity", json!({ "days": 30 })),
            Ask::Path { .. } | Ask::Relationships(_) | Ask::Changes(_) | Ask::Statistics => {
                return None;
            }
        };
        Some(Self { tool, arguments })
    }
}
