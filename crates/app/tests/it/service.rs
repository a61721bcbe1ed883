//! The example of a service, over real HTTP.

use memorygraph::domain::{ListQuery, PageRequest};
use memorygraph::ports::ErrorKind;
use memorygraph::{Config, MemoryGraph};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use example::serve;

#[path = "../../examples/service.rs"]
#[expect(dead_code, reason = "only the example calls its `main`")]
mod example;

/// Sends one request, and returns the status and the body of the answer.
async fn ask(port: u16, method: &str, path: &str, body: &str) -> (u16, String) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn a_service_remembers_recalls_and_ends_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::at(folder.path().join("memory.db"));
    let graph = MemoryGraph::open(&config).await.unwrap();
    let served = graph.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = async {
        serve(served, listener, stopped).await.unwrap();
    };
    let client = async move {
        let new = json!({"type": "fix", "title": "Larger pool", "content": "Now 32."});
        let (status, kept) = ask(port, "POST", "/memories", &new.to_string()).await;
        assert_eq!(status, 200, "{kept}");
        let kept: Value = serde_json::from_str(&kept).unwrap();
        let (status, found) = ask(port, "GET", "/recall?q=pool", "").await;
        assert_eq!(status, 200, "{found}");
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found[0]["memory"]["id"], kept["id"]);
        let blank = json!({"type": "fix", "title": " ", "content": "Some."}).to_string();
        let (status, refusal) = ask(port, "POST", "/memories", &blank).await;
        assert_eq!(status, 400, "{refusal}");
        assert!(refusal.contains("title"), "{refusal}");
        stop.send(()).unwrap();
    };
    tokio::join!(server, client);
    let closed = graph.statistics().await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Closed);

    let graph = MemoryGraph::open(&config).await.unwrap();
    let page = PageRequest::first(10).unwrap();
    let kept = graph.list(&ListQuery::default(), &page).await.unwrap();
    let titles: Vec<_> = kept
        .items
        .iter()
        .map(|memory| memory.title.as_str())
        .collect();
    assert_eq!(titles, ["Larger pool"]);
}
