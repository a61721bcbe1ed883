//! Somebody who talks to a server, line by line.

use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::{MemoryGraph, SystemClock, ToolProfile, UuidV7Source};
use memorygraph_mcp::{Options, serve};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    sync::oneshot,
    task::JoinHandle,
};

/// A client, and the server that it talks to.
pub(crate) struct Client {
    pub(crate) graph: MemoryGraph,
    answers: Lines<BufReader<ReadHalf<DuplexStream>>>,
    to_server: WriteHalf<DuplexStream>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Client {
    /// Starts a server over an empty graph, and says nothing yet.
    pub(crate) fn new(profile: ToolProfile) -> Self {
        let backend = Arc::new(MemoryBackend::new());
        let graph = MemoryGraph::over(
            backend,
            Arc::new(SystemClock::new()),
            Arc::new(UuidV7Source),
        );
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
        let line = self.answers.next_line().await.unwrap();
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
