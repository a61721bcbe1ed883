//! A server on a port of its own, and somebody who speaks HTTP to it by hand.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc};

use memorygraph::{MemoryGraph, SystemClock, UuidV7Source};
use memorygraph_mcp::{Http, Options, serve_http};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::held::Held;

/// A server over an empty graph.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) graph: MemoryGraph,
    pub(crate) backend: Arc<Held>,
    stop: oneshot::Sender<()>,
    pub(crate) server: JoinHandle<io::Result<()>>,
}

impl Service {
    pub(crate) async fn new() -> Self {
        Self::on("127.0.0.1:0", Http::default()).await
    }

    pub(crate) async fn on(address: &str, http: Http) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let mut address = listener.local_addr().unwrap();
        if address.ip().is_unspecified() {
            address.set_ip([127, 0, 0, 1].into());
        }
        let backend = Arc::new(Held::default());
        let graph = MemoryGraph::over(
            Arc::clone(&backend) as _,
            Arc::new(SystemClock::new()),
            Arc::new(UuidV7Source),
        );
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or_default() };
        let server = serve_http(graph.clone(), Options::default(), listener, http, stopped);
        Self {
            address,
            graph,
            backend,
            stop,
            server: tokio::spawn(server),
        }
    }

    /// Asks the server to end.
    pub(crate) fn stop(self) -> JoinHandle<io::Result<()>> {
        self.stop.send(()).unwrap();
        self.server
    }

    /// How many memories there are.
    pub(crate) async fn count(&self) -> u64 {
        self.graph.statistics().await.unwrap().memories
    }

    /// Begins a session in a version of the protocol.
    pub(crate) async fn session(&self, version: &str) -> Session<'_> {
        let answer = Request::post(&hello(version)).to(self).await;
        assert_eq!(answer.status, 200);
        let id = answer.headers["mcp-session-id"].clone();
        let told = answer.message().await;
        assert_eq!(told["result"]["protocolVersion"], version, "{told}");
        let session = Session {
            service: self,
            id,
            version: version.to_owned(),
        };
        let told = session.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        assert_eq!(told.to(self).await.status, 202);
        session
    }
}

/// The first message of a session.
pub(crate) fn hello(version: &str) -> Value {
    let params = json!({
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

/// A call that stores one memory.
pub(crate) fn store(id: u64) -> Value {
    let memory = json!({
        "type": "fix",
        "title": format!("Fix {id}"),
        "content": format!("What was done for the {id}th time."),
    });
    let params = json!({"name": "store_memory", "arguments": memory});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

/// A session of the versions that have one.
pub(crate) struct Session<'a> {
    service: &'a Service,
    id: String,
    version: String,
}

impl Session<'_> {
    pub(crate) fn request(&self, method: &str) -> Request {
        Request::new(method, "/mcp")
            .with("Mcp-Session-Id", &self.id)
            .with("MCP-Protocol-Version", &self.version)
    }

    pub(crate) fn post(&self, message: &Value) -> Request {
        self.request("POST").saying(message.to_string())
    }

    pub(crate) async fn asks(&self, method: &str, params: &Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params});
        let answer = self.post(&message).to(self.service).await.message().await;
        assert_eq!(answer["id"], method, "{answer}");
        answer
    }
}

/// What is asked.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let headers = [
            ("accept", "application/json, text/event-stream"),
            ("connection", "close"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.into(),
            body: Vec::new(),
        }
    }

    pub(crate) fn post(message: &Value) -> Self {
        Self::new("POST", "/mcp").saying(message.to_string())
    }

    /// Asks without a session, as the version of 2026 does.
    pub(crate) fn alone(mut message: Value) -> Self {
        message["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut request = Self::post(&message)
            .with("MCP-Protocol-Version", "2026-07-28")
            .with("Mcp-Method", message["method"].as_str().unwrap());
        if let Some(name) = message["params"]["name"].as_str() {
            request = request.with("Mcp-Name", name);
        }
        request
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_lowercase(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        assert!(self.headers.remove(name).is_some(), "{name}");
        self
    }

    pub(crate) fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("Content-Type", "application/json")
    }

    /// Asks over a connection of its own, and returns when the answer begins.
    pub(crate) async fn to(self, service: &Service) -> Answer {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream
            .write_all(&self.bytes(&service.address.to_string()))
            .await
            .unwrap();
        Answer::read(stream).await
    }

    /// Returns the bytes of the request. An empty header is left out.
    pub(crate) fn bytes(mut self, host: &str) -> Vec<u8> {
        let host = host.to_owned();
        self.headers.entry("host".to_owned()).or_insert(host);
        let length = self.body.len().to_string();
        self.headers.insert("content-length".to_owned(), length);
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        let said = self.headers.iter().filter(|(_, value)| !value.is_empty());
        text.extend(said.map(|(name, value)| format!("{name}: {value}\r\n")));
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }
}

/// What is answered, as far as it was read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    rest: BufReader<TcpStream>,
}

impl Answer {
    pub(crate) async fn read(stream: TcpStream) -> Self {
        let mut rest = BufReader::new(stream);
        let first = line(&mut rest).await;
        let status = first
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("{first:?}"));
        let status = status.parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let line = line(&mut rest).await;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        Self {
            status,
            headers,
            rest,
        }
    }

    /// Returns the next part of the body as the server wrote it; none at its end.
    async fn part(&mut self) -> Option<Vec<u8>> {
        let length = if let Some(length) = self.headers.remove("content-length") {
            length.parse().unwrap()
        } else if self.headers.contains_key("transfer-encoding") {
            usize::from_str_radix(&line(&mut self.rest).await, 16).unwrap()
        } else {
            return None;
        };
        let mut part = vec![0; length];
        self.rest.read_exact(&mut part).await.unwrap();
        if self.headers.contains_key("transfer-encoding") {
            assert_eq!(line(&mut self.rest).await, "");
        }
        (length > 0).then_some(part)
    }

    /// Returns all of the body.
    pub(crate) async fn text(mut self) -> String {
        let mut body = Vec::new();
        while let Some(part) = self.part().await {
            body.extend(part);
        }
        String::from_utf8(body).unwrap()
    }

    pub(crate) async fn json(self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
    }

    /// Returns the next message of a stream; none when it ends before.
    pub(crate) async fn event(&mut self) -> Option<Value> {
        while let Some(part) = self.part().await {
            let event = String::from_utf8(part).unwrap();
            let data = event.lines().find_map(|line| line.strip_prefix("data:"));
            if let Some(data) = data.filter(|data| !data.trim().is_empty()) {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
        None
    }

    /// Returns the one message that answers, whether it comes as a stream or not.
    pub(crate) async fn message(mut self) -> Value {
        if self.headers["content-type"] == "text/event-stream" {
            let message = self.event().await.expect("an answer");
            assert_eq!(self.event().await, None);
            message
        } else {
            self.json().await
        }
    }
}

async fn line(from: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    from.read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}
