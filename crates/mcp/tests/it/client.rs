//! Somebody who talks to a server, line by line.

use std::{io, sync::Arc, time::Duration};

use adapter_memory::MemoryBackend;
use memorygraph::{MemoryGraph, SystemClock, ToolProfile, UuidV7Source};
use memorygraph_mcp::{Options, Server, serve};
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// After how long what never comes fails a test.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the version without a handshake wants to be told with each request.
pub(crate) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// Returns an empty graph in memory.
pub(crate) fn graph() -> MemoryGraph {
    let backend = Arc::new(MemoryBackend::new());
    MemoryGraph::over(
        backend,
        Arc::new(SystemClock::new()),
        Arc::new(UuidV7Source),
    )
}

/// Returns a graph over the same store, as another process has one.
pub(crate) fn beside(graph: &MemoryGraph) -> MemoryGraph {
    MemoryGraph::over(
        Arc::clone(graph.backend()),
        Arc::new(SystemClock::new()),
        Arc::new(UuidV7Source),
    )
}

/// A client, and the server that it talks to.
pub(crate) struct Client {
    pub(crate) graph: MemoryGraph,
    answers: Lines<BufReader<ReadHalf<DuplexStream>>>,
    to_server: WriteHalf<DuplexStream>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Client {
    /// Starts a server over an empty graph, and says nothing yet.
    pub(crate) fn new(profile: ToolProfile) -> Self {
        let graph = graph();
        let (here, there) = tokio::io::duplex(64 * 1024);
        let (input, output) = tokio::io::split(there);
        let (stop, stopped) = oneshot::channel::<()>();
        let options = Options { profile };
        let server = serve(graph.clone(), options, input, output, async {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let (read, to_server) = tokio::io::split(here);
        Self {
            graph,
            answers: BufReader::new(read).lines(),
            to_server,
            stop: Some(stop),
            server: tokio::spawn(server),
        }
    }

    /// Becomes one of several clients of a server over `graph`, with little room for what it does not
    /// read, and shakes hands.
    pub(crate) async fn one_of(server: &Server, graph: &MemoryGraph) -> Self {
        let (here, there) = tokio::io::duplex(1024);
        let server = server.for_another_client();
        let server = async move {
            let running = server.serve(tokio::io::split(there)).await;
            let running = running.map_err(io::Error::other)?;
            running.waiting().await.map_err(io::Error::other)?;
            Ok(())
        };
        let (read, to_server) = tokio::io::split(here);
        let mut client = Self {
            graph: graph.clone(),
            answers: BufReader::new(read).lines(),
            to_server,
            stop: None,
            server: tokio::spawn(server),
        };
        client.greets("2025-11-25").await;
        client
    }

    /// Starts a server and shakes hands.
    pub(crate) async fn greeted() -> Self {
        let mut client = Self::new(ToolProfile::Core);
        client.greets("2025-11-25").await;
        client
    }

    /// Shakes hands in a version of the protocol, and returns what the server says of itself.
    pub(crate) async fn greets(&mut self, version: &str) -> Value {
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let answer = self.asks("initialize", params).await;
        self.says(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        answer["result"].clone()
    }

    pub(crate) async fn says(&mut self, message: &Value) {
        self.writes(message.to_string().as_bytes()).await;
        self.writes(b"\n").await;
    }

    pub(crate) async fn writes(&mut self, bytes: &[u8]) {
        self.to_server.write_all(bytes).await.unwrap();
    }

    /// Returns the next line, which has to be a message.
    pub(crate) async fn hears(&mut self) -> Value {
        let line = timeout(PATIENCE, self.answers.next_line()).await;
        let line = line.expect("something is said").unwrap();
        let message: Value = serde_json::from_str(&line.expect("an answer")).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    pub(crate) async fn asks(&mut self, method: &str, params: Value) -> Value {
        self.says(&json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
            .await;
        let answer = self.hears().await;
        assert_eq!(answer["id"], method, "{answer}");
        answer
    }

    /// Calls a tool, and returns what is said until it is answered; the answer is the last.
    pub(crate) async fn calls(&mut self, tool: &str, arguments: Value, meta: Value) -> Vec<Value> {
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        self.says(&json!({"jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": params}))
            .await;
        let mut said = vec![self.hears().await];
        while said.last().unwrap()["id"] != 0 {
            said.push(self.hears().await);
        }
        said
    }

    /// Writes lines of any kind while it reads what the server says, all of which has to be messages,
    /// until a ping after them is answered.
    pub(crate) async fn survives(&mut self, lines: &[Vec<u8>]) {
        let Self {
            answers, to_server, ..
        } = self;
        let ping = json!({"jsonrpc": "2.0", "id": "the last", "method": "ping"}).to_string();
        let writes = async {
            for line in lines.iter().map(Vec::as_slice).chain([ping.as_bytes()]) {
                to_server.write_all(line).await.unwrap();
                to_server.write_all(b"\n").await.unwrap();
            }
        };
        let reads = async {
            loop {
                let line = answers.next_line().await.unwrap();
                let line = line.expect("the server goes on");
                let message: Value = serde_json::from_str(&line).expect("a message");
                assert_eq!(message["jsonrpc"], "2.0", "{message}");
                assert!(!line.contains("made a mistake"), "a panic: {line}");
                if message["id"] == "the last" {
                    break;
                }
            }
        };
        tokio::join!(writes, reads);
    }

    /// Asks the server to end, as a signal does, and waits until it has.
    pub(crate) async fn stops(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }

    /// Says and reads no more, and waits until the server has ended.
    pub(crate) async fn turns_away(mut self) {
        self.to_server.shutdown().await.unwrap();
        self.server.await.unwrap().unwrap();
    }

    /// Goes away, and returns what the server still said before it ended.
    pub(crate) async fn leaves(mut self) -> Vec<Value> {
        self.to_server.shutdown().await.unwrap();
        let mut rest = Vec::new();
        while let Some(line) = self.answers.next_line().await.unwrap() {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        self.server.await.unwrap().unwrap();
        rest
    }
}
